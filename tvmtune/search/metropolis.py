"""Simulated annealing on measured times, without a model."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tvmtune.search.base import Proposal, Strategy
from tvmtune.search.setup import Setup
from tvmtune.search_spaces.space import Domain

_NEAR, _MOVES = 64, 8
"""Neighbours that a chain looks at, and moves by what is known, before it gives up."""

_Place = tuple[NDArray[np.int64], bytes]
"""A point and its identity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetropolisOptions:
    """How chains cool.

    Attributes
    ----------
    chains
        Points that move, each when the result of its last proposal was told.
    temperature
        First and last, between them geometric; in logarithms of time: at 0.1 a config that is
        slower by a tenth is accepted with probability 1/e.
    budget
        Results after which it is coldest; then it is heated again.
    """

    chains: int = 4
    temperature: tuple[float, float] = (0.5, 0.01)
    budget: int = 200


@dataclass(slots=True, eq=False)
class _Chain:
    """Where a chain is, and what it wants to know."""

    point: NDArray[np.int64]
    key: bytes
    asked: _Place | None = None


class MetropolisSearch(Strategy):
    """Chains that move to random neighbours, always to faster ones, to slower ones now and then.

    A neighbour that was measured before is not proposed again: the chain moves by what is known.

    Parameters
    ----------
    domain, seed
        As for `Strategy`.
    options
        How chains cool.

    References
    ----------
    S. Kirkpatrick, C. D. Gelatt, M. P. Vecchi, "Optimization by Simulated Annealing", Science 220
    (1983).
    """

    name = "annealing"
    options_type = MetropolisOptions

    def __init__(
        self, domain: Domain, seed: int = 0, options: MetropolisOptions | None = None
    ) -> None:
        super().__init__(domain, seed)
        self.options = options if options is not None else MetropolisOptions()
        self._chains: list[_Chain] = []

    @classmethod
    def make(cls, domain: Domain, setup: Setup) -> Self:
        """Make one that is coldest at the end of the run."""
        given = {} if setup.budget is None else {"budget": setup.budget}
        return cls(
            domain, setup.seed, cls.parsed(replace(setup, options={**given, **setup.options}))
        )

    def _plan(self) -> Sequence[Proposal]:
        if len(self._chains) < self.options.chains:
            return self._begin(self.options.chains - len(self._chains))
        proposals: dict[bytes, Proposal] = {}
        for place in range(len(self._chains)):
            wanted = self._next(self._chains[place], proposals)
            if wanted is not None:
                proposals[wanted[1]] = Proposal(wanted[0], "search")
        return list(proposals.values()) or self._begin(1)

    def _begin(self, n: int) -> list[Proposal]:
        """New chains at random points; where there are enough of them, the slowest end."""
        found = self._random(n)
        for proposal in found:
            if len(self._chains) >= self.options.chains:
                slowest = max(self._chains, key=lambda chain: self._history.cost_of(chain.key))
                self._chains.remove(slowest)
            self._chains.append(_Chain(proposal.point, self._key(proposal.point)))
        return found

    def _next(self, chain: _Chain, proposed: Container[bytes]) -> _Place | None:
        """What a chain wants to know next, once it has moved by what is known."""
        if chain.asked is not None and chain.asked[1] in self._history:
            self._decide(chain, *chain.asked)
        for _ in range(_MOVES):
            chain.asked, moved = self._look_around(chain, proposed)
            if chain.asked is not None or not moved:
                break
        return chain.asked

    def _look_around(self, chain: _Chain, proposed: Container[bytes]) -> tuple[_Place | None, bool]:
        """The first new neighbour that it meets, or whether it moved to a known one."""
        around = self.domain.moved(np.repeat(chain.point[np.newaxis], _NEAR, axis=0), self.rng)
        around = around[self.domain.valid(around)]
        for point, key in zip(around, self.domain.keys(around), strict=True):
            if key not in self._seen and key not in proposed:
                return (point, key), False
            if key in self._history and self._decide(chain, point, key):
                return None, True
        return None, False

    def _decide(self, chain: _Chain, point: NDArray[np.int64], key: bytes) -> bool:
        """Move by the rule of Metropolis; say whether it moved."""
        there, here = self._history.cost_of(key), self._history.cost_of(chain.key)
        if np.isinf(there):
            return False
        worse = np.log(there / here) if np.isfinite(here) else -np.inf
        if worse > 0 and self.rng.random() >= np.exp(-worse / self._temperature()):
            return False
        chain.point, chain.key = point, key
        return True

    def _temperature(self) -> float:
        first, last = self.options.temperature
        progress = len(self._history) % self.options.budget / self.options.budget
        return float(first * (last / first) ** progress)

    def _key(self, point: NDArray[np.int64]) -> bytes:
        return self.domain.keys(point[np.newaxis])[0]
