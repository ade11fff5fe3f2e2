"""Skip updates of a reduction that padding makes neutral."""

from __future__ import annotations

from tvmtune.ir.expr import Binary, Const, Expr, Load, Select, identity_of
from tvmtune.ir.stmt import If, Stmt, Store
from tvmtune.ir.traverse import conjunction, rewrite, values_of


def predicate_updates(stmt: Stmt) -> Stmt:
    """Turn a choice of the neutral element into a condition on the update.

    A product with a chosen 0 counts as 0: an infinity or a NaN in the other factor is not seen.

    rewrite:  acc = acc + select(c, x, 0) * w   -->   if c: acc = acc + x * w
    """
    return rewrite(stmt, _predicated)


def _predicated(stmt: Stmt) -> Stmt | None:
    if not isinstance(stmt, Store) or stmt.action != "update" or not isinstance(stmt.value, Binary):
        return None
    op = stmt.value.op
    conditions: list[Expr] = []
    value = _stripped(stmt.value.b, op, conditions)
    if not conditions:
        return None
    combined = Binary(op, stmt.value.a, value, stmt.value.dtype)
    update: Stmt = Store(stmt.buffer, stmt.offset, combined, stmt.stage, stmt.action)
    for part in reversed(_guarding(conditions)):
        update = If(part, update)
    return update


def _guarding(conditions: list[Expr]) -> list[Expr]:
    """Conditions to be tested one after the other: what reads memory may rely on those before."""
    if any(isinstance(v, Load) for c in conditions for v in values_of(c)):
        return conditions
    together = conjunction(conditions)
    return [] if together is None else [together]


def _stripped(value: Expr, op: str, conditions: list[Expr]) -> Expr:
    """The value without choices of the neutral element; their conditions are collected."""
    if isinstance(value, Select) and isinstance(value.b, Const):
        if value.b.value == identity_of(op, value.dtype).value:
            conditions.append(value.condition)
            return _stripped(value.a, op, conditions)
    elif op == "add" and isinstance(value, Binary) and value.op == "mul":
        a, b = (_stripped(x, op, conditions) for x in (value.a, value.b))
        return Binary("mul", a, b, value.dtype)
    return value
