"""The passes in order keep the meaning of padded convolutions, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.execution import check, functions_of, interpreted, lowered
from tests.small_schedules import SMALL
from tvmtune.errors import LoweringError, SymbolError
from tvmtune.ir.printer import print_function
from tvmtune.ir.stmt import Function
from tvmtune.ir.traverse import statements
from tvmtune.ir.verify import verify
from tvmtune.operators import OPERATORS, reference
from tvmtune.passes import CPU_PASSES, lower_schedule, run_passes
from tvmtune.schedule import Schedule, create_schedule
from tvmtune.symbolic import symbol
from tvmtune.workload import parse

SHAPES = [
    "ci=2,h=6,co=3,k=3",
    "ci=2,h=7,co=3,k=3,stride=2",
    "ci=1,h=9,co=2,k=3,pad=2,padw=2,dilation=2",
    "ci=2,h=6,w=5,co=2,k=3,kw=2,pad=0,padw=2,padb=2,padr=0",
    "ci=1,h=5,w=8,co=2,k=2,kw=3,pad=1,padb=0,padw=0,padr=1,stride=1,stridew=3",
    "ci=1,h=2,co=2,k=5,pad=2",
    "ci=2,h=5,co=2,k=3,pad=3,stride=2,dilation=2,dilationw=1",
    "ci=4,h=5,co=4,k=3,groups=2",
]


def convolution(text: str) -> Schedule:
    return create_schedule(OPERATORS["conv2d"].define(parse(f"conv2d:{text}")))


def padding_inlined(text: str) -> Schedule:
    return convolution(text).compute_inline("pad")


def taps_outside(text: str) -> Schedule:
    s = padding_inlined(text).split("out", "x", 2, ("xo", "xi"), "even")
    return s.reorder("out", "n", "o", "y", "xo", "kh", "kw", "c", "xi").unroll("out", "xi")


def tiled(text: str) -> Schedule:
    s = convolution(text).cache_write("out", "register", "acc").compute_inline("pad")
    s = s.split("out", "x", 3, ("xo", "xi"), "peel").split("out", "y", 2, ("yo", "yi"), "guard")
    s = s.reorder("out", "n", "o", "yo", "xo", "yi", "xi").unroll("out", "yi").unroll("out", "xi")
    s = s.compute_at("acc", "out", "xo").reorder("acc", "c", "kh", "kw", "n", "o", "y", "x")
    return s.unroll("acc", "y").unroll("acc", "x")


def pixels_in_lanes(text: str) -> Schedule:
    s = convolution(text).cache_write("out", "register", "acc").compute_inline("pad")
    s = s.split("out", "x", 4, ("xo", "xl"), "peel").split("out", "y", 2, ("yo", "yi"), "even")
    s = (
        s.reorder("out", "n", "o", "yo", "xo", "yi", "xl")
        .unroll("out", "yi")
        .vectorize("out", "xl")
    )
    s = s.compute_at("acc", "out", "xo").reorder("acc", "n", "o", "c", "kh", "kw", "y", "x")
    return s.unroll("acc", "kw").unroll("acc", "y").vectorize("acc", "x")


def padding_inside(text: str) -> Schedule:
    s = convolution(text).split("out", "y", 3, ("yo", "yi"), "even").reorder("out", "yo", "n")
    return s.compute_at("pad", "out", "o")


@pytest.mark.parametrize(
    "make", [padding_inlined, taps_outside, tiled, pixels_in_lanes, padding_inside]
)
@pytest.mark.parametrize("text", SHAPES)
def test_padded_convolutions(text: str, make: Callable[[str], Schedule]) -> None:
    workload = parse(f"conv2d:{text}")
    rng = np.random.default_rng(0)
    arrays: dict[str, NDArray[Any]] = {
        n: rng.integers(-4, 5, s).astype("float32") for n, s in workload.operands.items()
    }
    schedule, expected = make(text), reference(workload, arrays).astype("float32")
    (function,) = functions_of(lowered(schedule))
    verify(function, strict=True)

    def after(name: str, done: Function) -> None:
        verify(done, strict=True)
        result = interpreted(schedule, [done], arrays)["out"]
        np.testing.assert_array_equal(result, expected, f"after {name}")

    run_passes(function, after=after)
    check(schedule, arrays, {"out": expected})


def test_no_condition_is_left_inside_the_tile() -> None:
    (function,) = functions_of(lowered(tiled("ci=2,h=6,co=3,k=3")))
    names: list[str] = []
    done = run_passes(function, after=lambda name, _: names.append(name))
    assert names == [p.__name__ for p in CPU_PASSES]
    verify(done, level="code", strict=True)
    inner = [s for s in statements(done.body) if getattr(s, "action", "") == "update"]
    assert inner
    assert "if" not in print_function(done)


@pytest.mark.parametrize("name", ["matmul", "conv"])
def test_printed_loops(name: str, golden: Callable[[str, str], None]) -> None:
    (function,) = functions_of(lowered(SMALL[name]()))
    golden(f"{name}.lowered", print_function(function) + "\n")
    golden(f"{name}.loops", print_function(run_passes(function)) + "\n")


def test_a_symbol_is_not_lowered() -> None:
    s = convolution(SHAPES[0]).split("out", "x", symbol("f"))
    with pytest.raises(SymbolError, match="f"):
        lower_schedule(s)


def test_too_large_for_unrolling() -> None:
    s = convolution("ci=8,h=64,co=8,k=3")
    for axis in s.stage("out").leaves:
        s = s.unroll("out", axis)
    with pytest.raises(LoweringError, match=r"unrolling out\.\w+ makes \d+ statements, more than"):
        run_passes(lower_schedule(s).kernel)
