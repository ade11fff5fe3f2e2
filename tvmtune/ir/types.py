"""Types and lanes of one value against those of its operands."""

from __future__ import annotations

from typing import assert_never

from tvmtune.ir.expr import (
    ARITHMETIC,
    COMPARISONS,
    DTYPES,
    FLOAT_CALLS,
    FLOATS,
    LOGICAL,
    UNARY,
    Binary,
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


def type_error(expr: Expr) -> str | None:
    """What is wrong with the type of a value, given its operands; None if nothing is.

    Operands are not descended into.  All lanes agree, except that the condition of a `Select` may
    have one lane and decide for all.
    """
    if expr.dtype not in DTYPES:
        return f"type {expr.dtype!r} is unknown; known are {', '.join(DTYPES)}"
    if expr.lanes < 1:
        return f"value of {expr.lanes} lanes"
    match expr:
        case Const() | IndexValue() | NonNegative() | Read() | Load():
            return _leaf_error(expr)
        case Binary():
            return _binary_error(expr)
        case Unary():
            return _unary_error(expr)
        case Select():
            return _select_error(expr)
        case Cast():
            return _disagreement("cast", (expr.a.lanes,), expr.lanes)
        case Padded():
            return _padded_error(expr)
        case _:
            assert_never(expr)


def _leaf_error(expr: Expr) -> str | None:
    if isinstance(expr, IndexValue) and expr.dtype != "int32":
        return f"index as {expr.dtype}: an index is an int32"
    if isinstance(expr, NonNegative) and expr.dtype != "bool":
        return f"comparison of an index as {expr.dtype}: it is a bool"
    return None


def _binary_error(expr: Binary) -> str | None:
    op, a, b = expr.op, expr.a, expr.b
    if op not in (*ARITHMETIC, *COMPARISONS, *LOGICAL):
        return f"{op!r} is no operator of two values"
    if a.dtype != b.dtype:
        return f"{op} of {a.dtype} and {b.dtype}: types must agree"
    if op in ARITHMETIC and a.dtype == "bool":
        return f"{op} of bool values"
    if op in LOGICAL and a.dtype != "bool":
        return f"{op} of {a.dtype} values: both must be bool"
    result = a.dtype if op in ARITHMETIC else "bool"
    if expr.dtype != result:
        return f"{op} of {a.dtype} values as {expr.dtype}: the result is {result}"
    return _disagreement(op, (a.lanes, b.lanes), expr.lanes)


def _unary_error(expr: Unary) -> str | None:
    op, a = expr.op, expr.a
    if op not in UNARY:
        return f"{op!r} is no operator of one value"
    if op in FLOAT_CALLS and a.dtype not in FLOATS:
        return f"{op} of {a.dtype}: it takes {' or '.join(FLOATS)}"
    if (op == "not") != (a.dtype == "bool"):
        return f"{op} of {a.dtype}: not takes bool, the others numbers"
    if expr.dtype != a.dtype:
        return f"{op} of {a.dtype} as {expr.dtype}: the type stays"
    return _disagreement(op, (a.lanes,), expr.lanes)


def _select_error(expr: Select) -> str | None:
    condition, a, b = expr.condition, expr.a, expr.b
    if condition.dtype != "bool":
        return f"select on {condition.dtype}: the condition must be bool"
    if not a.dtype == b.dtype == expr.dtype:
        return f"select of {a.dtype} and {b.dtype} as {expr.dtype}: types must agree"
    if condition.lanes not in (1, expr.lanes):
        return f"select of {expr.lanes} lanes by {condition.lanes} conditions"
    return _disagreement("select", (a.lanes, b.lanes), expr.lanes)


def _padded_error(expr: Padded) -> str | None:
    if expr.lanes == 1:
        return "1 lane between zeros: there is room for it in a vector only"
    if 0 <= expr.begin <= expr.lanes - expr.a.lanes:
        return None
    return f"{expr.a.lanes} lanes from lane {expr.begin} on as {expr.lanes}: they must lie inside"


def _disagreement(op: str, operands: tuple[int, ...], lanes: int) -> str | None:
    if all(n == lanes for n in operands):
        return None
    return f"{op} of {' and '.join(map(str, operands))} lanes as {lanes}: lanes must agree"
