"""The slow oracle: runs loop IR of any level as it is written.

Iterations of ``parallel`` loops run in reverse order, which a program must not notice.  Allocated
buffers start as NaN (as `POISON` where the type has none) each time their allocation is entered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, assert_never

import numpy as np

from tvmtune.errors import LoweringError
from tvmtune.ir.counters import Action, Counters, Tally
from tvmtune.ir.evaluate import Evaluator, lanes_at
from tvmtune.ir.expr import Buffer
from tvmtune.ir.printer import print_stmt
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
)
from tvmtune.symbolic import as_int

__all__ = ["POISON", "Counters", "run"]

POISON = {"float32": np.nan, "float64": np.nan, "int32": -0x21524111, "bool": True}
"""What an allocated buffer holds before anything is stored to it."""


def run(
    function: Function,
    arrays: Mapping[str, np.ndarray[Any, Any]],
    counters: Counters | None = None,
) -> None:
    """Run a function on arrays, in place.

    Parameters
    ----------
    function
        Loop IR of any level.
    arrays
        For each argument an array ``(elements,)`` of its type.
    counters
        Is added to, if given.

    Raises
    ------
    LoweringError
        If the arrays do not fit the arguments, an access leaves its buffer, a variable leaves its
        extent, or an integer is divided by zero.
    """
    tally = None if counters is None else Tally(counters)
    interpreter = _Interpreter(tally)
    for buffer in function.arguments:
        interpreter.values.storage[buffer] = _argument(function, buffer, arrays)
    with np.errstate(all="ignore"):
        interpreter.counted("", lambda: interpreter.stmt(function.body))()
    if tally is not None:
        tally.collect()


def _argument(
    function: Function, buffer: Buffer, arrays: Mapping[str, np.ndarray[Any, Any]]
) -> np.ndarray[Any, Any]:
    if buffer.name not in arrays:
        raise LoweringError(
            f"{function.name} takes {buffer.name}; given are {', '.join(arrays) or 'no arrays'}"
        )
    array = arrays[buffer.name]
    if array.shape != (buffer.elements,) or array.dtype != np.dtype(buffer.dtype):
        raise LoweringError(
            f"argument {buffer.name} of {function.name} is {buffer.dtype} ({buffer.elements},); "
            f"given is {array.dtype} {array.shape}"
        )
    return array


class _Interpreter:
    """Turns statements into closures, once, before anything runs."""

    def __init__(self, tally: Tally | None) -> None:
        self.values = Evaluator(tally)
        self._tally = tally

    def stmt(self, stmt: Stmt) -> Action:
        match stmt:
            case For():
                return self.counted(stmt.label, lambda: self._loop(stmt))
            case Store():
                return self._store(stmt)
            case If():
                return self._branch(stmt)
            case Allocate():
                return self._allocation(stmt)
            case Block():
                return _sequence([self.stmt(s) for s in stmt.body])
            case Fence():
                return _nothing
            case Tensorized():
                return self.stmt(stmt.body)
            case _:
                assert_never(stmt)

    def counted(self, label: str, build: Callable[[], Action]) -> Action:
        """What ``build`` makes, with its distinct elements counted under ``label``."""
        return build() if self._tally is None else self._tally.loop(label, build)

    def _loop(self, loop: For) -> Action:
        span, values, slot = self._span(loop), self.values.variables, len(self.values.variables)
        values.append(0)
        self.values.bound[loop.var] = slot
        body = self.stmt(loop.body)
        del self.values.bound[loop.var]

        def run_loop() -> None:
            for values[slot] in span():
                body()

        return run_loop

    def _span(self, loop: For) -> Callable[[], range]:
        begins, ends = (list(map(self.values.index, b)) for b in (loop.begin, loop.end))
        extent, step = as_int(loop.var.extent), -1 if loop.kind == "parallel" else 1

        def span() -> range:
            begin, end = max([b() for b in begins]), min([e() for e in ends])
            if begin < end and (begin < 0 or end > extent):
                raise LoweringError(
                    f"loop {loop.label} runs over range({begin}, {end}), outside the extent "
                    f"{extent} of {loop.var}",
                    print_stmt(loop),
                )
            return range(begin, end)[::step]

        return span

    def _store(self, store: Store) -> Action:
        lanes, stride = store.value.lanes, store.stride
        if lanes > 1 and stride == 0:
            raise LoweringError(
                f"store of {lanes} lanes to one element of {store.buffer.name}", print_stmt(store)
            )
        value = self.values.value(store.value, store)
        at = self.values.position(store, lanes, store)
        data = self.values.storage[store.buffer]

        def store_element() -> None:
            data[at()] = value()

        def store_lanes() -> None:
            data[lanes_at(at(), lanes, stride)] = value()

        return store_element if lanes == 1 else store_lanes

    def _branch(self, branch: If) -> Action:
        condition, then = self.values.value(branch.condition, branch), self.stmt(branch.then)
        otherwise = _nothing if branch.otherwise is None else self.stmt(branch.otherwise)

        def decide() -> None:
            if condition():
                then()
            else:
                otherwise()

        return decide

    def _allocation(self, allocation: Allocate) -> Action:
        buffer = allocation.buffer
        data = np.empty(buffer.elements, buffer.dtype)
        self.values.storage[buffer] = data
        body, poison = self.stmt(allocation.body), POISON[buffer.dtype]
        del self.values.storage[buffer]

        def allocate() -> None:
            data.fill(poison)
            body()

        return allocate


def _nothing() -> None:
    """Do what a fence does."""


def _sequence(actions: list[Action]) -> Action:
    def run_all() -> None:
        for action in actions:
            action()

    return run_all
