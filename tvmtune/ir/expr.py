"""Values: the scalar and vector expressions shared by tensor expressions and loop IR.

Semantics
---------
Types are ``float32``, ``float64``, ``int32`` and ``bool``, and vectors of them (``lanes`` > 1).
Integers wrap modulo 2**32; ``div`` on integers rounds towards zero and by zero gives any value (the
interpreter refuses it); floats follow IEEE 754, except that ``a * b + c`` may be contracted to a
fused multiply-add and that the order of a reduction is the schedule's.  ``max`` and ``min`` return
the second operand where the operands do not compare greater (less).  `Select` evaluates only the
side that is chosen when a side reads memory or divides integers; ``and`` and ``or`` do not evaluate
their right side where the left one decides and the right one divides integers or may read outside
of a buffer.  Nodes are immutable and compared by identity; ``==`` never builds IR.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import NoReturn, SupportsFloat

from tvmtune.errors import ExpressionError
from tvmtune.ir.affine import Affine, Var

DTYPES = ("float32", "float64", "int32", "bool")
FLOATS = ("float32", "float64")
FLOAT32_LIMIT = 2.0**128 - 2.0**103
"""Least number that rounds to infinity in float32."""
ITEMSIZE = {"float32": 4, "float64": 8, "int32": 4, "bool": 1}

ARITHMETIC = ("add", "sub", "mul", "div", "min", "max")
COMPARISONS = ("lt", "le", "eq", "ne")
LOGICAL = ("and", "or")
FLOAT_CALLS = ("exp", "log", "sqrt", "tanh", "sin", "cos", "floor", "ceil")
UNARY = ("neg", "abs", "not", *FLOAT_CALLS)


class Value:
    """Base of all values; gives them Python's arithmetic operators."""

    __slots__ = ()
    dtype: str
    lanes: int

    def __bool__(self) -> NoReturn:
        raise ExpressionError("a value has no truth value while it is an expression; use te.where")

    def __add__(self, other: Value | float) -> Binary:
        return binary("add", self, other)

    def __radd__(self, other: float) -> Binary:
        return binary("add", other, self)

    def __sub__(self, other: Value | float) -> Binary:
        return binary("sub", self, other)

    def __rsub__(self, other: float) -> Binary:
        return binary("sub", other, self)

    def __mul__(self, other: Value | float) -> Binary:
        return binary("mul", self, other)

    def __rmul__(self, other: float) -> Binary:
        return binary("mul", other, self)

    def __truediv__(self, other: Value | float) -> Binary:
        return binary("div", self, other)

    def __rtruediv__(self, other: float) -> Binary:
        return binary("div", other, self)

    def __neg__(self) -> Unary:
        return unary("neg", self)


@dataclass(frozen=True, slots=True, eq=False)
class Const(Value):
    """A number of a type; ``lanes`` > 1 repeats it."""

    value: float | int | bool
    dtype: str
    lanes: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class IndexValue(Value):
    """An index as an ``int32`` value."""

    index: Affine
    dtype: str = "int32"
    lanes: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class NonNegative(Value):
    """Whether ``index >= 0``; every comparison of indices is written like this."""

    index: Affine
    dtype: str = "bool"
    lanes: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Binary(Value):
    """``a op b`` with ``op`` of `ARITHMETIC`, `COMPARISONS` or `LOGICAL`."""

    op: str
    a: Expr
    b: Expr
    dtype: str
    lanes: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Unary(Value):
    """``op(a)`` with ``op`` of `UNARY`."""

    op: str
    a: Expr
    dtype: str
    lanes: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Select(Value):
    """``a`` where ``condition`` holds, else ``b``."""

    condition: Expr
    a: Expr
    b: Expr
    dtype: str
    lanes: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Cast(Value):
    """``a`` converted to another type."""

    a: Expr
    dtype: str
    lanes: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Read(Value):
    """An element of a tensor, by plain indices; tensor expressions and nests only."""

    tensor: str
    indices: tuple[Affine, ...]
    dtype: str
    lanes: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Load(Value):
    """Elements ``offset, offset + stride, ...`` of a buffer; loop IR only.

    ``stride`` 0 with ``lanes`` > 1 repeats one element.
    """

    buffer: Buffer
    offset: Affine
    lanes: int = 1
    stride: int = 0

    @property
    def dtype(self) -> str:  # type: ignore[override]
        """The buffer's element type."""
        return self.buffer.dtype


@dataclass(frozen=True, slots=True, eq=False)
class Padded(Value):
    """The lanes of ``a`` from lane ``begin`` on, and zeros in the others; loop IR only.

    Of a `Load`, what would lie under the zeros is not read.
    """

    a: Expr
    begin: int
    lanes: int

    @property
    def dtype(self) -> str:  # type: ignore[override]
        """The type of ``a``."""
        return self.a.dtype


Expr = Const | IndexValue | NonNegative | Binary | Unary | Select | Cast | Read | Load | Padded


@dataclass(frozen=True, slots=True, eq=False)
class Buffer:
    """Storage of ``elements`` contiguous elements.

    ``scope`` is a name of :class:`tvmtune.schedule.stage.Scope`; arguments have ``argument=True``.
    """

    name: str
    dtype: str
    elements: int
    scope: str = "global"
    argument: bool = False

    @property
    def size_bytes(self) -> int:
        """Bytes of storage."""
        return self.elements * ITEMSIZE[self.dtype]


def const(value: float | bool, dtype: str) -> Const:
    """A constant; raises `ExpressionError` for an unknown type or a value that the type has not."""
    if dtype not in DTYPES:
        raise ExpressionError(f"type {dtype!r} is unknown; known are {', '.join(DTYPES)}")
    if not isinstance(value, SupportsFloat):
        raise ExpressionError(f"a {dtype} constant of {type(value).__name__}, which is no number")
    if dtype == "int32" and not (-(2**31) <= value < 2**31 and int(value) == value):
        raise ExpressionError(f"{value} is no int32")
    if dtype in FLOATS:
        return Const(_float(value, dtype), dtype)
    return Const(bool(value) if dtype == "bool" else int(value), dtype)


def _float(value: float, dtype: str) -> float:
    """A number as a float; an infinity or NaN is one, too."""
    try:
        number = float(value)
    except OverflowError as error:
        raise ExpressionError(f"an integer beyond its range is no {dtype}") from error
    if dtype == "float32" and FLOAT32_LIMIT <= abs(number) < inf:
        raise ExpressionError(f"{value} is no float32")
    return number


def _pair(op: str, a: Expr | Value | float, b: Expr | Value | float) -> tuple[Expr, Expr]:
    """Operands with plain numbers turned into constants of the other's type."""
    dtype = a.dtype if isinstance(a, Value) else b.dtype if isinstance(b, Value) else "float32"
    for x in (a, b):
        if not isinstance(x, (Value, SupportsFloat)):
            what = repr(x) if isinstance(x, (Var, Affine)) else type(x).__name__
            raise ExpressionError(
                f"{op} of a {dtype} value and {what}, which is neither a value nor a number; "
                "te.as_value makes a value of an index"
            )
    left, right = (x if isinstance(x, Value) else const(x, dtype) for x in (a, b))
    if left.dtype != right.dtype or left.lanes != right.lanes:
        raise ExpressionError(
            f"{op} of {left.dtype} x{left.lanes} and {right.dtype} x{right.lanes}: types must "
            "agree; convert with te.cast"
        )
    return left, right  # type: ignore[return-value]


def binary(op: str, a: Expr | Value | float, b: Expr | Value | float) -> Binary:
    """``a op b``, checked."""
    if op not in (*ARITHMETIC, *COMPARISONS, *LOGICAL):
        raise ExpressionError(f"{op!r} is no operator of two values")
    left, right = _pair(op, a, b)
    if op in ARITHMETIC:
        if left.dtype == "bool":
            raise ExpressionError(f"{op} of bool: use and, or, not, or te.cast")
        return Binary(op, left, right, left.dtype, left.lanes)
    if op in LOGICAL and left.dtype != "bool":
        raise ExpressionError(f"{op} of {left.dtype}: both operands must be bool")
    return Binary(op, left, right, "bool", left.lanes)


def unary(op: str, a: Expr | Value) -> Unary:
    """``op(a)``, checked."""
    if op not in UNARY:
        raise ExpressionError(f"{op!r} is no operator of one value; known are {', '.join(UNARY)}")
    if not isinstance(a, Value):
        raise ExpressionError(f"{op} of {type(a).__name__}, which is no value")
    if op in FLOAT_CALLS and a.dtype not in FLOATS:
        raise ExpressionError(f"{op} of {a.dtype}: it takes {' or '.join(FLOATS)}")
    if (op == "not") != (a.dtype == "bool"):
        raise ExpressionError(f"{op} of {a.dtype}: not takes bool, the others numbers")
    return Unary(op, a, a.dtype, a.lanes)  # type: ignore[arg-type]


def select(condition: Expr | Value, a: Expr | Value | float, b: Expr | Value | float) -> Select:
    """``a`` where ``condition`` holds, else ``b``, checked."""
    left, right = _pair("select", a, b)
    if not isinstance(condition, Value):
        raise ExpressionError(f"select on {type(condition).__name__}, which is no value")
    if condition.dtype != "bool":
        raise ExpressionError(f"select on a {condition.dtype}: the condition must be bool")
    return Select(condition, left, right, left.dtype, left.lanes)  # type: ignore[arg-type]


def cast(a: Expr | Value, dtype: str) -> Expr:
    """``a`` as another type; itself if it has it."""
    if dtype not in DTYPES:
        raise ExpressionError(f"type {dtype!r} is unknown; known are {', '.join(DTYPES)}")
    return a if a.dtype == dtype else Cast(a, dtype, a.lanes)  # type: ignore[return-value,arg-type]


def identity_of(op: str, dtype: str) -> Const:
    """The neutral element of a reduction by ``add``, ``max`` or ``min``."""
    if op == "add":
        return const(0, dtype)
    if dtype in FLOATS:
        return Const(float("-inf") if op == "max" else float("inf"), dtype)
    return Const(-(2**31) if op == "max" else 2**31 - 1, dtype)
