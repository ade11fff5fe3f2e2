"""What commands print: figures, tables, JSON; plain text where nobody watches."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

_NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; numbers stand on the right."""

    name: str
    right: bool = True


def say(text: str = "") -> None:
    """Write lines to standard output.

    One by one, because of a long write that fails after a part of it, unbuffered output tells
    nobody.
    """
    for line in text.split("\n"):
        sys.stdout.write(line + "\n")


def say_json(value: Any) -> None:
    """Write a JSON value to standard output; numbers that JSON does not have become null."""
    say(json.dumps(_finite(value), indent=2, allow_nan=False))


def say_table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """Write a table: drawn on a terminal that is wide enough, else aligned text, never cut."""
    console = Console(highlight=False)
    table = rich_table(columns, rows)
    if sys.stdout.isatty() and fits(table, console):
        console.print(table)
    else:
        say(plain_table(columns, rows))


def fits(table: Table, console: Console) -> bool:
    """Whether a terminal is wide enough for a table."""
    return table.__rich_measure__(console, console.options).maximum <= console.width


def rich_table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> Table:
    """A table for a terminal."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column.name, justify="right" if column.right else "left", no_wrap=True)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def plain_table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> str:
    """A table as lines of aligned text."""
    lines = [[column.name for column in columns], *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column.right else cell.ljust(width)
            for cell, width, column in zip(line, widths, columns, strict=True)
        ).rstrip()
        for line in lines
    )


def time_text(seconds: float | None) -> str:
    """A time per call, with three digits and a unit that suits it."""
    if seconds is None:
        return _NOTHING
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale:
            return f"{_digits(seconds / scale)} {unit}"
    return f"{_digits(seconds * 1e9)} ns"


def best_text(seconds: float | None, *, confirmed: bool) -> str:
    """A best time; marked where only the search has measured it."""
    return time_text(seconds) + ("" if confirmed or seconds is None else " (search)")


def rate_text(flops_per_s: float | None) -> str:
    """Operations per second in GFLOP/s, without the unit."""
    return _NOTHING if flops_per_s is None else _digits(flops_per_s / 1e9)


def share_text(share: float | None) -> str:
    """A share in percent."""
    return _NOTHING if share is None else f"{100 * share:.0f} %"


def gain_text(gain: float | None) -> str:
    """How many times as fast."""
    return _NOTHING if gain is None else f"{gain:.2f}x"


def size_text(count: int) -> str:
    """A number of bytes."""
    for unit, scale in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= scale:
            return f"{_digits(count / scale)} {unit}"
    return f"{count} B"


def count_text(count: int) -> str:
    """A number of configs: exact while it is short."""
    return f"{count:,}" if count < 10**9 else f"{count:.2e}"


def counts_text(counts: dict[str, int]) -> str:
    """Counts by name, the largest first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {name}" for name, count in ordered if count) or _NOTHING


def counted(count: int, noun: str) -> str:
    """A number of things, as in ``1 trial`` and ``4,800 trials``."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def clock_text(seconds: float) -> str:
    """A duration as ``1:02:03``."""
    whole = int(seconds + 0.5)
    hours, minutes = divmod(whole // 60, 60)
    head = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{head}:{whole % 60:02d}"


def ratio(part: float | None, whole: float | None) -> float | None:
    """A quotient where both are known."""
    return part / whole if part is not None and whole else None


def one_line(text: str, limit: int = 160) -> str:
    """The beginning of a text, in one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 3] + "..."


def _finite(value: Any) -> Any:
    """A JSON value without infinite numbers, as a log that was not written by us may lead to."""
    match value:
        case dict():
            return {name: _finite(one) for name, one in value.items()}
        case list() | tuple():
            return [_finite(one) for one in value]
        case float() if not isfinite(value):
            return None
    return value


def _digits(value: float) -> str:
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
