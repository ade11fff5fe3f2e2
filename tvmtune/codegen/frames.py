"""Text of one LLVM function under construction: loops as frames, names, blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from tvmtune.ir.expr import Buffer

Text: TypeAlias = "str | list[Text]"
RegisterKey = tuple[Buffer, int, int, int]
"""Buffer, offset, lanes, stride."""


@dataclass(slots=True, eq=False)
class Frame:
    """A loop being emitted: ``phis``, then ``head`` (address arithmetic), then ``body``.

    ``addresses`` and ``loads`` remember what has been emitted, ``registers`` the current value of
    register elements, ``carried`` those that flow round the loop: phi, type, value before the loop.
    ``many`` says that there are many accesses in the loop's own body.
    """

    many: bool = False
    phis: list[str] = field(default_factory=list)
    head: list[Text] = field(default_factory=list)
    body: list[Text] = field(default_factory=list)
    memo: dict[object, str] = field(default_factory=dict)
    loads: dict[object, str] = field(default_factory=dict)
    registers: dict[RegisterKey, str] = field(default_factory=dict)
    carried: dict[RegisterKey, tuple[str, str, str]] = field(default_factory=dict)


class FunctionText:
    """Frames, fresh names and the current block of a function."""

    def __init__(self) -> None:
        self.frames: list[Frame] = [Frame()]
        self.block = "entry"
        self._count = 0

    @property
    def top(self) -> Frame:
        """The innermost loop."""
        return self.frames[-1]

    @property
    def depth(self) -> int:
        """Number of loops around."""
        return len(self.frames) - 1

    def name(self, prefix: str = "v") -> str:
        """A fresh local name."""
        self._count += 1
        return f"%{prefix}{self._count}"

    def label(self, prefix: str) -> str:
        """A fresh block name, without the percent sign."""
        return self.name(prefix)[1:]

    def emit(self, text: str) -> None:
        """One instruction at the current place."""
        self.top.body.append("  " + text)

    def emit_head(self, text: str, depth: int) -> None:
        """One instruction at the head of a loop that is still open."""
        self.frames[depth].head.append("  " + text)

    def value(self, text: str, prefix: str = "v") -> str:
        """One instruction with a result; returns its name."""
        result = self.name(prefix)
        self.emit(f"{result} = {text}")
        return result

    def start_block(self, label: str) -> None:
        """Begin a block."""
        self.top.body.append(f"{label}:")
        self.block = label

    def lines(self) -> Iterator[str]:
        """Lines of the finished function."""
        yield "entry:"
        yield from _flat(self.frames[0].head)
        yield from _flat(self.frames[0].body)


def _flat(text: list[Text]) -> Iterator[str]:
    for part in text:
        if isinstance(part, str):
            yield part
        else:
            yield from _flat(part)
