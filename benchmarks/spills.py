"""Vector registers spilled in innermost loops, read from assembly in the AT&T syntax of x86.

The criterion: an instruction that names a vector register and a place in the stack frame.  In
generated code nothing else is of that form: its buffers are in registers or in the workspace, which
is handed over as a pointer; what it places on the stack itself are pointers; and no function of the
calling convention keeps vector registers for its caller, or is given vectors on the stack.  So it
is the register allocator that stores a register there, or loads it again, be it as an operand of
arithmetic.

A place in the frame is one relative to ``%rsp``, and to ``%rbp`` in a function that makes that its
frame pointer; elsewhere it is a register like any other, and mostly points to data.

A loop is the text from a label to the last jump back to it; it is innermost if no other loop lies
within.  Code that LLVM moves out of that text runs rarely, by its own estimate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

_FUNCTION = re.compile(r"([A-Za-z_][\w.$]*):")
_LABEL = re.compile(r"(\.L[\w.$]+):")
_JUMP = re.compile(r"j\w+\s+(\.L[\w.$]+)$")
_VECTOR = re.compile(r"%[xyz]mm\d+")
_FRAME_POINTER = re.compile(r"movq\s+%rsp, %rbp$")
_STACK = re.compile(r"\(%rsp[,)]")
_STACK_OR_FRAME = re.compile(r"\(%r[sb]p[,)]")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopSpills:
    """An innermost loop: its function and label, and how many of its instructions are what.

    ``vectors`` name a vector register; of these, ``multiply_adds`` are fused ones, ``stores`` write
    one to the frame and ``reloads`` read from there.
    """

    function: str
    label: str
    instructions: int
    vectors: int
    stores: int
    reloads: int
    multiply_adds: int = 0

    @property
    def spills(self) -> bool:
        """Whether any vector register goes through the frame."""
        return self.stores + self.reloads > 0

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> LoopSpills:
        """The loop that :meth:`to_json` wrote."""
        return LoopSpills(**value)


def innermost_loops(assembly: str) -> list[LoopSpills]:
    """The innermost loops of all functions, in order."""
    return [loop for name, lines in _functions(assembly) for loop in _loops(name, lines)]


def _functions(assembly: str) -> Iterator[tuple[str, list[str]]]:
    """Names and lines of functions, comments left out."""
    name, lines = "", list[str]()
    for raw in assembly.splitlines():
        line = raw.partition("#")[0].strip()
        if found := _FUNCTION.fullmatch(line):
            yield name, lines
            name, lines = found.group(1), []
        elif line:
            lines.append(line)
    yield name, lines


def _loops(function: str, lines: Sequence[str]) -> Iterator[LoopSpills]:
    frame = _STACK_OR_FRAME if any(map(_FRAME_POINTER.match, lines)) else _STACK
    for begin, end in _innermost(lines):
        body = [line for line in lines[begin : end + 1] if not line.startswith(".")]
        vectors = [line for line in body if _VECTOR.search(line)]
        on_stack = [line for line in vectors if frame.search(line)]
        stores = sum(line.endswith(")") for line in on_stack)
        yield LoopSpills(
            function=function,
            label=lines[begin].rstrip(":"),
            instructions=len(body),
            vectors=len(vectors),
            stores=stores,
            reloads=len(on_stack) - stores,
            multiply_adds=sum(line.startswith("vfm") for line in vectors),
        )


def _innermost(lines: Sequence[str]) -> list[tuple[int, int]]:
    """First and last line of each loop that has none within, in order."""
    places = {m.group(1): i for i, line in enumerate(lines) if (m := _LABEL.fullmatch(line))}
    ends: dict[int, int] = {}
    for i, line in enumerate(lines):
        jump = _JUMP.match(line)
        begin = places.get(jump.group(1), i) if jump else i
        if begin < i:
            ends[begin] = i
    loops = sorted(ends.items())
    return [loop for loop in loops if not any(_is_within(other, loop) for other in loops)]


def _is_within(inner: tuple[int, int], outer: tuple[int, int]) -> bool:
    return inner != outer and outer[0] <= inner[0] and inner[1] <= outer[1]


def spilling(loops: Iterable[LoopSpills], besides: str | None = None) -> list[LoopSpills]:
    """Those that spill, but of one function."""
    return [loop for loop in loops if loop.spills and loop.function != besides]
