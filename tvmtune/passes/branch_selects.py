"""Make branches of choices whose sides read memory."""

from __future__ import annotations

from tvmtune.ir.expr import Expr, Load, Select
from tvmtune.ir.stmt import If, Stmt, Store
from tvmtune.ir.traverse import children, map_expr, rewrite, values_of


def branch_selects(stmt: Stmt) -> Stmt:
    """Turn choices into branches where a side that is not chosen must not be read.

    rewrite:  y[i] = select(c, x[i], 0)        -->   if c: y[i] = x[i]
                                                     else: y[i] = 0
              if select(c, x[i], 0) > 0: S     -->   if c: (if x[i] > 0: S)
                                                     else: (if 0 > 0: S)
    """
    return rewrite(stmt, _branched)


def _branched(stmt: Stmt) -> Stmt | None:
    if not isinstance(stmt, Store | If):
        return None
    choice = _first_choice(stmt.value if isinstance(stmt, Store) else stmt.condition)
    if choice is None:
        return None
    then, otherwise = (_chosen(stmt, choice, side) for side in (choice.a, choice.b))
    return If(choice.condition, _branched(then) or then, _branched(otherwise) or otherwise)


def _first_choice(value: Expr) -> Select | None:
    """A choice that reads memory on a side, and that stands on no side of another."""
    if isinstance(value, Select):
        inner = _first_choice(value.condition)
        if inner is not None:
            return inner
        reads = any(isinstance(v, Load) for side in (value.a, value.b) for v in values_of(side))
        return value if reads else None
    return next((c for c in map(_first_choice, children(value)) if c is not None), None)


def _chosen(stmt: Store | If, choice: Select, side: Expr) -> Stmt:
    def one_side(e: Expr) -> Expr | None:
        return side if e is choice else None

    if isinstance(stmt, If):
        return If(map_expr(stmt.condition, one_side), stmt.then, stmt.otherwise)
    value = map_expr(stmt.value, one_side)
    return Store(stmt.buffer, stmt.offset, value, stmt.stage, stmt.action, stmt.stride)
