from __future__ import annotations

from collections.abc import Callable

import pytest

from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import (
    Binary,
    Buffer,
    Cast,
    Const,
    Expr,
    IndexValue,
    Load,
    NonNegative,
    Padded,
    Read,
    Select,
    Unary,
    binary,
    unary,
)
from tvmtune.ir.printer import print_expr, print_function, print_index, print_stmt
from tvmtune.ir.stmt import Allocate, Block, Fence, For, Function, If, Stmt, Store, block
from tvmtune.symbolic import symbol

A, B = Var("i", 8), Var("j", 8)
X = Buffer("x", "float32", 64, argument=True)
N = Buffer("n", "int32", 64, argument=True)
ONE = Const(1.0, "float32")


def store(buffer: Buffer = X, value: Expr = ONE, stage: str = "x") -> Store:
    return Store(buffer, Affine(0), value, stage)


def loop(var: Var, begin: Affine | int, end: Affine | int, body: Stmt) -> For:
    return For(var, (Affine.of(begin),), (Affine.of(end),), "serial", body, var.name)


Golden = Callable[[str, str], None]


def test_loops_read_like_python(matmul: Function, golden: Golden) -> None:
    golden("matmul.txt", print_function(matmul) + "\n")


def test_vectors_are_slices(vector_matmul: Function, golden: Golden) -> None:
    golden("vector_matmul.txt", print_function(vector_matmul) + "\n")


def test_strided_vector() -> None:
    assert print_expr(Load(X, A + 1, 4, 8)) == "x[i + 1 : +32 : 8]"


def test_ranges_of_several_bounds_and_narrowed_extents() -> None:
    kh = Var("kh", 3)
    clipped = For(kh, (Affine(0), 1 - A), (Affine(3), 9 - A), "serial", Fence(), "acc.kh", True)
    assert print_stmt(clipped) == (
        "for kh in range(max(0, 1 - i), min(3, 9 - i)):  # acc.kh, reduction, extent 3\n    fence()"
    )
    assert print_stmt(loop(A, 1, 7, Block(()))) == "for i in range(1, 7):  # extent 8\n    pass"


def test_equal_names_get_numbers_while_both_are_in_scope() -> None:
    one, two = Var("m", 2), Var("m", 3)
    nested = loop(one, 0, 2, loop(two, 0, 3, Store(X, one + two, ONE, "x")))
    again = loop(two, 0, 3, Store(X, Affine.of(two), ONE, "x"))
    assert print_stmt(block([nested, again])) == (
        "for m in range(0, 2):\n"
        "    for m_1 in range(0, 3):  # m\n"
        "        x[m + m_1] = 1.0\n"
        "for m in range(0, 3):\n"
        "    x[m] = 1.0"
    )


def test_equal_buffer_names_get_numbers() -> None:
    inner = Buffer("x", "float32", 4, "local")
    program = Allocate(inner, Store(inner, Affine(0), Load(X, Affine(0)), "copy"))
    function = Function("f", (X,), program)
    assert print_function(function) == (
        "def f(x: float32[64]):\n"
        '    x_1 = allocate("float32", 4, scope="local")\n'
        "    x_1[0] = x[0]  # copy"
    )


def test_conditions() -> None:
    y, kh = Var("y", 8), Var("kh", 3)
    inside = Binary("and", NonNegative(y + kh - 1), NonNegative(8 - y - kh), "bool")
    chain = If(
        inside, store(), If(NonNegative(A - B + 3), store(), store(value=Const(2.0, "float32")))
    )
    assert print_stmt(chain) == (
        "if y + kh - 1 >= 0 and y + kh < 9:\n"
        "    x[0] = 1.0\n"
        "elif i + 3 >= j:\n"
        "    x[0] = 1.0\n"
        "else:\n"
        "    x[0] = 2.0"
    )


def test_allocation_of_nothing() -> None:
    assert print_stmt(Allocate(Buffer("a", "int32", 2), Block(()))) == (
        'a = allocate("int32", 2, scope="global")'
    )


V, C = Load(X, Affine.of(A)), Load(N, Affine.of(A))


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        ((V + V) * V, "(x[i] + x[i]) * x[i]"),
        (V - (V - V), "x[i] - (x[i] - x[i])"),
        (V - V - V, "x[i] - x[i] - x[i]"),
        (V / (V * V), "x[i] / (x[i] * x[i])"),
        (C / C, "div(n[i], n[i])"),
        (-(V + V), "-(x[i] + x[i])"),
        (binary("max", V, 0.0), "max(x[i], 0.0)"),
        (V * -1.5, "x[i] * -1.5"),
        (unary("exp", -V), "exp(-x[i])"),
        (binary("eq", binary("lt", V, V), binary("le", V, V)), "(x[i] < x[i]) == (x[i] <= x[i])"),
        (unary("not", binary("ne", V, V)), "not x[i] != x[i]"),
        (
            binary("and", binary("or", NonNegative(A - 1), NonNegative(B - 1)), NonNegative(A - 2)),
            "(i - 1 >= 0 or j - 1 >= 0) and i - 2 >= 0",
        ),
        (Select(NonNegative(A - 1), V, ONE, "float32"), "x[i] if i - 1 >= 0 else 1.0"),
        (V + Select(NonNegative(A - 1), V, ONE, "float32"), "x[i] + (x[i] if i - 1 >= 0 else 1.0)"),
        (Cast(C, "float32"), "float32(n[i])"),
        (Padded(Load(X, Affine.of(A), 3, 1), 1, 8), "pad(x[i : +3], 1, 4)"),
        (IndexValue(A + 2), "int32(i + 2)"),
        (Read("w", (A + 1, Affine.of(B)), "float32"), "w[i + 1, j]"),
        (Const(True, "bool"), "True"),
        (Const(float("-inf"), "float32"), "-inf"),
        (Unary("neg", Const(-1, "int32"), "int32"), "--1"),
    ],
)
def test_values(expr: Expr, text: str) -> None:
    assert print_expr(expr) == text


@pytest.mark.parametrize(
    ("index", "text"),
    [
        (Affine(), "0"),
        (Affine(-3), "-3"),
        (7 - A, "7 - i"),
        (-A - 1, "-i - 1"),
        (B - 2 * A, "j - 2*i"),
        (2 * B - A + 5, "2*j - i + 5"),
        (A // 3, "i // 3"),
        (3 * (A // 3) + A % 3, "3*(i // 3) + i % 3"),
        (B - A // 3, "j - (i // 3)"),
        ((A + B) % 5 + 1, "(i + j) % 5 + 1"),
        (A * symbol("t") + symbol("t"), "(t)*i + t"),
        (A // symbol("t"), "i // (t)"),
    ],
)
def test_indices(index: Affine, text: str) -> None:
    assert print_index(index) == text
