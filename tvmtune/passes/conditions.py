"""Which conditions stand between a loop and the stores in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import NonNegative
from tvmtune.ir.stmt import Allocate, Block, For, If, Stmt, Store, Tensorized
from tvmtune.ir.traverse import conjuncts


@dataclass(frozen=True, slots=True, eq=False)
class Guarded:
    """A store, the conditions under which it runs, and the loops around it from the start."""

    store: Store
    conditions: tuple[NonNegative, ...]
    loops: tuple[For, ...]


def guarded_stores(stmt: Stmt) -> Iterator[Guarded]:
    """Every store with its index conditions; those of an ``else`` are not counted."""
    yield from _walk(stmt, (), ())


def _walk(
    stmt: Stmt, conditions: tuple[NonNegative, ...], loops: tuple[For, ...]
) -> Iterator[Guarded]:
    if isinstance(stmt, Store):
        yield Guarded(stmt, conditions, loops)
    elif isinstance(stmt, For):
        yield from _walk(stmt.body, conditions, (*loops, stmt))
    elif isinstance(stmt, Allocate | Tensorized):
        yield from _walk(stmt.body, conditions, loops)
    elif isinstance(stmt, Block):
        for s in stmt.body:
            yield from _walk(s, conditions, loops)
    elif isinstance(stmt, If):
        tests = tuple(c for c in conjuncts(stmt.condition) if isinstance(c, NonNegative))
        yield from _walk(stmt.then, conditions + tests, loops)
        if stmt.otherwise is not None:
            yield from _walk(stmt.otherwise, conditions, loops)


def copies_of(found: Guarded) -> int:
    """How often a store stands in the code once its loops are unrolled."""
    return prod(int(loop.var.extent) for loop in found.loops if loop.kind in ("unrolled", "steps"))


def coefficient(index: Affine, var: Var) -> int | None:
    """The coefficient of a variable, 0 if it is not there, None inside a division."""
    if any(not isinstance(a, Var) and var in a.index.variables() for a in index.terms):
        return None
    c = index.terms.get(var, 0)
    return c if isinstance(c, int) else None


def rest_of(index: Affine, var: Var) -> Affine:
    """The index without a variable's own term."""
    return Affine(index.const, {a: c for a, c in index.terms.items() if a is not var})
