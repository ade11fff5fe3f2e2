from __future__ import annotations

import pytest

from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import Binary, Buffer, Const, Expr, Load
from tvmtune.ir.stmt import Allocate, For, Function, LoopKind, Stmt, Store, block

M, N, K = 6, 16, 5


def loop(
    var: Var, label: str, body: Stmt, kind: LoopKind = "serial", *, reduce: bool = False
) -> For:
    return For(var, (Affine(0),), (Affine.of(var.extent),), kind, body, label, reduce)


def multiply_add(a: Expr, b: Expr, c: Expr) -> Expr:
    product = Binary("mul", a, b, "float32", a.lanes)
    return Binary("add", c, product, "float32", a.lanes)


@pytest.fixture
def matmul() -> Function:
    """A (6, 5) x (5, 16) product in tiles of 3 by 8, as a schedule leaves it."""
    x, w, y = (
        Buffer(n, "float32", e, argument=True)
        for n, e in (("x", M * K), ("w", K * N), ("y", M * N))
    )
    acc = Buffer("acc", "float32", 24, "register")
    mo, no, m, n, k = Var("mo", 2), Var("no", 2), Var("m", 3), Var("n", 8), Var("k", K)

    def tile(stage: str, body: Stmt) -> Stmt:
        inner = loop(n, f"{stage}.n", body, "vectorized")
        return loop(m, f"{stage}.m", inner, "unrolled")

    at = 8 * m + n
    init = Store(acc, at, Const(0.0, "float32"), "acc", "init")
    terms = (
        Load(x, 15 * mo + 5 * m + k),
        Load(w, 16 * k + 8 * no + n),
        Load(acc, at),
    )
    update = Store(acc, at, multiply_add(*terms), "acc", "update")
    copy = Store(y, 48 * mo + 16 * m + 8 * no + n, Load(acc, at), "y")
    body = block(
        [tile("acc", init), loop(k, "acc.k", tile("acc", update), reduce=True), tile("y", copy)]
    )
    blocks = loop(no, "y.no", Allocate(acc, body))
    return Function("matmul", (x, w, y), loop(mo, "y.mo", blocks, "parallel"), frozenset({"y"}))


@pytest.fixture
def vector_matmul() -> Function:
    """The same product with vectors and unrolled rows, as code generation takes it."""
    x, w, y = (
        Buffer(n, "float32", e, argument=True)
        for n, e in (("x", M * K), ("w", K * N), ("y", M * N))
    )
    acc = Buffer("acc", "float32", 24, "register")
    mo, no, k = Var("mo", 2), Var("no", 2), Var("k", K)
    rows = range(3)

    def row(m: int) -> Load:
        return Load(acc, Affine(8 * m), 8, 1)

    zero = Const(0.0, "float32", 8)
    init = [Store(acc, Affine(8 * m), zero, "acc", "init") for m in rows]
    updates: list[Stmt] = []
    for m in rows:
        terms = (
            Load(x, 15 * mo + k + 5 * m, 8, 0),
            Load(w, 16 * k + 8 * no, 8, 1),
            row(m),
        )
        updates.append(Store(acc, Affine(8 * m), multiply_add(*terms), "acc", "update"))
    copies = [Store(y, 48 * mo + 8 * no + 16 * m, row(m), "y") for m in rows]
    body = block([*init, loop(k, "acc.k", block(updates), reduce=True), *copies])
    blocks = loop(no, "y.no", Allocate(acc, body))
    return Function("matmul", (x, w, y), loop(mo, "y.mo", blocks, "parallel"), frozenset({"y"}))
