from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvmtune.errors import LoweringError
from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import (
    FLOAT_CALLS,
    Binary,
    Buffer,
    Cast,
    Const,
    Expr,
    IndexValue,
    Load,
    NonNegative,
    Read,
    Select,
    Unary,
    binary,
    cast,
    unary,
)
from tvmtune.ir.interpreter import POISON, run
from tvmtune.ir.stmt import Allocate, Fence, For, Function, If, LoopKind, Stmt, Store, block
from tvmtune.ir.traverse import map_expr

Array = np.ndarray[Any, Any]
V, W = Var("i", 8), Var("j", 8)


def compute(expr: Expr, /, **arrays: Array) -> Array:
    """What ``expr`` stores to the elements of an output of its type, from elements of buffers."""
    out = Buffer("out", expr.dtype, expr.lanes, argument=True)
    arguments = (out, *(buffer(n, a) for n, a in arrays.items()))
    result = np.zeros(expr.lanes, expr.dtype)
    program = Store(out, Affine(0), substituted(expr, arguments), "out")
    run(Function("f", arguments, program), {"out": result, **arrays})
    return result


def buffer(name: str, array: Array) -> Buffer:
    return Buffer(name, array.dtype.name, len(array), argument=True)


def substituted(expr: Expr, arguments: tuple[Buffer, ...]) -> Expr:
    """``expr`` with placeholders ``Read(name)`` replaced by loads of whole buffers."""
    known = {b.name: b for b in arguments}

    def load(e: Expr) -> Expr | None:
        if not isinstance(e, Read):
            return None
        b = known[e.tensor]
        return Load(b, Affine(0), e.lanes, 1)

    return map_expr(expr, load)


def operand(name: str, array: Array) -> Read:
    return Read(name, (), array.dtype.name, len(array))


def function(body: Stmt, *arguments: Buffer) -> Function:
    return Function("f", arguments, body)


def loop(body: Stmt, var: Var = V, *, kind: LoopKind = "serial", end: int = 8) -> For:
    return For(var, (Affine(0),), (Affine(end),), kind, body, f"s.{var.name}")


def test_matmul(matmul: Function, vector_matmul: Function) -> None:
    rng = np.random.default_rng(0)
    x, w = (rng.standard_normal(n).astype("float32") for n in (30, 80))
    expected = x.reshape(6, 5) @ w.reshape(5, 16)
    for program in (matmul, vector_matmul):
        y = np.full(96, np.nan, "float32")
        run(program, {"x": x, "w": w, "y": y})
        np.testing.assert_allclose(y.reshape(6, 16), expected, rtol=1e-5)


F32 = np.array([1.5, -2.25, 0.1, np.inf], "float32")
G32 = np.array([0.3, -2.25, np.nan, 7.0], "float32")
I32 = np.array([2**31 - 1, -7, 7, -(2**31)], "int32")
J32 = np.array([1, 2, -2, -1], "int32")


@pytest.mark.parametrize("lanes", [1, 4])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_float_arithmetic(dtype: str, lanes: int) -> None:
    a, b = F32.astype(dtype)[:lanes], G32.astype(dtype)[:lanes]
    x, y = operand("a", a), operand("b", b)
    cases = {
        "add": a + b,
        "sub": a - b,
        "mul": a * b,
        "div": a / b,
        "min": np.where(a < b, a, b),
        "max": np.where(a > b, a, b),
        "lt": a < b,
        "le": a <= b,
        "eq": a == b,
        "ne": a != b,
    }
    for op, expected in cases.items():
        dtype_of = "bool" if expected.dtype == bool else dtype
        result = compute(Binary(op, x, y, dtype_of, lanes), a=a, b=b)
        np.testing.assert_array_equal(result, expected, op)


def test_float32_is_float32() -> None:
    tenth, third = Const(0.1, "float32"), Const(1 / 3, "float32")
    expected = np.float32(0.1) * np.float32(1 / 3) + np.float32(1e8)
    assert compute(tenth * third + Const(1e8, "float32"))[0] == expected
    assert compute(binary("mul", Const(1e38, "float32"), Const(10.0, "float32")))[0] == np.inf


@pytest.mark.parametrize("lanes", [1, 4])
def test_int_arithmetic_wraps_and_truncates(lanes: int) -> None:
    a, b = I32[:lanes], J32[:lanes]
    x, y = operand("a", a), operand("b", b)
    wide = [int(i) for i in a], [int(i) for i in b]

    def wrapped(values: list[int]) -> list[int]:
        return [(v + 2**31) % 2**32 - 2**31 for v in values]

    pairs = list(zip(*wide, strict=True))
    assert list(compute(x + y, a=a, b=b)) == wrapped([i + j for i, j in pairs])
    assert list(compute(x - y, a=a, b=b)) == wrapped([i - j for i, j in pairs])
    assert list(compute(x * y, a=a, b=b)) == wrapped([i * j for i, j in pairs])
    quotients = [abs(i) // abs(j) * (1 if (i < 0) == (j < 0) else -1) for i, j in pairs]
    assert list(compute(x / y, a=a, b=b)) == wrapped(quotients)
    assert list(compute(-x, a=a)) == wrapped([-i for i in wide[0]])


@given(st.integers(-(2**31), 2**31 - 1), st.integers(-(2**31), 2**31 - 1).filter(bool))
def test_int_division_rounds_to_zero(a: int, b: int) -> None:
    expected = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    result = compute(binary("div", Const(a, "int32"), Const(b, "int32")))[0]
    assert result == (expected + 2**31) % 2**32 - 2**31


def test_int_division_by_zero_is_an_error() -> None:
    with pytest.raises(LoweringError, match="integer division by zero"):
        compute(binary("div", Const(1, "int32"), Const(0, "int32")))


@pytest.mark.parametrize("op", FLOAT_CALLS)
def test_calls(op: str) -> None:
    a = np.array([0.25, 1.75], "float32")
    result = compute(unary(op, operand("a", a)), a=a)
    np.testing.assert_array_equal(result, getattr(np, op)(a))


def test_other_unary_operators() -> None:
    a, b = np.array([-1.5, 2], "float32"), np.array([True, False])
    assert list(compute(unary("abs", operand("a", a)), a=a)) == [1.5, 2]
    assert list(compute(unary("not", operand("b", b)), b=b)) == [False, True]


def test_logic() -> None:
    a, b = np.array([True, True, False]), np.array([True, False, False])
    x, y = operand("a", a), operand("b", b)
    assert list(compute(binary("and", x, y), a=a, b=b)) == [True, False, False]
    assert list(compute(binary("or", x, y), a=a, b=b)) == [True, True, False]


@pytest.mark.parametrize(
    ("op", "left", "expected"),
    [("and", NonNegative(V - 1), [0, 0, 1, 1]), ("or", NonNegative(-V), [1, 0, 1, 1])],
)
def test_logic_evaluates_what_is_needed_only(op: str, left: Expr, expected: list[int]) -> None:
    x, y = Buffer("x", "float32", 3, argument=True), Buffer("y", "bool", 4, argument=True)
    value = binary(op, left, binary("lt", Const(0.0, "float32"), Load(x, V - 1)))
    body = loop(Store(y, Affine.of(V), value, "y"), end=4)
    out = np.zeros(4, "bool")
    run(function(body, x, y), {"x": np.arange(3, dtype="float32"), "y": out})
    assert list(out) == expected


def test_casts() -> None:
    a = np.array([1.9, -1.9, 0.0], "float32")
    x = operand("a", a)
    assert list(compute(cast(x, "int32"), a=a)) == [1, -1, 0]
    assert list(compute(cast(x, "bool"), a=a)) == [True, True, False]
    assert compute(cast(Const(True, "bool"), "float32"))[0] == 1.0
    assert compute(Cast(IndexValue(Affine(3)), "float64"))[0] == 3.0
    assert compute(Cast(NonNegative(Affine(-1)), "int32"))[0] == 0


def test_constants_and_scalars_are_repeated() -> None:
    assert list(compute(Const(2.0, "float32", 3))) == [2, 2, 2]
    x = Buffer("x", "float32", 4, argument=True)
    y = Buffer("y", "float32", 4, argument=True)
    data, out = np.arange(4, dtype="float32"), np.zeros(4, "float32")
    total = Binary("max", Load(x, Affine(2), 4, 0), Load(x, Affine(3), 4, 0), "float32", 4)
    run(function(Store(y, Affine(0), total, "y"), x, y), {"x": data, "y": out})
    assert list(out) == [3, 3, 3, 3]


@pytest.mark.parametrize(("offset", "stride"), [(0, 1), (1, 2), (6, -2), (2, -1), (7, -1)])
def test_strided_vectors(offset: int, stride: int) -> None:
    x, y = (Buffer(n, "float32", 8, argument=True) for n in "xy")
    data, out = np.arange(8, dtype="float32"), np.zeros(8, "float32")
    where = [offset + lane * stride for lane in range(3)]
    gather = Store(y, Affine(0), Load(x, Affine(offset), 3, stride), "y")
    run(function(gather, x, y), {"x": data, "y": out})
    assert list(out[:3]) == where
    scatter = Store(y, Affine(offset), Load(x, Affine(0), 3, 1), "y", stride=stride)
    out[:] = -1
    run(function(scatter, x, y), {"x": data, "y": out})
    assert [out[w] for w in where] == [0, 1, 2]
    assert np.count_nonzero(out == -1) == 5


def test_select_evaluates_the_chosen_side_only() -> None:
    x, y = (Buffer(n, "float32", 8, argument=True) for n in "xy")
    shifted = Select(NonNegative(V - 1), Load(x, V - 1), Const(9.0, "float32"), "float32")
    data, out = np.arange(8, dtype="float32"), np.zeros(8, "float32")
    run(function(loop(Store(y, Affine.of(V), shifted, "y")), x, y), {"x": data, "y": out})
    assert list(out) == [9, 0, 1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(("index", "expected"), [(0, [0, 1]), (-1, [5, 5])])
def test_uniform_select_of_lanes(index: int, expected: list[int]) -> None:
    x, y = (Buffer(n, "float32", 2, argument=True) for n in "xy")
    data, out = np.arange(2, dtype="float32"), np.zeros(2, "float32")
    chosen = Select(
        NonNegative(Affine(index)),
        Load(x, Affine(index), 2, 1),
        Const(5.0, "float32", 2),
        "float32",
        2,
    )
    run(function(Store(y, Affine(0), chosen, "y"), x, y), {"x": data, "y": out})
    assert list(out) == expected


def test_select_by_lanes() -> None:
    a, b = np.array([1, 5, 2], "float32"), np.array([3, 4, 9], "float32")
    x, y = operand("a", a), operand("b", b)
    larger = Select(binary("lt", y, x), x, y, "float32", 3)
    assert list(compute(larger, a=a, b=b)) == [3, 5, 9]


def test_branches_and_clipped_loops() -> None:
    y = Buffer("y", "int32", 64, argument=True)
    triangle = For(
        W,
        (Affine(0), V - 2),
        (Affine(6), V + 1),
        "serial",
        If(
            NonNegative(V - W - 1),
            Store(y, 8 * V + W, Const(2, "int32"), "y"),
            Store(y, 8 * V + W, Const(1, "int32"), "y"),
        ),
        "y.j",
    )
    out = np.zeros(64, "int32")
    run(function(block([loop(triangle), Fence()]), y), {"y": out})
    i, j = np.indices((8, 8))
    band = (j >= i - 2) & (j <= i) & (j < 6)
    np.testing.assert_array_equal(out.reshape(8, 8), band * np.where(j < i, 2, 1))


def test_if_without_else() -> None:
    y = Buffer("y", "int32", 8, argument=True)
    out = np.zeros(8, "int32")
    some = If(NonNegative(V - 6), Store(y, Affine.of(V), Const(1, "int32"), "y"))
    run(function(loop(some), y), {"y": out})
    assert list(out) == [0, 0, 0, 0, 0, 0, 1, 1]


@pytest.mark.parametrize("dtype", POISON)
def test_allocated_buffers_are_poisoned_each_time(dtype: str) -> None:
    y = Buffer("y", dtype, 8, argument=True)
    scratch = Buffer("scratch", dtype, 1)
    use = block(
        [
            Store(y, Affine.of(V), Load(scratch, Affine(0)), "y"),
            Store(scratch, Affine(0), Const(1, dtype), "scratch"),
        ]
    )
    out = np.zeros(8, dtype)
    run(function(loop(Allocate(scratch, use)), y), {"y": out})
    np.testing.assert_array_equal(out, np.full(8, POISON[dtype], dtype))


def test_parallel_iterations_that_depend_on_each_other_show() -> None:
    y = Buffer("y", "int32", 9, argument=True)
    chain = Store(y, V + 1, Load(y, Affine.of(V)) + Const(1, "int32"), "y")
    results = []
    for kind in ("serial", "parallel"):
        out = np.zeros(9, "int32")
        run(function(loop(chain, kind=kind), y), {"y": out})
        results.append(out[-1])
    assert results == [8, 1]


@given(
    st.integers(-5, 5), st.integers(-5, 5), st.integers(-5, 5), st.integers(1, 6), st.integers(1, 6)
)
def test_indices(c: int, a: int, b: int, n: int, m: int) -> None:
    y = Buffer("y", "int32", 64, argument=True)
    index = ((a * V + b * W + c) // n) * 3 + (a * W + V + c) % m + a * V
    out = np.zeros(64, "int32")
    run(function(loop(loop(Store(y, 8 * V + W, IndexValue(index), "y"), W)), y), {"y": out})
    i, j = np.indices((8, 8))
    expected = ((a * i + b * j + c) // n) * 3 + (a * j + i + c) % m + a * i
    np.testing.assert_array_equal(out.reshape(8, 8), expected)


X = Buffer("x", "float32", 8, argument=True)


def test_out_of_bounds_load() -> None:
    bad = Store(X, Affine(0), Load(X, 2 * V + 1), "x")
    with pytest.raises(LoweringError) as caught:
        run(function(loop(bad), X), {"x": np.zeros(8, "float32")})
    assert str(caught.value) == "load of x reaches elements 9 to 9, outside its 8, where i = 4"
    assert caught.value.detail == "x[0] = x[2*i + 1]"


def test_out_of_bounds_store() -> None:
    bad = Store(X, Affine(1), Const(0.0, "float32", 2), "x", stride=-2)
    with pytest.raises(LoweringError, match=r"store to x reaches elements -1 to 1, outside its 8$"):
        run(function(bad, X), {"x": np.zeros(8, "float32")})


def test_loop_beyond_the_extent() -> None:
    bad = For(V, (Affine(0),), (Affine(9),), "serial", Fence(), "s.i")
    with pytest.raises(LoweringError, match=r"loop s\.i runs over range\(0, 9\), outside the ext"):
        run(function(bad, X), {"x": np.zeros(8, "float32")})


def test_programs_that_cannot_run() -> None:
    x = {"x": np.zeros(8, "float32")}
    other = Buffer("other", "float32", 8)
    one = Const(1.0, "float32")
    with pytest.raises(LoweringError, match="variable i is bound by no loop"):
        run(function(Store(X, Affine.of(V), one, "x"), X), x)
    with pytest.raises(LoweringError, match="variable i is bound by no loop"):
        run(function(Store(X, V + W + V // 2, one, "x"), X), x)
    with pytest.raises(LoweringError, match="buffer other is no argument and not allocated"):
        run(function(Store(other, Affine(0), one, "x"), X), x)
    with pytest.raises(LoweringError, match="read of tensor w"):
        run(function(Store(X, Affine(0), Read("w", (), "float32"), "x"), X), x)
    with pytest.raises(LoweringError, match="store of 2 lanes to one element of x"):
        run(function(Store(X, Affine(0), Const(1.0, "float32", 2), "x", stride=0), X), x)


def test_arrays_that_do_not_fit() -> None:
    program = function(Fence(), X)
    with pytest.raises(LoweringError, match="f takes x; given are no arrays"):
        run(program, {})
    with pytest.raises(LoweringError, match="f takes x; given are y"):
        run(program, {"y": np.zeros(8)})
    with pytest.raises(LoweringError, match=r"is float32 \(8,\); given is float64 \(8,\)"):
        run(program, {"x": np.zeros(8)})
    with pytest.raises(LoweringError, match=r"is float32 \(8,\); given is float32 \(2, 4\)"):
        run(program, {"x": np.zeros((2, 4), "float32")})


def test_unary_of_repeated_element_stays_repeated() -> None:
    doubled = Unary("neg", Load(X, Affine(1), 4, 0), "float32", 4)
    data = np.arange(8, dtype="float32")
    run(function(Store(X, Affine(4), doubled, "x"), X), {"x": data})
    assert list(data) == [0, 1, 2, 3, -1, -1, -1, -1]
