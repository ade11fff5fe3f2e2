"""A genetic algorithm on measured times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tvmtune.search.base import Proposal, Strategy
from tvmtune.search.variation import crossed, mutated
from tvmtune.search_spaces.space import Domain, Points

_LITTERS = 8
"""Children that are bred for each that is wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneticOptions:
    """How the population lives.

    Attributes
    ----------
    population
        Results of a template that have children: the fastest ones.  So many are random before.
    offspring
        Children of a generation.
    tournament
        Members drawn for each parent, of which the fastest is it.
    mutation
        Share of the children that are mutated after crossing; each has at least one knob changed.
    """

    population: int = 24
    offspring: int = 8
    tournament: int = 3
    mutation: float = 0.5


class GeneticSearch(Strategy):
    """Breeds new points from the fastest ones, those of each template among themselves.

    A generation is made of what was told until then, so that results may come late and in any
    order.  Children that are not valid, or not new, die; what is missing then is random.

    Parameters
    ----------
    domain, seed
        As for `Strategy`.
    options
        How the population lives.

    References
    ----------
    J. H. Holland, "Adaptation in Natural and Artificial Systems" (1975); D. E. Goldberg, K. Deb, "A
    Comparative Analysis of Selection Schemes Used in Genetic Algorithms", FOGA 1991 (tournaments).
    """

    name = "genetic"
    options_type = GeneticOptions

    def __init__(
        self, domain: Domain, seed: int = 0, options: GeneticOptions | None = None
    ) -> None:
        super().__init__(domain, seed)
        self.options = options if options is not None else GeneticOptions()

    def _plan(self) -> Sequence[Proposal]:
        order = self._divide(self.options.offspring)
        children = [self._children(template, n) for template, n in sorted(Counter(order).items())]
        born = [Proposal(point, "search") for point in np.concatenate(children)]
        return [*born, *self._random(len(order), born)]

    def _children(self, template: int, n: int) -> Points:
        """Up to n new points of a template; none while it has too few results."""
        parents = self._leaders(self.options.population, template)
        if len(parents) < self.options.population:
            return parents[:0]
        bred = np.concatenate([self._bred(parents, n) for _ in range(_LITTERS)])
        return self._fresh(bred)[:n]

    def _bred(self, parents: Points, n: int) -> Points:
        drawn = self.rng.integers(0, len(parents), (2, n, self.options.tournament)).min(axis=2)
        children = crossed(parents[drawn[0]], parents[drawn[1]], self.rng)
        same = (children == parents[drawn[0]]).all(axis=1)
        changed = same | (self.rng.random(n) < self.options.mutation)
        children[changed] = mutated(children[changed], self.domain, self.rng, more=0.3)
        return children
