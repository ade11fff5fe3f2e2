"""Register buffers as values, through loops and branches."""

from __future__ import annotations

import pytest

from tests.execution import host
from tests.loop_ir import ACC, ONE, N, V, W, X, Y, assert_same, function, load, loop, store
from tvmtune.codegen.module import emit_module
from tvmtune.errors import CodegenError
from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import (
    Buffer,
    Const,
    Expr,
    NonNegative,
    binary,
)
from tvmtune.ir.stmt import Allocate, Fence, For, Function, If, Stmt, Store, block


def test_accumulators_in_registers() -> None:
    w = Buffer("w", "float32", N, argument=True)
    rows = range(3)
    init = [store(ACC, 4 * m, Const(0.0, "float32", 4)) for m in rows]
    update = [
        store(ACC, 4 * m, load(ACC, 4 * m, 4, 1) + load(X, V + 8 * m, 4, 0) * load(w, 4 * V, 4, 1))
        for m in rows
    ]
    copy = [store(Y, 12 * W + 4 * m, load(ACC, 4 * m, 4, 1)) for m in rows]
    body = block([*init, loop(V, block(update)), *copy])
    program = function(loop(W, Allocate(ACC, body)), X, w, Y)
    assert_same(program)
    text = emit_module((program,), host()).text
    assert text.count(" = phi <4 x float>") == 3
    assert "alloca" not in text


def accumulate(offset: int, value: Expr) -> Store:
    return store(ACC, offset, load(ACC, offset) + value)


def registers(*body: Stmt) -> Function:
    """Registers that start at 0, something done with them in two loops, and stored."""
    init = [store(ACC, m, Const(0.0, "float32")) for m in range(3)]
    copy = [store(Y, 3 * V + m, load(ACC, m)) for m in range(3)]
    return function(loop(V, Allocate(ACC, block([*init, loop(W, block(body)), *copy]))), X, Y)


SOME = NonNegative(W + V - 6)
POSITIVE = binary("lt", Const(0.0, "float32"), load(X, V))

BRANCHES: dict[str, list[Stmt]] = {
    "updated on one side": [If(SOME, accumulate(0, load(X, W)))],
    "updated on the other side": [If(SOME, Fence(), accumulate(0, load(X, W)))],
    "updated on both": [If(SOME, accumulate(0, ONE), accumulate(0, load(X, W)))],
    "different ones": [If(SOME, accumulate(0, ONE), accumulate(1, load(X, W)))],
    "read before": [
        accumulate(0, ONE), If(SOME, accumulate(0, load(X, W))), accumulate(1, load(ACC, 0)),
    ],
    "stored without being read": [If(SOME, store(ACC, 0, load(X, W))), accumulate(1, load(ACC, 0))],
    "nested": [
        If(SOME, If(POSITIVE, accumulate(0, ONE), store(ACC, 1, load(X, W))), accumulate(2, ONE)),
    ],
    "condition on memory": [If(binary("lt", load(X, W), load(X, V)), accumulate(0, load(X, W)))],
    "condition on a register": [
        If(binary("lt", load(ACC, 0), ONE), accumulate(0, load(X, W)), accumulate(1, ONE)),
    ],
    "loop inside": [If(SOME, loop(Var("k", 3), accumulate(0, load(X, W))), accumulate(2, ONE))],
    "written there first": [
        If(SOME, store(ACC, 5, load(X, W))), If(SOME, accumulate(5, ONE)),
        If(SOME, accumulate(0, load(ACC, 5))),
    ],
    "clipped loop": [
        For(
            Var("k", 5), (Affine(0), 3 - V), (Affine(5), 9 - V), "serial",
            accumulate(0, load(X, W)), "s.k",
        )
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", BRANCHES)
def test_registers_and_branches(name: str) -> None:
    assert_same(registers(*BRANCHES[name]))


def test_a_guarded_tile_of_registers() -> None:
    guarded = [
        If(NonNegative(13 - 3 * W - m), s)
        for m in range(3)
        for s in (store(ACC, m, Const(0.0, "float32")), accumulate(m, load(X, 3 * W + m)))
    ]
    copy = [If(NonNegative(13 - 3 * W - m), store(Y, 3 * W + m, load(ACC, m))) for m in range(3)]
    assert_same(function(loop(W, Allocate(ACC, block([*guarded, *copy]))), X, Y))


def test_registers_live_as_long_as_their_allocation() -> None:
    first = Allocate(
        ACC, block([store(ACC, 0, Const(2.0, "float32", 4)), store(Y, 0, load(ACC, 0, 4, 1))])
    )
    second = Allocate(ACC, block([store(ACC, 0, ONE), store(Y, 9, load(ACC, 0))]))
    assert_same(function(block([first, loop(W, first), second]), X, Y))
    stale = Allocate(ACC, store(Y, 0, load(ACC, 0)))
    with pytest.raises(CodegenError, match="register buffer acc is read at 0 before it is written"):
        emit_module((function(block([second, stale]), X, Y),), host())
