"""A domain and an analytic cost with seeded noise: the machine's stand-in for tests of a search."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tvmtune.search.base import Proposal, Strategy
from tvmtune.search_spaces.space import Axis

Cost = Callable[[NDArray[np.int64]], NDArray[np.float64]]
"""Seconds of points of shape (n, width), shape (n,); nan for those that fail."""

KNOBS = ("rows", "lanes", "tile_m", "tile_n", "tile_k", "order", "unroll", "prefetch", "pad")
"""What the digits of a point stand for."""

RADICES = (7, 6, 8, 8, 8, 6, 5, 8, 2)
"""Values of each knob: too many points to try them all."""

SMALL_RADICES = (3, 2, 2, 1, 2, 2, 1, 2, 1)
"""So few that all can be tried."""


@dataclass
class SyntheticDomain:
    """Two templates of nine knobs, whose digits are the logarithms of tile sizes and the like.

    About ten million indices a template by default, half of them valid.  It is a
    `tvmtune.search_spaces.space.Domain`.

    Attributes
    ----------
    radices
        Number of values of each knob, as many as there are `KNOBS`.
    templates
        Number of templates, all with the same knobs.
    featurised
        Points that features were asked of until now.
    """

    radices: tuple[int, ...] = RADICES
    templates: int = 2
    featurised: int = 0

    @property
    def width(self) -> int:
        """Columns of a point: template and knobs."""
        return 1 + len(self.radices)

    @property
    def size(self) -> int:
        """Number of points, valid or not."""
        return self.templates * self._size

    @property
    def _size(self) -> int:
        return int(np.prod(self.radices, dtype=object))

    def axes(self, template: int) -> tuple[Axis, ...]:
        """The knobs of a template; all but ``order`` are ordered."""
        return tuple(
            Axis(size, name != "order") for size, name in zip(self.radices, KNOBS, strict=True)
        )

    def sample(
        self, rng: np.random.Generator, n: int, templates: Sequence[int] | None = None
    ) -> NDArray[np.int64]:
        """Random valid points, of each template as many."""
        found = []
        asked = range(self.templates) if templates is None else templates
        for place, template in enumerate(asked):
            wanted = (n + len(asked) - 1 - place) // len(asked)
            drawn = rng.integers(self.radices, size=(8 * wanted + 8, len(self.radices)))
            points = np.insert(drawn, 0, template, axis=1)
            found.append(points[self.valid(points)][:wanted])
        return np.concatenate(found)

    def moved(self, points: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """Neighbours, valid or not, in one knob each."""
        radices = np.array((1, *self.radices))
        movable = np.flatnonzero(radices > 1)
        if not len(movable):
            return points.copy()
        columns = movable[rng.integers(len(movable), size=len(points))]
        rows = np.arange(len(points))
        result = points.copy()
        steps = rng.integers(1, radices[columns])
        result[rows, columns] = (result[rows, columns] + steps) % radices[columns]
        return result

    def valid(self, points: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which points fit registers and caches, shape ``(n,)``."""
        _, rows, lanes, tile_m, tile_n, tile_k, _, unroll, _, _ = points.T
        inside = np.all((points >= 0) & (points < (self.templates, *self.radices)), axis=1)
        fits = (rows + lanes <= 7) & (tile_m + tile_n + tile_k <= 15) & (unroll <= tile_k)
        return np.asarray(inside & fits)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns of `features`."""
        return ("template", *KNOBS, *(f"derived{i}" for i in range(13)))

    @property
    def relation_names(self) -> tuple[str, ...]:
        """Names of the columns of `relations`."""
        return self.feature_names

    def relations(self, points: NDArray[np.int64]) -> NDArray[np.float32]:
        """The features once more."""
        return self.features(points)

    def features(self, points: NDArray[np.int64]) -> NDArray[np.float32]:
        """Digits, and some of their sums, shape ``(n, d)``."""
        self.featurised += len(points)
        template, rows, lanes, tile_m, tile_n, tile_k, order, unroll, _, _ = points.T
        footprints = (
            rows + lanes,
            tile_m + tile_k,
            tile_k + tile_n,
            tile_m + tile_n,
            lanes + unroll,
        )
        orders = [order == value for value in range(6)]
        columns = (*points.T, *footprints, *orders, template * lanes, lanes + unroll)
        return np.stack(columns, axis=1).astype(np.float32)

    def defaults(self) -> NDArray[np.int64]:
        """A slow valid point of each template, shape ``(t, width)``."""
        points = np.zeros((self.templates, self.width), np.int64)
        points[:, 0] = np.arange(self.templates)
        points[:, 2] = min(1, self.radices[1] - 1)
        return points

    def scan(self, start: int) -> Iterator[NDArray[np.int64]]:
        """The valid points with an index of at least ``start``, one at a time, in order."""
        for begin in range(start, self.size, 64):
            points = self.points(range(begin, min(begin + 64, self.size)))
            yield from points[self.valid(points)]

    def points(self, indices: Sequence[int]) -> NDArray[np.int64]:
        """The points of some indices, shape ``(n, width)``."""
        rows = []
        for index in indices:
            template, rest = divmod(index, self._size)
            digits = [template]
            for radix in self.radices:
                rest, digit = divmod(rest, radix)
                digits.append(digit)
            rows.append(digits)
        return np.array(rows, np.int64).reshape(-1, self.width)

    def keys(self, points: NDArray[np.int64]) -> list[bytes]:
        """The identity of each point."""
        return [row.tobytes() for row in np.ascontiguousarray(points, "<i8")]


def cost_s(points: NDArray[np.int64], noise: float = 0.02, seed: int = 0) -> NDArray[np.float64]:
    """Seconds of points, the same for a point whenever it is asked.

    Parameters
    ----------
    points
        Shape (n, 10), int64, of a `SyntheticDomain`.
    noise
        Standard deviation of the logarithms of the costs.
    seed
        Seeds the noise.

    Returns
    -------
    ndarray
        Shape (n,), float64; nan for the points that fail, about a sixth.
    """
    template, rows, lanes, tile_m, tile_n, tile_k, order, unroll, prefetch, pad = points.T
    registers = np.exp(-0.4 * (rows + lanes - 5.0 - 0.5 * template) ** 2) * (lanes + 2) / 6
    level_1 = 1 / (1 + np.exp(1.5 * (tile_k + tile_n - 9.0)))
    level_2 = 1 / (1 + np.exp(1.0 * (tile_m + tile_k + 0.5 * tile_n - 13.0)))
    reuse = 1 - np.exp(-0.35 * np.minimum(tile_m + 1, tile_n + 1))
    ordered = np.array([0.6, 1.0, 0.7, 0.5, 0.95, 0.8])[(order + 2 * template) % 6]
    ordered = ordered * np.where((order == 1) & (tile_k < 3), 0.5, 1.0)
    unrolled = 1 / (1 + 0.15 * np.abs(unroll + rows - 5.0))
    fetched = 1 + 0.06 * np.cos(prefetch - 0.7 * tile_n) * (1 + pad)
    share = registers * level_1 * level_2 * reuse * ordered * unrolled * fetched
    words = np.ascontiguousarray(points, "<i8")
    seeds = [zlib.crc32(row.tobytes(), seed) for row in words]
    error = np.array([np.random.default_rng(word).standard_normal() for word in seeds])
    costs = 1e-3 / (0.01 + share) * np.exp(noise * error)
    failed = (rows == 6) | ((unroll == 4) & (tile_m == 7))
    return np.where(failed, np.nan, costs)


def drive(
    strategy: Strategy,
    cost: Cost,
    trials: int,
    batch: int = 16,
) -> tuple[list[Proposal], NDArray[np.float64]]:
    """Ask and tell until there are enough proposals or no more.

    Parameters
    ----------
    strategy
        Is asked, and told all results at once.
    cost
        What the results are.
    trials
        Proposals that are enough.
    batch
        Proposals that are asked for at a time.

    Returns
    -------
    proposals
        In their order.
    costs_s
        Shape (n,), float64, seconds.
    """
    proposals: list[Proposal] = []
    costs: list[NDArray[np.float64]] = []
    while len(proposals) < trials:
        asked = strategy.ask(min(batch, trials - len(proposals)))
        if not asked:
            break
        points = np.stack([proposal.point for proposal in asked])
        costs.append(cost(points))
        strategy.tell(points, costs[-1])
        proposals += asked
    return proposals, np.concatenate([np.zeros(0), *costs])
