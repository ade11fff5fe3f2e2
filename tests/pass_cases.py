"""Small statements for tests of passes, and how their rewritings are written down."""

from __future__ import annotations

from collections.abc import Callable

from tvmtune.ir.affine import Affine, IndexLike, Var
from tvmtune.ir.expr import Binary, Buffer, Const, Expr, Load, NonNegative, Select, binary
from tvmtune.ir.stmt import For, LoopKind, Stmt, Store

X, Y, Z = (Buffer(n, "float32", 64, argument=True) for n in "xyz")
ACC = Buffer("acc", "float32", 8)
REGISTERS = Buffer("r", "float32", 8, "register")
I, J, K = Var("i", 8), Var("j", 4), Var("k", 3)  # noqa: E741
ONE, ZERO = Const(1.0, "float32"), Const(0.0, "float32")


def loop(
    var: Var,
    body: Stmt,
    kind: LoopKind = "serial",
    *,
    begin: IndexLike = 0,
    end: IndexLike | None = None,
    reduce: bool = False,
) -> For:
    last = Affine.of(var.extent if end is None else end)
    return For(var, (Affine.of(begin),), (last,), kind, body, var.name, reduce)


def store(value: Expr, offset: IndexLike = I, buffer: Buffer = Y) -> Store:
    return Store(buffer, Affine.of(offset), value, buffer.name)


def load(buffer: Buffer, offset: IndexLike = I) -> Load:
    return Load(buffer, Affine.of(offset))


def update(value: Expr, op: str = "add", offset: IndexLike = I) -> Store:
    total = Binary(op, load(ACC, offset), value, "float32")
    return Store(ACC, Affine.of(offset), total, "acc", "update")


def at_least(index: IndexLike, least: int = 0) -> NonNegative:
    return NonNegative(Affine.of(index) - least)


def choose(condition: Expr, a: Expr, b: Expr) -> Select:
    return Select(condition, a, b, a.dtype, a.lanes)


def both(a: Expr, b: Expr) -> Binary:
    return Binary("and", a, b, "bool")


def above(value: Expr) -> Binary:
    return binary("lt", ZERO, value)


S = store(ONE)

Case = tuple[Callable[[Stmt], Stmt], Stmt, str]


def lines(text: str) -> str:
    rows = text.strip("\n").rstrip().splitlines()
    return "\n".join(r.removeprefix("        ") for r in rows) or "pass"
