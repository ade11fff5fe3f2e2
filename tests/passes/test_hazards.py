"""What must not always be evaluated is not: reads beside a tensor, divisions by zero."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.execution import check, functions_of, host, lowered, passed
from tests.numpy_reference import evaluate
from tvmtune import te
from tvmtune.ir.affine import Var
from tvmtune.ir.expr import Expr, Value
from tvmtune.ir.printer import print_function
from tvmtune.ir.stmt import Store
from tvmtune.ir.traverse import statements
from tvmtune.schedule import Schedule, create_schedule
from tvmtune.te import Tensor
from tvmtune.te.tensor import compute_over

X = te.placeholder((9,), "x")
N = te.placeholder((9,), "n", "int32")
DATA: dict[str, NDArray[Any]] = {
    "x": np.array([-2, 3, 0, 1, -1, 4, 5, -6, 7], "float32"),
    "n": np.array([0, 3, -1, 0, -2, 4, 1, 0, 7], "int32"),
}


def in_lanes(s: Schedule, axis: str, lanes: int = 4) -> Schedule:
    return s.split("o", axis, lanes, ("block", "lane")).vectorize("o", "lane")


def positive_before(i: Var) -> Value:
    return te.less(0.0, X[i - 1])


BODIES: dict[str, tuple[Callable[[Var], Expr], Callable[[int], float]]] = {
    "a side that divides by an index": (
        lambda i: te.where(te.less(0, i), te.as_value(100) / te.as_value(i), 7) + N[i],
        lambda i: (100 // i if i else 7) + DATA["n"][i],
    ),
    "a side that divides by a value": (
        lambda i: te.where(te.equal(N[i], 0), 9, te.as_value(i) / N[i]),
        lambda i: np.trunc(i / DATA["n"][i]) if DATA["n"][i] else 9,
    ),
    "a condition that divides": (
        lambda i: te.where(
            te.all_of(te.invert(te.equal(N[i], 0)), te.less(0, te.as_value(i) / N[i])), X[i], 2.0
        ),
        lambda i: DATA["x"][i] if DATA["n"][i] and np.trunc(i / DATA["n"][i]) > 0 else 2.0,
    ),
    "all of conditions in order": (
        lambda i: te.where(te.all_of(te.at_most(1, i), positive_before(i)), 1.0, 2.0),
        lambda i: 1.0 if i and DATA["x"][i - 1] > 0 else 2.0,
    ),
    "all of three": (
        lambda i: te.where(
            te.all_of(te.at_most(1, i), positive_before(i), te.less(X[i], 1.0)), X[i], 2.0
        ),
        lambda i: DATA["x"][i] if i and DATA["x"][i - 1] > 0 and DATA["x"][i] < 1 else 2.0,
    ),
    "any of two": (
        lambda i: te.cast(te.any_of(te.less(i, 1), positive_before(i)), "float32"),
        lambda i: float(i < 1 or DATA["x"][i - 1] > 0),
    ),
}


@pytest.mark.parametrize("vectorized", [False, True])
@pytest.mark.parametrize("name", BODIES)
def test_what_is_not_chosen_is_not_evaluated(name: str, vectorized: bool) -> None:
    body, expected = BODIES[name]
    i = Var("i", 9)
    out = compute_over((i,), body(i), "o")
    s = create_schedule(out)
    result = np.array([expected(i) for i in range(9)], out.dtype)
    check(in_lanes(s, "i") if vectorized else s, DATA, {"o": result})


@pytest.mark.parametrize("reduce", [te.sum, te.max])
def test_conditions_of_updates_rely_on_those_before(reduce: Callable[..., Any]) -> None:
    r = te.reduce_axis(9, "r")
    value = te.where(te.all_of(te.at_most(1, r), positive_before(r)), X[r], 0.0)
    s = create_schedule(te.compute((2,), lambda i: reduce(value, r), "o"))
    x = DATA["x"]
    terms = [x[k] if k and x[k - 1] > 0 else 0.0 for k in range(9)]
    result = np.full(2, sum(terms) if reduce is te.sum else max(terms), "float32")
    check(s, DATA, {"o": result})


def box_filter(h: int, w: int, k: int) -> Tensor:
    """The sum of ``k * k`` reads of a padded image."""
    x = te.placeholder((h, w), "image")
    p = te.pad(x, (k // 2, k // 2), (k // 2, k // 2), "p", axes=("y", "x"))

    def body(y: Var, x: Var) -> Value:
        total: Value = p[y, x]
        for t in range(1, k * k):
            total = total + p[y + t // k, x + t % k]
        return total

    return te.compute((h + k // 2 * 2 - k + 1, w + k // 2 * 2 - k + 1), body, "o")


@pytest.mark.parametrize("vectorized", [False, True])
@pytest.mark.parametrize("k", [2, 3, 4, 5, 7])
def test_many_padded_reads_in_one_value(k: int, vectorized: bool) -> None:
    out = box_filter(7, 13, k)
    s = create_schedule(out).compute_inline("p")
    image = np.random.default_rng(k).integers(-4, 5, (7, 13)).astype("float32")
    expected = evaluate((out,), {"image": image})
    check(in_lanes(s, "x", 8) if vectorized else s, {"image": image}, {"o": expected["o"]})


def test_code_grows_with_the_number_of_choices() -> None:
    def stores(k: int) -> int:
        s = create_schedule(box_filter(64, 64, k)).compute_inline("p")
        (function,) = functions_of(lowered(s))
        return sum(isinstance(s, Store) for s in statements(passed(function).body))

    assert stores(7) <= 49 * 2 + 1
    assert stores(9) <= 81 * 2 + 1


def test_borders_are_separated_from_an_interior_without_branches() -> None:
    s = create_schedule(box_filter(32, 32, 5)).compute_inline("p")
    (function,) = functions_of(lowered(s))
    assert "if" not in print_function(passed(function))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("registers", [False, True])
def test_lanes_beyond_a_tail_are_left_alone(threads: int, registers: bool) -> None:
    rng = np.random.default_rng(0)
    data = {
        n: rng.integers(-4, 5, s).astype("float32") for n, s in (("x", (11, 6)), ("w", (6, 13)))
    }
    x, w = (te.placeholder(array.shape, name) for name, array in data.items())
    k = te.reduce_axis(6, "k")
    out = te.compute((11, 13), lambda m, n: te.sum(x[m, k] * w[k, n], k), "o")
    s = create_schedule(out)
    if registers:
        s = s.cache_write("o", "register", "acc")
    s = s.split("o", "n", 8, ("no", "ni"), "guard").split("o", "m", 8, ("mo", "mi"), "guard")
    if registers:
        s = s.reorder("o", "mo", "mi", "no", "ni").vectorize("o", "ni").compute_at("acc", "o", "no")
        s = s.reorder("acc", "m", "k", "n").vectorize("acc", "n")
    else:
        s = s.reorder("o", "mo", "no", "mi", "k", "ni").vectorize("o", "ni")
    s = s.parallel("o", "mo") if threads > 1 else s
    check(s, data, {"o": data["x"] @ data["w"]}, host(threads))
