from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.numpy_reference import evaluate
from tvmtune import te
from tvmtune.errors import ExpressionError
from tvmtune.ir.affine import Var
from tvmtune.ir.printer import print_expr
from tvmtune.te import Compute, Reduction, Tensor

A = te.placeholder((4, 8), "a")
B = te.placeholder((4,), "b", "bool")
C = te.placeholder((4,), "c", "int32")


def values(tensor: Tensor, **arrays: Any) -> Any:
    return evaluate((tensor,), arrays)[tensor.name]


def test_a_compute_takes_names_of_axes_from_its_body() -> None:
    c = te.compute((8, 4), lambda y, x: A[x, y] * 2.0, "t")
    assert isinstance(c.op, Compute)
    assert [(a.name, a.extent) for a in c.op.axes] == [("y", 8), ("x", 4)]
    assert c.op.inputs == (A,)
    assert (c.shape, c.dtype) == ((8, 4), "float32")
    a = np.arange(32, dtype="float32").reshape(4, 8)
    np.testing.assert_array_equal(values(c, a=a), a.T * 2)


def test_inputs_are_listed_once_in_order_of_use() -> None:
    c = te.compute((4,), lambda i: te.where(B[i], C[i], C[i] + te.as_value(i)), "t")
    assert isinstance(c.op, Compute)
    assert [t.name for t in c.op.inputs] == ["b", "c"]


@pytest.mark.parametrize(
    ("reduce", "expected"), [(te.sum, np.sum), (te.max, np.max), (te.min, np.min)]
)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_reductions(reduce: Callable[..., Reduction], expected: Any, dtype: str) -> None:
    x = te.placeholder((3, 5, 2), "x", dtype)
    j, k = te.reduce_axis(5, "j"), te.reduce_axis(2, "k")
    t = te.compute((3,), lambda i: reduce(x[i, j, k], (j, k)), "t")
    data = np.random.default_rng(0).integers(-9, 9, (3, 5, 2)).astype(dtype)
    assert t.dtype == dtype
    np.testing.assert_array_equal(values(t, x=data), expected(data, axis=(1, 2)))


def test_padding_of_an_input_and_of_a_stage() -> None:
    a = np.arange(32, dtype="float32").reshape(4, 8)
    p = te.pad(A, (1, 0), (0, 2), "p", value=-1.0)
    np.testing.assert_array_equal(values(p, a=a), np.pad(a, ((1, 0), (0, 2)), constant_values=-1))
    assert isinstance(p.op, Compute)
    assert [v.name for v in p.op.axes] == ["i0", "i1"]
    again = te.pad(te.compute((4,), lambda q: A[q, 0], "s"), (1,), (1,), "p")
    assert isinstance(again.op, Compute)
    assert [v.name for v in again.op.axes] == ["q"]
    named = te.pad(A, (0, 0), (0, 0), "p", axes=("y", "x"))
    assert isinstance(named.op, Compute)
    assert [v.name for v in named.op.axes] == ["y", "x"]
    np.testing.assert_array_equal(values(named, a=a), a)


def test_indices_are_affine_with_division() -> None:
    c = te.compute((6,), lambda i: A[i // 2, 7 - i % 3], "t")
    a = np.arange(32, dtype="float32").reshape(4, 8)
    i = np.arange(6)
    np.testing.assert_array_equal(values(c, a=a), a[i // 2, 7 - i % 3])


def test_conditions_and_intrinsics() -> None:
    t = te.compute(
        (4,),
        lambda i: te.where(
            te.all_of(B[i], te.invert(te.equal(C[i], 2)), te.any_of(B[i], te.less(i, 2))),
            te.maximum(te.minimum(te.call("abs", C[i]), 3), 1),
            -C[i],
        ),
        "t",
    )
    b, c = np.array([True, True, False, True]), np.array([-7, 2, 5, 0], "int32")
    np.testing.assert_array_equal(values(t, b=b, c=c), [3, -2, -5, 1])
    assert te.less(C[0], 3).dtype == te.at_most(1, Var("i", 3)).dtype == "bool"


def test_rows_of_a_constant_matrix() -> None:
    x = te.placeholder((3,), "x")
    rows = [[1.0, 0.0, -1.0], [0.0, 2.0, 0.5], [-1.0, 0.0, 0.0]]
    y = te.compute((3,), lambda i: te.combine(i, rows, [x[j] for j in range(3)]), "y")
    assert isinstance(y.op, Compute)
    assert not isinstance(y.op.body, Reduction)
    assert print_expr(y.op.body) == (
        "x[0] - x[2] if i < 1 else (x[1] * 2.0 + x[2] * 0.5 if i < 2 else x[0] * -1.0)"
    )


def test_a_number_is_a_body() -> None:
    assert te.compute((2,), lambda i: 3, "t").dtype == "float32"


def reduced(value: Callable[[Var], Any]) -> Tensor:
    r = te.reduce_axis(8, "r")
    return te.compute((4,), lambda i: te.sum(value(r), r), "t")


ERRORS: list[tuple[Callable[[], object], str]] = [
    (lambda: te.combine(0, [[1.0]], [A[0, 0]] * 2), r"combine of 2 values by rows of \[1\] coeff"),
    (lambda: te.combine(0, [[0.0]], [A[0, 0]]), "combine with a row of zeros: it has no value"),
    (lambda: te.placeholder((0,), "x"), r"x: shape \(0,\) must be positive integers"),
    (lambda: te.placeholder((3,), "x", "half"), "x: type 'half' is unknown; known are float32,"),
    (lambda: te.placeholder((3,), "my x"), "name 'my x' is no identifier"),
    (lambda: te.reduce_axis(0, "r"), r"r: shape \(0,\) must be positive"),
    (lambda: te.reduce_axis(1, "1"), "name '1' is no identifier"),
    (lambda: te.compute((2,), lambda i, j: A[i, j], "t"), r"t: shape \(2,\) has 1 axes, the body"),
    (lambda: te.compute((-2,), lambda i: A[i, i], "t"), r"t: shape \(-2,\) must be positive"),
    (lambda: te.compute((2,), lambda i: i + 1, "t"), "t: the body is Affine, not a value; te.as_v"),
    (lambda: te.compute((2,), lambda i: A[i, Var("k", 2)], "t"), "t: k is no axis of it and is no"),
    (lambda: reduced(lambda r: A[r, 0]) and reduced(lambda r: A[0, Var("i", 4)]), "t: i is no axi"),
    (
        lambda: te.compute(
            (2,), lambda i: te.sum(A[i, te.reduce_axis(3, "i")], te.reduce_axis(3, "i")), "t"
        ),
        "t: several axes are named i",
    ),
    (lambda: te.sum(A[0, 0], ()), "add reduction over no axis"),
    (lambda: te.max(B[0], te.reduce_axis(2, "r")), "max reduction of bool values; convert with"),
    (lambda: te.sum(te.sum(A[0, 0], Var("r", 2)), Var("r", 2)), "add reduction of Reduction: it "),  # type: ignore[arg-type]
    (lambda: te.sum(A[0, 0], Var("r", 2)) + 1.0, r"arithmetic with a reduction \(add over r\): it"),
    (lambda: -te.max(A[0, 0], Var("r", 2)), r"arithmetic with a reduction \(max over r\)"),
    (lambda: A[0], r"a has 2 axes \(4, 8\), read with 1 indices"),
    (lambda: A[0, 1.5], "1.5 is no index: an index is affine"),  # type: ignore[index]
    (lambda: A[0, True], "True is no index"),
    (lambda: A[0, Var("i", 2) * Var("j", 2)], r"\(i\) \* \(j\) is not affine"),  # type: ignore[operator]
    (lambda: A[0, 0] + C[0], "add of float32 x1 and int32 x1: types must agree; convert with te.c"),
    (lambda: B[0] + B[1], "add of bool: use and, or, not, or te.cast"),
    (lambda: te.all_of(C[0], C[1]), "and of int32: both operands must be bool"),
    (te.all_of, "all_of no condition"),
    (lambda: te.where(C[0], 1.0, 2.0), "select on a int32: the condition must be bool"),
    (lambda: te.call("erf", A[0, 0]), "'erf' is no operator of one value; known are neg, abs"),
    (lambda: te.call("exp", C[0]), "exp of int32: it takes float32 or float64"),
    (lambda: te.invert(C[0]), "not of int32: not takes bool, the others numbers"),
    (lambda: te.cast(C[0], "int8"), "type 'int8' is unknown; known are"),
    (lambda: C[0] + 1.5, "1.5 is no int32"),
    (lambda: A[0, 0] + 1e39, "1e\\+39 is no float32"),
    (lambda: te.less(A[0, 0], Var("i", 2)), "lt of a float32 value and i, which is neither a val"),
    (lambda: te.at_most(Var("i", 2) + 1, C[0]), r"le of a int32 value and i \+ 1, which is neith"),
    (lambda: te.where(te.less(Var("i", 2), 1), A, 0.0), "select of a float32 value and Tensor, wh"),  # type: ignore[arg-type]
    (lambda: bool(A[0, 0]), "a value has no truth value while it is an expression; use te.where"),
    (lambda: bool(Var("i", 3)), "axis i used as a truth value; compare it with te.less"),
    (lambda: te.pad(A, (1, -1), (0, 0), "p"), r"pad of a by \[1, -1\], \[0, 0\]: not negative"),
    (lambda: te.pad(A, (1,), (0,), "p"), r"pad of a by \[1\], \[0\]: it has 2 axes \(4, 8\), and"),
    (lambda: te.pad(A, (0, 0), (0, 0), "p", axes=("x",)), "it has 2 axes"),
    (lambda: te.pad(A, (0, 0), (0, 0), "p", axes=("x", "x")), "p: several axes are named x"),
]


@pytest.mark.parametrize(("make", "message"), ERRORS)
def test_errors(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ExpressionError, match=message):
        make()


def test_two_tensors_of_one_name() -> None:
    with pytest.raises(ExpressionError, match="two tensors are named a; names must be unique"):
        te.compute((4,), lambda i: A[i, 0] + te.placeholder((4,), "a")[i], "t")
