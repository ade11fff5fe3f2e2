"""Skip updates of a reduction that padding makes neutral."""

from __future__ import annotations

from tvmtune.ir.expr import Binary, Expr, Load
from tvmtune.ir.neutral import without_neutral_choices
from tvmtune.ir.stmt import If, Stmt, Store
from tvmtune.ir.traverse import conjunction, rewrite, values_of


def predicate_updates(stmt: Stmt) -> Stmt:
    """Turn a choice of the neutral element into a condition on the update.

    rewrite:  acc = acc + select(c, x, 0) * w   -->   if c: acc = acc + x * w
    """
    return rewrite(stmt, _predicated)


def _predicated(stmt: Stmt) -> Stmt | None:
    if not isinstance(stmt, Store) or stmt.action != "update" or not isinstance(stmt.value, Binary):
        return None
    op = stmt.value.op
    value, conditions = without_neutral_choices(stmt.value.b, op)
    if not conditions:
        return None
    combined = Binary(op, stmt.value.a, value, stmt.value.dtype)
    update: Stmt = Store(stmt.buffer, stmt.offset, combined, stmt.stage, stmt.action)
    for part in reversed(_guarding(conditions)):
        update = If(part, update, neutral=op == "add")
    return update


def _guarding(conditions: list[Expr]) -> list[Expr]:
    """Conditions to be tested one after the other: what reads memory may rely on those before."""
    if any(isinstance(v, Load) for c in conditions for v in values_of(c)):
        return conditions
    together = conjunction(conditions)
    return [] if together is None else [together]
