"""A product of named values as what a strategy searches, where no template is known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tvmtune.errors import SpaceError
from tvmtune.search_spaces.protocols import Axis, Points

_MOST_ONE_HOT = 16


class ValuesDomain:
    """The product of some knobs' values: features are the values themselves.

    A number of at least 0 is its logarithm, log2(1 + x), as sizes matter by their ratios; a tuple
    of such, one for each; everything else is one column for each value, or, of more than 16
    values, its place.

    Parameters
    ----------
    knobs
        Values by knob: numbers, texts, bools, or tuples of them.

    Raises
    ------
    SpaceError
        If a knob has a value of another kind.
    """

    def __init__(self, knobs: Mapping[str, Sequence[Any]]) -> None:
        self._axes = tuple(_axis(values) for values in knobs.values())
        self._counts = np.array([len(values) for values in knobs.values()], np.int64)
        self._tables: list[NDArray[np.float32]] = []
        names: list[str] = []
        for name, values in knobs.items():
            columns, table = _table(name, values)
            names += columns
            self._tables.append(table)
        self._feature_names = tuple(names)

    @property
    def width(self) -> int:
        """Columns of a point: 0, and a digit for each knob."""
        return 1 + len(self._counts)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns of :meth:`features`."""
        return self._feature_names

    @property
    def relation_names(self) -> tuple[str, ...]:
        """None: there are no loops to relate."""
        return ()

    def relations(self, points: Points) -> NDArray[np.float32]:
        """Shape ``(n, 0)``."""
        return np.zeros((len(points), 0), np.float32)

    def axes(self, template: int) -> tuple[Axis, ...]:
        """The knobs as columns; see `Domain.axes`."""
        return self._axes

    def valid(self, points: Points) -> NDArray[np.bool_]:
        """Which points are in the product."""
        inside = (points[:, 1:] >= 0) & (points[:, 1:] < self._counts)
        found: NDArray[np.bool_] = inside.all(axis=1) & (points[:, 0] == 0)
        return found

    def features(self, points: Points) -> NDArray[np.float32]:
        """Features for a cost model, shape ``(n, len(feature_names))``."""
        digits = points[:, 1:].T
        parts = [table[column] for table, column in zip(self._tables, digits, strict=True)]
        return np.concatenate(parts, axis=1)

    def moved(self, points: Points, rng: np.random.Generator) -> Points:
        """Neighbours: in each point one random knob has another random value."""
        moved = points.copy()
        movable = np.flatnonzero(self._counts > 1)
        if len(movable):
            knobs = movable[rng.integers(len(movable), size=len(points))]
            rows, counts = np.arange(len(points)), self._counts[knobs]
            steps = rng.integers(1, counts)
            moved[rows, 1 + knobs] = (moved[rows, 1 + knobs] + steps) % counts
        return moved

    def defaults(self) -> Points:
        """None: nobody said which."""
        return np.zeros((0, self.width), np.int64)

    def keys(self, points: Points) -> list[bytes]:
        """The identity of each point: its bytes."""
        return [row.tobytes() for row in np.ascontiguousarray(points, "<i8")]


def _table(name: str, values: Sequence[Any]) -> tuple[list[str], NDArray[np.float32]]:
    """Names and values of a knob's feature columns, one row for each value."""
    parts = [value if isinstance(value, tuple) else (value,) for value in values]
    if not all(type(part) in (int, float, str, bool) for own in parts for part in own):
        raise SpaceError(f"knob {name}: its values must be numbers, texts, bools or tuples of them")
    lengths = {len(own) for own in parts}
    if len(lengths) == 1 and all(_is_size(part) for own in parts for part in own):
        width = lengths.pop()
        columns = [name] if width == 1 else [f"{name}.{place}" for place in range(width)]
        return columns, np.array([[math.log2(1 + p) for p in own] for own in parts], np.float32)
    if len(values) <= _MOST_ONE_HOT:
        return [f"{name}={value}" for value in values], np.eye(len(values), dtype=np.float32)
    return [name], np.arange(len(values), dtype=np.float32)[:, np.newaxis]


def _axis(values: Sequence[Any]) -> Axis:
    return Axis(len(values), all(_is_size(value) for value in values))


def _is_size(value: Any) -> bool:
    return type(value) in (int, float) and value >= 0
