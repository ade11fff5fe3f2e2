"""Markdown: tables, and figures as they stand in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

NOTHING = "-"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], sides: str) -> Iterable[str]:
    """Lines of a table; ``sides`` says of each column whether it is set left or right."""
    yield f"| {' | '.join(head)} |"
    yield f"| {' | '.join('---' if side == 'l' else '---:' for side in sides)} |"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def facts_table(facts: Mapping[str, str]) -> Iterable[str]:
    """A table of two columns without heads."""
    return table(["", ""], [[name, value] for name, value in facts.items()], "ll")


def each(texts: Iterable[str]) -> str:
    """Different texts, in order."""
    return "; ".join(dict.fromkeys(texts)) or NOTHING


def origin(invocations: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Machines, kernels, commits and versions of the invocations of a benchmark."""
    known = list(invocations)
    return {
        "machine": each(f"{i['machine']['cpu']}, {i['machine']['cores']} cores" for i in known),
        "kernel": each(str(i["machine"]["kernel"]) for i in known),
        "commit": each(str(i["commit"]) for i in known),
        "versions": each(
            ", ".join(f"{name} {version}" for name, version in i["toolchain"].items())
            for i in known
        ),
    }


def times(ratio: float | None) -> str:
    """A ratio."""
    return NOTHING if ratio is None else f"{ratio:.2f}"


def milliseconds(seconds: float | None) -> str:
    """Seconds as milliseconds."""
    return NOTHING if seconds is None else f"{seconds * 1e3:.3g}"


def in_seconds(seconds: float | None) -> str:
    """Seconds, with their unit."""
    return NOTHING if seconds is None else f"{seconds:.1f} s"
