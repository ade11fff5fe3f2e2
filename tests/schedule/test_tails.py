"""What happens where factors do not divide: every point once, or a message that says why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tvmtune import te
from tvmtune.errors import LoweringError, ScheduleError
from tvmtune.ir.interpreter import run
from tvmtune.passes import lower_schedule, run_passes
from tvmtune.schedule import Schedule, create_schedule, infer_nest
from tvmtune.schedule.nest import print_nest
from tvmtune.symbolic import IntExpr, substitute, symbol

X = np.arange(7 * 13, dtype=np.float32).reshape(7, 13) % 5
W = np.arange(13 * 5, dtype=np.float32).reshape(13, 5) % 3


def product() -> Schedule:
    x = te.placeholder((7, 13), "x")
    w = te.placeholder((13, 5), "w", constant=True)
    r = te.reduce_axis(13, "k")
    out = te.compute((7, 5), lambda m, n: te.sum(x[m, r] * w[r, n], r), "out")
    return create_schedule(out)


def result(schedule: Schedule) -> NDArray[Any]:
    function = run_passes(lower_schedule(schedule).kernel)
    out = np.full(35, np.nan, np.float32)
    run(function, {"x": X.reshape(-1), "w": W.reshape(-1), "out": out})
    return out.reshape(7, 5)


def messages(schedule: Schedule) -> list[str]:
    return [c.message for c in infer_nest(schedule).constraints]


@pytest.mark.parametrize("tail", ["guard", "peel", "even"])
@pytest.mark.parametrize("axis", ["k", "m"])
def test_a_tail_inside_a_tail_is_computed_once(axis: str, tail: str) -> None:
    s = product().split("out", axis, 6, ("a", "b"), tail).split("out", "b", 4, tail=tail)
    assert messages(s) == []
    assert np.array_equal(result(s), X @ W)


@pytest.mark.parametrize("tail", ["guard", "peel", "even"])
def test_tails_of_a_stage_computed_inside_another(tail: str) -> None:
    s = product().cache_write("out", "local", "acc").split("out", "m", 5, tail="even")
    s = s.compute_at("acc", "out", "mo").split("acc", "m", 3, tail=tail)
    assert messages(s) == []
    assert np.array_equal(result(s), X @ W)


def test_guards_do_not_hold_back_what_is_computed_inside_of_them() -> None:
    x = te.placeholder((11,), "x")
    a = te.compute((11,), lambda i: x[i] + 1.0, "a")
    r = te.reduce_axis(3, "r")
    b = te.compute((9,), lambda i: te.sum(a[i + r], r), "b")
    s = create_schedule(te.compute((9,), lambda i: b[i] * 1.0, "out"))
    s = s.split("out", "i", 4, ("io", "ii")).split("out", "ii", 3, ("it", "ir"))
    s = s.compute_at("b", "out", "it").compute_at("a", "out", "io")
    data = np.arange(11, dtype=np.float32)
    out = np.empty(9, np.float32)
    run(run_passes(lower_schedule(s).kernel), {"x": data, "out": out})
    assert np.array_equal(out, np.convolve(data + 1, np.ones(3, np.float32), "valid"))


def test_a_guard_is_never_wider_than_its_axis() -> None:
    s = product().split("out", "n", 8)
    assert "for out.ni in range(5)" in print_nest(infer_nest(s))
    assert np.array_equal(result(s), X @ W)


def split_again(factor: IntExpr) -> Schedule:
    return product().split("out", "m", factor, ("a", "b"), "even").split("out", "a", 2)


def inner_outside(factor: IntExpr) -> Schedule:
    return product().split("out", "m", factor, ("a", "b"), "peel").reorder("out", "b", "a")


def padded_part(factor: IntExpr) -> Schedule:
    return product().split("out", "m", 6, ("a", "b")).split("out", "b", factor, tail="pad")


def fused_outer(factor: IntExpr) -> Schedule:
    s = product().split("out", "m", factor, ("a", "b"), "even").reorder("out", "b", "a", "n")
    return s.fuse("out", "a", "n")


@pytest.mark.parametrize(
    ("schedule", "good", "bad", "message"),
    [
        (split_again, 7, 3, "a is split again, so {} must divide 7"),
        (inner_outside, 7, 3, "b runs outside a, so {} must divide 7"),
        (padded_part, 3, 4, "b is no whole axis, and only those are padded, so {} must divide 6"),
        (fused_outer, 7, 3, "a is fused, so {} must divide 7"),
    ],
)
def test_factors_that_must_divide(
    schedule: Callable[[IntExpr], Schedule], good: int, bad: int, message: str
) -> None:
    (constraint,) = [
        c for c in infer_nest(schedule(symbol("f"))).constraints if message.format("f") in c.message
    ]
    assert substitute(constraint.condition, {"f": good}) == 1
    assert substitute(constraint.condition, {"f": bad}) == 0
    assert np.array_equal(result(schedule(good)), X @ W)
    with pytest.raises((ScheduleError, LoweringError), match=message.format(bad)):
        lower_schedule(schedule(bad))


def test_tails_in_the_copies_of_tails_are_checked_when_they_are_made() -> None:
    s = product().split("out", "m", 4, ("a", "b"), "even").split("out", "b", 2, ("c", "d"), "even")
    s = s.reorder("out", "a", "d", "c")
    assert messages(s) == []
    with pytest.raises(LoweringError, match="d runs outside c, so 2 must divide 3"):
        lower_schedule(s)
