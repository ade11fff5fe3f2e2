"""Values of tensor expressions: reductions, comparisons of indices, intrinsics, padding."""

from __future__ import annotations

from collections.abc import Sequence

from tvmtune.errors import ExpressionError
from tvmtune.ir.affine import Affine, IndexLike, Var
from tvmtune.ir.expr import (
    Binary,
    Expr,
    IndexValue,
    NonNegative,
    Select,
    Unary,
    Value,
    binary,
    cast,
    const,
    select,
    unary,
)
from tvmtune.te.tensor import Compute, ReduceOp, Reduction, Tensor, compute_over


def _reduction(op: ReduceOp, value: Value, axes: Var | Sequence[Var]) -> Reduction:
    over = (axes,) if isinstance(axes, Var) else tuple(axes)
    if not isinstance(value, Value):
        raise ExpressionError(
            f"{op} reduction of {type(value).__name__}: it takes a value; a reduction of a "
            "reduction is two computes"
        )
    if not over:
        raise ExpressionError(f"{op} reduction over no axis")
    if value.dtype == "bool":
        raise ExpressionError(f"{op} reduction of bool values; convert with te.cast")
    return Reduction(op, over, value, value.dtype)  # type: ignore[arg-type]


def sum(value: Value, axes: Var | Sequence[Var]) -> Reduction:  # noqa: A001
    """Sum of ``value`` over ``axes``."""
    return _reduction("add", value, axes)


def max(value: Value, axes: Var | Sequence[Var]) -> Reduction:  # noqa: A001
    """Maximum of ``value`` over ``axes``."""
    return _reduction("max", value, axes)


def min(value: Value, axes: Var | Sequence[Var]) -> Reduction:  # noqa: A001
    """Minimum of ``value`` over ``axes``."""
    return _reduction("min", value, axes)


def maximum(a: Value | float, b: Value | float) -> Binary:
    """The larger of two values."""
    return binary("max", a, b)


def minimum(a: Value | float, b: Value | float) -> Binary:
    """The smaller of two values."""
    return binary("min", a, b)


def less(a: Value | IndexLike | float, b: Value | IndexLike | float) -> Expr:
    """``a < b`` of two values or two indices."""
    if isinstance(a, Value) or isinstance(b, Value):
        return binary("lt", a, b)  # type: ignore[arg-type]
    return NonNegative(Affine.of(b) - Affine.of(a) - 1)  # type: ignore[arg-type]


def at_most(a: Value | IndexLike | float, b: Value | IndexLike | float) -> Expr:
    """``a <= b`` of two values or two indices."""
    if isinstance(a, Value) or isinstance(b, Value):
        return binary("le", a, b)  # type: ignore[arg-type]
    return NonNegative(Affine.of(b) - Affine.of(a))  # type: ignore[arg-type]


def equal(a: Value | float, b: Value | float) -> Binary:
    """``a == b`` of two values."""
    return binary("eq", a, b)


def all_of(*conditions: Value) -> Expr:
    """Whether all conditions hold.

    A condition may rely on those before it: ``all_of(at_most(1, i), less(0.0, x[i - 1]))`` never
    reads ``x[-1]``.
    """
    result: Value | None = None
    for c in conditions:
        result = c if result is None else binary("and", result, c)
    if result is None:
        raise ExpressionError("all_of no condition")
    return result  # type: ignore[return-value]


def any_of(a: Value, b: Value) -> Binary:
    """Whether one of two conditions holds; ``b`` may rely on ``a`` not holding."""
    return binary("or", a, b)


def invert(a: Value) -> Unary:
    """Whether a condition does not hold."""
    return unary("not", a)


def where(condition: Value, a: Value | float, b: Value | float) -> Select:
    """``a`` where ``condition`` holds, else ``b``."""
    return select(condition, a, b)


def combine(row: IndexLike, matrix: Sequence[Sequence[float]], values: Sequence[Value]) -> Expr:
    """A row of a constant matrix times some values: ``sum(matrix[row][i] * values[i])``.

    Nothing is computed for a coefficient of zero, and no product for one of 1 or -1, so that an
    infinite value does not spread through zeros.  Unroll the loops that ``row`` depends on: the
    choice of the row then costs nothing.

    Raises
    ------
    ExpressionError
        If the matrix is empty, a row has not as many coefficients as there are values, or none but
        zeros.
    """
    if not matrix or any(len(coefficients) != len(values) for coefficients in matrix):
        raise ExpressionError(
            f"combine of {len(values)} values by rows of {[len(r) for r in matrix]} coefficients: "
            "every row has one for each value"
        )
    rows = [_combination(coefficients, values) for coefficients in matrix]
    result = rows[-1]
    for index in reversed(range(len(rows) - 1)):
        result = where(at_most(row, index), rows[index], result)
    return result


def _combination(coefficients: Sequence[float], values: Sequence[Value]) -> Expr:
    """The sum of products, beginning with a term that needs no product."""
    terms = [(float(c), v) for c, v in zip(coefficients, values, strict=True) if c]
    if not terms:
        raise ExpressionError("combine with a row of zeros: it has no value")
    terms.sort(key=lambda term: term[0] != 1)
    c, first = terms[0]
    total: Expr = first if c == 1 else first * c  # type: ignore[assignment]
    for c, value in terms[1:]:
        total = total + value if c == 1 else total - value if c == -1 else total + value * c
    return total


def call(name: str, a: Value) -> Unary:
    """An intrinsic of one argument: exp, log, sqrt, tanh, sin, cos, floor, ceil, abs."""
    return unary(name, a)


def as_value(index: IndexLike, dtype: str = "int32") -> Expr:
    """An index as a value."""
    return cast(IndexValue(Affine.of(index)), dtype)


def pad(
    tensor: Tensor,
    before: Sequence[int],
    after: Sequence[int],
    name: str,
    *,
    value: float = 0.0,
    axes: Sequence[str] | None = None,
) -> Tensor:
    """A tensor with a border of ``value``.

    Parameters
    ----------
    before, after
        Border of each axis, in elements; negative is an error.
    axes
        Names of the axes; by default those of ``tensor``, or ``i0``, ``i1``, ... for an input.

    Returns
    -------
    Tensor of shape ``shape[i] + before[i] + after[i]``.

    Raises
    ------
    ExpressionError
        For a negative border, or not one border and name for each axis.
    """
    if not len(before) == len(after) == len(axes or tensor.shape) == len(tensor.shape):
        raise ExpressionError(
            f"pad of {tensor.name} by {list(before)}, {list(after)}: it has {len(tensor.shape)} "
            f"axes {tensor.shape}, and takes as many borders and names"
        )
    if any(p < 0 for p in (*before, *after)):
        raise ExpressionError(
            f"pad of {tensor.name} by {list(before)}, {list(after)}: not negative"
        )
    shape = tuple(b + n + a for n, b, a in zip(tensor.shape, before, after, strict=True))
    given = tensor.op.axes if isinstance(tensor.op, Compute) else ()
    names = axes or [a.name for a in given] or [f"i{d}" for d in range(len(shape))]
    variables = tuple(Var(n, e) for n, e in zip(names, shape, strict=True))
    indices = [a - b for a, b in zip(variables, before, strict=True)]
    conditions: list[Value] = []
    for index, n, low, high in zip(indices, tensor.shape, before, after, strict=True):
        if low:
            conditions.append(NonNegative(index))
        if high:
            conditions.append(NonNegative(n - 1 - index))
    read = tensor[tuple(indices)]
    body = where(all_of(*conditions), read, const(value, tensor.dtype)) if conditions else read
    return compute_over(variables, body, name)
