"""Loop IR by hand: short names for its nodes, and a run as loops and as machine code."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.execution import host, machine_code
from tvmtune.ir import interpreter
from tvmtune.ir.affine import Affine, IndexLike, Var
from tvmtune.ir.expr import Buffer, Const, Expr, Load
from tvmtune.ir.stmt import For, Function, LoopKind, Stmt, Store
from tvmtune.ir.verify import verify
from tvmtune.runtime.arrays import GuardedMemory
from tvmtune.target import Target

N = 64
V, W = Var("i", 8), Var("j", 5)
X, Y = (Buffer(n, "float32", N, argument=True) for n in "xy")
ACC = Buffer("acc", "float32", 16, "register")
ONE = Const(1.0, "float32")


def function(body: Stmt, *arguments: Buffer) -> Function:
    written = frozenset(b.name for b in arguments or (Y,))
    return Function("kernel", arguments or (X, Y), body, written)


def loop(var: Var, body: Stmt, kind: LoopKind = "serial", begin: IndexLike = 0) -> For:
    return For(var, (Affine.of(begin),), (Affine.of(var.extent),), kind, body, f"s.{var.name}")


def store(buffer: Buffer, offset: IndexLike, value: Expr, stride: int = 1) -> Store:
    return Store(buffer, Affine.of(offset), value, buffer.name, stride=stride)


def load(buffer: Buffer, offset: IndexLike, lanes: int = 1, stride: int = 0) -> Load:
    return Load(buffer, Affine.of(offset), lanes, stride)


def inputs(*arguments: Buffer) -> dict[str, NDArray[Any]]:
    rng = np.random.default_rng(0)
    made = {}
    for b in arguments:
        low, high = (0, 2) if b.dtype == "bool" else (-4, 5)
        made[b.name] = rng.integers(low, high, b.elements).astype(b.dtype)
    return made


def assert_same(
    program: Function, target: Target | None = None, *, exact: bool = True
) -> dict[str, NDArray[Any]]:
    """Machine code does what the interpreter does; returns the arrays after it."""
    verify(program)
    expected = inputs(*program.arguments)
    memory = GuardedMemory()
    stored = {}
    for b in program.arguments:
        stored[b.name] = memory(b.elements, b.dtype)
        stored[b.name][:] = expected[b.name]
    interpreter.run(program, expected)
    machine_code([program], target or host())(stored, memory)
    assert memory.is_intact()
    for name, array in expected.items():
        if exact:
            np.testing.assert_array_equal(stored[name], array, name)
        else:
            np.testing.assert_allclose(stored[name], array, 1e-5, 1e-6, err_msg=name)
    return expected
