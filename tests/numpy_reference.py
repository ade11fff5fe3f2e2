"""Tensor expressions evaluated by NumPy, point by point as they are written: no schedule, no IR."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tvmtune.ir.affine import Affine, Quotient, Var
from tvmtune.ir.expr import (
    Binary,
    Cast,
    Const,
    Expr,
    IndexValue,
    NonNegative,
    Read,
    Select,
    Unary,
)
from tvmtune.te import Compute, Reduction, Tensor

Array = NDArray[Any]

_OUTSIDE = {"float32": np.nan, "float64": np.nan, "int32": -987654321, "bool": True}
"""What a read beyond a tensor yields; it must never be chosen."""

_BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "min": np.minimum,
    "max": np.maximum,
    "lt": np.less,
    "le": np.less_equal,
    "eq": np.equal,
    "ne": np.not_equal,
    "and": np.logical_and,
    "or": np.logical_or,
}
_UNARY = {"neg": np.negative, "not": np.logical_not}
_REDUCE = {"add": np.add.reduce, "max": np.maximum.reduce, "min": np.minimum.reduce}


def evaluate(outputs: tuple[Tensor, ...], arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Every tensor that the outputs depend on, by name, as plain arrays."""
    done: dict[str, Array] = dict(arrays)

    def visit(tensor: Tensor) -> None:
        if tensor.name not in done:
            assert isinstance(tensor.op, Compute)
            for source in tensor.op.inputs:
                visit(source)
            done[tensor.name] = _computed(tensor, tensor.op, done)

    with np.errstate(all="ignore"):
        for output in outputs:
            visit(output)
    return done


def _computed(tensor: Tensor, op: Compute, arrays: Mapping[str, Array]) -> Array:
    reduce = op.body.axes if isinstance(op.body, Reduction) else ()
    roots = op.axes + reduce
    grid = tuple(int(a.extent) for a in roots)
    values = {
        axis: np.arange(int(axis.extent)).reshape([-1 if i == d else 1 for i in range(len(roots))])
        for d, axis in enumerate(roots)
    }
    body = op.body.body if isinstance(op.body, Reduction) else op.body
    points = np.broadcast_to(_value(body, values, arrays), grid).astype(tensor.dtype)
    if isinstance(op.body, Reduction):
        over = tuple(range(len(op.axes), len(roots)))
        points = _REDUCE[op.body.op](points, axis=over, dtype=points.dtype)
    return np.ascontiguousarray(points)


def _index(index: Affine, values: Mapping[Var, Array]) -> Array:
    total = np.asarray(index.const)
    for atom, c in index.terms.items():
        if isinstance(atom, Var):
            part = values[atom]
        elif isinstance(atom, Quotient):
            part = _index(atom.index, values) // atom.divisor
        else:
            part = _index(atom.index, values) % atom.divisor
        total = total + part * c
    return total


def _value(e: Expr, values: Mapping[Var, Array], arrays: Mapping[str, Array]) -> Array:
    def operand(x: Expr) -> Array:
        return _value(x, values, arrays)

    match e:
        case Const():
            return np.asarray(e.value, e.dtype)
        case IndexValue():
            return _index(e.index, values).astype("int32")
        case NonNegative():
            return _index(e.index, values) >= 0
        case Read():
            return _read(e, values, arrays)
        case Select():
            return np.where(operand(e.condition), operand(e.a), operand(e.b))
        case Cast():
            return operand(e.a).astype(e.dtype)
        case Unary():
            call = _UNARY.get(e.op) or getattr(np, e.op)
            return np.asarray(call(operand(e.a)))
        case Binary(op="div"):
            quotient = np.asarray(np.true_divide(operand(e.a), operand(e.b), dtype="float64"))
            return quotient.astype(e.dtype)
        case Binary():
            return np.asarray(_BINARY[e.op](operand(e.a), operand(e.b)))
        case _:
            raise AssertionError(e)


def _read(e: Read, values: Mapping[Var, Array], arrays: Mapping[str, Array]) -> Array:
    array = arrays[e.tensor]
    indices = np.broadcast_arrays(*(_index(i, values) for i in e.indices))
    inside = np.ones(indices[0].shape, bool)
    clipped = []
    for index, extent in zip(indices, array.shape, strict=True):
        inside &= (index >= 0) & (index < extent)
        clipped.append(np.clip(index, 0, extent - 1))
    return np.where(inside, array[tuple(clipped)], np.asarray(_OUTSIDE[e.dtype], e.dtype))
