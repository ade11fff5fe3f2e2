"""Random search."""

from __future__ import annotations

from collections.abc import Sequence

from tvmtune.search.base import Proposal, Strategy

_BLOCK = 16


class RandomSearch(Strategy):
    """Proposes valid points at random, without replacement.

    Which template a point is of is decided every 16 points, by what was told until then.
    """

    name = "random"

    def _plan(self) -> Sequence[Proposal]:
        order = self._divide(_BLOCK)
        points = self._unseen.divided(order, self._seen)
        return [Proposal(point, "random") for point in points]
