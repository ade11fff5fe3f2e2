from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

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
)
from tvmtune.ir.interpreter import run
from tvmtune.ir.printer import print_expr, print_stmt
from tvmtune.ir.stmt import Allocate, Block, Fence, For, Function, If, Stmt, Store, block
from tvmtune.ir.traverse import (
    children,
    conjunction,
    conjuncts,
    map_expr,
    map_indices,
    rewrite,
    rewrite_down,
    statements,
    substitute,
    values_of,
)

V, W = Var("i", 4), Var("j", 5)
X = Buffer("x", "int32", 20, argument=True)
Y = Buffer("y", "int32", 20, argument=True)
ONE = Const(1, "int32")


def loop(body: Stmt, var: Var, end: int | Affine | None = None) -> For:
    last = Affine.of(var.extent if end is None else end)
    return For(var, (Affine(0),), (last,), "serial", body, f"y.{var.name}")


small = st.integers(-6, 6)
indices = st.builds(
    lambda a, b, c, n, m: (a * V + b * W + c) // n + (b * V + c) % m,
    small,
    small,
    small,
    st.integers(1, 5),
    st.integers(1, 5),
)


def program(value: Affine, guard: Affine, element: Affine) -> Stmt:
    """A body of loops over V and W that uses indices in every place where one can stand."""
    loaded = Load(X, element % 20)
    chosen = Select(NonNegative(guard), loaded, Unary("neg", loaded, "int32"), "int32")
    total = Binary("add", IndexValue(value), Cast(chosen, "int32"), "int32")
    scratch = Buffer("scratch", "int32", 1)
    use = block(
        [
            Store(scratch, Affine(0), total, "scratch"),
            Store(Y, 5 * V + W, Load(scratch, Affine(0)), "y"),
        ]
    )
    inner = If(NonNegative(value), Allocate(scratch, use), Store(Y, 5 * V + W, ONE, "y"))
    return For(W, (Affine(0), V - 2), (Affine(5), V + 3), "serial", block([inner, Fence()]), "y.j")


def result(body: Stmt) -> list[int]:
    out = np.zeros(20, "int32")
    run(Function("f", (X, Y), body), {"x": np.arange(20, dtype="int32") ** 2, "y": out})
    return out.tolist()


@given(indices, indices, indices)
def test_unrolling_by_substitution_keeps_the_meaning(a: Affine, b: Affine, c: Affine) -> None:
    body = program(a, b, c)
    copies = block([substitute(body, {V: i}) for i in range(4)])
    assert result(copies) == result(loop(body, V))


@given(indices, indices, indices)
def test_splitting_by_substitution_keeps_the_meaning(a: Affine, b: Affine, c: Affine) -> None:
    body = program(a, b, c)
    outer, inner = Var("i.0", 2), Var("i.1", 2)
    split = loop(loop(substitute(body, {V: 2 * outer + inner}), inner), outer)
    assert result(split) == result(loop(body, V))


def test_what_does_not_change_keeps_its_identity() -> None:
    body = program(V + W, Affine.of(W), W + 3)
    assert substitute(body, {Var("other", 2): 0}) is body
    assert rewrite(body, lambda s: None) is body
    assert rewrite_down(body, lambda s: None) is body
    value = Binary("add", IndexValue(Affine.of(V)), ONE, "int32")
    assert map_expr(value, lambda e: None) is value
    assert map_indices(value, lambda i: i) is value


def test_substitution_touches_changed_parts_only() -> None:
    kept = Store(Y, Affine.of(W), ONE, "y")
    both = Block((kept, Store(Y, Affine.of(V), ONE, "y")))
    after = substitute(both, {V: 2})
    assert isinstance(after, Block)
    assert after.body[0] is kept
    assert print_stmt(after.body[1]) == "y[2] = 1"


def test_rewrite_goes_up_and_rewrite_down_stops() -> None:
    store = Store(Y, Affine(0), ONE, "y")
    nested = loop(loop(If(NonNegative(V - 1), store, store), W), V)
    seen: list[str] = []

    def note(s: Stmt) -> None:
        seen.append(type(s).__name__)

    rewrite(nested, note)
    assert seen == ["Store", "Store", "If", "For", "For"]
    fenced = rewrite(nested, lambda s: Fence() if isinstance(s, Store) else None)
    assert print_stmt(fenced).count("fence()") == 2
    assert rewrite_down(nested, lambda s: s.body if isinstance(s, For) else None) is nested.body
    without_else = If(NonNegative(V - 1), store)
    replaced = rewrite_down(without_else, lambda s: Fence() if s is store else None)
    assert isinstance(replaced, If)
    assert replaced.otherwise is None


def test_blocks_are_flattened_when_rebuilt() -> None:
    store = Store(Y, Affine(0), ONE, "y")
    twice = rewrite(
        Block((store, Fence())), lambda s: block([s, s]) if isinstance(s, Store) else None
    )
    assert isinstance(twice, Block)
    assert [type(s) for s in twice.body] == [Store, Store, Fence]


def test_map_expr_and_walks() -> None:
    value = Select(
        NonNegative(Affine.of(V)),
        Padded(Cast(Unary("neg", Load(X, Affine.of(V)), "int32"), "float32"), 0, 4),
        Cast(Binary("add", ONE, IndexValue(Affine.of(V)), "int32"), "float32"),
        "float32",
    )
    assert [type(e).__name__ for e in values_of(value)] == [
        "NonNegative",
        "Load",
        "Unary",
        "Cast",
        "Padded",
        "Const",
        "IndexValue",
        "Binary",
        "Cast",
        "Select",
    ]
    assert children(value) == (value.condition, value.a, value.b)

    def widen(e: Expr) -> Expr | None:
        return Const(2, "int32", 4) if isinstance(e, (Load, Const, IndexValue)) else None

    assert (
        print_expr(map_expr(value, widen)) == "pad(float32(-2), 0, 0) if i >= 0 else float32(2 + 2)"
    )
    assert map_expr(value.a, widen).lanes == 4


def test_map_indices_sees_every_index() -> None:
    value = Binary("add", Read("w", (Affine.of(V), Affine.of(W)), "int32"), ONE, "int32")
    assert print_expr(map_indices(value, lambda i: i + 1)) == "w[i + 1, j + 1] + 1"


def test_statements() -> None:
    body = program(V + W, Affine.of(W), W + 3)
    kinds = [type(s).__name__ for s in statements(loop(body, V))]
    assert kinds == [
        "For",
        "For",
        "Block",
        "If",
        "Allocate",
        "Block",
        "Store",
        "Store",
        "Store",
        "Fence",
    ]


def test_conjuncts() -> None:
    parts: list[Expr] = [NonNegative(V - i) for i in range(3)]
    whole = conjunction(parts)
    assert whole is not None
    assert conjuncts(whole) == parts
    assert conjunction([]) is None
