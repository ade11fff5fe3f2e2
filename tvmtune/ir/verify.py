"""Checks that loop IR is well formed.

Every variable is bound by a loop around it and stays in its extent, every buffer is an argument or
allocated around its use, types and lanes agree, accesses stay in their buffers, and iterations of a
parallel loop write to places of their own.  An access is refused where it certainly leaves its
buffer; with ``strict``, where it cannot be shown to stay inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NoReturn, assert_never

from tvmtune.errors import LoweringError
from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import (
    LOGICAL,
    Binary,
    Buffer,
    Expr,
    IndexValue,
    Load,
    NonNegative,
    Read,
    Select,
)
from tvmtune.ir.printer import print_function, print_index, print_stmt
from tvmtune.ir.ranges import Facts
from tvmtune.ir.stmt import (
    Allocate,
    Block,
    Fence,
    For,
    Function,
    If,
    Stmt,
    Store,
    Tensorized,
    constant_range,
)
from tvmtune.ir.traverse import children
from tvmtune.ir.types import type_error
from tvmtune.symbolic import as_int

Level = Literal["loops", "code"]


def verify(function: Function, *, level: Level = "loops", strict: bool = False) -> None:
    """Check a function.

    Parameters
    ----------
    function
        What to check.
    level
        ``loops``: any loop IR.  ``code``: what code generators take: no vectorized, unrolled or
        steps loops, and register buffers indexed by constants.
    strict
        Also refuse accesses and loops that cannot be shown to stay inside buffers and extents.

    Raises
    ------
    LoweringError
        At the first fault; ``detail`` has the statement.
    """
    names = [b.name for b in function.arguments]
    if len(set(names)) < len(names):
        _refuse(f"two arguments of {function.name} have one name: {', '.join(names)}", function)
    unknown = sorted(function.written - set(names))
    if unknown:
        _refuse(f"{function.name} writes {unknown[0]}, which is no argument of it", function)
    for buffer in function.arguments:
        if not buffer.argument:
            _refuse(f"argument {buffer.name} is not marked as an argument", function)
    _Verifier(function, level, strict).stmt(
        function.body, _Place(buffers=frozenset(function.arguments))
    )


def _refuse(message: str, where: Stmt | Function) -> NoReturn:
    detail = print_function(where) if isinstance(where, Function) else print_stmt(where)
    raise LoweringError(message, detail)


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """Where in the program a statement stands."""

    buffers: frozenset[Buffer]
    sources: Mapping[Var, frozenset[Var]] = field(default_factory=dict)
    """For each bound variable: itself and the variables that its range depends on."""
    facts: Facts = field(default_factory=Facts)
    certain: bool = True
    """Whether all combinations of the variables get here."""
    parallel: tuple[tuple[For, frozenset[Buffer]], ...] = ()
    """Parallel loops around, with the buffers that exist outside of them."""


class _Verifier:
    def __init__(self, function: Function, level: Level, strict: bool) -> None:
        self._function = function
        self._level = level
        self._strict = strict

    def stmt(self, stmt: Stmt, place: _Place) -> None:
        match stmt:
            case For():
                self._loop(stmt, place)
            case Store():
                self._store(stmt, place)
            case If():
                self._branch(stmt, place)
            case Allocate():
                self._allocation(stmt, place)
            case Block():
                for s in stmt.body:
                    self.stmt(s, place)
            case Fence():
                pass
            case Tensorized():
                self._tensorized(stmt, place)
            case _:
                assert_never(stmt)

    def _tensorized(self, tensorized: Tensorized, place: _Place) -> None:
        inner: Stmt = tensorized.body
        while isinstance(inner, For):
            if inner.kind != "serial" or constant_range(inner) != (0, inner.var.extent):
                _refuse(
                    f"{tensorized.intrinsic} over loop {inner.label}: loops of an intrinsic are "
                    "serial and run over their extents",
                    tensorized,
                )
            inner = inner.body
        if not isinstance(inner, Store):
            _refuse(f"{tensorized.intrinsic} is no nest of loops around a store", tensorized)
        self.stmt(tensorized.body, place)

    def _loop(self, loop: For, place: _Place) -> None:
        if not (loop.begin and loop.end):
            _refuse(f"loop {loop.label} has no begin or no end", loop)
        for index in (*loop.begin, *loop.end):
            self._bound(index, f"the range of loop {loop.label}", loop, place)
        if loop.var in place.sources:
            _refuse(f"loop {loop.label} binds {loop.var}, as a loop around it does already", loop)
        if self._level == "code" and loop.kind in ("vectorized", "unrolled", "steps"):
            _refuse(f"loop {loop.label} is still {loop.kind}: expand it before code", loop)
        self._extent(loop, place)
        self.stmt(loop.body, _inside(loop, place))

    def _extent(self, loop: For, place: _Place) -> None:
        extent = as_int(loop.var.extent)
        constant = constant_range(loop)
        if constant is not None:
            begin, end = constant
            if begin < end and (begin < 0 or end > extent):
                _refuse(
                    f"loop {loop.label} runs over range({begin}, {end}), outside the extent "
                    f"{extent} of {loop.var}",
                    loop,
                )
        elif self._strict and not (
            any(place.facts.proves(b) for b in loop.begin)
            and any(place.facts.proves(extent - e) for e in loop.end)
        ):
            _refuse(
                f"loop {loop.label} cannot be shown to stay inside the extent {extent} of "
                f"{loop.var}",
                loop,
            )

    def _branch(self, branch: If, place: _Place) -> None:
        condition = branch.condition
        if condition.dtype != "bool" or condition.lanes != 1:
            _refuse(
                f"condition of an if is {condition.dtype} x{condition.lanes}: it must be one bool",
                branch,
            )
        if branch.neutral and branch.otherwise is not None:
            _refuse("an update that may be left out has another in its place", branch)
        self._value(condition, branch, place)
        inside = replace(place, certain=False, facts=place.facts.assuming(condition))
        self.stmt(branch.then, inside)
        if branch.otherwise is not None:
            outside = place.facts.assuming_not(condition)
            self.stmt(branch.otherwise, replace(place, certain=False, facts=outside))

    def _allocation(self, allocation: Allocate, place: _Place) -> None:
        buffer = allocation.buffer
        if buffer.argument:
            _refuse(f"argument {buffer.name} is allocated", allocation)
        if buffer in place.buffers:
            _refuse(f"buffer {buffer.name} is allocated inside its own allocation", allocation)
        if buffer.elements < 1:
            _refuse(f"buffer {buffer.name} has {buffer.elements} elements", allocation)
        self.stmt(allocation.body, replace(place, buffers=place.buffers | {buffer}))

    def _store(self, store: Store, place: _Place) -> None:
        buffer, value = store.buffer, store.value
        self._value(value, store, place)
        if value.dtype != buffer.dtype:
            _refuse(f"store of {value.dtype} to {buffer.name}, which is {buffer.dtype}", store)
        if value.lanes > 1 and store.stride == 0:
            _refuse(f"store of {value.lanes} lanes to one element of {buffer.name}", store)
        self._access("store to", store, value.lanes, store, place)
        if buffer.argument and buffer.name not in self._function.written:
            _refuse(
                f"store to argument {buffer.name}, which {self._function.name} does not list as "
                "written",
                store,
            )
        for loop, outside in place.parallel:
            if buffer in outside and loop.var not in _sources(store.offset, place):
                _refuse(
                    f"every iteration of parallel loop {loop.label} stores to the same elements "
                    f"of {buffer.name}: allocate it inside the loop or index it by {loop.var}",
                    store,
                )

    def _value(self, value: Expr, where: Store | If, place: _Place) -> None:
        wrong = type_error(value)
        if wrong is not None:
            _refuse(wrong, where)
        match value:
            case Read():
                _refuse(f"read of tensor {value.tensor}: loop IR loads from buffers", where)
            case Load():
                self._access("load of", value, value.lanes, where, place)
            case IndexValue() | NonNegative():
                self._bound(value.index, "a value", where, place)
            case Select():
                self._value(value.condition, where, place)
                sides = replace(place, certain=False, facts=place.facts.assuming(value.condition))
                self._value(value.a, where, sides)
                other = place.facts.assuming_not(value.condition)
                self._value(value.b, where, replace(sides, facts=other))
            case Binary() if value.op in LOGICAL:
                self._value(value.a, where, place)
                facts = place.facts
                assume = facts.assuming if value.op == "and" else facts.assuming_not
                after = replace(place, certain=False, facts=assume(value.a))
                self._value(value.b, where, after)
            case _:
                for child in children(value):
                    self._value(child, where, place)

    def _access(
        self, what: str, access: Load | Store, lanes: int, where: Store | If, place: _Place
    ) -> None:
        buffer, offset = access.buffer, access.offset
        if buffer not in place.buffers:
            _refuse(f"{what} {buffer.name}, which is no argument and not allocated around", where)
        self._bound(offset, f"the offset of {buffer.name}", where, place)
        if self._level == "code" and buffer.scope == "register" and not offset.is_constant():
            _refuse(
                f"{what} register buffer {buffer.name} at {print_index(offset)}: registers are "
                "indexed by constants; unroll or vectorize the loops around",
                where,
            )
        reach = (lanes - 1) * access.stride
        low = place.facts.low(offset) + min(0, reach)
        high = place.facts.high(offset) + max(0, reach)
        if low >= 0 and high < buffer.elements:
            return
        if place.certain and all(isinstance(a, Var) for a in offset.terms):
            _refuse(
                f"{what} {buffer.name} reaches elements {low} to {high}, outside its "
                f"{buffer.elements}",
                where,
            )
        first, last = offset + min(0, reach), offset + max(0, reach)
        if self._strict and not (
            place.facts.proves(first) and place.facts.proves(buffer.elements - 1 - last)
        ):
            _refuse(
                f"{what} {buffer.name} at {print_index(offset)} cannot be shown to stay inside "
                f"its {buffer.elements} elements",
                where,
            )

    def _bound(self, index: Affine, what: str, where: Stmt, place: _Place) -> None:
        for variable in index.variables():
            if variable not in place.sources:
                _refuse(f"variable {variable} in {what} is bound by no loop around it", where)


def _inside(loop: For, place: _Place) -> _Place:
    """The place of a loop's body."""
    ranges = (_sources(i, place) for i in (*loop.begin, *loop.end))
    constant = constant_range(loop)
    parallel = place.parallel
    if loop.kind == "parallel" and (constant is None or constant[1] - constant[0] > 1):
        parallel = (*parallel, (loop, place.buffers))
    return replace(
        place,
        sources={**place.sources, loop.var: frozenset({loop.var}).union(*ranges)},
        facts=place.facts.entering(loop),
        certain=place.certain and constant is not None and constant[0] < constant[1],
        parallel=parallel,
    )


def _sources(index: Affine, place: _Place) -> frozenset[Var]:
    return frozenset[Var]().union(*(place.sources[v] for v in index.variables()))
