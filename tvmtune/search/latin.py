"""Latin hypercube sampling: points spread evenly over the values of every knob."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tvmtune.search.base import Proposal, Strategy
from tvmtune.search_spaces.space import Domain, Points


@dataclass(frozen=True, slots=True, kw_only=True)
class LatinOptions:
    """How the points are spread.

    Attributes
    ----------
    block
        Points that are spread together.
    pool
        Random valid points among which the nearest is taken, for each point of a block.
    """

    block: int = 64
    pool: int = 32


class LatinHypercube(Strategy):
    """Spreads each block of points so that every knob takes all its values about equally often.

    For each knob the block is cut into as many strata as it has points, and each stratum is used
    once; the strata of different knobs are combined at random.  What that gives need not be valid:
    the nearest of a number of random valid points that are not yet taken stands for it.

    Parameters
    ----------
    domain, seed
        As for `Strategy`.
    options
        How the points are spread.

    References
    ----------
    M. D. McKay, R. J. Beckman, W. J. Conover, "A Comparison of Three Methods for Selecting Values
    of Input Variables in the Analysis of Output from a Computer Code", Technometrics 21 (1979).
    """

    name = "lhs"
    options_type = LatinOptions

    def __init__(self, domain: Domain, seed: int = 0, options: LatinOptions | None = None) -> None:
        super().__init__(domain, seed)
        self.options = options if options is not None else LatinOptions()

    def _plan(self) -> Sequence[Proposal]:
        order = self._divide(self.options.block)
        spread = [self._spread(t, n) for t, n in sorted(Counter(order).items())]
        found = [Proposal(point, "random") for point in np.concatenate(spread)]
        return [*found, *self._random(len(order), found)]

    def _spread(self, template: int, n: int) -> Points:
        """Up to n distinct unseen points of a template, near to a Latin hypercube."""
        pool = self._fresh(self.domain.sample(self.rng, n * self.options.pool, [template]))
        sizes = np.array([axis.size for axis in self.domain.axes(template)])
        ideal = (_strata(n, len(sizes), self.rng) * sizes).astype(np.int64)
        rows = _nearest(ideal, pool[:, 1 : 1 + len(sizes)], np.maximum(sizes - 1, 1))
        return self.rng.permutation(pool[rows])


def _strata(n: int, columns: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Places in [0, 1) of shape (n, columns): each column has one in each nth part."""
    ranks = rng.permuted(np.repeat(np.arange(n)[:, np.newaxis], columns, axis=1), axis=0)
    return np.asarray((ranks + rng.random((n, columns))) / n)


def _nearest(ideal: Points, pool: Points, spans: NDArray[np.int64]) -> NDArray[np.intp]:
    """For each ideal row the nearest row of the pool that no row before it took."""
    free = np.ones(len(pool), np.bool_)
    taken = []
    for row in ideal[: len(pool)]:
        distance = (np.abs(pool - row) / spans).sum(axis=1)
        place = int(np.where(free, distance, np.inf).argmin())
        free[place] = False
        taken.append(place)
    return np.array(taken, np.intp)
