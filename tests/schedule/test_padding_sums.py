"""Padded sums add nothing, whatever the arguments hold: a schedule is refused, or right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.execution import check
from tests.numpy_reference import evaluate
from tvmtune import te
from tvmtune.layout import Layout
from tvmtune.schedule import Schedule, create_schedule, infer_nest
from tvmtune.schedule.nest import map_numbers, print_nest
from tvmtune.symbolic import IntExpr, Substitution, symbol
from tvmtune.te import Tensor

Maker = Callable[[IntExpr], Schedule]

X = te.placeholder((4, 6), "x")
W = te.placeholder((6, 5), "w")
ROWS = te.placeholder((4,), "y")


def inputs(schedule: Schedule) -> dict[str, NDArray[Any]]:
    """Powers of two with a sign: what is computed of them is exact, quotients too."""
    rng = np.random.default_rng(0)
    return {
        t.name: (rng.choice([-2, -1, 1, 2, 4], t.shape)).astype(t.dtype)
        for t in schedule.inputs.values()
    }


def assert_right(schedule: Schedule, **other: NDArray[Any]) -> None:
    given = inputs(schedule) | other
    check(schedule, given, evaluate(schedule.outputs, given))


def messages(schedule: Schedule) -> list[str]:
    return [c.message for c in infer_nest(schedule).constraints]


def blocked(schedule: Schedule, factor: IntExpr, **axes: int) -> Schedule:
    """One axis of some tensors stored in blocks of ``factor``."""
    for name, axis in axes.items():
        rank = len(schedule.shape_of(name))
        schedule = schedule.layout(name, Layout.blocked(rank, [(axis, factor)]))
    return schedule


def product(other: Tensor) -> Tensor:
    """``x @ other``."""
    k = te.reduce_axis(6, "k")
    return te.compute((4, 5), lambda m, n: te.sum(X[m, k] * other[k, n], k), "out")


def reciprocals() -> Tensor:
    return te.compute((6, 5), lambda k, n: te.as_value(1, "float32") / W[k, n], "inv")


def times_reciprocals(factor: IntExpr) -> Schedule:
    """The reciprocals of what is padded with zeros are infinite."""
    s = blocked(create_schedule(product(reciprocals())), factor, x=1, w=0)
    return s.split("inv", "k", factor, tail="pad").split("out", "k", factor, tail="pad")


def times_reciprocals_inside(factor: IntExpr) -> Schedule:
    s = blocked(create_schedule(product(reciprocals())), factor, x=1, w=0)
    s = s.split("out", "k", factor, tail="pad").reorder("out", "m", "ko", "ki", "n")
    return s.compute_at("inv", "out", "ko")


def times_what_reads_storage(factor: IntExpr) -> Schedule:
    """``v`` is computed beyond its extent from ``u``, which is only stored there."""
    u = te.compute((6, 5), lambda k, n: W[k, n] + 1.0, "u")
    v = te.compute((6, 5), lambda k, n: u[k, n] * 2.0, "v")
    s = blocked(create_schedule(product(v)), factor, x=1, u=0)
    return s.split("v", "k", factor, tail="pad").split("out", "k", factor, tail="pad")


def behind_a_guard(factor: IntExpr) -> Schedule:
    """A guard on a part of the padded loop holds back what is computed inside."""
    p = te.compute((4, 6), lambda m, k: X[m, k] * 2.0, "p")
    k = te.reduce_axis(6, "k")
    out = te.compute((4, 5), lambda m, n: te.sum(p[m, k] * W[k, n], k), "out")
    s = blocked(create_schedule(out), factor, x=1, w=0)
    s = s.split("out", "k", factor, ("ko", "ki"), "pad")
    s = s.split("out", "ki", 3, ("kio", "kii"), "guard")
    return s.reorder("out", "m", "ko", "kio", "kii", "n").compute_at("p", "out", "ko")


def behind_a_guard_in_between(factor: IntExpr) -> Schedule:
    """A guard of the stage between the padded loop and what is computed inside."""
    p = te.compute((4, 6), lambda m, k: X[m, k] * 2.0, "p")
    q = te.compute((4, 6), lambda m, k: p[m, k] * 3.0, "q")
    k = te.reduce_axis(6, "k")
    out = te.compute((4, 5), lambda m, n: te.sum(q[m, k] * W[k, n], k), "out")
    s = blocked(create_schedule(out), factor, x=1, w=0)
    s = s.split("out", "k", factor, ("ko", "ki"), "pad").reorder("out", "m", "ko", "ki", "n")
    s = s.split("q", "k", 3, tail="guard").compute_at("q", "out", "ko")
    return s.compute_at("p", "out", "ko")


def times_rows(factor: IntExpr) -> Schedule:
    """Zeros times an argument that may be infinite."""
    k = te.reduce_axis(6, "k")
    out = te.compute((4,), lambda m: te.sum(X[m, k] * ROWS[m], k), "out")
    return blocked(create_schedule(out), factor, x=1).split("out", "k", factor, tail="pad")


def by_rows(factor: IntExpr) -> Schedule:
    """Zeros divided by an argument that may be 0."""
    k = te.reduce_axis(6, "k")
    out = te.compute((4,), lambda m: te.sum(X[m, k] / ROWS[m], k), "out")
    return blocked(create_schedule(out), factor, x=1).split("out", "k", factor, tail="pad")


def along_a_diagonal(factor: IntExpr) -> Schedule:
    """``p`` is computed beyond one of two axes, and read beyond both."""
    square = te.placeholder((6, 6), "square")
    p = te.compute((6, 6), lambda i, j: square[i, j] * 2.0, "p")
    q = te.compute((6,), lambda k: p[k, k] * 2.0, "q")
    k = te.reduce_axis(6, "k")
    out = te.compute((4,), lambda m: te.sum(q[k] * X[m, k], k), "out")
    s = create_schedule(out).layout("square", Layout.blocked(2, [(0, factor), (1, factor)]))
    s = blocked(s, factor, p=1, x=1).split("p", "i", factor, tail="pad")
    return s.split("q", "k", factor, tail="pad").split("out", "k", factor, tail="pad")


def times_sums(factor: IntExpr) -> Schedule:
    """How large a sum may become is not known, whatever is added."""
    j = te.reduce_axis(2, "j")
    v = te.compute((6, 5), lambda k, n: te.sum(W[k, n] + te.as_value(j, "float32"), j), "v")
    s = blocked(create_schedule(product(v)), factor, x=1, w=0)
    return s.split("v", "k", factor, tail="pad").split("out", "k", factor, tail="pad")


REFUSED: list[Maker] = [
    times_reciprocals,
    times_reciprocals_inside,
    times_what_reads_storage,
    behind_a_guard,
    behind_a_guard_in_between,
    times_rows,
    by_rows,
    along_a_diagonal,
    times_sums,
]


def names(makers: list[Maker]) -> list[str]:
    return [m.__name__ for m in makers]


@pytest.mark.parametrize("make", REFUSED, ids=names(REFUSED))
def test_what_may_be_no_zero_is_not_padded(make: Maker) -> None:
    refusal = "out: padded loop k runs to 8 of 6, and what it adds beyond is not known to be zero"
    assert refusal in messages(make(4))
    assert messages(make(3)) == []
    assert_right(make(3))


def times_computed(factor: IntExpr) -> Schedule:
    """Stages of zeros, computed as far as they are read."""
    u = te.compute((6, 5), lambda k, n: te.call("tanh", W[k, n]) * 0.0 + W[k, n], "u")
    v = te.compute((6, 5), lambda k, n: te.minimum(u[k, n] / 2.0, 3.0) + 1.0, "v")
    s = blocked(create_schedule(product(v)), factor, x=1, w=0)
    for name in ("u", "v", "out"):
        s = s.split(name, "k", factor, tail="pad")
    return s


def times_computed_inside(factor: IntExpr) -> Schedule:
    p = te.compute((4, 6), lambda m, k: X[m, k] * 2.0, "p")
    q = te.compute((4, 6), lambda m, k: p[m, k] * 3.0, "q")
    k = te.reduce_axis(6, "k")
    out = te.compute((4, 5), lambda m, n: te.sum(q[m, k] * W[k, n], k), "out")
    s = blocked(create_schedule(out), factor, x=1, w=0)
    s = s.split("out", "k", factor, ("ko", "ki"), "pad").reorder("out", "m", "ko", "ki", "n")
    return s.compute_at("q", "out", "ko").compute_at("p", "out", "ko")


def times_integers(factor: IntExpr) -> Schedule:
    """Integers are never infinite."""
    rows = te.placeholder((4,), "rows", "int32")
    k = te.reduce_axis(6, "k")
    out = te.compute(
        (4,),
        lambda m: te.sum(X[m, k] * te.cast(rows[m], "float32") * te.as_value(m + k, "float32"), k),
        "out",
    )
    return blocked(create_schedule(out), factor, x=1).split("out", "k", factor, tail="pad")


def guarded_elsewhere(factor: IntExpr) -> Schedule:
    """A guard on another loop does not matter."""
    p = te.compute((4, 6), lambda m, k: X[m, k] * 2.0, "p")
    k = te.reduce_axis(6, "k")
    out = te.compute((4, 5), lambda m, n: te.sum(p[m, k] * W[k, n], k), "out")
    s = blocked(create_schedule(out), factor, x=1, w=0)
    s = s.split("out", "m", 3, tail="guard").split("out", "k", factor, ("ko", "ki"), "pad")
    s = s.reorder("out", "mo", "mi", "ko", "ki", "n")
    return s.compute_at("p", "out", "ko")


PADDED: list[Maker] = [times_computed, times_computed_inside, times_integers, guarded_elsewhere]


@pytest.mark.parametrize("make", PADDED, ids=names(PADDED))
def test_what_is_zero_is_padded(make: Maker) -> None:
    for factor in (3, 4, 5):
        assert messages(make(factor)) == []
        assert_right(make(factor))


def test_infinite_arguments_do_not_meet_padding() -> None:
    infinite = np.full((6, 5), np.inf, np.float32)
    ones = np.ones((4, 6), np.float32)
    s = blocked(create_schedule(product(W)), 4, x=1, w=0).split("out", "k", 4, tail="pad")
    assert_right(s, x=ones, w=infinite)
    assert_right(times_rows(3), x=ones, y=np.full(4, np.inf, np.float32))
    assert_right(by_rows(3), x=ones, y=np.zeros(4, np.float32))


@pytest.mark.parametrize("make", REFUSED + PADDED, ids=names(REFUSED + PADDED))
def test_symbols_and_integers_agree(make: Maker) -> None:
    symbolic = infer_nest(make(symbol("f")))
    for factor in range(1, 9):
        substituted = map_numbers(symbolic, Substitution({"f": factor}))
        assert print_nest(substituted) == print_nest(infer_nest(make(factor)))


def negative_quotients(factor: IntExpr, step: int = 1024) -> Schedule:
    """Beyond the extent ``(5 - i) // 4`` is negative."""
    far = te.placeholder((1025,), "far")
    out = te.compute((6,), lambda i: far[((5 - i) // 4) * step + (1024 - step)], "out")
    return blocked(create_schedule(out), factor, out=0).split("out", "i", factor, tail="pad")


def subtracted_quotients(factor: IntExpr) -> Schedule:
    far = te.placeholder((1025,), "far")
    out = te.compute((6,), lambda i: far[1024 - ((5 - i) // 4) * 1024], "out")
    return blocked(create_schedule(out), factor, out=0).split("out", "i", factor, tail="pad")


def test_quotients_that_padding_makes_negative_are_not_read() -> None:
    assert messages(negative_quotients(4)) == [
        "out: padded loop i reads far from -1024 on, it is there from 0 on"
    ]
    assert messages(subtracted_quotients(4)) == [
        "out: padded loop i reads far up to 2049, it is there up to 1025"
    ]
    for make in (negative_quotients, subtracted_quotients):
        assert_right(make(3))
        symbolic = infer_nest(make(symbol("f")))
        for factor in range(1, 9):
            substituted = map_numbers(symbolic, Substitution({"f": factor}))
            assert print_nest(substituted) == print_nest(infer_nest(make(factor)))
    assert messages(negative_quotients(4, 8)) == []
    assert_right(negative_quotients(4, 8))
