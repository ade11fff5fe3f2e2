"""Executions, bytes and distinct elements of hand-written schedules, against the interpreter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tvmtune import te
from tvmtune.analysis.figures import distinct_elements, figures_of
from tvmtune.layout import Layout
from tvmtune.schedule import Schedule, create_schedule, infer_nest
from tvmtune.te import Tensor

Compare = Callable[[Schedule], Any]


def matmul(m: int, k: int, n: int) -> Tensor:
    x = te.placeholder((m, k), "x")
    w = te.placeholder((k, n), "w", constant=True)
    r = te.reduce_axis(k, "k")
    return te.compute((m, n), lambda m, n: te.sum(x[m, r] * w[r, n], r), "out")


def convolution(h: int, w: int, *, k: int, stride: int, pad: int, channels: int = 2) -> Tensor:
    x = te.placeholder((1, channels, h, w), "x")
    weights = te.placeholder((3, channels, k, k), "w", constant=True)
    data = te.pad(x, (0, 0, pad, pad), (0, 0, pad, pad), "pad", axes=("n", "c", "y", "x"))
    c, kh, kw = te.reduce_axis(channels, "c"), te.reduce_axis(k, "kh"), te.reduce_axis(k, "kw")
    shape = (1, 3, (h + 2 * pad - k) // stride + 1, (w + 2 * pad - k) // stride + 1)

    def body(n: Any, o: Any, y: Any, x: Any) -> Any:
        return te.sum(
            data[n, c, y * stride + kh, x * stride + kw] * weights[o, c, kh, kw], (c, kh, kw)
        )

    return te.compute(shape, body, "out")


@pytest.mark.parametrize("tail", ["guard", "peel", "even", "pad"])
@pytest.mark.parametrize("m", [12, 13])
def test_matmul_with_a_register_tile(compared: Compare, tail: str, m: int) -> None:
    s = create_schedule(matmul(m, 6, 8)).cache_write("out", "register", "acc")
    s = s.layout("out", Layout.blocked(2, [(0, 6)])).layout("x", Layout.blocked(2, [(0, 6)]))
    s = s.split("out", "m", 6, ("mo", "mi"), tail).split("out", "n", 4, ("nv", "nl"), "even")
    s = s.reorder("out", "mo", "nv", "mi", "nl").compute_at("acc", "out", "nv")
    s = s.split("acc", "k", 4, ("ko", "ki"), "peel").reorder("acc", "ko", "ki", "m", "n")
    s = s.steps("acc", "ki").unroll("acc", "m").vectorize("acc", "n").vectorize("out", "nl")
    assert infer_nest(s).constraints == ()
    found = compared(s)
    assert found.differences == {}
    assert found.too_small == {}
    rows = 18 if tail == "pad" and m == 13 else m
    assert found.figures.executions["acc", "update"] == rows * 8 * 6
    assert found.figures.flops["acc"] == 2 * rows * 8 * 6
    assert not found.figures.bounds


@pytest.mark.parametrize(("channels", "pixels"), [(16, 12), (13, 11)])
def test_what_an_intrinsic_does_is_counted(compared: Compare, channels: int, pixels: int) -> None:
    x = te.placeholder((channels, pixels), "x")
    out = te.compute((channels, pixels), lambda c, p: x[c, p], "out")
    s = create_schedule(out).layout("out", Layout.blocked(2, [(0, 8)]))
    s = s.split("out", "c", 8, ("co", "ci"), "peel").split("out", "p", 4, ("po", "pi"), "peel")
    s = s.reorder("out", "co", "po", "pi", "ci").tensorize("out", "pi", "transpose")
    found = compared(s)
    assert found.differences == {}
    assert found.too_small == {}
    assert found.figures.executions["out", "value"] == channels * pixels


def test_distinct_elements_are_exact_where_factors_divide(compared: Compare) -> None:
    s = create_schedule(matmul(12, 8, 8)).cache_write("out", "local", "acc")
    s = s.split("out", "m", 6, ("mo", "mi")).split("out", "mi", 3, ("mt", "mr"), "even")
    s = s.split("out", "n", 4, ("no", "ni"), "peel").reorder("out", "mo", "no", "mt", "mr", "ni")
    s = s.compute_at("acc", "out", "mt").split("acc", "k", 2, ("ko", "ki"))
    s = s.reorder("acc", "ko", "m", "ki", "n")
    found = compared(s)
    assert found.differences == {}
    assert found.too_small == found.loose == {}
    assert found.distinct["out.mo", "acc", "x"] == 12 * 8
    assert found.distinct["acc.m", "acc", "w"] == 2 * 4
    assert found.distinct["out.mt", "acc", "acc"] == 3 * 4


@pytest.mark.parametrize("tail", ["guard", "peel", "even"])
@pytest.mark.parametrize("place", ["root", "yo", "xo", "inline"])
@pytest.mark.parametrize("stride", [1, 2])
def test_padding_wherever_it_is_computed(
    compared: Compare, tail: str, place: str, stride: int
) -> None:
    s = create_schedule(convolution(9, 7, k=3, stride=stride, pad=1))
    s = s.cache_write("out", "local", "acc")
    s = s.split("out", "y", 4, ("yo", "yi"), tail).split("out", "yi", 3, ("yt", "yr"), tail)
    s = s.split("out", "x", 2, ("xo", "xi"), tail)
    s = s.reorder("out", "n", "o", "yo", "yt", "xo", "yr", "xi").compute_at("acc", "out", "xo")
    if place == "inline":
        s = s.compute_inline("pad")
    elif place != "root":
        s = s.compute_at("pad", "out", place)
    found = compared(s)
    assert found.differences == {}
    assert found.too_small == {}
    assert not found.figures.bounds


def test_padding_inlined_into_rows_that_lie_outside(compared: Compare) -> None:
    s = create_schedule(convolution(2, 5, k=1, stride=1, pad=2)).compute_inline("pad")
    found = compared(s.split("out", "y", 4, tail="even"))
    assert found.differences == {}
    assert found.figures.executions["out", "update"] == 3 * 2 * 5 * 2


def test_padded_reduction_channels(compared: Compare) -> None:
    s = create_schedule(convolution(6, 6, k=3, stride=1, pad=1, channels=3))
    blocked = Layout.blocked(4, [(1, 2)])
    for tensor in ("x", "w", "pad"):
        s = s.layout(tensor, blocked)
    s = s.compute_inline("pad").split("out", "c", 2, ("co", "ci"), "pad")
    found = compared(s.reorder("out", "co", "kh", "kw", "ci"))
    assert infer_nest(s).constraints == ()
    assert found.differences == {}


def test_loops_outside_that_move_nothing_repeat_a_producer(compared: Compare) -> None:
    s = create_schedule(convolution(6, 6, k=3, stride=1, pad=1)).split("out", "o", 2, tail="peel")
    found = compared(s.compute_at("pad", "out", "oi"))
    assert found.differences == {}
    assert found.figures.executions["pad", "value"] == 3 * 2 * 8 * 8


def test_fused_loops(compared: Compare) -> None:
    s = create_schedule(convolution(6, 6, k=3, stride=1, pad=1))
    s = s.cache_write("out", "local", "acc").split("out", "x", 2, ("xo", "xi"), "even")
    s = s.reorder("out", "n", "y", "xo", "o", "xi").fuse("out", "y", "xo", "t")
    found = compared(s.compute_at("acc", "out", "t").compute_at("pad", "out", "t"))
    assert found.differences == {}
    assert found.too_small == {}
    assert not found.figures.bounds


@pytest.mark.parametrize("tail", ["guard", "peel", "even"])
def test_fused_loops_split_again(compared: Compare, tail: str) -> None:
    s = create_schedule(matmul(5, 4, 3)).cache_write("out", "local", "acc")
    s = s.fuse("out", "m", "n", "t").split("out", "t", 4, ("to", "ti"), tail)
    found = compared(s.compute_at("acc", "out", "to"))
    assert found.differences == {}
    assert found.too_small == {}


def test_prepared_stages_count_too(compared: Compare) -> None:
    w = te.placeholder((6, 4), "w", constant=True)
    x = te.placeholder((4,), "x")
    doubled = te.compute((6, 4), lambda i, j: w[i, j] * 2.0, "doubled")
    r = te.reduce_axis(4, "k")
    out = te.compute((6,), lambda i: te.sum(doubled[i, r] * x[r], r), "out")
    found = compared(create_schedule(out).prepare("doubled"))
    assert found.differences == {}
    assert found.figures.executions["doubled", "value"] == 24
    assert found.figures.flops["doubled"] == 24


def test_choices_load_from_the_side_that_is_chosen(compared: Compare) -> None:
    x, y = te.placeholder((8,), "x"), te.placeholder((8,), "y")
    out = te.compute((8,), lambda i: te.where(te.less(i, 3), x[i], y[i] + 1.0), "out")
    found = compared(create_schedule(out).split("out", "i", 3, tail="peel"))
    assert found.differences == {}
    assert found.figures.loaded_bytes == {("out", "x"): 12, ("out", "y"): 20}


def _edge(i: Any) -> Any:
    return te.any_of(te.less(i, 1), te.less(6, i))


def test_other_conditions_give_upper_bounds(compared: Compare) -> None:
    x = te.placeholder((8,), "x")
    out = te.compute((8,), lambda i: te.where(_edge(i), te.const(0.0, "float32"), x[i]), "out")
    found = compared(create_schedule(out))
    assert found.figures.bounds == {"out"}
    assert found.differences == {("loaded", "out", "x"): (32, 24)}


def test_reads_in_between_count_for_the_stage_that_reads(compared: Compare) -> None:
    x = te.placeholder((10,), "x")
    a = te.compute((10,), lambda i: x[i] + 1.0, "a")
    b = te.compute((8,), lambda i: a[i] + a[i + 2], "b")
    out = te.compute((8,), lambda i: b[i] * 2.0, "out")
    s = create_schedule(out).split("out", "i", 3, ("io", "ii"), "even")
    s = s.compute_at("b", "out", "io").compute_at("a", "out", "io")
    found = compared(s)
    assert found.differences == {}
    assert found.too_small == {}
    assert figures_of(s).executions["a", "value"] == 5 + 5 + 4


def test_the_whole_of_a_schedule_has_distinct_elements() -> None:
    distinct = distinct_elements(create_schedule(convolution(5, 5, k=3, stride=1, pad=1)))
    assert distinct["", "out", "pad"] == 2 * 7 * 7
    assert distinct["", "out", "w"] == 3 * 2 * 9
    assert distinct["", "pad", "x"] == 2 * 5 * 5
