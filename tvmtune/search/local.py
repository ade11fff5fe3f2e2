"""Local search on measured times, restarted where it gets stuck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tvmtune.search.base import Proposal, Strategy
from tvmtune.search.variation import neighbours
from tvmtune.search_spaces.space import Domain, Points

_KICKED = 32
"""Points of which the first valid and unseen one begins a climb."""
_REACH = 3
"""Steps on an ordered knob from which on neighbours are equally far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalOptions:
    """How a climb goes on and where the next begins.

    Attributes
    ----------
    starts
        Random points before the first climb, which begins at the fastest of them.
    block
        Neighbours proposed before it is looked whether one of them is better.
    kick
        Knobs that are changed in the fastest point of all to begin the next climb.
    afresh
        Share of the climbs that begin at a random point instead.
    """

    starts: int = 8
    block: int = 4
    kick: int = 3
    afresh: float = 0.2


class LocalSearch(Strategy):
    """Climbs from neighbour to better neighbour, then begins anew near the best point.

    Neighbours differ in one knob, those in the next values of an ordered one first.  It moves to
    the fastest of those told as soon as one is faster than where it stands.

    Parameters
    ----------
    domain, seed
        As for `Strategy`.
    options
        How a climb goes on and where the next begins.

    References
    ----------
    H. R. Lourenco, O. C. Martin, T. Stuetzle, "Iterated Local Search", Handbook of Metaheuristics
    (2003), section 11.2.
    """

    name = "local"
    options_type = LocalOptions

    def __init__(self, domain: Domain, seed: int = 0, options: LocalOptions | None = None) -> None:
        super().__init__(domain, seed)
        self.options = options if options is not None else LocalOptions()
        self._stand: tuple[NDArray[np.int64], bytes] | None = None
        self._tried_here: list[bytes] = []

    def _plan(self) -> Sequence[Proposal]:
        if self._stand is None and len(self._history) < self.options.starts:
            return self._random(self.options.starts)
        self._move()
        around = self._around()
        if not len(around):
            return self._restart()
        self._tried_here += self.domain.keys(around)
        return [Proposal(point, "search") for point in around]

    def _move(self) -> None:
        """Stand on the fastest of what was tried here, or at first on the fastest of all."""
        if self._stand is None:
            for leader in self._leaders(1):
                self._stand_on(leader)
            return
        best = min([self._stand[1], *self._tried_here], key=self._history.cost_of)
        if best != self._stand[1]:
            self._stand_on(self._history.point_of(best))

    def _stand_on(self, point: NDArray[np.int64]) -> None:
        self._stand = point, self.domain.keys(point[np.newaxis])[0]
        self._tried_here = []

    def _around(self) -> Points:
        """Some valid and unseen neighbours of where it stands, near ones first."""
        if self._stand is None:
            return np.zeros((0, self.domain.width), np.int64)
        point, _ = self._stand
        axes = self.domain.axes(int(point[0]))
        around = self._fresh(neighbours(point, axes))
        reach = np.array([_REACH if axis.ordered else 1 for axis in axes])
        steps = np.minimum(np.abs(around - point)[:, 1 : 1 + len(axes)], reach).sum(axis=1)
        return around[np.argsort(steps + self.rng.random(len(steps)))[: self.options.block]]

    def _restart(self) -> Sequence[Proposal]:
        """Begin a climb near the best point, or anywhere."""
        kicked = self._leaders(1) if self.rng.random() >= self.options.afresh else ()
        if len(kicked):
            kicked = np.repeat(kicked, _KICKED, axis=0)
            for _ in range(self.options.kick):
                kicked = self.domain.moved(kicked, self.rng)
            kicked = self._fresh(kicked)[:1]
        found = [Proposal(point, "search") for point in kicked] or self._random(1)
        for proposal in found:
            self._stand_on(proposal.point)
        return found
