"""Intrinsics in schedules: what is matched with a declaration, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.execution import check, functions_of, lowered
from tests.small_schedules import depthwise
from tvmtune import te
from tvmtune.errors import LoweringError, ScheduleError
from tvmtune.ir.printer import print_function
from tvmtune.ir.stmt import If, Tensorized
from tvmtune.ir.traverse import statements
from tvmtune.layout import Layout
from tvmtune.operators import reference
from tvmtune.passes import lower_schedule
from tvmtune.schedule import Schedule, create_schedule, infer_nest
from tvmtune.schedule.nest import print_nest
from tvmtune.symbolic import symbol
from tvmtune.workload import Conv2d

BLOCKED = Layout.blocked(2, [(0, 8)])


def copy(channels: int = 16, pixels: int = 12, layout: Layout = BLOCKED) -> Schedule:
    """Channels by pixels, stored in another layout."""
    x = te.placeholder((channels, pixels), "x")
    out = te.compute((channels, pixels), lambda c, p: x[c, p], "out")
    return create_schedule(out).layout("out", layout)


def tiled(s: Schedule, tail: str = "peel", rows: int = 4) -> Schedule:
    s = s.split("out", "c", 8, ("co", "ci"), tail).split("out", "p", rows, ("po", "pi"), tail)
    return s.reorder("out", "co", "po", "pi", "ci")


@pytest.mark.parametrize("tail", ["peel", "even", "guard"])
@pytest.mark.parametrize(("channels", "pixels"), [(16, 12), (8, 4)])
def test_a_copy_into_blocks(channels: int, pixels: int, tail: str) -> None:
    x = np.arange(channels * pixels, dtype="float32").reshape(channels, pixels)
    s = tiled(copy(channels, pixels), tail).tensorize("out", "pi", "transpose")
    check(s, {"x": x}, {"out": x})


@pytest.mark.parametrize("tail", ["peel", "even"])
def test_tails_are_tiles_of_other_extents(tail: str) -> None:
    x = np.arange(13 * 11, dtype="float32").reshape(13, 11)
    s = copy(13, 11).split("out", "c", 8, ("co", "ci"), "peel")
    s = s.split("out", "p", 4, ("po", "pi"), tail).reorder("out", "co", "po", "pi", "ci")
    s = s.tensorize("out", "pi", "transpose")
    check(s, {"x": x}, {"out": x})


def test_a_stage_that_is_computed_inside_another() -> None:
    x = np.arange(16 * 12, dtype="float32").reshape(16, 12)
    t = te.placeholder((16, 12), "x")
    twice = te.compute((16, 12), lambda c, p: t[c, p] * 2.0, "out")
    s = create_schedule(twice).cache_read("x", "local").layout("x.local", BLOCKED)
    s = s.split("out", "c", 8, ("co", "ci")).compute_at("x.local", "out", "co")
    s = s.split("x.local", "i1", 4, ("po", "pi"), "peel")
    s = s.reorder("x.local", "po", "pi", "i0").tensorize("x.local", "pi", "transpose")
    check(s, {"x": x}, {"out": 2 * x})


@pytest.mark.parametrize("rows", [2, 3, 9])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_convolution_that_turns_its_operands_over(stride: int, rows: int) -> None:
    workload = Conv2d(8, 9, 8, 3, stride=stride, groups=8)
    rng = np.random.default_rng(0)
    arrays = {
        name: rng.integers(-4, 5, shape).astype("float32")
        for name, shape in workload.operands.items()
    }
    s = depthwise(workload, 4, rows)
    check(s, arrays, {"out": reference(workload, arrays).astype("float32")})
    text = "\n".join(print_function(f) for f in functions_of(lowered(s)))
    assert text.count("with transpose():") >= 2


def test_what_lies_on_both_sides_of_an_axis_is_not_copied() -> None:
    workload = Conv2d(8, 9, 8, 3, groups=8)
    text = print_nest(infer_nest(depthwise(workload, 4, 3)))
    rows, columns = "3*out.yb - 1", "0"
    assert f"x.local = local[1, 4, 5, 9] from [out.n, 4*out.ob, {rows}, {columns}]" in text


def test_guards_outside_of_the_tile_are_tested_before_it() -> None:
    x = np.arange(3 * 8 * 8, dtype="float32").reshape(3, 8, 8)
    t = te.placeholder((3, 8, 8), "x")
    out = te.compute((3, 8, 8), lambda n, c, p: t[n, c, p], "out")
    s = create_schedule(out).layout("out", Layout.blocked(3, [(1, 4)]))
    s = s.split("out", "n", 2).split("out", "c", 4, ("co", "ci"))
    s = s.reorder("out", "no", "ni", "co", "p", "ci").tensorize("out", "p", "transpose")
    check(s, {"x": x}, {"out": x})
    (function,) = functions_of(lowered(s))
    (branch,) = [b for b in statements(function.body) if isinstance(b, If)]
    assert isinstance(branch.then, Tensorized)


def test_it_is_in_the_trace_and_in_the_nest() -> None:
    s = tiled(copy()).tensorize("out", "pi", "transpose")
    assert str(s).endswith("tensorize('out', 'pi', 'transpose')")
    assert str(copy().replay(s.trace[1:])) == str(s)
    plain, marked = (print_nest(infer_nest(x)) for x in (tiled(copy()), s))
    assert "for out.pi in range(4):  # serial by transpose" in marked
    assert marked.replace(" by transpose", "") == plain


def test_loops_of_an_intrinsic(golden: Callable[[str, str], None]) -> None:
    s = tiled(copy(12, 10)).tensorize("out", "pi", "transpose")
    (function,) = functions_of(lowered(s))
    golden("tensorized.lowered", print_function(function) + "\n")


def test_knobs_may_be_symbols() -> None:
    s = tiled(copy(), rows=symbol("rows")).tensorize("out", "pi", "transpose")  # type: ignore[arg-type]
    assert "by transpose" in print_nest(infer_nest(s))


def _scaled() -> Schedule:
    x = te.placeholder((16, 12), "x")
    return create_schedule(te.compute((16, 12), lambda c, p: x[c, p] * 2.0, "out"))


def _row() -> Schedule:
    x = te.placeholder((16,), "x")
    return create_schedule(te.compute((16, 12), lambda c, p: x[c], "out"))


def _summed() -> Schedule:
    x, k = te.placeholder((16, 12), "x"), te.reduce_axis(12, "k")
    return create_schedule(te.compute((16,), lambda c: te.sum(x[c, k], k), "out"))


def _flags() -> Schedule:
    x = te.placeholder((16, 12), "x", "bool")
    return create_schedule(te.compute((16, 12), lambda c, p: x[c, p], "out"))


REFUSED: list[tuple[Callable[[], object], str]] = [
    (
        lambda: copy().tensorize("out", "c", "fma"),
        r"tensorize: out\.c by 'fma': no such intrinsic; known are transpose",
    ),
    (lambda: copy().tensorize("out", "q", "transpose"), "tensorize: out has no loop 'q'"),
    (
        lambda: copy().tensorize("out", "p", "transpose"),
        r"tensorize: out\.p by transpose: it replaces 2 loops, and here are p",
    ),
    (
        lambda: tiled(copy()).tensorize("out", "pi", "transpose").reorder("out", "pi", "po", "co"),
        r"reorder: out\.pi by transpose: it replaces 2 loops, and here are pi, po, co, ci",
    ),
    (
        lambda: copy().unroll("out", "p").tensorize("out", "c", "transpose"),
        r"out\.c by transpose: loop p is unrolled; it replaces plain loops",
    ),
    (
        lambda: tiled(copy()).tensorize("out", "pi", "transpose").vectorize("out", "ci"),
        r"vectorize: out\.pi by transpose: loop ci is vectorized; it replaces plain loops",
    ),
    (
        lambda: copy().cache_read("x", "local").compute_at("x.local", "out", "p").tensorize(
            "out", "c", "transpose"
        ),
        r"x\.local is computed at p, inside of what it replaces",
    ),
    (
        lambda: _summed().tensorize("out", "c", "transpose"),
        "the stage is a reduction, and the intrinsic is none",
    ),
    (
        lambda: _flags().tensorize("out", "c", "transpose"),
        "the stage is bool; it takes float32, float64, int32",
    ),
    (
        lambda: copy().split("out", "p", 4).reorder("out", "po", "pi", "c").reorder(
            "out", "c", "po", "pi"
        ).tensorize("out", "po", "transpose"),
        "loops po, pi are parts of one axis",
    ),
    (
        lambda: copy().fuse("out", "c", "p").split("out", "c_p", 4).tensorize(
            "out", "c_po", "transpose"
        ),
        "it replaces parts of single axes, and a loop of several is among them",
    ),
    (
        lambda: _scaled().tensorize("out", "c", "transpose"),
        r"it computes source\[j, i\], and the stage x\[c, p\] \* 2\.0 over c, p",
    ),
    (
        lambda: _row().tensorize("out", "c", "transpose"),
        r"it computes source\[j, i\], and the stage x\[c\] over c, p",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_refusals(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ScheduleError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


NOT_LOWERED: list[tuple[Callable[[], Schedule], str]] = [
    (
        lambda: tiled(copy(16, 11), "guard").tensorize("out", "pi", "transpose"),
        r"tensorize: out\.pi by transpose: it replaces loops around one value, without guards: use",
    ),
    (
        lambda: copy(layout=Layout.plain(2)).reorder("out", "p", "c").tensorize(
            "out", "p", "transpose"
        ),
        "rows of result must be contiguous, and out is stored in steps of 12 elements along j",
    ),
    (
        lambda: copy(layout=Layout.plain(2)).tensorize("out", "c", "transpose"),
        "rows of source must be contiguous, and x is stored in steps of 12 elements along i",
    ),
    (
        lambda: copy(layout=Layout.blocked(2, [(0, 4)])).reorder("out", "p", "c").tensorize(
            "out", "p", "transpose"
        ),
        "out does not lie in even steps along c",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("make", "message"), NOT_LOWERED)
def test_what_memory_does_not_allow(make: Callable[[], Schedule], message: str) -> None:
    schedule = make()
    with pytest.raises(LoweringError, match=message) as caught:
        lower_schedule(schedule)
    assert "\n" not in str(caught.value)
    assert "for " in caught.value.detail
