from __future__ import annotations

from collections.abc import Callable

import pytest

from tvmtune.errors import ExpressionError
from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import (
    Buffer,
    Const,
    Expr,
    Load,
    binary,
    cast,
    const,
    identity_of,
    select,
    unary,
)
from tvmtune.ir.printer import print_expr

X = Load(Buffer("x", "float32", 4), Affine(0))
N = Load(Buffer("n", "int32", 4), Affine(0))
B = Load(Buffer("b", "bool", 4), Affine(0))
V = Var("i", 4)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1 + X, "1.0 + x[0]"),
        (X - 1, "x[0] - 1.0"),
        (2 - X * 3, "2.0 - x[0] * 3.0"),
        (1 / X, "1.0 / x[0]"),
        (2 * N, "2 * n[0]"),
        (N + 1, "n[0] + 1"),
        (select(B, X, 0), "x[0] if b[0] else 0.0"),
        (select(B, 1, 2), "1.0 if b[0] else 2.0"),
        (cast(N, "float32"), "float32(n[0])"),
        (cast(N, "int32"), "n[0]"),
        (binary("or", B, True), "b[0] or True"),
    ],
)
def test_numbers_take_the_type_of_the_other_operand(value: Expr, text: str) -> None:
    assert print_expr(value) == text


def test_numbers_that_float32_rounds_and_those_that_are_no_numbers() -> None:
    assert const(3.4028235e38, "float32").value == 3.4028235e38
    assert const(-float("inf"), "float32").value == -float("inf")
    assert const(float("nan"), "float32").value != const(0, "float32").value
    assert const(1e39, "float64").value == 1e39


def test_result_types() -> None:
    assert binary("lt", X, X).dtype == "bool"
    assert binary("max", N, N).dtype == "int32"
    assert unary("exp", X).dtype == "float32"
    assert X.buffer.size_bytes == 16
    assert B.buffer.size_bytes == 4


@pytest.mark.parametrize(
    ("op", "dtype", "value"),
    [
        ("add", "float32", 0.0),
        ("add", "int32", 0),
        ("max", "float64", float("-inf")),
        ("min", "float32", float("inf")),
        ("max", "int32", -(2**31)),
        ("min", "int32", 2**31 - 1),
    ],
)
def test_neutral_elements(op: str, dtype: str, value: float) -> None:
    neutral = identity_of(op, dtype)
    assert (neutral.value, neutral.dtype) == (value, dtype)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: const(1, "float16"), "type 'float16' is unknown"),
        (lambda: const(1.5, "int32"), "1.5 is no int32"),
        (lambda: const(2**31, "int32"), "2147483648 is no int32"),
        (lambda: const(float("nan"), "int32"), "nan is no int32"),
        (lambda: const(2.0**128 - 2.0**103, "float32"), "e+38 is no float32"),
        (lambda: X + 1e39, "1e+39 is no float32"),
        (lambda: X - 10**400, "an integer beyond its range is no float32"),
        (lambda: const(10**400, "float64"), "an integer beyond its range is no float64"),
        (lambda: const("1", "float32"), "a float32 constant of str, which is no number"),  # type: ignore[arg-type]
        (lambda: const(V, "int32"), "a int32 constant of Var, which is no number"),  # type: ignore[arg-type]
        (lambda: X * V, "mul of a float32 value and i, which is neither a value nor a number; te"),  # type: ignore[operator]
        (lambda: X * (V + 1), "mul of a float32 value and i + 1, which is neither a value nor a"),  # type: ignore[operator]
        (lambda: select(B, "x", X), "select of a float32 value and str, which is neither a value"),  # type: ignore[arg-type]
        (lambda: select(True, X, X), "select on bool, which is no value"),  # type: ignore[arg-type]
        (lambda: unary("exp", 1.0), "exp of float, which is no value"),  # type: ignore[arg-type]
        (lambda: X + N, "add of float32 x1 and int32 x1: types must agree"),
        (lambda: X + Const(1.0, "float32", 4), "add of float32 x1 and float32 x4"),
        (lambda: binary("pow", X, X), "'pow' is no operator of two values"),
        (lambda: B + B, "add of bool: use and, or, not"),
        (lambda: binary("and", X, X), "and of float32: both operands must be bool"),
        (lambda: unary("cbrt", X), "'cbrt' is no operator of one value"),
        (lambda: unary("exp", N), "exp of int32: it takes float32 or float64"),
        (lambda: unary("not", X), "not of float32: not takes bool"),
        (lambda: select(X, X, X), "select on a float32: the condition must be bool"),
        (lambda: cast(X, "half"), "type 'half' is unknown"),
        (lambda: bool(X), "a value has no truth value"),
    ],
)
def test_errors(build: Callable[[], object], message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        build()
    assert message in str(caught.value)
