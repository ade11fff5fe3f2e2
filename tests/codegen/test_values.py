"""Values as machine code computes them."""

from __future__ import annotations

import pytest

from tests.execution import host, machine_code
from tests.loop_ir import N, V, W, assert_same, function, load, loop, store
from tvmtune.codegen.module import emit_module
from tvmtune.ir.affine import Affine
from tvmtune.ir.expr import (
    ARITHMETIC,
    COMPARISONS,
    DTYPES,
    FLOAT_CALLS,
    FLOATS,
    Binary,
    Buffer,
    Cast,
    Const,
    Expr,
    IndexValue,
    Load,
    NonNegative,
    Select,
    Unary,
    binary,
)
from tvmtune.runtime.arrays import GuardedMemory
from tvmtune.target import Target


def operands(dtype: str, lanes: int) -> tuple[Buffer, Buffer, Load, Load]:
    a, b = (Buffer(n, dtype, N, argument=True) for n in "ab")
    stride = 1 if lanes > 1 else 0
    return a, b, load(a, 8 * W, lanes, stride), load(b, 8 * W, lanes, stride)


def assert_value(value: Expr, *arguments: Buffer, exact: bool = True) -> None:
    out = Buffer("out", value.dtype, N, argument=True)
    assert_same(function(loop(W, store(out, 8 * W, value)), *arguments, out), exact=exact)


@pytest.mark.parametrize("lanes", [1, 4, 7])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("op", [*ARITHMETIC, *COMPARISONS, "and", "or"])
def test_binary(op: str, dtype: str, lanes: int) -> None:
    if (dtype == "bool") != (op in ("and", "or")) and not (dtype == "bool" and op in COMPARISONS):
        return
    a, b, x, y = operands(dtype, lanes)
    divisor = Select(
        binary("eq", y, Const(0, dtype, lanes)), Const(3, dtype, lanes), y, dtype, lanes
    )
    assert_value(binary(op, x, divisor if op == "div" else y), a, b)


def divided(numerators: list[int], divisors: list[int], lanes: int) -> list[int]:
    """Quotients of eight pairs as machine code computes them."""
    a, b, c = buffers = [Buffer(n, "int32", 8, argument=True) for n in "abc"]
    at, stride = (Affine.of(V), 0) if lanes == 1 else (Affine(), 1)
    body = store(c, at, load(a, at, lanes, stride) / load(b, at, lanes, stride))
    memory = GuardedMemory()
    stored = {n.name: memory(8, "int32") for n in buffers}
    stored["a"][:], stored["b"][:] = numerators, divisors
    program = function(loop(V, body) if lanes == 1 else body, *buffers)
    machine_code([program], host())(stored, memory)
    return [int(q) for q in stored["c"]]


LEAST = -(2**31)


@pytest.mark.parametrize("lanes", [1, 8])
def test_the_least_integer_divided_by_minus_one_wraps(lanes: int) -> None:
    numerators = [LEAST, LEAST, LEAST, 7, -7, 0, LEAST, 2**31 - 1]
    divisors = [-1, 1, 2, -1, -1, -1, LEAST, LEAST]
    assert divided(numerators, divisors, lanes) == [LEAST, LEAST, LEAST // 2, -7, 7, 0, 1, 0]


@pytest.mark.parametrize("lanes", [1, 8])
def test_a_division_by_zero_does_not_end_the_process(lanes: int) -> None:
    assert divided([LEAST, 8, 0, 9, 9, 9, 9, 9], [0, 0, 0, 1, 2, 3, -4, 5], lanes)[3:] == [
        9, 4, 3, -2, 1,
    ]  # fmt: skip


@pytest.mark.parametrize("lanes", [1, 8])
@pytest.mark.parametrize("divisor", [1, -1, 2, -3, LEAST])
def test_division_by_a_constant(divisor: int, lanes: int) -> None:
    a, _, x, _ = operands("int32", lanes)
    assert_value(x / Const(divisor, "int32", lanes), a)
    assert_value(Const(LEAST, "int32", lanes) / Const(divisor, "int32", lanes))


@pytest.mark.parametrize("divisor", [W + 1, -1 * W - 2, W - 7])
def test_division_by_an_index(divisor: Affine) -> None:
    assert_value(Const(LEAST, "int32") / IndexValue(divisor))


@pytest.mark.parametrize(("divisor", "plain"), [(3, True), (-1, False), (0, False)])
def test_only_a_divisor_that_may_be_minus_one_is_tested(divisor: int, plain: bool) -> None:
    a, _, x, _ = operands("int32", 1)
    program = function(loop(W, store(a, W, x / Const(divisor, "int32"))), a)
    text = emit_module((program,), host()).text
    assert ("select" not in text) == plain


@pytest.mark.parametrize("lanes", [1, 8])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("op", ["neg", "abs", "not", *FLOAT_CALLS])
def test_unary(op: str, dtype: str, lanes: int) -> None:
    if (op == "not") != (dtype == "bool") or (op in FLOAT_CALLS and dtype not in FLOATS):
        return
    a, _, x, _ = operands(dtype, lanes)
    value: Expr = x
    if op in ("log", "sqrt"):
        value = Unary("abs", x, dtype, lanes) + Const(0.5, dtype, lanes)
    if op in ("floor", "ceil"):
        value = x / Const(3.0, dtype, lanes)
    assert_value(Unary(op, value, dtype, lanes), a, exact=op not in FLOAT_CALLS)


@pytest.mark.parametrize("lanes", [1, 8])
@pytest.mark.parametrize("target", DTYPES)
@pytest.mark.parametrize("source", DTYPES)
def test_casts(source: str, target: str, lanes: int) -> None:
    if source == target:
        return
    a, _, x, _ = operands(source, lanes)
    assert_value(Cast(x, target, lanes), a)


@pytest.mark.parametrize("lanes", [1, 8])
def test_constants_indices_and_choices(lanes: int) -> None:
    a, b, x, y = operands("float32", lanes)
    numbers = [
        Const(c, "float32", lanes) for c in (0.1, -0.0, float("inf"), -float("inf"), 0.0, 3e-42)
    ]
    value: Expr = x
    for number in numbers:
        value = Select(binary("lt", value, number), number, value, "float32", lanes)
    assert_value(value, a)
    assert_value(Select(NonNegative(W - 2, lanes=lanes), x, y, "float32", lanes), a, b)
    assert_value(
        Binary("and", NonNegative(W - 1, lanes=lanes), Const(True, "bool", lanes), "bool", lanes)
    )
    assert_value(IndexValue(3 * W - 7, lanes=lanes))


def test_a_product_and_a_sum_are_fused_where_the_target_can() -> None:
    a, b, x, y = operands("float32", 1)
    out = Buffer("out", "float32", N, argument=True)
    program = function(loop(W, store(out, W, x * y + load(out, W))), a, b, out)
    assert "@llvm.fma.f32" in emit_module((program,), Target("cpu", 1, "avx2")).text
    assert "@llvm.fma" not in emit_module((program,), Target("cpu", 1, "x86-64")).text
    assert_same(program)
    swapped = function(loop(W, store(out, W, load(out, W) + x * y)), a, b, out)
    assert "@llvm.fma.f32" in emit_module((swapped,), Target("cpu", 1, "avx2")).text
    assert_same(swapped)
