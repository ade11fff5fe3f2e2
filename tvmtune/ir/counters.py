"""What the interpreter counts: executions, bytes, distinct elements.

The distinct elements of an operand are kept as the bits of an integer, so that uniting the sets of
many iterations costs one operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tvmtune.ir.expr import ITEMSIZE, Buffer

Action = Callable[[], object]
Position = Callable[[], int]
Operand = tuple[str, str]
"""A stage, and the name of a buffer that it loads from or stores to."""


@dataclass(slots=True, kw_only=True)
class Counters:
    """Counts of one or more runs; a run adds to them.

    Everything is counted in elements: a vector of ``n`` lanes counts ``n``, also where one element
    is repeated in all lanes.  Loads that are not executed (the side of a select that is not chosen)
    do not count.  What the condition of an ``if`` loads belongs to the stage ``""``.
    """

    track_distinct: bool = False
    """Whether ``distinct`` is wanted, which takes about twice as long."""
    executions: dict[tuple[str, str], int] = field(default_factory=dict)
    """Elements stored by each (stage, action)."""
    loaded_bytes: dict[Operand, int] = field(default_factory=dict)
    """Bytes that each (stage, buffer) loads."""
    stored_bytes: dict[Operand, int] = field(default_factory=dict)
    """Bytes that each (stage, buffer) stores."""
    distinct: dict[tuple[str, str, str], int] = field(default_factory=dict)
    """Distinct elements that one execution of a loop touches at most, by loads and stores together,
    for each (loop label, stage, buffer); the label ``""`` is the whole function.  An element of a
    buffer that is allocated several times is one element."""


class Tally:
    """Wraps the actions of a program so that they count.

    Parameters
    ----------
    counters
        What is added to by `collect`.
    """

    def __init__(self, counters: Counters) -> None:
        self._counters = counters
        self._cells: list[tuple[dict[tuple[str, str], int], tuple[str, str], list[int]]] = []
        self._operands: dict[Operand, int] = {}
        self._marks: list[int] = []
        """For each operand, the elements touched since its innermost counted loop began."""
        self._most: dict[tuple[str, str, str], int] = {}
        self._touched: set[Operand] = set()
        """Operands of the loop whose body is being built."""

    def load(self, at: Position, stage: str, buffer: Buffer, lanes: int, stride: int) -> Position:
        """``at``, counting a load at the position that it returns."""
        size = lanes * ITEMSIZE[buffer.dtype]
        cells = [(self._cell(self._counters.loaded_bytes, (stage, buffer.name)), size)]
        return self._counting(at, cells, self._mark(stage, buffer), _mask(lanes, stride))

    def store(
        self, at: Position, stage: str, action: str, buffer: Buffer, lanes: int, stride: int
    ) -> Position:
        """``at``, counting a store at the position that it returns."""
        size = lanes * ITEMSIZE[buffer.dtype]
        cells = [
            (self._cell(self._counters.executions, (stage, action)), lanes),
            (self._cell(self._counters.stored_bytes, (stage, buffer.name)), size),
        ]
        return self._counting(at, cells, self._mark(stage, buffer), _mask(lanes, stride))

    def loop(self, label: str, build: Callable[[], Action]) -> Action:
        """What ``build`` makes, counting the distinct elements of each execution."""
        if not self._counters.track_distinct:
            return build()
        around, self._touched = self._touched, set()
        action = build()
        touched = sorted(self._touched)
        self._touched |= around
        places = [self._operands[operand] for operand in touched]
        keys = [(label, *operand) for operand in touched]
        marks, most = self._marks, self._most

        def run() -> None:
            before = [marks[p] for p in places]
            for p in places:
                marks[p] = 0
            action()
            for key, p, old in zip(keys, places, before, strict=True):
                most[key] = max(most.get(key, 0), marks[p].bit_count())
                marks[p] |= old

        return run

    def collect(self) -> None:
        """Add what was counted to the counters."""
        for counts, key, cell in self._cells:
            counts[key] = counts.get(key, 0) + cell[0]
        for loop, most in self._most.items():
            self._counters.distinct[loop] = max(self._counters.distinct.get(loop, 0), most)

    def _cell(self, counts: dict[tuple[str, str], int], key: tuple[str, str]) -> list[int]:
        cell = [0]
        self._cells.append((counts, key, cell))
        return cell

    def _mark(self, stage: str, buffer: Buffer) -> int | None:
        if not self._counters.track_distinct:
            return None
        operand = (stage, buffer.name)
        self._touched.add(operand)
        if operand not in self._operands:
            self._operands[operand] = len(self._marks)
            self._marks.append(0)
        return self._operands[operand]

    def _counting(
        self, at: Position, cells: Iterable[tuple[list[int], int]], mark: int | None, mask: int
    ) -> Position:
        (cell, amount), *more = cells
        marks = self._marks

        def position() -> int:
            place = at()
            cell[0] += amount
            for other, n in more:
                other[0] += n
            if mark is not None:
                marks[mark] |= mask << place
            return place

        return position


def _mask(lanes: int, stride: int) -> int:
    """The bits of the elements at ``0, stride, ...``; a negative stride counts from the last."""
    return sum({1 << lane * abs(stride) for lane in range(lanes)})
