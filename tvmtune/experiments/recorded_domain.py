"""A recorded space as what a strategy searches."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tvmtune.errors import SpaceError, TvmtuneError
from tvmtune.experiments.values_domain import ValuesDomain
from tvmtune.records.foreign_space import is_foreign
from tvmtune.records.recorded_space import RecordedSpace
from tvmtune.references import canonical_reference
from tvmtune.search_spaces.domain import TaskDomain
from tvmtune.search_spaces.protocols import Axis, Points
from tvmtune.search_spaces.templates import TEMPLATES
from tvmtune.tuner.local import compiled_domain

_LARGEST = 2**62


class RecordedDomain:
    """`tvmtune.search_spaces.space.Domain` of the configs that a recorded space has.

    Features are computed once, for all of them; relations when they are first asked for.

    Parameters
    ----------
    space
        What was measured.
    whole
        The domain of the task, knobs restricted to the values of the space; or the product of
        these values, where the template is not known.

    Raises
    ------
    SpaceError
        If the domain lacks a config of the space.
    """

    def __init__(self, space: RecordedSpace, whole: TaskDomain | ValuesDomain) -> None:
        self.space = space
        self._whole = whole
        self.points = np.zeros((len(space), whole.width), np.int64)
        self.points[:, 1:] = space.points
        if not whole.valid(self.points).all():
            raise SpaceError("its configs are no longer valid: the template has changed")
        self._features = whole.features(self.points)
        counts = [len(values) for values in space.template.knobs.values()]
        if math.prod(counts) >= _LARGEST:
            raise SpaceError(f"a product of {math.prod(counts):,} configs is too large")
        self._strides = np.array([0, *np.cumprod([1, *counts[:-1]])], np.int64)
        indices = self.points @ self._strides
        self._order = np.argsort(indices)
        self._indices = indices[self._order]

    @staticmethod
    def of(
        space: RecordedSpace, path: Path | None = None, template: str | None = None
    ) -> RecordedDomain:
        """The domain of a space: of its template, or by its values where others measured it.

        Parameters
        ----------
        space
            What was measured.
        path
            Its file, to be named in errors.
        template
            A reference to its template where that is not of this package.  A reference that only
            the file has is not followed, as its code would be run.

        Raises
        ------
        SpaceError
            If the template is no longer the one that was measured, or not of this package.
        """
        where = "" if path is None else f"{path}: "
        own = space.template
        if is_foreign(own.name):
            try:
                return RecordedDomain(space, ValuesDomain(own.knobs))
            except SpaceError as error:
                raise SpaceError(f"{where}{error}") from error
        if own.name not in TEMPLATES and own.name != (template and canonical_reference(template)):
            raise SpaceError(
                f"{where}its template {own.name} is not of tvmtune; if you trust its code, and it "
                f"is there, add --template {own.name}"
            )
        try:
            whole, (key,) = compiled_domain(space.workload, space.target, own.name, own.knobs)
            if key.version != own.version:
                raise SpaceError(
                    f"{own.name} was measured in version {own.version}, here is {key.version}"
                )
            if {k.name: k.values for k in whole.spaces[0].knobs} != dict(own.knobs):
                raise SpaceError("its knobs have other values now: the template has changed")
            return RecordedDomain(space, whole)
        except TvmtuneError as error:
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
        """Number of templates: one."""
        return 1

    def axes(self, template: int) -> tuple[Axis, ...]:
        """The knobs as columns; see `Domain.axes`."""
        return self._whole.axes(template)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns of :meth:`features`."""
        return self._whole.feature_names

    def rows(self, points: Points) -> NDArray[np.intp]:
        """The row of each point in the space, shape ``(n,)``; -1 for those not measured."""
        indices = points @ self._strides
        places = np.minimum(np.searchsorted(self._indices, indices), len(self._indices) - 1)
        return np.where(self._indices[places] == indices, self._order[places], -1)

    def sample(
        self, rng: np.random.Generator, n: int, templates: Sequence[int] | None = None
    ) -> Points:
        """Draw configs, repetitions possible."""
        if templates is not None and 0 not in templates:
            return np.empty((0, self.width), np.int64)
        return self.points[rng.integers(0, len(self.points), n)]

    def moved(self, points: Points, rng: np.random.Generator) -> Points:
        """Neighbours, measured or not: in each one random knob has another random value."""
        return self._whole.moved(points, rng)

    def valid(self, points: Points) -> NDArray[np.bool_]:
        """Which were measured."""
        return self.rows(points) >= 0

    def features(self, points: Points) -> NDArray[np.float32]:
        """Features for a cost model, shape ``(n, d)``; all points must have been measured."""
        return self._features[self.rows(points)]

    @property
    def relation_names(self) -> tuple[str, ...]:
        """Names of the columns of :meth:`relations`; none where the template is not known."""
        return self._whole.relation_names

    def relations(self, points: Points) -> NDArray[np.float32]:
        """Features that mean the same in every task, shape ``(n, r)``; of measured points."""
        return self._relations[self.rows(points)]

    @cached_property
    def _relations(self) -> NDArray[np.float32]:
        return self._whole.relations(self.points)

    def defaults(self) -> Points:
        """The default config, where it was measured."""
        defaults = self._whole.defaults()
        return defaults[self.valid(defaults)]

    def scan(self, start: int) -> Iterator[Points]:
        """The configs from the one of number `start` on, one at a time, in a fixed order."""
        yield from self.points[self._order[start:]]

    def keys(self, points: Points) -> list[bytes]:
        """The identity of each point."""
        return self._whole.keys(points)
