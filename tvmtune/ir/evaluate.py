"""Values of loop IR as Python closures over NumPy scalars and vectors.

Arithmetic is NumPy's in the type of the value, without contraction to fused multiply-adds.  A value
that is the same in all lanes may be computed as a scalar: NumPy broadcasts it.  Vectors selected by
vectors evaluate both sides, unless all lanes choose the same.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NoReturn, assert_never

import numpy as np

from tvmtune.errors import LoweringError
from tvmtune.ir.affine import Affine, Atom, Quotient, Var
from tvmtune.ir.counters import Position, Tally
from tvmtune.ir.expr import (
    FLOATS,
    Binary,
    Buffer,
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
from tvmtune.ir.printer import print_stmt
from tvmtune.ir.stmt import If, Store
from tvmtune.symbolic import as_int

Evaluation = Callable[[], Any]
"""Computes a NumPy scalar, or an array of ``(lanes,)``."""

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "min": lambda a, b: np.where(a < b, a, b)[()],
    "max": lambda a, b: np.where(a > b, a, b)[()],
    "lt": operator.lt,
    "le": operator.le,
    "eq": operator.eq,
    "ne": operator.ne,
    "and": operator.and_,
    "or": operator.or_,
}
_SCALAR: dict[str, Callable[[Any, Any], Any]] = {
    "min": lambda a, b: a if a < b else b,
    "max": lambda a, b: a if a > b else b,
}
"""The same for one lane, much faster."""

_UNARY: dict[str, Callable[[Any], Any]] = {
    "neg": operator.neg,
    "abs": abs,
    "not": np.logical_not,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
    "sin": np.sin,
    "cos": np.cos,
    "floor": np.floor,
    "ceil": np.ceil,
}


class Evaluator:
    """Builds closures that compute indices and values.

    ``variables`` holds the current value of each loop variable; a closure reads it when it runs.

    Parameters
    ----------
    tally
        Counts loads and stores, if given.
    """

    def __init__(self, tally: Tally | None) -> None:
        self.variables: list[int] = []
        self.bound: dict[Var, int] = {}
        """Where the variables in scope keep their values."""
        self.storage: dict[Buffer, np.ndarray[Any, Any]] = {}
        """The elements of the buffers in scope."""
        self._tally = tally

    def index(self, index: Affine) -> Position:
        """Computes an index."""
        const = as_int(index.const)
        terms = [(self._atom(a), as_int(c)) for a, c in index.terms.items()]
        slots = [self.bound[a] for a in index.terms if isinstance(a, Var)]
        values = self.variables
        match terms:
            case []:
                return lambda: const
            case [(_, c)] if slots:
                slot = slots[0]
                return lambda: values[slot] * c + const
            case [(_, c), (_, d)] if len(slots) == 2:
                first, second = slots
                return lambda: values[first] * c + values[second] * d + const
            case _:
                return lambda: sum([atom() * c for atom, c in terms], const)

    def _atom(self, atom: Atom) -> Position:
        if isinstance(atom, Var):
            if atom not in self.bound:
                raise LoweringError(f"variable {atom} is bound by no loop around it")
            slot, values = self.bound[atom], self.variables
            return lambda: values[slot]
        inner, n = self.index(atom.index), as_int(atom.divisor)
        if isinstance(atom, Quotient):
            return lambda: inner() // n
        return lambda: inner() % n

    def position(self, access: Load | Store, lanes: int, where: Store | If) -> Position:
        """Computes the offset of an access, checks its lanes and counts it.

        A negative stride gives the lowest position, that of the last lane.
        """
        buffer = access.buffer
        if buffer not in self.storage:
            raise LoweringError(
                f"buffer {buffer.name} is no argument and not allocated around its use",
                print_stmt(where),
            )
        stride = access.stride if lanes > 1 else 1
        at = self._checked(access, (lanes - 1) * stride, where)
        if self._tally is None:
            return at
        if isinstance(access, Load):
            stage = where.stage if isinstance(where, Store) else ""
            return self._tally.load(at, stage, buffer, lanes, stride)
        return self._tally.store(at, access.stage, access.action, buffer, lanes, stride)

    def _checked(self, access: Load | Store, reach: int, where: Store | If) -> Position:
        index = self.index(access.offset + min(0, reach))
        last = access.buffer.elements - 1 - abs(reach)
        known = [(v.name, slot) for v, slot in self.bound.items()]

        def refuse(place: int) -> NoReturn:
            what = "load of" if isinstance(access, Load) else "store to"
            values = ", ".join(f"{name} = {self.variables[slot]}" for name, slot in known)
            raise LoweringError(
                f"{what} {access.buffer.name} reaches elements {place} to {place + abs(reach)}, "
                f"outside its {access.buffer.elements}" + (f", where {values}" if values else ""),
                print_stmt(where),
            )

        def checked() -> int:
            place = index()
            if not 0 <= place <= last:
                refuse(place)
            return place

        return checked

    def value(self, expr: Expr, where: Store | If) -> Evaluation:
        """Computes a value of the statement ``where``."""
        match expr:
            case Const():
                number = np.dtype(expr.dtype).type(expr.value)
                return lambda: number
            case IndexValue():
                index = self.index(expr.index)
                return lambda: np.int32(index())
            case NonNegative():
                index, yes, no = self.index(expr.index), np.True_, np.False_
                return lambda: yes if index() >= 0 else no
            case Binary():
                return _binary(expr, self.value(expr.a, where), self.value(expr.b, where))
            case Unary():
                call, a = _UNARY[expr.op], self.value(expr.a, where)
                return lambda: call(a())
            case Select():
                condition, a, b = (self.value(x, where) for x in (expr.condition, expr.a, expr.b))
                return _select(condition, a, b, expr.lanes)
            case Cast():
                a, dtype = self.value(expr.a, where), np.dtype(expr.dtype)
                return lambda: a().astype(dtype)
            case Load():
                return self._load(expr, where)
            case Padded():
                return _padded(expr, self.value(expr.a, where))
            case Read():
                raise LoweringError(
                    f"read of tensor {expr.tensor}: loop IR loads from buffers", print_stmt(where)
                )
            case _:
                assert_never(expr)

    def _load(self, load: Load, where: Store | If) -> Evaluation:
        at = self.position(load, load.lanes, where)
        data, lanes, stride = self.storage[load.buffer], load.lanes, load.stride
        if lanes == 1 or stride == 0:
            return lambda: data[at()]
        return lambda: data[lanes_at(at(), lanes, stride)]


def lanes_at(position: int, lanes: int, stride: int) -> slice:
    """The elements of a vector whose lowest one is at ``position``."""
    if stride > 0:
        return slice(position, position + lanes * stride, stride)
    top = position - (lanes - 1) * stride
    return slice(top, position - 1 if position else None, stride)


def _binary(expr: Binary, a: Evaluation, b: Evaluation) -> Evaluation:
    if expr.op == "div" and expr.dtype not in FLOATS:
        return lambda: _truncated(a(), b())
    call = _BINARY[expr.op]
    if expr.lanes == 1 and expr.op == "and":
        return lambda: b() if (first := a()) else first
    if expr.lanes == 1 and expr.op == "or":
        return lambda: first if (first := a()) else b()
    if expr.lanes == 1 and expr.op in _SCALAR:
        call = _SCALAR[expr.op]
    return lambda: call(a(), b())


def _truncated(a: Any, b: Any) -> Any:
    """``a / b`` of int32 towards zero; exact, since float64 has 21 bits more than the quotient."""
    if not np.all(b):
        raise LoweringError("integer division by zero")
    return np.trunc(np.true_divide(a, b, dtype=np.float64)).astype(np.int64).astype(np.int32)


def _padded(expr: Padded, a: Evaluation) -> Evaluation:
    inside = slice(expr.begin, expr.begin + expr.a.lanes)

    def padded() -> Any:
        value = np.zeros(expr.lanes, expr.dtype)
        value[inside] = a()
        return value

    return padded


def _select(condition: Evaluation, a: Evaluation, b: Evaluation, lanes: int) -> Evaluation:
    def choose() -> Any:
        chosen = condition()
        if chosen.all():
            return a()
        return np.where(chosen, a(), b()) if chosen.any() else b()

    return choose if lanes > 1 else lambda: a() if condition() else b()
