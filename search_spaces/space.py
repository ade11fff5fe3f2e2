"""Config spaces: the product of a template's knobs, less what its constraints forbid.

A config is also a *point*, an int64 array with one digit for each knob (the place of the value
among the knob's values), and an *index*, the point read as a mixed-radix number with the first knob
lowest.  Spaces may be far larger than ``10**12``: nothing here lists one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tvmtune.errors import SpaceError
from tvmtune.search_spaces.config import Config
from tvmtune.search_spaces.constraints import Constraint, ConstraintTapes
from tvmtune.search_spaces.digits import Structure, consecutive, index_of, structures
from tvmtune.search_spaces.knobs import Knob, KnobValue
from tvmtune.search_spaces.protocols import Axis, Domain, Evaluator, Points, Predicate
from tvmtune.search_spaces.restriction import nearest_valid
from tvmtune.symbolic import Tape

__all__ = [
    "Axis",
    "Config",
    "Constraint",
    "Domain",
    "Evaluator",
    "Knob",
    "Points",
    "Space",
    "Structure",
]

_FIRST_DRAW = 256
_LARGEST_DRAW = 2**16
_DRAWS = 2**20


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """All configs of a template for one workload and target.

    Parameters
    ----------
    template
        The template's name.
    knobs
        In the order of the digits; names are different.
    constraints
        What a config must satisfy.
    default
        Values of the config that is used where nothing was measured; knobs that it does not name
        have their first value.  Must satisfy the constraints.

    Raises
    ------
    SpaceError
        If two knobs have one name, the default is not in the space or violates a constraint, or a
        constraint cannot be evaluated with symbols.
    """

    template: str
    knobs: tuple[Knob, ...]
    constraints: tuple[Constraint, ...] = ()
    default: Mapping[str, KnobValue] = field(default_factory=dict)
    _tapes: ConstraintTapes = field(init=False, repr=False)
    _columns: tuple[tuple[int, str, NDArray[np.int64]], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "knobs", tuple(self.knobs))
        object.__setattr__(self, "constraints", tuple(self.constraints))
        object.__setattr__(self, "_tapes", ConstraintTapes(self.constraints))
        object.__setattr__(self, "_columns", tuple(_value_tables(self.knobs)))
        names = [knob.name for knob in self.knobs]
        if len(set(names)) != len(names):
            raise SpaceError(f"the space of {self.template} has two knobs of one name: {names}")
        unknown = sorted(set(self.default) - set(names))
        if unknown:
            raise SpaceError(
                f"the default of {self.template} names unknown knobs {unknown}: it has {names}"
            )
        point = self.point(self.default_config)
        violated = self.violations(self.config_of(point))
        if violated:
            raise SpaceError(
                f"the default config of {self.template} is not valid: {'; '.join(violated)}"
            )
        self.satisfied(point[np.newaxis])  # a constraint that refuses symbols fails here, not later

    @property
    def width(self) -> int:
        """Number of knobs: digits of a point."""
        return len(self.knobs)

    @property
    def counts(self) -> tuple[int, ...]:
        """Number of values of each knob."""
        return tuple(len(knob.values) for knob in self.knobs)

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The knobs as columns of points."""
        return tuple(Axis(len(knob.values), knob.numeric) for knob in self.knobs)

    @property
    def size(self) -> int:
        """Number of points, valid or not; may exceed any machine integer."""
        return prod(self.counts)

    @property
    def default_config(self) -> Config:
        """The config that is used where nothing was measured."""
        values = {knob.name: self.default.get(knob.name, knob.values[0]) for knob in self.knobs}
        return Config(self.template, values)

    def config(self, index: int) -> Config:
        """The config at an index from 0 to `size` - 1."""
        return self.config_of(self.points_from(index, 1)[0])

    def index(self, config: Config) -> int:
        """The index of a config: the inverse of :meth:`config`."""
        return index_of(self.point(config).tolist(), self.counts)

    def point(self, config: Config) -> Points:
        """The digits of a config, shape ``(width,)``.

        Raises
        ------
        SpaceError
            If the config is another template's, lacks a knob, or has a knob or value that is not
            in the space.
        """
        if config.template != self.template:
            raise SpaceError(
                f"a config of {config.template} is not in the space of {self.template}"
            )
        names = {knob.name for knob in self.knobs}
        if set(config.knobs) != names:
            raise SpaceError(
                f"a config of {self.template} lacks knobs {sorted(names - set(config.knobs))} and "
                f"has unknown knobs {sorted(set(config.knobs) - names)}"
            )
        return np.array([knob.digit(config.knobs[knob.name]) for knob in self.knobs], np.int64)

    def config_of(self, point: Points) -> Config:
        """The config of a point: the inverse of :meth:`point`."""
        self._check_point(point)
        values = {k.name: k.values[d] for k, d in zip(self.knobs, point.tolist(), strict=True)}
        return Config(self.template, values)

    def points_from(self, index: int, n: int) -> Points:
        """The points of up to `n` consecutive indices, fewer at the end of the space.

        Raises
        ------
        SpaceError
            If the index is not in the space.
        """
        if not 0 <= index < self.size:
            raise SpaceError(f"no index {index} in the space of {self.template}: size {self.size}")
        return consecutive(index, min(n, self.size - index), self.counts)

    def restrict(self, allowed: Mapping[str, Sequence[Any]]) -> Space:
        """The space of the configs in which some knobs have only these values.

        Parameters
        ----------
        allowed
            Values by knob; also as text (``"4x16"``), as on a command line.

        Returns
        -------
        Space
            With the same default if it is still there, else with a valid config like it: only the
            restricted knobs differ if possible.

        Raises
        ------
        SpaceError
            If a knob or a value does not exist, or no valid config is left.
        """
        known = {knob.name for knob in self.knobs}
        for name in allowed:
            if name not in known:
                raise SpaceError(f"{self.template} has no knob {name!r}: it has {sorted(known)}")
        knobs = tuple(k.restricted(allowed[k.name]) if k.name in allowed else k for k in self.knobs)
        return Space(self.template, knobs, self.constraints, self._default_among(knobs))

    def violations(self, config: Config) -> list[str]:
        """Messages of the constraints that a config in integers violates."""
        return [c.message for c in self.constraints if not c.holds(config)]

    def satisfied(self, points: Points) -> NDArray[np.bool_]:
        """Which points satisfy all constraints, shape ``(n,)``; same as no :meth:`violations`."""
        valid = np.ones(len(points), np.bool_)
        if not self.constraints:
            return valid
        rows_of: dict[Tape, list[NDArray[np.intp]]] = {}
        for structure in self.structures(points):
            symbolic = partial(self.symbolic, points[structure.rows[0]])
            tape = self._tapes.tape(structure.key, symbolic)
            rows_of.setdefault(tape, []).append(structure.rows)
        for tape, parts in rows_of.items():
            rows = np.concatenate(parts)
            valid[rows] = tape(self.columns(points[rows]), rows=len(rows)).all(axis=1)
        return valid

    def structures(self, points: Points) -> list[Structure]:
        """Group points by their structural knobs, in a fixed order."""
        places = [i for i, knob in enumerate(self.knobs) if not knob.numeric]
        return structures(points, places, self.counts)

    def symbolic(self, point: Points) -> Config:
        """The symbolic config of a point's structure.

        Structural knobs have the point's values; numeric ones are symbols named by the knob, or
        ``"knob.0"``, ``"knob.1"``, ... for tuples.
        """
        self._check_point(point)
        values = {
            k.name: k.symbolic if k.numeric else k.values[d]
            for k, d in zip(self.knobs, point.tolist(), strict=True)
        }
        return Config(self.template, values)

    def columns(self, points: Points) -> dict[str, NDArray[np.int64]]:
        """The values of all symbols at some points: int64 of shape ``(n,)``, by name."""
        return {name: table[points[:, place]] for place, name, table in self._columns}

    def sample(self, rng: np.random.Generator, n: int, also: Predicate | None = None) -> Points:
        """Draw valid points, independently and each with the same probability.

        Parameters
        ----------
        rng
            Source of randomness.
        n
            Number of points.
        also
            A further condition: bools of shape ``(m,)`` for points of shape ``(m, width)``.

        Returns
        -------
        NDArray[np.int64]
            Shape ``(n, width)``, repetitions possible; fewer rows where less than about one point
            in ten thousand is valid.
        """
        counts = np.array(self.counts, np.int64)
        found = [np.empty((0, self.width), np.int64)]
        missing, drawn, size = n, 0, max(_FIRST_DRAW, 2 * n)
        while missing > 0 and drawn < max(_DRAWS, 16 * n):
            size = min(size, _LARGEST_DRAW)
            points = rng.integers(0, counts, (size, self.width))
            points = points[self.satisfied(points)]
            if also is not None:
                points = points[also(points)]
            found.append(points[:missing])
            missing -= len(found[-1])
            drawn, size = drawn + size, 2 * size
        return np.concatenate(found)

    def moved(self, points: Points, rng: np.random.Generator) -> Points:
        """Neighbours, valid or not: in each point one random knob has another random value.

        Knobs with a single value never move; where there are no others, points stay.
        """
        counts = np.array(self.counts, np.int64)
        movable = np.flatnonzero(counts > 1)
        moved = points.copy()
        if len(movable):
            rows = np.arange(len(points))
            places = movable[rng.integers(0, len(movable), len(points))]
            steps = rng.integers(1, counts[places])
            moved[rows, places] = (points[rows, places] + steps) % counts[places]
        return moved

    def neighbours(self, point: Points) -> Points:
        """All points that differ in one knob, valid or not, shape ``(m, width)``."""
        self._check_point(point)
        rows = []
        for place, count in enumerate(self.counts):
            for digit in range(count):
                if digit != point[place]:
                    row = point.copy()
                    row[place] = digit
                    rows.append(row)
        return np.array(rows, np.int64).reshape(-1, self.width)

    def _check_point(self, point: Points) -> None:
        counts = np.array(self.counts, np.int64)
        if point.shape != counts.shape or not ((point >= 0) & (point < counts)).all():
            raise SpaceError(
                f"no point {point.tolist()} in the space of {self.template}: digits are below "
                f"{list(self.counts)}"
            )

    def _default_among(self, knobs: tuple[Knob, ...]) -> Mapping[str, KnobValue]:
        """Values of a valid config of restricted knobs, near to the default."""
        allowed = [
            [whole.digit(value) for value in part.values]
            for whole, part in zip(self.knobs, knobs, strict=True)
        ]
        point = nearest_valid(self.point(self.default_config), allowed, self.satisfied)
        if point is None:
            restricted = [
                f"{part.name} in {list(part.values)}"
                for whole, part in zip(self.knobs, knobs, strict=True)
                if len(part.values) < len(whole.values)
            ]
            raise SpaceError(
                f"no valid config of {self.template} was found with {', '.join(restricted)}: "
                f"its constraints are: {'; '.join(c.message for c in self.constraints)}"
            )
        return self.config_of(point).knobs


def _value_tables(knobs: Sequence[Knob]) -> Iterator[tuple[int, str, NDArray[np.int64]]]:
    """For each symbol the place of its knob, its name, and its value by the knob's digit."""
    for place, knob in enumerate(knobs):
        if knob.numeric:
            table = np.array(knob.values, np.int64).reshape(len(knob.values), -1)
            for part, name in enumerate(knob.symbols):
                yield place, name, np.ascontiguousarray(table[:, part])
