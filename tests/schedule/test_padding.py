"""Padded tails: right where storage and zeros allow them, refused with a message elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.execution import check
from tests.numpy_reference import evaluate
from tvmtune import te
from tvmtune.ir.affine import Var
from tvmtune.layout import Layout
from tvmtune.schedule import Schedule, create_schedule, infer_nest
from tvmtune.schedule.nest import Constraint
from tvmtune.symbolic import IntExpr, substitute, symbol
from tvmtune.te import Tensor

X = te.placeholder((6, 10), "x")
W = te.placeholder((10, 7), "w", constant=True)
BLOCKED = Layout.blocked(2, [(1, 4)])


def arrays(*tensors: Tensor) -> dict[str, NDArray[Any]]:
    rng = np.random.default_rng(0)
    return {t.name: rng.integers(-3, 4, t.shape).astype(t.dtype) for t in tensors}


def messages(schedule: Schedule) -> list[str]:
    return [c.message for c in infer_nest(schedule).constraints]


def assert_right(schedule: Schedule) -> None:
    given = arrays(*schedule.inputs.values())
    check(schedule, given, evaluate(schedule.outputs, given))


def reduced(body: Callable[[Var, Var], Any], extent: int = 10) -> Schedule:
    k = te.reduce_axis(extent, "k")
    out = te.compute((6,), lambda i: te.sum(body(i, k), k), "out")
    return create_schedule(out).layout("x", BLOCKED).split("out", "k", 4, tail="pad")


def test_stores_need_room() -> None:
    out = te.compute((6, 7), lambda i, j: X[i, j] * 2.0, "out")
    s = create_schedule(out).split("out", "j", 4, tail="pad")
    assert messages(s) == ["out: padded loop j runs to 8, it is stored to 7"]
    assert_right(s.layout("out", BLOCKED))
    assert_right(s.layout("out", Layout.blocked(2, [(1, 8)], order=(1, 0))))


def test_storage_inside_makes_room() -> None:
    p = te.compute((6, 7), lambda i, j: X[i, j] * 2.0, "p")
    out = te.compute((6, 7), lambda i, j: p[i, j] + p[5 - i, j], "out")
    s = create_schedule(out).split("p", "j", 4, tail="pad")
    assert messages(s) == []
    assert_right(s)
    assert_right(s.layout("p", Layout.blocked(2, [(0, 4), (1, 2)])))


@pytest.mark.parametrize(
    ("index", "reads"),
    [
        (lambda j: j * 3, "up to 34, it is there up to 10"),
        (lambda j: j + 6, "up to 18, it is there up to 10"),
        (lambda j: 9 - j * 3, "from -24 on, it is there from 0 on"),
    ],
    ids=["strided", "shifted", "reversed"],
)
def test_reads_need_storage(index: Callable[[Var], Any], reads: str) -> None:
    out = te.compute((6, 4), lambda i, j: X[i, index(j)], "out")
    s = create_schedule(out).layout("out", Layout.blocked(2, [(1, 12)]))
    assert_right(s.split("out", "j", 2, tail="pad"))
    s = s.split("out", "j", 12, tail="pad")
    assert messages(s) == [f"out: padded loop j reads x {reads}"]


def test_reads_of_a_window_need_storage() -> None:
    k = te.reduce_axis(3, "k")
    out = te.compute((6, 8), lambda i, j: te.sum(X[i, j + k], k), "out")
    s = create_schedule(out).split("out", "j", 3, tail="pad").layout("out", BLOCKED)
    assert messages(s) == [
        "out: padded loop j runs to 9, it is stored to 8",
        "out: padded loop j reads x up to 11, it is there up to 10",
    ]
    assert_right(s.layout("out", Layout.blocked(2, [(1, 3)])).layout("x", BLOCKED))


def test_guarded_reads_are_not_padded() -> None:
    p = te.pad(X, (0, 1), (0, 1), "p", axes=("i", "j"))
    s = create_schedule(p).layout("p", Layout.blocked(2, [(1, 8)])).layout("x", BLOCKED)
    assert_right(s.split("p", "j", 4, tail="pad"))
    assert messages(s.split("p", "j", 8, tail="pad")) == [
        "p: padded loop j reads x up to 15, it is there up to 12"
    ]


def test_sums_of_products_with_packed_zeros() -> None:
    s = reduced(lambda i, k: X[i, k] * W[k, i])
    assert messages(s) == [
        "out: padded loop k reads w up to 12, it is there up to 10",
        "out: padded loop k runs to 12 of 10, and what it adds beyond is not known to be zero",
    ]
    assert_right(s.layout("w", Layout.blocked(2, [(0, 6)])))


SUMS: list[tuple[str, Callable[[Var, Var], Any], bool]] = [
    ("read", lambda i, k: X[i, k], True),
    ("negative", lambda i, k: -X[i, k], True),
    ("sine", lambda i, k: te.call("floor", te.call("sin", X[i, k])), True),
    ("cast", lambda i, k: te.cast(te.cast(X[i, k], "int32"), "float32"), True),
    ("difference", lambda i, k: X[i, k] - te.maximum(X[5 - i, k], X[i, k]), True),
    ("choice", lambda i, k: te.where(te.less(i, 3), X[i, k], 0.0), True),
    ("quotient", lambda i, k: X[i, k] / 2.0, True),
    ("product with an exponential", lambda i, k: te.call("exp", X[i, k]) * X[i, k], True),
    ("one more", lambda i, k: X[i, k] + 1.0, False),
    ("exponential", lambda i, k: te.call("exp", X[i, k]), False),
    ("choice of one", lambda i, k: te.where(te.less(X[i, k], 0), 1.0, X[i, k]), False),
    ("another axis", lambda i, k: X[i, 0] * 1.0, False),
    ("index", lambda i, k: X[i, k] + te.as_value(k, "float32"), False),
    ("reciprocal", lambda i, k: X[i, k] * (1.0 / X[i, k]), False),
    ("logarithm", lambda i, k: X[i, k] * te.call("log", X[i, k]), False),
    ("nothing by nothing", lambda i, k: X[i, k] / X[i, k], False),
]


@pytest.mark.parametrize(("body", "zero"), [s[1:] for s in SUMS], ids=[s[0] for s in SUMS])
def test_sums_add_zeros(body: Callable[[Var, Var], Any], zero: bool) -> None:
    s = reduced(body)
    refusal = "out: padded loop k runs to 12 of 10, and what it adds beyond is not known to be zero"
    assert (refusal in messages(s)) == (not zero)
    if zero and messages(s) == []:
        given = arrays(*s.inputs.values())
        check(s, given, evaluate(s.outputs, given), exact=False)


def test_a_part_of_an_axis_is_not_padded_with_zeros() -> None:
    s = reduced(lambda i, k: X[i, k], extent=7)
    assert messages(s) == [
        "out: padded loop k runs to 8 of 7, and what it adds beyond is not known to be zero"
    ]


def summed(tail: str, factor: IntExpr = 4) -> Schedule:
    """A sum over 10 elements of a stage, padded, and the stage computed up to a tail."""
    p = te.compute((6, 10), lambda i, j: X[i, j] * 2.0, "p")
    k = te.reduce_axis(10, "k")
    s = create_schedule(te.compute((6,), lambda i: te.sum(p[i, k], k), "out"))
    s = s.layout("x", BLOCKED).layout("p", BLOCKED).split("p", "j", factor, tail=tail)
    return s.split("out", "k", factor, ("ko", "ki"), "pad")


def test_what_is_added_must_have_been_computed() -> None:
    assert_right(summed("pad"))
    assert messages(summed("even")) == [
        "out: padded loop k reads p up to 12, it is there up to 10",
        "out: padded loop k runs to 12 of 10, and what it adds beyond is not known to be zero",
    ]


def test_what_is_computed_inside_is_padded_too() -> None:
    s = summed("guard").compute_at("p", "out", "ko")
    assert messages(s) == []
    assert_right(s)
    fused = summed("guard").fuse("out", "ko", "ki", "k2").compute_at("p", "out", "i")
    assert messages(fused)[0] == "out: padded loop k reads p up to 12, it is there up to 10"


def test_padding_through_a_stage_computed_inside() -> None:
    p = te.compute((6, 7), lambda i, j: X[i, j] * 2.0, "p")
    out = te.compute((6, 7), lambda i, j: p[i, j] + 1.0, "out")
    s = create_schedule(out).split("out", "j", 4, tail="pad").compute_at("p", "out", "jo")
    s = s.layout("out", BLOCKED)
    assert messages(s) == []
    assert_right(s)
    narrow = te.placeholder((6, 7), "x")
    p = te.compute((6, 7), lambda i, j: narrow[i, j] * 2.0, "p")
    out = te.compute((6, 7), lambda i, j: p[i, j] + 1.0, "out")
    s = create_schedule(out).split("out", "j", 4, tail="pad").compute_at("p", "out", "jo")
    s = s.layout("out", BLOCKED)
    assert messages(s) == ["p: padded loop j reads x up to 8, it is there up to 7"]
    assert_right(s.layout("x", BLOCKED))


def test_integers_are_not_divided_by_padding() -> None:
    n = te.placeholder((10,), "n", "int32")
    out = te.compute((10,), lambda i: 7 / n[i], "out")
    s = create_schedule(out).layout("n", Layout.blocked(1, [(0, 4)]))
    s = s.layout("out", Layout.blocked(1, [(0, 4)])).split("out", "i", 4, tail="pad")
    assert messages(s) == ["out: padded loop i runs to 12 of 10 and divides integers"]


def test_an_outer_loop_that_is_padded() -> None:
    out = te.compute((6, 8), lambda i, j: X[i, j] + 1.0, "out")
    s = create_schedule(out).split("out", "j", 2, ("a", "b"), "pad")
    s = s.split("out", "a", 3, ("c", "d"), "pad")
    assert messages(s) == [
        "out: padded loop j runs to 12, it is stored to 8",
        "out: padded loop j reads x up to 12, it is there up to 10",
    ]
    assert_right(s.layout("out", Layout.blocked(2, [(1, 12)])).layout("x", BLOCKED))


def test_guards_stop_padding() -> None:
    out = te.compute((6, 8), lambda i, j: X[i, j] + 1.0, "out")
    s = create_schedule(out).split("out", "j", 3, ("a", "b"), "guard")
    s = s.split("out", "a", 2, ("c", "d"), "pad")
    assert messages(s) == []
    assert_right(s)


def refused(constraints: tuple[Constraint, ...], factor: int) -> list[str]:
    return [
        c.text.format(*(substitute(n, {"f": factor}) for n in c.numbers))
        for c in constraints
        if substitute(c.condition, {"f": factor}) == 0
    ]


@pytest.mark.parametrize("factor", [1, 2, 3, 4, 5, 10, 16])
def test_symbols_and_integers_agree(factor: int) -> None:
    symbolic = infer_nest(summed("pad", symbol("f"))).constraints
    assert refused(symbolic, factor) == messages(summed("pad", factor))
