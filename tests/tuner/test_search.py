from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from tvmtune.cost_models.models import make_cost_model
from tvmtune.errors import MeasureError, RecordError, TemplateError, UsageError
from tvmtune.outcome import Outcome, Status
from tvmtune.records import LogWriter, Purpose, Record
from tvmtune.search.annealed import AnnealedModelOptions, AnnealedModelSearch
from tvmtune.search.annealing import AnnealingOptions
from tvmtune.search.base import Strategy
from tvmtune.search.random import RandomSearch
from tvmtune.search_spaces.space import Domain
from tvmtune.tuner import (
    Confirmed,
    Ending,
    PlanProposed,
    Task,
    TaskFinished,
    TaskStarted,
    TrialFinished,
    Warned,
)

FAULT = Outcome(status=Status.INFRASTRUCTURE, detail="the runner was lost", where="runner")


def searches(records: Iterable[Record]) -> list[Any]:
    return [(r.task, r.config_key) for r in records if r.purpose is Purpose.SEARCH]


def rows(record: Record) -> int:
    return int(record.config["rows"])


def test_a_run_fills_the_log(bed: Any) -> None:
    report = bed.tune(trials=20, confirm_s=1)
    keys = searches(bed.records)
    assert len(keys) == len(set(keys)) == 20
    assert [r.proposer.value for r in bed.records[:3]] == ["default", "default", "random"]
    first = bed.records[0]
    assert (first.template_version, first.seed, first.settings) == ("1", 0, {"fake": True})
    assert (first.nest_hash, first.artifact_hash, first.flops) == ("n", "a", 7)
    assert first.start_s >= 1.7e9
    (task,) = report.tasks
    assert (task.ending, report.ending, task.trials) == (Ending.TRIALS, Ending.TRIALS, 20)
    assert task.best.confirmed
    assert task.best.figure_s < task.default_s
    assert bed.harnesses[0].closed


def test_events_tell_what_is_on_disk(bed: Any) -> None:
    bed.tune(trials=20)
    started, *_, finished = bed.events
    assert isinstance(started, TaskStarted)
    assert (started.trials, started.trial_limit, started.best_s) == (0, 20, None)
    assert isinstance(finished, TaskFinished)
    told = [e.record for e in bed.events if isinstance(e, TrialFinished | Confirmed)]
    assert tuple(told) == bed.records
    trials = bed.of(TrialFinished)
    assert [e.trials for e in trials] == list(range(1, 21))
    bests = [e.record.median_s for e in trials if e.new_best]
    assert bests == sorted(bests, reverse=True)
    assert trials[-1].best_s == bests[-1] == min(e.record.median_s for e in trials)


def test_a_second_run_goes_on(bed: Any) -> None:
    bed.tune(trials=8)
    assert bed.tune(trials=20).tasks[0].measured == 12
    keys = searches(bed.records)
    assert len(keys) == len(set(keys)) == 20
    assert bed.of(TaskStarted)[1].trials == 8
    assert bed.of(TaskStarted)[1].best_s is not None


def test_a_finished_task_needs_no_harness(bed: Any) -> None:
    bed.tune(trials=8)
    before = bed.records
    assert bed.tune(trials=8).tasks[0].ending is Ending.TRIALS
    assert len(bed.harnesses) == 1
    assert bed.records == before


class Killed(BaseException):
    """What `kill -9` is to a test."""


class DyingLog(LogWriter):
    """Dies at its n-th record: before it is written, in the middle, or just after."""

    def __init__(self, path: Any, n: int, when: str) -> None:
        super().__init__(path)
        self._left, self._when = n, when

    def append(self, record: Record) -> Record:
        self._left -= 1
        if self._left == 0 and self._when == "before":
            raise Killed
        record = super().append(record)
        if self._left == 0:
            if self._when == "middle":
                with open(self.path, "r+b") as file:
                    file.truncate(self.path.stat().st_size - 99)
            raise Killed
        return record


@pytest.mark.parametrize("when", ["before", "middle", "after"])
def test_killed_anywhere_it_goes_on_without_a_gap_or_a_double(
    bed: Any, when: str, thorough: bool
) -> None:
    for n in range(1, 40, 1 if thorough else 2):  # before line 3 is after line 2
        bed.path.unlink(missing_ok=True)
        bed.events.clear()
        try:
            bed.tune(bed.task, bed.other, trials=13, log=DyingLog(bed.path, n, when))
        except Killed:
            torn = when == "middle"
            written = {r.id for r in bed.records}
            assert len(written) == (n if when == "after" else n - 1)
            assert [p.count for p in bed.contents.problems] == [1] * torn
            told = [e.record.id for e in bed.events if isinstance(e, TrialFinished | Confirmed)]
            assert written.issuperset(told)
            bed.tune(bed.task, bed.other, trials=13)
            assert written.issubset(r.id for r in bed.records)
        keys = searches(bed.records)
        assert len(keys) == len(set(keys)) == 26, n
        assert any(r.purpose is Purpose.CONFIRM for r in bed.records)


def test_concatenated_logs_are_one(bed: Any, tmp_path: Any) -> None:
    whole = tmp_path / "whole"
    bed.tune(trials=8, seed=1)
    first = bed.path.read_bytes()
    bed.path.unlink()
    bed.tune(bed.other, trials=8, seed=2)
    whole.write_bytes(first[:-40] + bed.path.read_bytes())
    bed.path = whole
    report = bed.tune(bed.task, bed.other, trials=10, divide="even")
    assert [task.measured for task in report.tasks] == [2, 2]
    keys = searches(bed.records)
    assert len(keys) == len(set(keys)) == 20
    assert any("left out" in event.message for event in bed.of(Warned))


def annealing(domain: Domain, seed: int) -> Strategy:
    options = AnnealedModelOptions(
        plan_size=16, minimum_results=8, annealing=AnnealingOptions(chains=8, steps=5)
    )
    return AnnealedModelSearch(domain, seed, make_cost_model("random", seed), options)


def test_equal_seeds_propose_alike(bed: Any) -> None:
    logs = []
    for seed in (0, 0, 1):
        bed.path.unlink(missing_ok=True)
        bed.strategy = annealing
        bed.tune(bed.task, bed.other, trials=40, seed=seed)
        logs.append([(r.config_key, r.proposer, r.predicted) for r in bed.records])
    assert logs[0] == logs[1]
    assert logs[0] != logs[2]
    assert {proposer.value for _, proposer, _ in logs[0]} == {"default", "random", "model"}
    plans = [e for e in bed.of(PlanProposed) if e.task == bed.task]
    assert [e.plan for e in plans[:2]] == [1, 2]
    assert plans[0].results >= 8


def test_the_model_named_by_the_options(bed: Any) -> None:
    pytest.importorskip("xgboost")
    bed.tune(trials=36, search="sa-xgb", plan_size=16)
    assert {r.proposer.value for r in bed.records} == {"default", "random", "model"}
    assert bed.of(PlanProposed)


def test_tasks_have_seeds_of_their_own(bed: Any) -> None:
    bed.tune(bed.task, bed.other, trials=12)
    first, second = (
        [r.config_key for r in bed.records if r.task == task.key] for task in (bed.task, bed.other)
    )
    assert first != second


def test_a_small_space_is_exhausted(bed: Any) -> None:
    bed.domains = dataclasses.replace(bed.domains, rows=2)
    report = bed.tune(search="grid", trials=100)
    assert (report.tasks[0].trials, report.ending) == (24, Ending.EXHAUSTED)
    assert bed.tune(search="grid", trials=100).tasks[0].measured == 0


def test_failures_are_told_and_never_repeated(bed: Any) -> None:
    crash = Outcome(status=Status.CRASH, detail="SIGSEGV", where="runner")
    bed.plant = lambda request, n: crash if request["config"]["rows"] % 2 else None
    report = bed.tune(trials=96)
    assert len(set(searches(bed.records))) == 96
    assert report.tasks[0].failures["crash"] == sum(r.status is Status.CRASH for r in bed.records)
    assert rows(report.tasks[0].best.record) % 2 == 0
    assert bed.tune(trials=192).tasks[0].trials == 192


def test_a_fault_of_the_machinery_is_retried(bed: Any) -> None:
    bed.plant = lambda request, n: FAULT if request["config"]["rows"] == 3 and n == 1 else None
    told: list[Any] = []

    class Listening(RandomSearch):
        def tell(self, points: Any, costs_s: Any) -> None:
            told.extend(costs_s.tolist())
            super().tell(points, costs_s)

    bed.strategy = Listening
    report = bed.tune(trials=60)
    faults = [r for r in bed.records if r.status is Status.INFRASTRUCTURE]
    retries = [r for r in bed.records if r.purpose is Purpose.RETRY]
    assert faults
    assert Counter(r.config_key for r in faults) == Counter(r.config_key for r in retries)
    assert {r.purpose for r in faults} == {Purpose.SEARCH}
    assert all(r.ok for r in retries)
    assert len(searches(bed.records)) == 60 == report.tasks[0].trials
    assert len(told) == 60
    assert not np.isnan(told).any()


def test_retries_end(bed: Any) -> None:
    bed.plant = lambda request, n: FAULT if request["config"]["rows"] == 1 else None
    bed.tune(trials=4, retries=2)
    lost = [r for r in bed.records if r.status is Status.INFRASTRUCTURE]
    each = Counter((r.config_key, r.purpose) for r in lost if r.purpose is not Purpose.CONFIRM)
    assert {count for (_, purpose), count in each.items() if purpose is Purpose.SEARCH} == {1}
    assert {count for (_, purpose), count in each.items() if purpose is Purpose.RETRY} == {2}
    assert any("was given up" in event.message for event in bed.of(Warned))
    before = len(bed.records)
    bed.tune(trials=4, retries=2)
    assert len(bed.records) == before


def test_a_retry_that_a_kill_prevented_is_made_up_for(bed: Any) -> None:
    bed.plant = lambda request, n: FAULT if n == 1 else None
    with pytest.raises(Killed):
        bed.tune(trials=3, log=DyingLog(bed.path, 3, "after"))
    assert [r.status for r in bed.records] == [Status.INFRASTRUCTURE] * 3
    bed.plant = lambda request, n: None
    bed.tune(trials=3)
    retries = [r for r in bed.records if r.purpose is Purpose.RETRY]
    assert len(searches(bed.records)) == len(retries) == 3
    assert all(r.ok for r in retries)


def test_machinery_that_always_fails_ends_the_run(bed: Any) -> None:
    bed.plant = lambda request, n: FAULT
    with pytest.raises(MeasureError, match=r"10 trials in a row .* the runner was lost"):
        bed.tune(trials=100)
    assert len(bed.records) == 10
    assert bed.harnesses[0].closed


def test_a_new_best_is_checked_before_it_counts(bed: Any) -> None:
    wrong = Outcome(status=Status.WRONG_ANSWER, detail="reads past the end", where="runner")
    bed.plant_harder = lambda request, n: wrong if request["config"]["rows"] == 6 else None
    report = bed.tune(trials=192)
    refused = [r for r in bed.records if r.status is Status.WRONG_ANSWER]
    assert refused
    assert {rows(r) for r in refused} == {6}
    assert {r.detail for r in refused} == {"reads past the end"}
    assert all(r.median_s is None for r in refused)
    assert all(r.samples_s for r in refused if r.purpose is Purpose.SEARCH)
    assert len(set(searches(bed.records))) == len(searches(bed.records))
    assert rows(report.tasks[0].best.record) != 6
    bests = [e for e in bed.of(TrialFinished) if e.new_best]
    assert all(e.record.checked_harder for e in bests)
    assert len(bed.harnesses[0].harder) < 40


def test_the_harness_knows_the_best(bed: Any) -> None:
    bed.tune(trials=30)
    seen = bed.harnesses[0].best_seen
    assert seen[0] is None
    known = [s for s in seen if s is not None]
    assert known == sorted(known, reverse=True)


def test_what_was_cut_short_is_never_the_best(bed: Any) -> None:
    short = Outcome(status=Status.OK, median_s=1e-9, samples_s=(1e-9,), truncated=True)
    bed.plant = lambda request, n: short if request["config"]["rows"] == 3 else None
    report = bed.tune(trials=60)
    assert rows(report.tasks[0].best.record) != 3
    assert report.tasks[0].failures == {}


def test_records_of_other_templates_and_versions_do_not_count(bed: Any) -> None:
    bed.tune(trials=8)
    changed = dataclasses.replace(bed.domains.templates[0], version="2")
    bed.domains = dataclasses.replace(bed.domains, templates=(changed,))
    report = bed.tune(trials=5)
    assert (report.tasks[0].measured, report.tasks[0].trials) == (5, 5)
    assert {r.template_version for r in bed.records[-5:]} == {"2"}


def test_records_of_another_machine_teach_but_do_not_compare(bed: Any) -> None:
    bed.tune(trials=8)
    bed.here = dataclasses.replace(bed.here, fingerprint={"cpu": "B"})
    report = bed.tune(trials=20)
    assert len(set(searches(bed.records))) == 20
    assert bed.of(TaskStarted)[1].best_s is None
    there = {r.config_key for r in bed.records[:8]}
    confirmed = [r for r in bed.records if r.purpose is Purpose.CONFIRM][-6:]
    assert any(r.config_key in there for r in confirmed)
    assert report.tasks[0].best.record.fingerprint == {"cpu": "B"}


def test_a_restricted_space(bed: Any) -> None:
    bed.tune(trials=5)
    bed.tune(trials=15, template="matmul.plain", restrict={"rows": (2, 5)})
    new = [r for r in bed.records[5:] if r.purpose is Purpose.SEARCH]
    assert {r.template for r in new} == {"matmul.plain"}
    assert {rows(r) for r in new} == {2, 5}


def test_what_no_template_serves_is_left_out(bed: Any) -> None:
    conv = Task("conv2d:ci=8,h=8,co=8,k=3", bed.task.target)
    report = bed.tune(conv, bed.task, trials=3)
    assert [task.task for task in report.tasks] == [bed.task]
    assert bed.of(Warned)[0].message == f"{conv.workload} is left out: no template for conv2d"
    with pytest.raises(TemplateError, match="no template for conv2d"):
        bed.tune(conv, trials=3)


def test_what_is_not_admitted_is_left_out(bed: Any) -> None:
    def admit(task: Task) -> None:
        if task == bed.other:
            raise UsageError(f"{task.workload}: too large")

    bed.admit = admit
    report = bed.tune(bed.other, bed.task, trials=3)
    assert [task.task for task in report.tasks] == [bed.task]
    assert bed.of(Warned)[0].message == f"{bed.other.workload} is left out: too large"
    with pytest.raises(UsageError, match="too large"):
        bed.tune(bed.other, trials=3)


def test_equal_tasks_are_one(bed: Any) -> None:
    report = bed.tune(bed.task, bed.other, bed.task, trials=3)
    assert [(t.task.workload, t.task.weight) for t in report.tasks] == [
        (bed.task.workload, 2),
        (bed.other.workload, 1),
    ]


def test_nothing_to_tune_is_an_error(bed: Any) -> None:
    from tvmtune.tuner import Equipment, TuneOptions, tune_tasks

    equipment = Equipment(harness=bed._harness, domain=bed.domains, here=bed.here)
    with LogWriter(bed.path) as log, pytest.raises(UsageError, match="nothing to tune"):
        tune_tasks([], log, TuneOptions(), equipment)


def test_a_log_that_fails_ends_the_run_and_the_harness(bed: Any) -> None:
    class FullLog(LogWriter):
        def append(self, record: Record) -> Record:
            if len(bed.of(TrialFinished)) == 5:
                raise RecordError("log: No space left on device")
            return super().append(record)

    with pytest.raises(RecordError, match="No space left"):
        bed.tune(trials=20, log=FullLog(bed.path))
    assert len(bed.records) == 5
    assert bed.harnesses[0].closed


def test_stopping_ends_at_once_and_keeps_everything(bed: Any) -> None:
    report = bed.tune(bed.task, bed.other, trials=50, stop=lambda: len(bed.of(TrialFinished)) >= 7)
    assert report.ending is Ending.STOPPED
    assert [task.ending for task in report.tasks] == [Ending.STOPPED] * 2
    assert len(bed.records) == 7
    assert {r.purpose for r in bed.records} == {Purpose.SEARCH}
    bed.tune(bed.task, bed.other, trials=50)
    keys = searches(bed.records)
    assert len(keys) == len(set(keys)) == 100


def test_tasks_take_turns(bed: Any) -> None:
    bed.tune(bed.task, bed.other, trials=60, divide="even")
    turns = [
        (task, len(list(group)))
        for task, group in itertools.groupby(
            r.task for r in bed.records if r.purpose is Purpose.SEARCH
        )
    ]
    assert len(turns) == 16
    assert {n for _, n in turns} == {8, 4}
