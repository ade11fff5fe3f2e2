"""A recorded space as what a strategy searches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tvmtune.errors import SpaceError, TvmtuneError
from tvmtune.records.recorded_space import RecordedSpace
from tvmtune.search_spaces.domain import TaskDomain
from tvmtune.search_spaces.protocols import Points
from tvmtune.tuner.local import compiled_domain


class RecordedDomain:
    """`tvmtune.search_spaces.space.Domain` of the configs that a recorded space has.

    Features are computed once, for all of them.

    Parameters
    ----------
    space
        What was measured.
    whole
        The domain of the task, knobs restricted to the values of the space.

    Raises
    ------
    SpaceError
        If the domain lacks a config of the space.
    """

    def __init__(self, space: RecordedSpace, whole: TaskDomain) -> None:
        self.space = space
        self._whole = whole
        self.points = np.stack([whole.point(space.config(row)) for row in range(len(space))])
        self._rows = {key: row for row, key in enumerate(whole.keys(self.points))}
        if not whole.valid(self.points).all():
            raise SpaceError("its configs are no longer valid: the templates have changed")
        self._features = whole.features(self.points)
        self._order = np.lexsort(self.points.T[::-1])
        self._members = [
            np.flatnonzero(self.points[:, 0] == number) for number in range(whole.templates)
        ]

    @staticmethod
    def of(space: RecordedSpace, path: Path | None = None) -> RecordedDomain:
        """The domain of a space, by this package's templates.

        Raises
        ------
        SpaceError
            If the templates are no longer those that were measured.
        """
        restrict: dict[str, tuple[object, ...]] = {}
        for template in space.templates:
            for name, values in template.knobs.items():
                restrict[name] = tuple(dict.fromkeys((*restrict.get(name, ()), *values)))
        only = space.templates[0].name if len(space.templates) == 1 else None
        try:
            whole, keys = compiled_domain(space.workload, space.target, only, restrict)
            versions = {key.name: key.version for key in keys}
            for template in space.templates:
                if versions.get(template.name) != template.version:
                    found = versions.get(template.name, "none")
                    raise SpaceError(
                        f"{template.name} was measured in version {template.version}, here is "
                        f"{found}"
                    )
            return RecordedDomain(space, whole)
        except TvmtuneError as error:
            where = "" if path is None else f"{path}: "
            raise SpaceError(
                f"{where}this tvmtune cannot replay it: {error}; record it anew with tvmtune record"
            ) from error

    @property
    def width(self) -> int:
        """Columns of a point."""
        return self._whole.width

    @property
    def size(self) -> int:
        """Number of configs that were measured."""
        return len(self.points)

    @property
    def templates(self) -> int:
        """Number of templates."""
        return self._whole.templates

    def row(self, point: Points) -> int:
        """The row of a config in the space."""
        return self._rows[self.keys(point[np.newaxis])[0]]

    def sample(
        self, rng: np.random.Generator, n: int, templates: Sequence[int] | None = None
    ) -> Points:
        """Draw configs, repetitions possible; templates evenly."""
        asked = range(self.templates) if templates is None else templates
        members = [self._members[number] for number in asked if len(self._members[number])]
        if not members:
            return np.empty((0, self.width), np.int64)
        chosen = rng.integers(0, len(members), n)
        places = rng.random(n)
        counts = np.array([len(own) for own in members])
        rows = [members[c][int(p * counts[c])] for c, p in zip(chosen, places, strict=True)]
        return self.points[rows]

    def moved(self, points: Points, rng: np.random.Generator) -> Points:
        """Neighbours, measured or not: in each one random knob has another random value."""
        return self._whole.moved(points, rng)

    def valid(self, points: Points) -> NDArray[np.bool_]:
        """Which were measured."""
        return np.fromiter((key in self._rows for key in self.keys(points)), np.bool_, len(points))

    def features(self, points: Points) -> NDArray[np.float32]:
        """Features for a cost model, shape ``(n, d)``; all points must have been measured."""
        return self._features[[self._rows[key] for key in self.keys(points)]]

    def defaults(self) -> Points:
        """The default config of each template, where it was measured."""
        defaults = self._whole.defaults()
        return defaults[self.valid(defaults)]

    def scan(self, start: int) -> Iterator[Points]:
        """The configs from the one of number `start` on, one at a time, in a fixed order."""
        yield from self.points[self._order[start:]]

    def keys(self, points: Points) -> list[bytes]:
        """The identity of each point."""
        return self._whole.keys(points)
