"""A search strategy of one's own: random points, and neighbours of the fastest ones.

tvmtune tune C2 --search docs/examples/near_the_best.py:NearTheBest --log near.jsonl --trials 100
"""

from tvmtune.search.base import Proposal, Strategy


class NearTheBest(Strategy):
    """Half of what it proposes is next to the fastest points, the rest is random."""

    name = "near-the-best"

    def _plan(self):
        neighbours = self._fresh(self.domain.moved(self._leaders(8), self.rng))
        near = [Proposal(point, "search") for point in neighbours]
        return near + self._random(16, beside=near)
