from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tvmtune.errors import GivenUpError, MeasureError
from tvmtune.measure import harness as harness_module
from tvmtune.measure.candidate import Candidate
from tvmtune.measure.harness import Harness
from tvmtune.measure.lock import MachineLock
from tvmtune.measure.options import MeasureOptions
from tvmtune.measure.problem import Problem
from tvmtune.measure.workers import Workers
from tvmtune.outcome import Outcome, Status

MakeCandidate = Callable[..., Candidate]

FAULTS = {
    "segfault": (Status.CRASH, "runner", "SIGSEGV"),
    "endless": (Status.RUN_TIMEOUT, "runner", "time was over"),
    "touches 100 GB": (Status.OUT_OF_MEMORY, "runner", "the limit is 400 MiB"),
    "wants 400 GB": (Status.OUT_OF_MEMORY, "runner", "400. GiB"),
    "exits": (Status.CRASH, "runner", "status 3"),
    "wrong": (Status.WRONG_ANSWER, "runner", "16 of 16 elements differ, the first at (0, 0)"),
    "writes nothing": (Status.WRONG_ANSWER, "runner", "got nan"),
    "adds to the output": (Status.WRONG_ANSWER, "runner", "got nan"),
    "has no symbol": (Status.BUILD_ERROR, "runner", "does not load"),
    "does not compile": (Status.BUILD_ERROR, "builder", "LLVM refused"),
    "refused": (Status.BUILD_ERROR, "builder", "CodegenError: cannot express it\nthe IR"),
    "bug": (Status.BUILD_ERROR, "builder", "KeyError: 'tile'"),
    "no such config": (Status.INVALID, "builder", "SpaceError: tile 3"),
    "builder crashes": (Status.CRASH, "builder", "SIGSEGV"),
    "builder hangs": (Status.BUILD_TIMEOUT, "builder", "time was over"),
    "builder eats memory": (Status.OUT_OF_MEMORY, "builder", "the limit is 400 MiB"),
    "builder exits": (Status.CRASH, "builder", "status 7"),
    "builder is killed": (Status.INFRASTRUCTURE, "builder", "SIGKILL from outside"),
}


def _measured(
    harness: Harness, *candidates: Candidate, best_s: float | None = None
) -> list[Outcome]:
    """Outcomes in the order of the candidates."""
    outcomes = {c.key: o for c, o in harness.measure(candidates, lambda: best_s)}
    return [outcomes[c.key] for c in candidates]


def test_a_good_candidate_is_timed_and_says_what_was_done(
    harness: Harness, candidate: MakeCandidate
) -> None:
    (outcome,) = _measured(harness, candidate("none"))
    assert outcome.status is Status.OK
    assert outcome.median_s is not None
    assert outcome.median_s > 0
    assert len(outcome.samples_s) >= 5
    assert not outcome.truncated
    assert set(outcome.seconds) == {"lowering", "codegen", "loading", "running", "checking"}
    assert outcome.checks["seeds"] == [0]
    assert (outcome.nest_hash, outcome.flops) == ("hash", 128)
    assert len(outcome.artifact_digest) == 64


def test_every_fault_is_recorded_as_what_it_is_and_the_rest_goes_on(
    harness: Harness, candidate: MakeCandidate
) -> None:
    candidates = [candidate(fault) for fault in FAULTS]
    good = [replace(candidate("none"), key=f"good {i}") for i in range(len(FAULTS))]
    mixed = [c for pair in zip(candidates, good, strict=True) for c in pair]
    outcomes = dict(zip([c.key for c in mixed], _measured(harness, *mixed), strict=True))
    for fault, (status, where, text) in FAULTS.items():
        outcome = outcomes[fault]
        assert (outcome.status, outcome.where) == (status, where), (fault, outcome)
        assert text in outcome.detail
        assert outcome.median_s is None
    assert all(outcomes[c.key].status is Status.OK for c in good)


def test_a_builder_that_prints_builds_all_the_same(
    harness: Harness, candidate: MakeCandidate
) -> None:
    (outcome,) = _measured(harness, candidate("builder prints"))
    assert outcome.status is Status.OK


def test_clearly_slower_candidates_are_cut_short(
    harness: Harness, candidate: MakeCandidate
) -> None:
    slow, good = _measured(harness, candidate("slow"), candidate("none"), best_s=1e-4)
    assert slow.status is Status.OK
    assert slow.truncated or slow.checks["interrupted"] == len(slow.samples_s)
    assert len(slow.samples_s) <= 3 or not slow.truncated
    assert not good.truncated


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        ("none", Status.OK, ""),
        ("reads past the end", Status.CRASH, "while checking seed 1 harder: it died of SIGSEGV"),
        ("writes its input", Status.WRONG_ANSWER, "seed 1: run 1: it wrote to what it may only"),
        ("writes before the start", Status.WRONG_ANSWER, "wrote beside one of its arrays"),
        ("reads its workspace first", Status.WRONG_ANSWER, "seed 1: run 1"),
        ("counts its runs", Status.WRONG_ANSWER, "seed 1: run 2"),
        ("bug", Status.BUILD_ERROR, "KeyError"),
    ],
)
def test_a_new_best_is_checked_harder(
    harness: Harness, candidate: MakeCandidate, fault: str, status: Status, text: str
) -> None:
    if fault not in ("bug", "writes before the start"):
        (first,) = _measured(harness, candidate(fault))
        assert first.status is Status.OK
    outcome = harness.check_harder(candidate(fault))
    assert outcome.status is status
    assert text in outcome.detail
    if status is Status.OK:
        assert outcome.checks["harder"]
        assert outcome.checks["seeds"] == [1, 2]


def test_leaders_are_confirmed_in_turns(harness: Harness, candidate: MakeCandidate) -> None:
    chosen = [candidate(f) for f in ("quick", "segfault", "none", "bug")]
    confirmed = {c.key: o for c, o in harness.confirm(chosen, 0.6)}
    assert list(confirmed) == ["quick", "segfault", "none", "bug"]
    assert confirmed["segfault"].status is Status.CRASH
    assert confirmed["bug"].status is Status.BUILD_ERROR
    quick, none = confirmed["quick"], confirmed["none"]
    assert quick.checks["rounds"] == none.checks["rounds"] >= 1
    assert quick.checks["seeds"] == [0]
    assert quick.median_s is not None
    assert none.median_s is not None
    assert quick.median_s > none.median_s
    assert len(quick.samples_s) >= 5


@pytest.mark.parametrize(
    ("timings", "keys"), [(0, ["bug"]), (1, ["quick", "bug"]), (4, ["quick", "none", "bug"])]
)
def test_a_stopped_confirmation_gives_what_it_has(
    harness: Harness, candidate: MakeCandidate, timings: int, keys: list[str]
) -> None:
    chosen = [candidate(f) for f in ("quick", "none", "bug")]
    asked: list[None] = []

    def stop() -> bool:
        asked.append(None)
        return len(asked) > len(chosen) + timings

    confirmed = {c.key: o for c, o in harness.confirm(chosen, 60.0, stop)}
    assert list(confirmed) == keys
    if timings == 4:
        assert [confirmed[key].checks["rounds"] for key in ("quick", "none")] == [2, 2]


def test_a_confirmation_that_is_stopped_at_once_builds_nothing(
    harness: Harness, candidate: MakeCandidate
) -> None:
    assert list(harness.confirm([candidate("builder hangs")], 60.0, lambda: True)) == []


def test_waiting_for_the_machine_can_be_given_up(
    options: MeasureOptions, problem: Problem, candidate: MakeCandidate, tmp_path: Path
) -> None:
    path, given_up = tmp_path / "lock", threading.Event()
    own = replace(options, lock_path=path)
    with Workers(own, give_up=given_up.is_set) as workers:
        harness = Harness(problem, workers)
        with MachineLock(path).hold():
            timer = threading.Timer(0.3, given_up.set)
            timer.start()
            assert list(harness.measure([candidate("none"), candidate("quick")])) == []
            with pytest.raises(GivenUpError):
                harness.check_harder(candidate("none"))
            assert [
                c.key for c, _ in harness.confirm([candidate("none"), candidate("bug")], 9)
            ] == ["bug"]
            with pytest.raises(GivenUpError):
                workers.sample(workers.probe("fma", "cpu"), [0], 0.01)
            timer.join()
        (outcome,) = _measured(harness, candidate("none"))
        assert outcome.status is Status.OK


def test_candidates_are_drawn_as_there_is_room(
    options: MeasureOptions, problem: Problem, candidate: MakeCandidate
) -> None:
    drawn: list[int] = []

    def draw() -> Iterator[Candidate]:
        for number in range(8):
            drawn.append(number)
            yield replace(candidate("none"), key=str(number))

    for overlap, room in ((True, 3), (False, 1)):
        drawn.clear()
        with Workers(replace(options, overlap=overlap, ahead=3)) as workers:
            results = Harness(problem, workers).measure(draw())
            next(results)
            assert len(drawn) == room
            next(results)
            assert len(drawn) == room + 1
            rest = list(results)
        assert len(rest) == 6
        assert all(outcome.status is Status.OK for _, outcome in rest)


def test_abandoned_candidates_do_not_hold_up_the_next_ones(
    harness: Harness, candidate: MakeCandidate
) -> None:
    results = harness.measure([replace(candidate("none"), key=str(i)) for i in range(6)])
    next(results)
    results.close()
    assert harness.check_harder(candidate("none")).status is Status.OK


def test_flags_have_builders_of_their_own(harness: Harness, candidate: MakeCandidate) -> None:
    flagged = [candidate("none", f"-max-sched-reorder={n}") for n in range(4)]
    broken = candidate("none", "no-dash")
    outcomes = {c.flags: o for c, o in harness.measure([*flagged, broken])}
    assert [outcomes[c.flags].status for c in flagged] == [Status.OK] * 4
    assert outcomes[broken.flags].status is Status.BUILD_ERROR
    assert "must start with a dash" in outcomes[broken.flags].detail


def test_workers_that_do_not_start_are_faults_of_the_infrastructure(
    options: MeasureOptions, problem: Problem, candidate: MakeCandidate
) -> None:
    broken = (*options.builder_command, "does-not-start")
    with Workers(replace(options, builder_command=broken)) as workers:
        (outcome,) = _measured(Harness(problem, workers), candidate("none"))
        assert outcome.status is Status.INFRASTRUCTURE
        assert "this builder does not start" in outcome.detail
    with Workers(replace(options, runner_command=(sys.executable, "-c", "exit(4)"))) as workers:
        harness = Harness(problem, workers)
        (outcome,) = _measured(harness, candidate("none"))
        assert outcome.status is Status.INFRASTRUCTURE
        assert "runner did not start" in outcome.detail
        assert harness.check_harder(candidate("none")).status is Status.INFRASTRUCTURE
        ((_, confirmed),) = harness.confirm([candidate("none")], 0.1)
        assert confirmed.status is Status.INFRASTRUCTURE
        with pytest.raises(MeasureError, match="probe of the machine"):
            workers.sample(workers.probe("fma", "cpu"), [0], 0.01)


def test_faults_of_this_process_are_faults_of_the_infrastructure(
    options: MeasureOptions,
    problem: Problem,
    candidate: MakeCandidate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Workers(replace(options, lock_path=tmp_path / "no" / "lock")) as workers:
        harness = Harness(problem, workers)
        (outcome,) = _measured(harness, candidate("none"))
        assert outcome.status is Status.INFRASTRUCTURE
        assert "another path" in outcome.detail
        monkeypatch.setattr(harness_module._Artifacts, "put", None)
        (outcome,) = _measured(harness, candidate("none"))
        assert outcome.status is Status.INFRASTRUCTURE
        assert "TypeError" in outcome.detail


def test_closing_ends_what_is_under_way(
    options: MeasureOptions, problem: Problem, candidate: MakeCandidate
) -> None:
    workers = Workers(replace(options, run_deadline_s=60.0))
    harness = Harness(problem, workers)
    results = harness.measure([candidate("none"), candidate("endless")])
    assert next(results)[1].status is Status.OK
    closer = threading.Timer(0.3, workers.close)
    closer.start()
    assert next(results)[1].status is Status.INFRASTRUCTURE
    closer.join()


def test_runners_get_the_arrays_they_have_lost(
    options: MeasureOptions, problem: Problem, candidate: MakeCandidate
) -> None:
    with Workers(options) as workers:
        harness = Harness(problem, workers)
        for fault in ("none", "segfault", "none"):
            (outcome,) = _measured(harness, candidate(fault))
        assert outcome.status is Status.OK


def test_the_artifacts_used_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    from tvmtune.artifact import Artifact, Manifest

    monkeypatch.setattr(harness_module, "_KEPT_ARTIFACTS", 2)
    manifest = Manifest(symbol="k", arguments=(), workspace_bytes=0, target="cpu")
    kept = harness_module._Artifacts()
    for key in "aba":
        kept.put(key, Artifact(manifest, key.encode()))
    kept.put("c", Artifact(manifest, b"c"))
    assert kept.get("b") is None
    assert kept.get("a") is not None
