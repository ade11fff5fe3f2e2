"""The spaces of a task as one domain: several templates behind points of one width."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tvmtune.analysis.features import FEATURE_NAMES
from tvmtune.analysis.relations import RELATION_NAMES, relations_of
from tvmtune.errors import SpaceError
from tvmtune.search_spaces.config import Config
from tvmtune.search_spaces.protocols import Axis, Evaluator, Points
from tvmtune.search_spaces.space import Space

_logger = logging.getLogger(__name__)

_FIRST_BLOCK = 64
_LARGEST_BLOCK = 2**13


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One template of a domain."""

    number: int
    space: Space
    evaluator: Evaluator
    feature_runs: tuple[tuple[slice, slice], ...]

    def valid(self, points: Points) -> NDArray[np.bool_]:
        valid = self.space.satisfied(points)
        rows = np.flatnonzero(valid)
        if len(rows):
            valid[rows] = self.evaluator.satisfied(points[rows])
        return valid

    def sample(self, rng: np.random.Generator, n: int) -> Points:
        return self.space.sample(rng, n, self.evaluator.satisfied)

    def default(self) -> Points | None:
        """The default point, or a valid one instead where the nest refuses it."""
        point = self.space.point(self.space.default_config)
        if self.valid(point[np.newaxis])[0]:
            return point
        others = self.sample(np.random.default_rng(0), 1)
        _logger.info(
            "the default config of %s is not valid for its nest: %s",
            self.space.template,
            "another one is used" if len(others) else "and no valid one was found",
        )
        return others[0] if len(others) else None


class TaskDomain:
    """All configs of a task: `tvmtune.search_spaces.space.Domain` over spaces and their evaluators.

    The index of a point counts through the first template's space, then the second's, and so on.
    Feature columns of one name are shared by the templates and are 0 where a template has none;
    with several templates there is also a column ``template=NAME`` for each.

    Parameters
    ----------
    templates
        The space of each template, with what evaluates its points; template names are different.

    Raises
    ------
    SpaceError
        If there are no templates, two of one name, or no valid config in any.
    """

    def __init__(self, templates: Sequence[tuple[Space, Evaluator]]) -> None:
        names = [space.template for space, _ in templates]
        if not names or len(set(names)) != len(names):
            raise SpaceError(f"a task needs templates of different names, got {names}")
        marks = [f"template={name}" for name in names] if len(names) > 1 else []
        columns: dict[str, int] = {mark: i for i, mark in enumerate(marks)}
        self._parts: list[_Part] = []
        for number, (space, evaluator) in enumerate(templates):
            places = [columns.setdefault(name, len(columns)) for name in evaluator.feature_names]
            self._parts.append(_Part(number, space, evaluator, tuple(_runs(places))))
        self._feature_names = tuple(columns)
        self._width = 1 + max(space.width for space, _ in templates)
        defaults = [(part, part.default()) for part in self._parts]
        self._defaults = self._joined([(p, d[np.newaxis]) for p, d in defaults if d is not None])
        if not len(self._defaults):
            raise SpaceError(f"no valid config was found for any of the templates {names}")

    @property
    def width(self) -> int:
        """Columns of a point: the template's number, and as many digits as the widest space has."""
        return self._width

    @property
    def size(self) -> int:
        """Number of points of all templates, valid or not."""
        return sum(part.space.size for part in self._parts)

    @property
    def templates(self) -> int:
        """Number of templates."""
        return len(self._parts)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns of :meth:`features`."""
        return self._feature_names

    @property
    def spaces(self) -> tuple[Space, ...]:
        """The space of each template, by its number."""
        return tuple(part.space for part in self._parts)

    def axes(self, template: int) -> tuple[Axis, ...]:
        """The knobs of a template as columns; see `Domain.axes`."""
        return self._parts[template].space.axes

    def config_of(self, point: Points) -> Config:
        """The config of a point of shape ``(width,)``."""
        self._check_points(point[np.newaxis])
        space = self._parts[int(point[0])].space
        return space.config_of(point[1 : 1 + space.width])

    def point(self, config: Config) -> Points:
        """The point of a config: the inverse of :meth:`config_of`.

        Raises
        ------
        SpaceError
            If no template of the task has that config.
        """
        for part in self._parts:
            if part.space.template == config.template:
                own = part.space.point(config)
                return self._joined([(part, own[np.newaxis])]).reshape(-1)
        raise SpaceError(
            f"no template {config.template!r} in this task: it has "
            f"{[part.space.template for part in self._parts]}"
        )

    def sample(
        self, rng: np.random.Generator, n: int, templates: Sequence[int] | None = None
    ) -> Points:
        """Draw valid points; see `Domain.sample`.

        What one template cannot give is drawn from the others of those asked for.
        """
        drawn: list[tuple[_Part, Points]] = []
        asked = range(self.templates) if templates is None else templates
        parts, missing = [self._parts[number] for number in asked], n
        while parts and missing > 0:
            shares = np.full(len(parts), missing // len(parts))
            shares[rng.permutation(len(parts))[: missing % len(parts)]] += 1
            found = [p.sample(rng, int(share)) for p, share in zip(parts, shares, strict=True)]
            drawn.extend(zip(parts, found, strict=True))
            missing -= sum(map(len, found))
            parts = [p for p, f, s in zip(parts, found, shares, strict=True) if len(f) == s]
        points = self._joined(drawn)
        rng.shuffle(points)
        return points

    def moved(self, points: Points, rng: np.random.Generator) -> Points:
        """Neighbours, valid or not, in the space of the same template; see `Domain.moved`."""
        moved = points.copy()
        for part, rows in self._by_template(points):
            columns = slice(1, 1 + part.space.width)
            moved[rows, columns] = part.space.moved(points[rows, columns], rng)
        return moved

    def valid(self, points: Points) -> NDArray[np.bool_]:
        """Which points satisfy the constraints of their space and of their nest."""
        valid = np.zeros(len(points), np.bool_)
        for part, rows in self._by_template(points):
            valid[rows] = part.valid(points[rows, 1 : 1 + part.space.width])
        return valid

    def features(self, points: Points) -> NDArray[np.float32]:
        """Features for a cost model, shape ``(n, len(feature_names))``."""
        if len(self._parts) == 1:
            self._check_points(points)
            return self._parts[0].evaluator.features(points[:, 1:])
        features = np.zeros((len(points), len(self._feature_names)), np.float32)
        for part, rows in self._by_template(points):
            own = part.evaluator.features(points[rows, 1 : 1 + part.space.width])
            for there, here in part.feature_runs:
                features[rows, there] = own[:, here]
            features[rows, part.number] = 1
        return features

    @property
    def relation_names(self) -> tuple[str, ...]:
        """Names of the columns of :meth:`relations`: the same for every task and template."""
        return RELATION_NAMES

    def relations(self, points: Points) -> NDArray[np.float32]:
        """Features that mean the same in every task, shape ``(n, len(relation_names))``.

        Raises
        ------
        SpaceError
            If the evaluator of a template has no features of nests.
        """
        if missing := set(FEATURE_NAMES) - set(self._feature_names):
            raise SpaceError(
                f"relations follow from the features of nests, of which {len(missing)} are "
                f"missing, {min(missing)} among them"
            )
        return relations_of(self.features(points), self._feature_names)

    def defaults(self) -> Points:
        """The default config of each template that has a valid one, shape ``(t, width)``."""
        return self._defaults.copy()

    def scan(self, start: int) -> Iterator[Points]:
        """The valid points with an index of at least `start`, evaluated in growing blocks."""
        block = _FIRST_BLOCK
        for part in self._parts:
            while start < part.space.size:
                points = part.space.points_from(start, block)
                yield from self._joined([(part, points[part.valid(points)])])
                start, block = start + len(points), min(2 * block, _LARGEST_BLOCK)
            start -= part.space.size

    def keys(self, points: Points) -> list[bytes]:
        """The identity of each point: its bytes."""
        return [row.tobytes() for row in np.ascontiguousarray(points, "<i8")]

    def _by_template(self, points: Points) -> Iterator[tuple[_Part, NDArray[np.intp]]]:
        self._check_points(points)
        for part in self._parts:
            rows = np.flatnonzero(points[:, 0] == part.number)
            if len(rows):
                yield part, rows

    def _joined(self, parts: Sequence[tuple[_Part, Points]]) -> Points:
        """Points of spaces as points of the domain."""
        joined = np.zeros((sum(len(points) for _, points in parts), self._width), np.int64)
        begin = 0
        for part, points in parts:
            rows = slice(begin, begin + len(points))
            joined[rows, 0] = part.number
            joined[rows, 1 : 1 + part.space.width] = points
            begin += len(points)
        return joined

    def _check_points(self, points: Points) -> None:
        number = points[:, 0]
        if points.shape[1] != self._width or ((number < 0) | (number >= len(self._parts))).any():
            raise SpaceError(
                f"points of a task with {len(self._parts)} templates are {self._width} wide and "
                f"begin with the template's number, got shape {points.shape}"
            )


def _runs(places: Sequence[int]) -> Iterator[tuple[slice, slice]]:
    """Slices of consecutive places, each with the slice of the numbers that have them."""
    begin = 0
    for end in range(1, len(places) + 1):
        if end == len(places) or places[end] != places[end - 1] + 1:
            yield slice(places[begin], places[end - 1] + 1), slice(begin, end)
            begin = end
