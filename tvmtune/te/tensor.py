"""Tensors: what is computed, in the plain layout, with integer shapes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from typing import Literal, NoReturn

from tvmtune.errors import ExpressionError
from tvmtune.ir.affine import Affine, IndexLike, Var
from tvmtune.ir.expr import DTYPES, Expr, Read, Value, const
from tvmtune.ir.traverse import indices_of, values_of
from tvmtune.symbolic import as_int

ReduceOp = Literal["add", "max", "min"]


@dataclass(frozen=True, slots=True, eq=False)
class Placeholder:
    """A tensor handed in by the caller; ``constant`` ones are known when the kernel is bound."""

    constant: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Reduction:
    """``op`` over ``axes`` of ``body``; only ever the whole body of a compute."""

    op: ReduceOp
    axes: tuple[Var, ...]
    body: Expr
    dtype: str
    lanes: int = 1

    def _refuse(self, _other: object = None) -> NoReturn:
        raise ExpressionError(
            f"arithmetic with a reduction ({self.op} over {', '.join(a.name for a in self.axes)}): "
            "it is the whole body of a compute; go on with its result in another compute"
        )

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _refuse
    __truediv__ = __rtruediv__ = __neg__ = _refuse


@dataclass(frozen=True, slots=True, eq=False)
class Compute:
    """One value per point of ``axes``."""

    axes: tuple[Var, ...]
    body: Expr | Reduction
    inputs: tuple[Tensor, ...]
    """Tensors that the body reads."""


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """A named tensor; indexing it with axes gives a value.

    Parameters
    ----------
    name
        Unique among the tensors of one computation.
    shape
        Plain extents.
    dtype
        One of ``float32``, ``float64``, ``int32``, ``bool``.
    op
        Where its elements come from.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    op: Placeholder | Compute

    def __getitem__(self, indices: IndexLike | tuple[IndexLike, ...]) -> _TensorRead:
        given = indices if isinstance(indices, tuple) else (indices,)
        if len(given) != len(self.shape):
            raise ExpressionError(
                f"{self.name} has {len(self.shape)} axes {self.shape}, "
                f"read with {len(given)} indices"
            )
        return _TensorRead(self.name, tuple(map(Affine.of, given)), self.dtype, 1, self)


class _TensorRead(Read):
    """A read that remembers its tensor until `compute` has collected it."""

    __slots__ = ("source",)
    source: Tensor

    def __init__(
        self, name: str, indices: tuple[Affine, ...], dtype: str, lanes: int, source: Tensor
    ) -> None:
        super().__init__(name, indices, dtype, lanes)
        object.__setattr__(self, "source", source)


def placeholder(
    shape: tuple[int, ...], name: str, dtype: str = "float32", *, constant: bool = False
) -> Tensor:
    """A tensor handed in by the caller.

    Raises
    ------
    ExpressionError
        For a name that is no identifier, an unknown type, or an extent that is not positive.
    """
    _check(shape, name, dtype)
    return Tensor(name, tuple(shape), dtype, Placeholder(constant))


def reduce_axis(extent: int, name: str) -> Var:
    """An axis to reduce over.

    Raises
    ------
    ExpressionError
        For a name that is no identifier or an extent that is not positive.
    """
    _check((extent,), name, "float32")
    return Var(name, extent)


def compute(
    shape: tuple[int, ...], body: Callable[..., Value | Reduction | float], name: str
) -> Tensor:
    """A tensor with ``body(axes...)`` at every point; the parameters' names name the axes.

    Raises
    ------
    ExpressionError
        If the body takes another number of axes, is no value, or uses axes that are not its own.

    Examples
    --------
    >>> a = placeholder((4, 8), "a")
    >>> b = compute((8, 4), lambda i, j: a[j, i] * 2.0, "b")
    """
    names = list(signature(body).parameters)
    if len(names) != len(shape):
        raise ExpressionError(
            f"compute {name}: shape {shape} has {len(shape)} axes, "
            f"the body takes {len(names)} ({names})"
        )
    _check(shape, name, "float32")
    axes = tuple(Var(n, e) for n, e in zip(names, shape, strict=True))
    return compute_over(axes, _as_body(name, body(*axes)), name)


def compute_over(axes: tuple[Var, ...], body: Expr | Reduction, name: str) -> Tensor:
    """A tensor with ``body`` at every point of ``axes``; raises as `compute`."""
    shape = tuple(as_int(a.extent) for a in axes)
    _check(shape, name, body.dtype)
    inner = body.body if isinstance(body, Reduction) else body
    _check_axes(name, axes + (body.axes if isinstance(body, Reduction) else ()), inner)
    return Tensor(name, shape, body.dtype, Compute(axes, body, collect_tensors(inner)))


def _as_body(name: str, value: object) -> Expr | Reduction:
    if isinstance(value, (Value, Reduction)):
        return value  # type: ignore[return-value]
    if isinstance(value, (int, float)):
        return const(value, "float32")
    raise ExpressionError(
        f"compute {name}: the body is {type(value).__name__}, not a value; te.as_value makes one "
        "of an index"
    )


def _check_axes(name: str, axes: tuple[Var, ...], value: Expr) -> None:
    """Refuse axes that share a name, and variables that are no axes."""
    names = [a.name for a in axes]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise ExpressionError(f"compute {name}: several axes are named {', '.join(twice)}")
    used = {v for i in indices_of(value) for v in i.variables()}
    free = sorted(v.name for v in used - set(axes))
    if free:
        raise ExpressionError(
            f"compute {name}: {', '.join(free)} is no axis of it and is not reduced over"
        )


def collect_tensors(value: Expr | Value) -> tuple[Tensor, ...]:
    """Tensors that a value reads, each once, in order of first use."""
    found: dict[str, Tensor] = {}
    for v in values_of(value):  # type: ignore[arg-type]
        if isinstance(v, _TensorRead):
            other = found.setdefault(v.tensor, v.source)
            if other is not v.source:
                raise ExpressionError(f"two tensors are named {v.tensor}; names must be unique")
    return tuple(found.values())


def _check(shape: tuple[int, ...], name: str, dtype: str) -> None:
    if not (name.isidentifier() and name.isascii()):
        raise ExpressionError(f"name {name!r} is no identifier: use letters, digits and _")
    if dtype not in DTYPES:
        raise ExpressionError(f"{name}: type {dtype!r} is unknown; known are {', '.join(DTYPES)}")
    if any(not isinstance(e, int) or e < 1 for e in shape):
        raise ExpressionError(f"{name}: shape {shape} must be positive integers")
