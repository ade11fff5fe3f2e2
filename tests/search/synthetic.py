"""A domain and an analytic cost with seeded noise: the machine's stand-in for tests of a search.

Run as a program it prints the first proposals of a strategy, a line each.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tvmtune.cost_models.models import make_cost_model
from tvmtune.search.base import Proposal, Strategy
from tvmtune.search.setup import Setup
from tvmtune.search.strategies import make_strategy
from tvmtune.search_spaces.space import Axis

KNOBS = ("rows", "lanes", "tile_m", "tile_n", "tile_k", "order", "unroll", "prefetch", "pad")
RADICES = (7, 6, 8, 8, 8, 6, 5, 8, 2)
SMALL_RADICES = (3, 2, 2, 1, 2, 2, 1, 2, 1)


@dataclass
class SyntheticDomain:
    """Two templates of nine knobs, whose digits are the logarithms of tile sizes and the like.

    About ten million indices a template by default, half of them valid.
    """

    radices: tuple[int, ...] = RADICES
    templates: int = 2
    featurised: int = 0

    @property
    def width(self) -> int:
        return 1 + len(self.radices)

    @property
    def size(self) -> int:
        return self.templates * self._size

    @property
    def _size(self) -> int:
        return int(np.prod(self.radices, dtype=object))

    def axes(self, template: int) -> tuple[Axis, ...]:
        return tuple(
            Axis(size, name != "order") for size, name in zip(self.radices, KNOBS, strict=True)
        )

    def sample(
        self, rng: np.random.Generator, n: int, templates: Sequence[int] | None = None
    ) -> NDArray[np.int64]:
        found = []
        asked = range(self.templates) if templates is None else templates
        for place, template in enumerate(asked):
            wanted = (n + len(asked) - 1 - place) // len(asked)
            drawn = rng.integers(self.radices, size=(8 * wanted + 8, len(self.radices)))
            points = np.insert(drawn, 0, template, axis=1)
            found.append(points[self.valid(points)][:wanted])
        return np.concatenate(found)

    def moved(self, points: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
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
        _, rows, lanes, tile_m, tile_n, tile_k, _, unroll, _, _ = points.T
        inside = np.all((points >= 0) & (points < (self.templates, *self.radices)), axis=1)
        fits = (rows + lanes <= 7) & (tile_m + tile_n + tile_k <= 15) & (unroll <= tile_k)
        return np.asarray(inside & fits)

    @property
    def feature_names(self) -> tuple[str, ...]:
        return ("template", *KNOBS, *(f"derived{i}" for i in range(13)))

    @property
    def relation_names(self) -> tuple[str, ...]:
        return self.feature_names

    def relations(self, points: NDArray[np.int64]) -> NDArray[np.float32]:
        return self.features(points)

    def features(self, points: NDArray[np.int64]) -> NDArray[np.float32]:
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
        points = np.zeros((self.templates, self.width), np.int64)
        points[:, 0] = np.arange(self.templates)
        points[:, 2] = 1
        return points

    def scan(self, start: int) -> Iterator[NDArray[np.int64]]:
        for begin in range(start, self.size, 64):
            points = self.points(range(begin, min(begin + 64, self.size)))
            yield from points[self.valid(points)]

    def points(self, indices: Sequence[int]) -> NDArray[np.int64]:
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
        return [row.tobytes() for row in np.ascontiguousarray(points, "<i8")]


def cost_s(points: NDArray[np.int64], noise: float = 0.02, seed: int = 0) -> NDArray[np.float64]:
    """Seconds of the points, nan for some, the same for a point whenever it is asked."""
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
    cost: Callable[[NDArray[np.int64]], NDArray[np.float64]],
    trials: int,
    batch: int = 16,
) -> tuple[list[Proposal], NDArray[np.float64]]:
    """Ask and tell until there are `trials` proposals or no more; give them and their costs."""
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


def main(name: str, seed: int, proposals: int) -> None:
    """Print the first proposals on the default domain."""
    setup = Setup(seed=seed, models=lambda model: make_cost_model(model, seed))
    strategy = make_strategy(name, SyntheticDomain(), setup)
    for proposal in drive(strategy, cost_s, proposals)[0]:
        predicted = None if proposal.predicted is None else proposal.predicted.hex()
        sys.stdout.write(f"{proposal.proposer} {predicted} {proposal.point.tolist()}\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
