"""Kernels that round worse than a direct sum, and say so, or not enough."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tvmtune.artifact import Artifact
from tvmtune.compiler.building import build
from tvmtune.compiler.domains import task_domain
from tvmtune.compiler.request import BuildRequest
from tvmtune.measure.checking import compare
from tvmtune.measure.problem import Problem
from tvmtune.measure.runner import Runner
from tvmtune.measure.timing import TimingOptions
from tvmtune.outcome import Status
from tvmtune.target import parse_target
from tvmtune.workload import parse

WORKLOAD, TARGET = parse("matmul:m=8,k=32,n=16"), parse_target("cpu")
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "simple_matmul.py"
TIMING = TimingOptions(sample_s=1e-4, budget_s=1e-3).to_json()

_INEXACT = """

from tvmtune import te


def define(workload):
    x = te.placeholder(workload.operands["x"], "x")
    w = te.placeholder(workload.operands["w"], "w", constant=True)
    k = te.reduce_axis(workload.k, "k")
    factor = 1 + {computed}
    body = lambda m, n: te.sum(x[m, k] * w[k, n] * factor, k)
    return te.compute(workload.out_shape, body, "out")


INEXACT = Template(
    name="simple_matmul", version=1, operator="matmul", space=space, schedule=schedule,
    define=define, error=lambda workload: {declared},
)
"""


def artifact_of(tmp_path: Path, computed: float, declared: float) -> Artifact:
    """Code of a template whose results are off by one share and that promises another."""
    path = tmp_path / "inexact.py"
    path.write_text(EXAMPLE.read_text() + _INEXACT.format(computed=computed, declared=declared))
    reference = f"{path}:INEXACT"
    domain = task_domain(WORKLOAD, TARGET, reference)
    config = domain.config_of(domain.defaults()[0]).knobs_json()
    request = BuildRequest(
        workload=WORKLOAD.text, target=TARGET.text, template=reference, config=config
    )
    return build(request)


def judged(artifact: Artifact, op: str) -> dict[str, Any]:
    """What a runner says of code."""
    runner, case = Runner(), Problem(WORKLOAD).case()
    entries = [
        {"digest": d, "dtype": a.array.dtype.str, "shape": a.array.shape}
        for d, a in case.arrays.items()
    ]
    sent = [a.array.tobytes() for a in case.arrays.values()]

    def ask(message: dict[str, Any], payloads: list[bytes]) -> dict[str, Any]:
        return dict(runner.answer(message, payloads, lambda _: None).message)

    ask({"op": "arrays", "arrays": entries}, sent)
    about = {"case": case.to_json(), "cases": [case.to_json()], "timing": TIMING, "best_s": None}
    return ask({"op": op, **about}, [artifact.to_bytes()])


@pytest.mark.parametrize("op", ["measure", "check"])
def test_an_error_within_the_promise_is_right(tmp_path: Path, op: str) -> None:
    artifact = artifact_of(tmp_path, computed=4e-5, declared=5e-5)
    assert artifact.manifest.max_rel_error == 5e-5
    assert Artifact.from_bytes(artifact.to_bytes()).manifest.max_rel_error == 5e-5
    answer = judged(artifact, op)
    assert answer["status"] == Status.OK
    assert answer["checks"]["rel_error"] == pytest.approx(4e-5, rel=0.05)
    assert answer["checks"]["error"] < 1


@pytest.mark.parametrize("op", ["measure", "check"])
@pytest.mark.parametrize("declared", [3e-5, 1e-7])
def test_an_error_beyond_the_promise_is_a_wrong_answer(
    tmp_path: Path, op: str, declared: float
) -> None:
    answer = judged(artifact_of(tmp_path, computed=8e-5, declared=declared), op)
    assert answer["status"] == Status.WRONG_ANSWER
    assert "elements differ, the first at" in answer["detail"]


def test_a_large_promise_does_not_hide_a_missing_product() -> None:
    case = Problem(parse("matmul:m=64,k=4608,n=64")).case()
    x, w = (case.operands[name].array.astype(np.float64) for name in ("x", "w"))
    found = case.expected.array - np.outer(x[:, 7], w[7])
    tolerance = case.tolerance.with_promise(3e-5, case.expected.array)
    assert compare(found, case.expected.array, tolerance).error > 10
