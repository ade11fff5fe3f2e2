from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np
import pytest

import tvmtune
from benchmarks.contest import ROOT
from benchmarks.contestant import Desk, Loaded, converse, measure
from benchmarks.ours import load
from benchmarks.problem import Problem
from benchmarks.tables import problem_of
from tvmtune.deploy.match import LogMatch
from tvmtune.errors import RecordError
from tvmtune.operators import reference
from tvmtune.runtime.kernel import Kernel
from tvmtune.workload import parse

_PRODUCT = parse("matmul:m=4,k=8,n=6")


def _load(problem: Problem) -> Loaded:
    if problem.kind != "matmul":
        raise NotImplementedError("products only\nand more")
    x, w = problem.arrays()
    out = np.zeros(problem.y_shape, np.float32)
    return Loaded(lambda: np.matmul(x, w, out=out), lambda: out, {"layout": "plain"})


def _answers(*requests: dict[str, Any]) -> list[dict[str, Any]]:
    written = io.StringIO()
    lines = io.StringIO("".join(json.dumps(request) + "\n" for request in requests))
    converse(Desk(_load, lambda: "1.2"), lines, written)
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_conversation() -> None:
    product, conv = (problem_of(w).to_json() for w in (_PRODUCT, parse("C2")))
    described, early, loaded, timed, refused, late = _answers(
        {"describe": True},
        {"time": 0.0},
        {"load": product},
        {"time": 0.0},
        {"load": conv},
        {"time": 0.0},
    )
    assert described == {"version": "1.2"}
    assert early == late == {"error": "nothing is loaded"}
    x, w = problem_of(_PRODUCT).arrays()
    assert loaded["norm"] == pytest.approx(float(np.linalg.norm(x @ w)))
    assert loaded["layout"] == "plain"
    assert timed["median_s"] > 0
    assert refused == {"error": "NotImplementedError: products only"}


def test_samples_are_long_enough_for_the_clock() -> None:
    ticks = count()
    calls = 0

    def run() -> None:
        nonlocal calls
        calls += 1

    found = measure(run, 4e-3, lambda: next(ticks) * 1e-3)
    assert found == {"median_s": pytest.approx(1e-3 / 5), "samples": 3}
    assert calls == 3 + 1 + 3 * 5


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """``tvmtune.build`` with a match of some kind, whatever the log."""
    real = tvmtune.build

    def prepare(kind: str) -> None:
        def build(workload: str, target: str, log: str, **options: Any) -> Kernel:
            artifact = real(workload, target=target, **options).artifact
            return Kernel(artifact, match=LogMatch(kind=kind, reason="why", template="t"))

        monkeypatch.setattr(tvmtune, "build", build)

    return prepare


def test_tvmtune_takes_part(built: Callable[[str], None]) -> None:
    built("exact")
    problem = problem_of(_PRODUCT)
    x, w = problem.arrays()
    for own_layout in (True, False):
        loaded = load(problem, threads=1, log="log.jsonl", own_layout=own_layout)
        loaded.run()
        np.testing.assert_allclose(loaded.output(), reference(_PRODUCT, {"x": x, "w": w}), 1e-4)
        assert loaded.notes["template"] == "t"


def test_defaults_do_not_take_part(built: Callable[[str], None]) -> None:
    built("default")
    with pytest.raises(RecordError, match=r"nothing usable for .*: default \(why\)"):
        load(problem_of(_PRODUCT), threads=1, log="log.jsonl", own_layout=True)


def test_peers_need_no_tvmtune() -> None:
    code = "import sys; import benchmarks.peers; print('tvmtune' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
