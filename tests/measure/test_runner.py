"""The runner's answers, asked in this process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import pytest

from tvmtune.artifact import Artifact
from tvmtune.measure import runner as runner_module
from tvmtune.measure.frames import Frame
from tvmtune.measure.problem import Problem
from tvmtune.measure.runner import MISSING_ARRAYS, MISSING_KERNEL, Runner
from tvmtune.measure.timing import TimingOptions
from tvmtune.outcome import Status

TIMING = TimingOptions(sample_s=1e-4, budget_s=1e-3).to_json()


class Asker:
    """Asks a runner and notes what it says it does."""

    def __init__(self, planted: ModuleType, problem: Problem) -> None:
        self.runner = Runner()
        self.phases: list[str] = []
        self._planted = planted
        self._problem = problem

    def artifact(self, fault: str) -> bytes:
        artifact: Artifact = self._planted.build({"config": {"fault": fault}}).artifact
        return artifact.to_bytes()

    def ask(self, op: str, payloads: Sequence[bytes] = (), **message: Any) -> Frame:
        return self.runner.answer({"op": op, **message}, payloads, self.phases.append)

    def send(self, *digests: str) -> None:
        known = {d: a for seed in range(3) for d, a in self._problem.case(seed).arrays.items()}
        entries = [
            {"digest": d, "dtype": known[d].array.dtype.str, "shape": known[d].array.shape}
            for d in digests
        ]
        sent = self.ask("arrays", [known[d].array.tobytes() for d in digests], arrays=entries)
        assert sent.message["status"] == Status.OK

    def ready(self, *seeds: int) -> list[dict[str, Any]]:
        cases = [self._problem.case(seed) for seed in seeds]
        for case in cases:
            self.send(*case.arrays)
        return [case.to_json() for case in cases]


@pytest.fixture
def asker(planted: ModuleType, problem: Problem) -> Asker:
    return Asker(planted, problem)


def test_arrays_are_asked_for_once(asker: Asker, problem: Problem) -> None:
    case = problem.case()
    message = {"case": case.to_json(), "timing": TIMING, "best_s": None}
    missing = asker.ask("measure", [asker.artifact("none")], **message)
    assert missing.message["status"] == MISSING_ARRAYS
    assert sorted(missing.message["digests"]) == sorted(case.arrays)
    asker.send(*missing.message["digests"])
    answer = asker.ask("measure", [asker.artifact("none")], **message).message
    assert answer["status"] == Status.OK
    assert answer["samples_s"]
    assert set(answer["seconds"]) == {"loading", "running", "checking"}
    assert asker.phases == ["loading", "checking", "timing"]


def test_arrays_used_longest_ago_make_room(
    asker: Asker, problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "_CACHE_BYTES", 300)
    (old,) = asker.ready(0)
    (new,) = asker.ready(1)
    message = {"timing": TIMING, "best_s": None}
    kept = asker.ask("measure", [asker.artifact("none")], case=new, **message)
    assert kept.message["status"] == Status.OK
    gone = asker.ask("measure", [asker.artifact("none")], case=old, **message)
    assert gone.message["status"] == MISSING_ARRAYS


@pytest.mark.parametrize(
    ("fault", "status"),
    [("wrong", Status.WRONG_ANSWER), ("has no symbol", Status.BUILD_ERROR)],
)
@pytest.mark.parametrize("op", ["measure", "load", "check"])
def test_faults_are_told_whatever_was_asked(
    asker: Asker, fault: str, status: Status, op: str
) -> None:
    (case,) = asker.ready(0)
    message = {"case": case, "cases": [case], "key": "k", "timing": TIMING, "best_s": None}
    assert asker.ask(op, [asker.artifact(fault)], **message).message["status"] == status


def test_kernels_are_kept_until_they_are_forgotten(asker: Asker) -> None:
    (case,) = asker.ready(0)
    assert asker.ask("time", key="k", timing=TIMING).message["status"] == MISSING_KERNEL
    loaded = asker.ask("load", [asker.artifact("none")], key="k", case=case)
    assert loaded.message["status"] == Status.OK
    timed = asker.ask("time", key="k", timing=TIMING).message
    assert timed["status"] == Status.OK
    assert timed["samples_s"]
    asker.ask("forget")
    assert asker.ask("time", key="k", timing=TIMING).message["status"] == MISSING_KERNEL


def test_the_harder_check_says_what_it_did(asker: Asker) -> None:
    cases = asker.ready(1, 2)
    answer = asker.ask("check", [asker.artifact("none")], cases=cases).message
    assert answer["status"] == Status.OK
    assert answer["checks"]["harder"]
    assert answer["checks"]["seeds"] == [1, 2]
    assert 0 < answer["checks"]["error"] < 1
    for fault, text in (
        ("writes its input", "may only read: x"),
        ("writes before the start", "beside one of its arrays"),
        ("counts its runs", "seed 1: run 2"),
    ):
        answer = asker.ask("check", [asker.artifact(fault)], cases=cases).message
        assert answer["status"] == Status.WRONG_ANSWER
        assert text in answer["detail"]


def test_the_runner_loads_no_compiler() -> None:
    script = """
import sys
import tvmtune.measure.runner
parts = ("compiler", "search_spaces", "codegen", "passes", "schedule", "te", "ir", "operators")
print([m for m in sys.modules if m.startswith("tvmtune.") and m.split(".")[1] in parts])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"
