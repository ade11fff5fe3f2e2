"""The floating-point operations that a function of loop IR executes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import assert_never

from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import ARITHMETIC, FLOATS, Binary, Expr, NonNegative, Select, Unary
from tvmtune.ir.stmt import Allocate, Block, Fence, For, Function, If, Stmt, Store, Tensorized
from tvmtune.ir.traverse import children, conjuncts, indices_of

Values = Mapping[Var, int]
"""Of loop variables that decide how often something runs, outermost first."""

_MOST_STEPS = 20_000
"""Iterations that are looked at one by one, each some microseconds."""


def executed_flops(function: Function) -> int:
    """Count the operations on floats of one call, a multiply-add as two, a vector by its lanes.

    After the passes that is what the code does: products with zeros of a padding that are left
    out are not counted, unless they are lanes of a vector; those of storage that is rounded up
    are, and so are the transforms of an algorithm that has any.  What is prepared ahead is another
    function.  Of a choice the costlier side counts.

    Returns
    -------
    int
        0 where it cannot be told: a branch depends on data, or too many iterations differ.
    """
    try:
        return _Counter().count(function.body, {})
    except _UnknownError:
        return 0


class _UnknownError(Exception):
    """How often something runs cannot be told."""


class _Counter:
    """Counts statement by statement; what is the same each time is counted once."""

    def __init__(self) -> None:
        self._counted: dict[tuple[Stmt, tuple[int, ...]], int] = {}
        self._deciding: dict[Stmt, frozenset[Var]] = {}
        self._idle: dict[Stmt, bool] = {}
        self._operations: dict[Store, int] = {}
        self._steps = 0

    def count(self, stmt: Stmt, values: Values) -> int:
        """Operations of one run of a statement, at some values of the loops around it."""
        if isinstance(stmt, Store):
            return self._operations_of(stmt)
        deciding = self._deciders(stmt)
        key = stmt, tuple(value for var, value in values.items() if var in deciding)
        if key not in self._counted:
            self._counted[key] = 0 if self._is_idle(stmt) else self._of(stmt, values)
        return self._counted[key]

    def _of(self, stmt: Stmt, values: Values) -> int:
        match stmt:
            case Store():
                return self._operations_of(stmt)
            case Fence():
                return 0
            case If():
                then, otherwise = stmt.then, stmt.otherwise
                if _holds(stmt.condition, values):
                    return self.count(then, values)
                return 0 if otherwise is None else self.count(otherwise, values)
            case For():
                return self._iterations(stmt, values)
            case Allocate() | Block() | Tensorized():
                return sum(self.count(part, values) for part in _parts(stmt))
            case _:
                assert_never(stmt)

    def _iterations(self, loop: For, values: Values) -> int:
        begin = max(_integer(index, values) for index in loop.begin)
        end = max(begin, min(_integer(index, values) for index in loop.end))
        if end == begin or loop.var not in self._deciders(loop.body):
            return (end - begin) * self.count(loop.body, values)
        self._steps += end - begin
        if self._steps > _MOST_STEPS:
            raise _UnknownError
        return sum(self.count(loop.body, {**values, loop.var: i}) for i in range(begin, end))

    def _deciders(self, stmt: Stmt) -> frozenset[Var]:
        """The variables outside a statement that decide how much of it runs."""
        if isinstance(stmt, Store):
            return frozenset()
        if stmt not in self._deciding:
            found = {v for index in _deciding_indices(stmt) for v in index.variables()}
            found = found.union(*map(self._deciders, _parts(stmt)))
            own = {stmt.var} if isinstance(stmt, For) else set()
            idle = self._is_idle(stmt)
            self._deciding[stmt] = frozenset() if idle else frozenset(found - own)
        return self._deciding[stmt]

    def _is_idle(self, stmt: Stmt) -> bool:
        """Whether nothing in a statement operates on floats."""
        if isinstance(stmt, Store):
            return self._operations_of(stmt) == 0
        if stmt not in self._idle:
            self._idle[stmt] = all(map(self._is_idle, _parts(stmt)))
        return self._idle[stmt]

    def _operations_of(self, store: Store) -> int:
        if store not in self._operations:
            self._operations[store] = _operations(store.value)
        return self._operations[store]


def _deciding_indices(stmt: Stmt) -> Iterator[Affine]:
    match stmt:
        case If():
            yield from indices_of(stmt.condition)
        case For():
            yield from stmt.begin
            yield from stmt.end


def _parts(stmt: Stmt) -> tuple[Stmt, ...]:
    match stmt:
        case For() | Allocate() | Tensorized():
            return (stmt.body,)
        case Block():
            return stmt.body
        case If():
            return (stmt.then,) if stmt.otherwise is None else (stmt.then, stmt.otherwise)
        case Store() | Fence():
            return ()
        case _:
            assert_never(stmt)


def _integer(index: Affine, values: Values) -> int:
    known = index.substitute(values)
    if not known.is_constant():
        raise _UnknownError
    return known.low()


def _holds(condition: Expr, values: Values) -> bool:
    """Whether a conjunction of comparisons of indices holds."""
    for part in conjuncts(condition):
        if not isinstance(part, NonNegative):
            raise _UnknownError
        if _integer(part.index, values) < 0:
            return False
    return True


def _operations(value: Expr) -> int:
    match value:
        case Binary(op=op) if op in ARITHMETIC and value.dtype in FLOATS:
            return value.lanes + _operations(value.a) + _operations(value.b)
        case Unary() if value.dtype in FLOATS:
            return value.lanes + _operations(value.a)
        case Select():
            sides = max(_operations(value.a), _operations(value.b))
            return _operations(value.condition) + sides
    return sum(map(_operations, children(value)))
