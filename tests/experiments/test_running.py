from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.experiments import failing_worker
from tests.experiments.made_studies import found_in, study_in, write_spaces, write_toml
from tests.experiments.synthetic import made_space
from tvmtune.deploy.inputs import Inputs
from tvmtune.errors import RecordError, SearchError, UsageError
from tvmtune.experiments import planning
from tvmtune.experiments.contender import Budget, Contender, make_contender
from tvmtune.experiments.planning import StudyPlan, plan_study
from tvmtune.experiments.recorded_domain import RecordedDomain
from tvmtune.experiments.replay import replay
from tvmtune.experiments.replay_pool import Ended, SearchFailure, replay_all
from tvmtune.experiments.results import Search, read_results
from tvmtune.experiments.running import StudyWatch, run_study
from tvmtune.experiments.study import LiveTask, ReplayedTask
from tvmtune.experiments.study_directory import StudyDirectory, opened
from tvmtune.experiments.study_file import read_study, write_study
from tvmtune.measure.worker import Worker
from tvmtune.records.recorded_space import read_space, write_space

LIVE = """
seeds = 1
trials = 12

[[task]]
name = "small"
workload = "matmul:m=8,k=8,n=8"

[[strategy]]
name = "random"

[[strategy]]
name = "rank-xgb"
options = {plan_size = 4}
"""
ORPHANS_GONE_S = 10.0
BEGUN_S = 120.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_spaces(tmp_path, "a", "b")
    return tmp_path


def test_every_search_and_then_none(folder: Path) -> None:
    study, out = study_in(folder, "a", "b"), folder / "out"
    plans: list[StudyPlan] = []
    ended: list[Ended] = []
    watch = StudyWatch(planned=plans.append, ended=ended.append)
    run = run_study(study, out, 2, watch)
    assert (run.finished, run.failures, run.left) == (10, [], 0)
    assert len(ended) == 10
    assert {type(one.result) for one in ended} == {Search}
    assert all(one.wall_s > 0 for one in ended)
    results = read_results(out)
    assert results.missing == 0
    assert [s.key for s in results.searches[:5]] == [
        ("a", "random", 0),
        ("a", "random", 1),
        ("a", "random", 2),
        ("a", "ranked", 0),
        ("a", "ranked", 1),
    ]
    assert {"study": "made", "jobs": 2}.items() <= results.study.origin.items()
    assert {"machine", "versions", "start"} <= set(results.study.origin)
    assert results.study.strategies[1].details == {
        "search": "rank-xgb",
        "options": {"plan_size": 8, "minimum_results": 8},
        "seeds": 2,
    }
    before = (out / "traces.jsonl").read_bytes()
    again = run_study(study, out, watch=watch)
    assert (again.finished, again.left) == (0, 0)
    assert [plan.left for plan in plans] == [10, 0]
    assert (out / "traces.jsonl").read_bytes() == before


def test_a_search_is_that_of_replay(folder: Path) -> None:
    study, out = study_in(folder, "b", seeds=(7, 8)), folder / "out"
    run_study(study, out)
    domain = RecordedDomain.of(read_space(folder / "b.space.gz"))
    options = {"plan_size": 8, "minimum_results": 8}
    strategy = make_contender("rank-xgb", options, domain, 7, Budget(trials=25))
    trace = replay(domain, strategy, 25)
    assert trace.rows is not None
    assert found_in(out)["b", "ranked", 7][0] == trace.rows.tolist()
    strategy = make_contender("rank-xgb", {}, domain, 7, Budget(trials=25))
    assert getattr(strategy, "options").plan_size == 8  # cut to the budget  # noqa: B009


def test_more_seeds_tasks_and_strategies_later(folder: Path) -> None:
    out = folder / "out"
    run_study(study_in(folder, "a", seeds=(0, 1)), out, 2)
    start = read_study(out / "study.json").origin["start"]
    first = found_in(out)
    more = study_in(folder, "b", "a", share=0.9)
    grid = Contender(label="grid", search="grid", trials=5)
    random_, ranked = more.contenders
    more = replace(more, contenders=(grid, random_, replace(ranked, seeds=None)), default="grid")
    run = run_study(more, out)
    assert (run.finished, run.left) == (18 - 4, 0)
    found = found_in(out)
    assert {key: found[key] for key in first} == first
    assert len(found["b", "grid", 2][0]) == 5
    study = read_results(out).study
    assert (study.task_names, study.share, study.default) == (("b", "a"), 0.9, "grid")
    assert (study.origin["start"], study.origin["jobs"]) == (start, 2)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"trials": 30}, "was begun with trials 25; the study has 30, not 25"),
        ({"seconds": 9.0}, r"with seconds null; the study has 9\.0, not null"),
        ({"trials": None, "seconds": 9.0}, "with trials 25; the study has none, not 25"),
        ({"seeds": (1, 2)}, "with seed 0; the study no longer has 0"),
        ({"tasks": ("b",)}, "with task a; the study no longer has a"),
        ({"ranked": {"label": "other"}}, "with strategy ranked; the study no longer has ranked"),
        ({"ranked": {"seeds": 1}}, "with strategy ranked: seeds 2; the study has 1, not 2"),
        ({"ranked": {"trials": 9}}, "strategy ranked: trials null; the study has 9, not null"),
        ({"ranked": {"options": {}}}, r"strategy ranked: options \{.*\}; the study has \{\}, not"),
        ({"ranked": {"search": "grid", "options": {}}}, "strategy ranked: options"),
    ],
)
def test_another_study_in_the_same_place(
    folder: Path, fields: dict[str, Any], message: str
) -> None:
    out, study = folder / "out", study_in(folder, "a")
    with pytest.raises(UsageError, match="1 job"):
        run_study(study, out, watch=StudyWatch(planned=_refuse))
    assert not out.exists()
    run_study(study, out, watch=StudyWatch(stop=lambda: True))
    if names := fields.pop("tasks", None):
        fields["tasks"] = study_in(folder, *names).tasks
    if changed := fields.pop("ranked", None):
        first, ranked = study.contenders
        fields["contenders"] = (first, replace(ranked, **changed))
    with pytest.raises(UsageError, match=message) as raised:
        plan_study(replace(study, **fields), out)
    assert "results of both do not compare; go back to that, or" in str(raised.value)


def _refuse(plan: StudyPlan) -> None:
    raise UsageError("1 job less")


def test_another_space_in_the_same_place(folder: Path) -> None:
    study, out = study_in(folder, "a"), folder / "out"
    run_study(study, out, watch=StudyWatch(stop=lambda: True))
    space = made_space()
    write_space(replace(space, build_s=space.build_s * 2), folder / "a.space.gz")
    with pytest.raises(UsageError, match=r"task a: .*a\.space\.gz is not the space that .* has"):
        plan_study(study, out)


@pytest.mark.parametrize(
    ("search", "options", "message"),
    [
        ("nope", {}, "strategy x for a: no search strategy 'nope'; there are sa-xgb"),
        ("random", {"a": 1}, "strategy x for a: .*no option 'a'"),
        ("sa-xgb", {"plan_size": "8"}, "strategy x for a: .*plan_size is int, got '8'"),
        ("sa-xgb", {"model": "nope"}, "strategy x for a: .*nope"),
    ],
)
def test_strategies_that_cannot_be_made(
    folder: Path, search: str, options: dict[str, Any], message: str
) -> None:
    contender = Contender(label="x", search=search, options=options)
    with pytest.raises(UsageError, match=message) as raised:
        plan_study(study_in(folder, "a", contenders=(contender,)), folder / "out")
    assert raised.value.__cause__ is not None
    assert SearchError in type(raised.value.__cause__).__mro__ or search == "sa-xgb"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"workload": "C99"}, "task x: "),
        ({"workload": "C2", "target": "cpu:threads=1000"}, "1000 threads cannot be timed"),
        ({"workload": "C2", "template": "nope"}, "task x: .*nope"),
        ({"workload": "C2", "restrict": {"nope": (1,)}}, "task x: .*nope"),
    ],
)
def test_live_tasks_that_there_are_not(
    tmp_path: Path, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        plan_study(study_in(tmp_path, tasks=(LiveTask(name="x", **fields),)), tmp_path / "out")


def test_spaces_and_places_that_do_not_work(folder: Path) -> None:
    (folder / "bad.space.gz").write_text("nothing")
    with pytest.raises(RecordError, match=r"bad\.space\.gz: not a recorded space"):
        plan_study(study_in(folder, "bad"), folder / "out")
    with pytest.raises(UsageError, match="0 jobs: give at least 1"):
        run_study(study_in(folder, "a"), folder / "out", 0)
    with pytest.raises(RecordError, match=r"a\.space\.gz.*: cannot be written"):
        run_study(study_in(folder, "a"), folder / "a.space.gz")


def test_two_runs_in_one_place(folder: Path) -> None:
    study, out = study_in(folder, "a"), folder / "out"

    there = pytest.raises(UsageError, match="another process runs a study there")
    with opened(plan_study(study, out), 1), there:
        run_study(study, out)
    assert run_study(study, out).finished == 5


def test_searches_that_fail(folder: Path) -> None:
    bad = Contender(label="bad", search="grid")
    study = study_in(folder, "a", contenders=(bad, Contender(label="random", search="random")))
    out = folder / "out"
    run = run_study(study, out, worker=failing_worker.COMMAND)
    assert (run.finished, len(run.failures), run.left) == (3, 3, 0)
    errors = [json.loads(line) for line in (out / "errors.jsonl").read_text().splitlines()]
    assert [(e["task"], e["strategy"], e["seed"]) for e in errors] == [
        ("a", "bad", 0),
        ("a", "bad", 1),
        ("a", "bad", 2),
    ]
    assert "ZeroDivisionError: of the strategy" in errors[0]["error"]
    assert "exited with status 3 said before it died" in errors[1]["error"]
    assert "not a search: " in errors[2]["error"]
    run = run_study(study, out)
    assert (run.finished, run.failures, run.left) == (3, [], 0)
    assert not (out / "errors.jsonl").exists()


def test_stopped_at_once_and_going_on(folder: Path) -> None:
    study, out = study_in(folder, "a", "b"), folder / "out"
    ended: list[Ended] = []
    run = run_study(study, out, watch=StudyWatch(ended=ended.append, stop=lambda: len(ended) > 2))
    assert (run.finished, run.left) == (3, 7)
    assert run_study(study, out).finished == 7
    run_study(study, folder / "whole")
    assert found_in(out) == found_in(folder / "whole")


def test_a_budget_of_seconds(folder: Path) -> None:
    study = study_in(folder, "a", trials=None, seconds=0.3, contenders=(_random(),))
    run_study(study, folder / "out")
    for search in read_results(folder / "out").searches:
        assert 0 < len(search.trace) <= 6
        assert (np.diff(search.trace.told_s) > 0).all()


def _random() -> Contender:
    return Contender(label="random", search="random")


def test_live_tasks_have_one_workload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "read_inputs", lambda given: Inputs(()))
    task = LiveTask(name="x", workload="m.onnx")
    with pytest.raises(UsageError, match="task x: 0 workloads: a task has one"):
        plan_study(study_in(tmp_path, tasks=(task,)), tmp_path / "out")


def test_what_a_kill_leaves_at_the_beginning(folder: Path) -> None:
    study, out = study_in(folder, "a"), folder / "out"
    run_study(study, out, watch=StudyWatch(stop=lambda: True))
    (out / "traces.jsonl").unlink()
    assert plan_study(study, out).left == 5


def test_results_that_cannot_be_written(folder: Path) -> None:
    study, out = study_in(folder, "a"), folder / "out"
    (out / "errors.jsonl").mkdir(parents=True)
    with pytest.raises(RecordError, match="out: cannot be written"):
        run_study(study, out)
    with pytest.raises(RecordError, match=r"study\.json: cannot be written: No such file"):
        write_study(read_study(out / "study.json"), folder / "nowhere" / "study.json")
    failure = SearchFailure(task="a", strategy="random", seed=0, error="no")
    with pytest.raises(RecordError, match=r"errors\.jsonl: cannot be written"):
        StudyDirectory(out).add_error(failure)


def test_a_fault_of_the_pool_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: Any) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(Worker, "request", fail)
    with pytest.raises(OSError, match="no more processes"):
        run_study(study_in(folder, "a"), folder / "out")


def test_nothing_to_replay() -> None:
    assert [*replay_all([], 2, lambda: False)] == []


def _descendants(root: int) -> set[int]:
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    found = {root}
    while more := {p for p, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _alive(process: int) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def _lines(traces: Path) -> int:
    return traces.read_bytes().count(b"\n") if traces.exists() else -1


def _kill_family(process: subprocess.Popen[bytes]) -> None:
    """Kill a run, and see that what it has started ends as well."""
    family = _descendants(process.pid)
    process.kill()
    process.wait()
    end_s = time.monotonic() + ORPHANS_GONE_S
    while any(map(_alive, family)) and time.monotonic() < end_s:
        time.sleep(0.01)
    assert not any(map(_alive, family))


@pytest.mark.slow
def test_killed_at_random_moments(folder: Path, thorough: bool) -> None:
    path, out = write_toml(folder, seeds=12 if thorough else 6), folder / "out"
    command = [sys.executable, "-m", "tvmtune", "experiment", "run", str(path), "--jobs", "2"]
    env = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE")}
    moments, traces = random.Random(0), out / "traces.jsonl"
    for kill in range(8 if thorough else 4):
        process = subprocess.Popen(
            [*command, "--out", str(out)], env=env, stderr=subprocess.DEVNULL
        )
        known = max(_lines(traces), 0)
        end_s = time.monotonic() + BEGUN_S
        while _lines(traces) < known + kill % 3 and time.monotonic() < end_s:
            time.sleep(0.01)
        time.sleep(moments.uniform(0.0, 0.5))
        _kill_family(process)
    subprocess.run([*command, "--out", str(out)], env=env, check=True)
    subprocess.run([*command, "--out", str(folder / "whole")], env=env, check=True)
    assert read_results(out).missing == 0
    assert found_in(out) == found_in(folder / "whole")


def test_tasks_of_templates_that_are_not_ours(folder: Path) -> None:
    task = ReplayedTask(name="a", path=folder / "a.space.gz", template="matmul.packed")
    assert plan_study(study_in(folder, tasks=(task,)), folder / "out").left == 5


@pytest.mark.slow
def test_a_live_search_killed(tmp_path: Path) -> None:
    path, out = tmp_path / "live.toml", tmp_path / "live"
    path.write_text(LIVE)
    command = [sys.executable, "-m", "tvmtune", "experiment", "run", str(path)]
    env = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE")}
    process = subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL)
    log, end_s = out / "logs" / "small-random-0.jsonl", time.monotonic() + BEGUN_S
    while _lines(log) < 3 and time.monotonic() < end_s:
        time.sleep(0.01)
    _kill_family(process)
    before = log.read_bytes()
    subprocess.run(command, env=env, check=True)
    assert log.read_bytes().startswith(before[: before.rfind(b"\n") + 1])
    results = read_results(out)
    assert results.missing == 0
    for search in results.searches:
        assert len(search.trace) == 12
        assert search.trace.rows is None
        assert np.nanmin(search.trace.times_s) > 0
        assert 0 < search.trace.told_s.max() < BEGUN_S
        assert search.trace.building_s > 0
        assert search.trace.running_s > 0
