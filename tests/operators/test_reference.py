"""NumPy references against loops that spell out the definition."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tvmtune.errors import WorkloadError
from tvmtune.operators import OPERATORS, conv2d, reference
from tvmtune.workload import KINDS, Conv2d, Matmul, Workload, parse

Arrays = dict[str, NDArray[np.float32]]


def _arrays(workload: Workload) -> Arrays:
    rng = np.random.default_rng(0)
    return {
        name: rng.standard_normal(shape, dtype=np.float32)
        for name, shape in workload.operands.items()
    }


def _by_definition(conv: Conv2d, arrays: Arrays) -> NDArray[np.float64]:
    x, w = arrays["x"].astype(np.float64), arrays["w"].astype(np.float64)
    out = np.zeros(conv.out_shape)
    group_ci, group_co = conv.ci // conv.groups, conv.co // conv.groups
    for n, o, i, j in np.ndindex(out.shape):
        for c, p, q in product(range(group_ci), range(conv.k), range(conv.kw)):
            row = i * conv.stride + p * conv.dilation - conv.pad
            column = j * conv.stridew + q * conv.dilationw - conv.padw
            if 0 <= row < conv.h and 0 <= column < conv.w:
                channel = o // group_co * group_ci + c
                out[n, o, i, j] += x[n, channel, row, column] * w[o, c, p, q]
    return out


@st.composite
def _convolutions(draw: st.DrawFn) -> Conv2d:
    groups = draw(st.integers(1, 3))
    small = st.integers(1, 3)
    fields = {name: draw(small) for name in ("n", "stride", "stridew", "dilation", "dilationw")}
    fields |= {name: draw(st.integers(0, 2)) for name in ("pad", "padw", "padb", "padr")}
    fields |= {name: draw(st.integers(1, 7)) for name in ("h", "w")}
    fields |= {"k": draw(small), "kw": draw(small), "groups": groups}
    try:
        return Conv2d(ci=groups * draw(st.integers(1, 2)), co=groups * draw(small), **fields)
    except WorkloadError:  # the kernel is larger than the input
        assume(False)
        raise


@given(_convolutions())
@settings(max_examples=60, deadline=None)
def test_conv2d_equals_its_definition(conv: Conv2d) -> None:
    arrays = _arrays(conv)
    out = reference(conv, dict(arrays))
    assert out.dtype == np.float64
    assert out.shape == conv.out_shape
    np.testing.assert_allclose(out, _by_definition(conv, arrays), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "conv2d:ci=4,h=9,co=4,k=3,groups=4,stride=2",
        "conv2d:ci=4,h=7,co=6,k=3,w=5,kw=1,groups=2,pad=0,padb=2,dilation=2,dilationw=1",
        "conv2d:ci=3,h=6,co=2,k=1,n=2,stridew=3",
    ],
)
@pytest.mark.parametrize("budget", [1, 4000])
def test_conv2d_in_several_steps(text: str, budget: int, monkeypatch: pytest.MonkeyPatch) -> None:
    conv = parse(text)
    assert isinstance(conv, Conv2d)
    monkeypatch.setattr(conv2d, "_COLUMNS_BYTES", budget)
    arrays = _arrays(conv)
    np.testing.assert_allclose(
        reference(conv, dict(arrays)), _by_definition(conv, arrays), rtol=1e-12, atol=1e-12
    )


def test_matmul() -> None:
    arrays = _arrays(Matmul(3, 5, 7))
    out = reference(Matmul(3, 5, 7), dict(arrays))
    assert out.dtype == np.float64
    expected = np.einsum("mk,kn->mn", *(a.astype(np.float64) for a in arrays.values()))
    np.testing.assert_allclose(out, expected, rtol=1e-13)


def test_operands_of_another_shape_are_refused() -> None:
    with pytest.raises(WorkloadError, match=r"operands .* given, .* expected"):
        reference(Matmul(3, 5, 7), {"x": np.zeros((3, 5)), "w": np.zeros((7, 5))})


def test_every_kind_has_an_operator() -> None:
    assert OPERATORS.keys() == KINDS.keys()
    assert all(kind == operator.kind for kind, operator in OPERATORS.items())
