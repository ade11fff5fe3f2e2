"""How large a value is where all that it reads is padding: known whatever the arguments hold.

A padded sum adds what must be zero, and nothing times zero is zero only if it is a number: no
infinity, no NaN, nothing that was never stored.  An argument may hold all of these, so that only
its padding is known.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from tvmtune.ir.expr import (
    ARITHMETIC,
    FLOATS,
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
from tvmtune.symbolic import IntExpr, both


@dataclass(frozen=True, slots=True, eq=False)
class Magnitude:
    """Where ``condition`` holds, a value is a number and at most ``size`` from 0.

    ``size`` follows from how the value is written, and never from a knob: what is known for symbols
    is what is known for integers.
    """

    condition: IntExpr
    size: float

    @property
    def is_zero(self) -> IntExpr:
        """Whether the value is known to be zero."""
        return self.condition if self.size == 0 else 0


UNKNOWN = Magnitude(0, math.inf)

_LARGEST_INTEGER = 2.0**31
_LARGEST_FLOAT = 1e38
"""Below what float32 holds (3.4e38), so that rounding does not matter."""

_LARGEST_EXPONENT = 80.0

ReadRule = Callable[[Read], Magnitude]


def any_integer(dtype: str) -> Magnitude:
    """What is known of an integer or a truth value of which nothing is known."""
    return Magnitude(1, 1.0 if dtype == "bool" else _LARGEST_INTEGER)


def magnitude(value: Expr, of_read: ReadRule) -> Magnitude:
    """What is known of a value, given what is known of what it reads."""
    found = _magnitude(value, of_read)
    if value.dtype not in FLOATS:
        return Magnitude(found.condition, min(found.size, any_integer(value.dtype).size))
    return found if found.size <= _LARGEST_FLOAT else UNKNOWN


def _magnitude(value: Expr, of_read: ReadRule) -> Magnitude:
    match value:
        case Const():
            return Magnitude(1, abs(float(value.value)))
        case IndexValue() | NonNegative():
            return any_integer(value.dtype)
        case Read():
            return of_read(value)
        case Binary():
            return _of_binary(value, of_read)
        case Unary():
            return _of_unary(value, magnitude(value.a, of_read))
        case Select():
            a, b = magnitude(value.a, of_read), magnitude(value.b, of_read)
            return Magnitude(both(a.condition, b.condition), max(a.size, b.size))
        case Cast():
            return _of_cast(value, magnitude(value.a, of_read))
        case Load() | Padded():
            return UNKNOWN
        case _:
            assert_never(value)


def _of_binary(value: Binary, of_read: ReadRule) -> Magnitude:
    if value.op not in ARITHMETIC:
        return any_integer(value.dtype)
    a = magnitude(value.a, of_read)
    if value.op == "div":
        return _of_quotient(value, a)
    b = magnitude(value.b, of_read)
    condition = both(a.condition, b.condition)
    match value.op:
        case "mul":
            unknown = math.inf in (a.size, b.size)
            return UNKNOWN if unknown else Magnitude(condition, a.size * b.size)
        case "min" | "max":
            return Magnitude(condition, max(a.size, b.size))
        case _:
            return Magnitude(condition, a.size + b.size)


def _of_quotient(value: Binary, dividend: Magnitude) -> Magnitude:
    """A float's divisor must be a number other than 0; an integer's is never 0 (see padding)."""
    if value.dtype not in FLOATS:
        return dividend
    divisor = abs(float(value.b.value)) if isinstance(value.b, Const) else 0.0
    return Magnitude(dividend.condition, dividend.size / divisor) if divisor > 0 else UNKNOWN


def _of_unary(value: Unary, a: Magnitude) -> Magnitude:
    match value.op:
        case "neg" | "abs":
            return a
        case "floor" | "ceil":
            return Magnitude(a.condition, a.size + 1 if a.size else 0.0)
        case "tanh" | "sin":
            return Magnitude(a.condition, 1.0 if a.size else 0.0) if a.size < math.inf else UNKNOWN
        case "cos":
            return Magnitude(a.condition, 1.0) if a.size < math.inf else UNKNOWN
        case "exp" if a.size <= _LARGEST_EXPONENT:
            return Magnitude(a.condition, 2 * math.exp(a.size))
        case "sqrt" if a.size == 0:
            return a
        case "not":
            return any_integer(value.dtype)
        case _:
            return UNKNOWN


def _of_cast(value: Cast, a: Magnitude) -> Magnitude:
    if value.dtype == "bool":
        return Magnitude(a.condition, 1.0 if a.size else 0.0)
    if value.dtype not in FLOATS and a.size >= _LARGEST_INTEGER and value.a.dtype in FLOATS:
        return UNKNOWN
    return a
