from __future__ import annotations

import numpy as np
import pytest

from benchmarks.peers import PEERS, onnx_bytes
from benchmarks.problem import Array
from benchmarks.tables import problem_of
from tvmtune.operators import reference
from tvmtune.workload import parse

_TEXTS = (
    "matmul:m=5,k=8,n=6",
    "conv2d:ci=8,h=9,co=4,k=3,stride=2,groups=2",
    "conv2d:ci=4,h=6,co=4,k=1,kw=7,dilation=1,w=11",
    "conv2d:ci=4,h=12,co=4,k=3,dilation=2,stridew=2,groups=4",
)
_UNEVEN = "conv2d:ci=4,h=9,co=6,k=3,stride=2,padb=2,padr=0"


def _expected(text: str) -> Array:
    workload = parse(text)
    x, w = problem_of(workload).arrays()
    return reference(workload, {"x": x, "w": w}).astype(np.float32)


@pytest.mark.parametrize("text", [*_TEXTS, _UNEVEN])
def test_the_model_is_the_workload(text: str) -> None:
    onnx = pytest.importorskip("onnx.reference")
    problem = problem_of(parse(text))
    (found,) = onnx.ReferenceEvaluator(onnx_bytes(problem)).run(None, {"x": problem.arrays()[0]})
    np.testing.assert_allclose(found, _expected(text), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("text", _TEXTS)
@pytest.mark.parametrize("name", PEERS)
def test_peers_compute_it(name: str, text: str) -> None:
    """Where they are installed: they are an extra."""
    pytest.importorskip(name)
    loaded = PEERS[name](problem_of(parse(text)), 1)
    loaded.run()
    np.testing.assert_allclose(loaded.output(), _expected(text), rtol=1e-3, atol=1e-4)


def test_pads_that_pytorch_does_not_have() -> None:
    pytest.importorskip("torch")
    with pytest.raises(ValueError, match="differ between sides"):
        PEERS["torch"](problem_of(parse(_UNEVEN)), 1)
