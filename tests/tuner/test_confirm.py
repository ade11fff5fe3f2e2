from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from tvmtune.errors import GivenUpError
from tvmtune.outcome import Outcome, Status
from tvmtune.records import Here, LogWriter, Proposer, Purpose, find_best
from tvmtune.search.random import RandomSearch
from tvmtune.tuner import Confirmed, Confirming, Ending, Warned

VERSIONS = dict.fromkeys(("matmul.packed", "matmul.plain"), "1")


def confirms(bed: Any) -> list[Any]:
    return [r for r in bed.records if r.purpose is Purpose.CONFIRM]


def measured(bed: Any) -> int:
    return sum(len(harness.measured) for harness in bed.harnesses)


def test_the_leading_few_race_with_the_default(bed: Any) -> None:
    bed.tune(trials=60, leaders=3, confirm_s=2)
    (event,) = bed.of(Confirming)
    assert (event.configs, event.seconds) == (4, 2)
    ok = [r for r in bed.records if r.ok and r.purpose is Purpose.SEARCH]
    fastest = sorted(ok, key=lambda r: r.median_s)[:3]
    default = min((r for r in ok if r.proposer is Proposer.DEFAULT), key=lambda r: r.median_s)
    raced = [r.config_key for r in confirms(bed)]
    assert raced == [r.config_key for r in [*fastest, default]]
    assert [e.record for e in bed.of(Confirmed)] == confirms(bed)


def test_who_was_not_checked_is_checked_first(bed: Any) -> None:
    bed.tune(trials=60, leaders=5)
    by_config: dict[Any, bool] = {}
    for r in bed.records:
        by_config[r.config_key] = by_config.get(r.config_key, False) or r.checked_harder
    assert all(by_config[r.config_key] for r in confirms(bed))
    assert len(bed.harnesses[0].harder) == len(set(bed.harnesses[0].harder))


def test_who_fails_the_check_does_not_race(bed: Any) -> None:
    best = bed.tune(trials=60, leaders=1, confirm_s=0).tasks[0].best.record
    unchecked = [r for r in bed.records if r.ok and not r.checked_harder]
    second = min(unchecked, key=lambda r: r.median_s)
    wrong = Outcome(status=Status.WRONG_ANSWER, detail="off", where="runner")
    bed.plant_harder = lambda request, n: wrong if request["config"] == second.config else None
    report = bed.tune(trials=60, leaders=20)
    assert report.tasks[0].best.record.config_key == best.config_key
    failed = [r for r in confirms(bed) if not r.ok]
    assert [(r.config_key, r.status, r.detail) for r in failed] == [
        (second.config_key, Status.WRONG_ANSWER, "off")
    ]
    assert all(second.config_key[2] not in key for key in bed.harnesses[1].raced[0])


def test_a_leader_that_fails_the_race_is_out(bed: Any) -> None:
    best = bed.tune(trials=60, confirm_s=0).tasks[0].best.record
    crash = Outcome(status=Status.CRASH, detail="SIGSEGV", where="runner")
    bed.plant = lambda request, n: crash if request["config"] == best.config else None
    report = bed.tune(trials=60)
    assert report.tasks[0].best.record.config_key != best.config_key
    templates = dict.fromkeys(("matmul.packed", "matmul.plain"), "1")
    match = find_best(bed.records, bed.task.key, templates, bed.here)
    assert match.record == report.tasks[0].best.record
    assert "crashed: SIGSEGV" in [r.reason for r in match.refused]


def test_confirmation_is_made_once(bed: Any) -> None:
    bed.tune(trials=20)
    before = len(confirms(bed))
    bed.tune(trials=20)
    assert len(confirms(bed)) == before
    bed.tune(trials=21)
    assert len(confirms(bed)) > before


def test_a_confirmation_that_a_stop_prevented_is_made_up_for(bed: Any) -> None:
    bed.tune(trials=20, stop=lambda: len(bed.records) >= 20 if bed.path.exists() else False)
    assert not confirms(bed)
    bed.tune(trials=20)
    assert confirms(bed)


def test_nothing_that_works_is_not_confirmed(bed: Any) -> None:
    bed.plant = lambda request, n: Outcome(status=Status.BUILD_ERROR, detail="no")
    report = bed.tune(trials=10)
    assert not confirms(bed)
    assert report.tasks[0].best is None
    assert report.tasks[0].failures == {"build_error": 10}


def test_the_answer_of_the_log_is_that_of_the_report(bed: Any) -> None:
    report = bed.tune(trials=60)
    templates = dict.fromkeys(("matmul.packed", "matmul.plain"), "1")
    match = find_best(bed.records, bed.task.key, templates, bed.here)
    assert (match.kind, match.standing) == ("exact", report.tasks[0].best)
    other = find_best(bed.records, bed.task.key, templates, Here({"cpu": "Z"}))
    assert other.kind == "other machine"


@pytest.mark.parametrize("timed", [1, 3])
def test_a_stop_keeps_what_was_measured_and_the_rest_is_made_up_for(bed: Any, timed: int) -> None:
    bed.tune(trials=20)
    whole = [r.config_key for r in confirms(bed)]
    bed.path.unlink()
    bed.harnesses.clear()

    bed.tune(trials=20, stop=lambda: measured(bed) >= 20 + timed)
    assert [r.config_key for r in confirms(bed)] == whole[:timed]
    report = bed.tune(trials=20)
    assert [r.config_key for r in confirms(bed)] == whole[:timed] + whole
    assert report.tasks[0].best.confirmed
    bed.tune(trials=20)
    assert len(confirms(bed)) == timed + len(whole)


def test_a_stop_after_the_race_loses_nothing(bed: Any) -> None:
    bed.tune(trials=20, stop=lambda: bool(confirms(bed)) if bed.path.exists() else False)
    assert len(confirms(bed)) == 6
    before = len(bed.records)
    bed.tune(trials=20)
    assert len(bed.records) == before


def test_a_leader_that_failed_in_a_stopped_race_stays_out_of_the_next(bed: Any) -> None:
    best = bed.tune(trials=20, stop=lambda: measured(bed) >= 20)
    assert best.ending is Ending.STOPPED
    crash = Outcome(status=Status.CRASH, detail="SIGSEGV", where="runner")
    first = min((r for r in bed.records if r.ok), key=lambda r: r.median_s)
    bed.plant = lambda request, n: crash if request["config"] == first.config else None
    bed.tune(trials=20, stop=lambda: measured(bed) >= 21)
    assert [r.status for r in confirms(bed)] == [Status.CRASH]
    bed.tune(trials=20)
    assert [r.config_key for r in confirms(bed)].count(first.config_key) == 1
    before = len(bed.records)
    bed.tune(trials=20)
    assert len(bed.records) == before


def elsewhere(bed: Any, trials: int = 20, **options: Any) -> list[Any]:
    """Tune on another machine, then come back to this one; its records."""
    home, bed.here = bed.here, dataclasses.replace(bed.here, fingerprint={"cpu": "Z"})
    bed.tune(trials=trials, **options)
    bed.here = home
    return list(bed.records)


def test_the_best_of_another_machine_is_checked_and_can_win_here(bed: Any) -> None:
    there = elsewhere(bed, 192)
    fastest = find_best(there, bed.task.key, VERSIONS, Here({"cpu": "Z"})).record
    assert fastest is not None
    bed.domains = dataclasses.replace(bed.domains, rows=32)
    report = bed.tune(trials=195)
    best = report.tasks[0].best
    assert best.record.config_key == fastest.config_key
    assert best.sound
    assert best.record.fingerprint == bed.here.fingerprint
    own = [r for r in confirms(bed) if r.fingerprint == bed.here.fingerprint]
    assert Proposer.DEFAULT in {r.proposer for r in own}
    assert report.tasks[0].default_s is not None
    match = find_best(bed.records, bed.task.key, VERSIONS, bed.here)
    assert (match.record, match.kind) == (best.record, "exact")


def test_a_log_of_another_machine_with_all_trials_is_confirmed_here(bed: Any) -> None:
    there = elsewhere(bed)
    report = bed.tune(trials=20, leaders=3)
    own = bed.records[len(there) :]
    assert {r.purpose for r in own} == {Purpose.CONFIRM}
    fastest = sorted((r for r in there if r.purpose is Purpose.CONFIRM), key=lambda r: r.median_s)
    assert {r.config_key for r in fastest[:3]} <= {r.config_key for r in own}
    assert Proposer.DEFAULT in {r.proposer for r in own}
    assert all(r.checked_harder for r in own)
    best = report.tasks[0].best
    assert best.confirmed
    assert best.sound
    (warning,) = bed.of(Warned)
    assert "20 of 20 trials in the log are from another model of CPU (Z)" in warning.message
    bed.tune(trials=20, leaders=3)
    assert len(bed.records) == len(there) + len(own)


def test_a_default_that_nobody_has_measured_joins_the_race(bed: Any) -> None:
    there = elsewhere(bed)
    others = [r for r in there if r.proposer is not Proposer.DEFAULT]
    bed.path.unlink()
    with LogWriter(bed.path) as log:
        for record in others:
            log.append(record)
    report = bed.tune(trials=1)
    defaults = [r for r in confirms(bed) if r.proposer is Proposer.DEFAULT]
    assert {r.template for r in defaults} == set(VERSIONS)
    assert report.tasks[0].default_s == min(r.median_s for r in defaults)
    before = len(bed.records)
    bed.tune(trials=1)
    assert len(bed.records) == before


def test_times_of_another_machine_are_told_only_when_they_compare(bed: Any) -> None:
    seen: list[float] = []

    class Listening(RandomSearch):
        def tell(self, points: Any, costs_s: Any) -> None:
            seen.extend(costs_s.tolist())
            super().tell(points, costs_s)

    crash = Outcome(status=Status.CRASH, detail="SIGSEGV", where="runner")
    bed.plant = lambda request, n: crash if request["config"]["rows"] == 4 else None
    there = elsewhere(bed, 40)
    failed = sum(r.status is Status.CRASH for r in there)
    assert failed
    bed.strategy = Listening
    good = {r.config_key: r.median_s for r in there if r.ok and r.purpose is Purpose.SEARCH}
    bed.plant = lambda request, n: Outcome(status=Status.OK, median_s=7e-3, samples_s=(7e-3,))
    bed.tune(trials=40, leaders=1)
    assert len(seen) == failed
    assert np.isnan(seen).all()
    seen.clear()
    bed.tune(trials=40, leaders=1)
    told = [s for s in seen if not np.isnan(s)]
    assert len(told) == 40 - failed
    own = {r.config_key: r for r in confirms(bed) if r.fingerprint == bed.here.fingerprint}
    (scale,) = (7e-3 / good[k] for k, r in own.items() if r.proposer is Proposer.DEFAULT)
    assert sorted(told) == pytest.approx(
        sorted(7e-3 if key in own else scale * time for key, time in good.items())
    )


def test_waiting_that_is_given_up_ends_a_confirmation(bed: Any) -> None:
    bed.tune(trials=20, stop=lambda: measured(bed) >= 20)

    def give_up(request: Any, n: int) -> Outcome | None:
        raise GivenUpError("another process has the machine")

    bed.plant_harder = give_up
    bed.tune(trials=20)
    checked = {
        r.config_key for r in bed.records if r.purpose is Purpose.SEARCH and r.checked_harder
    }
    assert {r.config_key for r in confirms(bed)} <= checked
    bed.plant_harder = lambda request, n: None
    assert bed.tune(trials=20).tasks[0].best.confirmed
    assert len({r.config_key for r in confirms(bed)}) == 6


def test_a_check_that_is_given_up_keeps_the_timing(bed: Any) -> None:
    def give_up(request: Any, n: int) -> Outcome | None:
        raise GivenUpError("another process has the machine")

    bed.plant_harder = give_up
    report = bed.tune(trials=20)
    assert [r.ok for r in bed.records] == [True] * 20
    assert not any(r.checked_harder for r in bed.records)
    assert not report.tasks[0].best.sound
    bed.plant_harder = lambda request, n: None
    assert bed.tune(trials=20).tasks[0].best.sound


def test_what_failed_here_is_not_confirmed_for_its_time_elsewhere(bed: Any) -> None:
    there = elsewhere(bed)
    fastest = min((r for r in there if r.purpose is Purpose.CONFIRM), key=lambda r: r.median_s)
    crash = Outcome(status=Status.CRASH, detail="SIGILL", where="runner")
    bed.plant = lambda request, n: crash if request["config"] == fastest.config else None
    for trials in (20, 30):
        bed.tune(trials=trials)
    ends = [r.status for r in confirms(bed)[6:] if r.config_key == fastest.config_key]
    assert ends == [Status.CRASH]
