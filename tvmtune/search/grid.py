"""Grid search: every point, or points spread evenly over the space."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tvmtune.search.base import Proposal, Strategy
from tvmtune.search.setup import Setup
from tvmtune.search_spaces.space import Domain

_BLOCK = 64
_GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class GridOptions:
    """How the grid is walked.

    Attributes
    ----------
    budget
        Number of proposals that will be asked for. In a space of more points the first so many
        are spread over it; None walks in the order of the index from the start.
    """

    budget: int | None = None


class GridSearch(Strategy):
    """Walks the valid points in the order of their index, lazily.

    A walk that ends early has seen one corner of the space. So when the budget is known to be
    smaller than the space, the walk first leaps: leap i looks for a valid point from the index
    i x stride modulo size onwards, where the stride is about size x 0.618 and has no factor in
    common with the size, which spreads the leaps evenly however many there are.

    Parameters
    ----------
    domain, seed
        As for `Strategy`; nothing is random here.
    options
        How the grid is walked.

    References
    ----------
    D. E. Knuth, "The Art of Computer Programming", vol. 3, section 6.4, theorem S (multiples of
    the golden ratio fall into the largest gaps).
    """

    name = "grid"
    options_type = GridOptions

    def __init__(self, domain: Domain, seed: int = 0, options: GridOptions | None = None) -> None:
        super().__init__(domain, seed)
        self.options = options if options is not None else GridOptions()
        self._walk = self._unwalked()

    @classmethod
    def make(cls, domain: Domain, setup: Setup) -> Self:
        """Make one whose leaps are as many as will be asked for."""
        options = {"budget": setup.budget, **setup.options}
        return cls(domain, setup.seed, cls.parsed(replace(setup, options=options)))

    def _plan(self) -> Sequence[Proposal]:
        return [Proposal(point, "grid") for point in islice(self._walk, _BLOCK)]

    def _unwalked(self) -> Iterator[NDArray[np.int64]]:
        """Walk over the points that are new when the walk comes to them."""
        walked: set[bytes] = set()
        for point in self._points():
            key = self.domain.keys(point[np.newaxis])[0]
            if key not in self._seen and key not in walked:
                walked.add(key)
                yield point

    def _points(self) -> Iterator[NDArray[np.int64]]:
        """Leap if the budget does not suffice, then scan from the start."""
        if self.options.budget is not None and self.options.budget < self.domain.size:
            stride = coprime_stride(self.domain.size)
            for leap in range(self.options.budget):
                start = leap * stride % self.domain.size
                yield from islice(self.domain.scan(start), 1)
        yield from self.domain.scan(0)


def coprime_stride(size: int) -> int:
    """Find a stride near size x 0.618 that has no factor in common with the size.

    Parameters
    ----------
    size
        At least 1.

    Returns
    -------
    int
        Its multiples modulo `size` visit every index once.
    """
    stride = max(1, int(size * _GOLDEN))
    while math.gcd(stride, size) != 1:
        stride += 1
    return stride
