"""Recorded spaces that several searches of one process share."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tvmtune.experiments import RecordedDomain
from tvmtune.records.foreign_space import Scalar, configurations
from tvmtune.records.recorded_space import read_space


@cache
def recorded_domain(path: Path) -> RecordedDomain:
    """What strategies search of a recorded space; its features are computed once."""
    return RecordedDomain.of(read_space(path), path)


@cache
def values_by_row(path: Path) -> tuple[tuple[Scalar, ...], ...]:
    """The configs of a recorded space as Kernel Tuner has them, in the order of its rows."""
    entries = configurations(recorded_domain(path).space)
    return tuple(tuple(entry.values()) for entry in entries)
