"""Random search."""

from __future__ import annotations

from collections.abc import Sequence

from tvmtune.search.base import Proposal, Strategy
from tvmtune.search.unseen import UnseenPoints
from tvmtune.search_spaces.space import Domain

_BLOCK = 16


class RandomSearch(Strategy):
    """Proposes valid points at random, without replacement.

    Which template a point is of is decided every 16 points, by what was told until then.
    """

    name = "random"

    def __init__(self, domain: Domain, seed: int = 0) -> None:
        super().__init__(domain, seed)
        self._unseen = UnseenPoints(domain, self.rng)

    def _plan(self) -> Sequence[Proposal]:
        points = self._unseen.divided(self._divide(_BLOCK, self._unseen.spent), self._seen)
        return [Proposal(point, "random") for point in points]
