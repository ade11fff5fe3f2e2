"""Choices of a reduction's neutral element: updates that may be left out."""

from __future__ import annotations

from tvmtune.ir.expr import Binary, Const, Expr, Select, identity_of


def without_neutral_choices(value: Expr, op: str) -> tuple[Expr, list[Expr]]:
    """The value to reduce where it is not neutral, and the conditions under which it is not.

    A product with a chosen 0 counts as 0: an infinity or a NaN in the other factor is not seen but
    where the zeros are lanes of a vector.

    Parameters
    ----------
    value
        What is reduced: ``select(c, x, 0) * w``.
    op
        ``add``, ``max`` or ``min``.
    """
    conditions: list[Expr] = []
    return _stripped(value, op, conditions), conditions


def _stripped(value: Expr, op: str, conditions: list[Expr]) -> Expr:
    if isinstance(value, Select) and isinstance(value.b, Const):
        if value.b.value == identity_of(op, value.dtype).value:
            conditions.append(value.condition)
            return _stripped(value.a, op, conditions)
    elif op == "add" and isinstance(value, Binary) and value.op == "mul":
        a, b = (_stripped(x, op, conditions) for x in (value.a, value.b))
        return Binary("mul", a, b, value.dtype)
    return value
