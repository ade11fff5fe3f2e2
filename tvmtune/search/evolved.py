"""Evolution over a cost model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tvmtune.search.annealing import BestPoints
from tvmtune.search.model_guided import ModelGuidedOptions, ModelGuidedSearch
from tvmtune.search.prior import Prior
from tvmtune.search.score_model import ScoreModel
from tvmtune.search.variation import crossed, mutated
from tvmtune.search_spaces.space import Domain, Points


@dataclass(frozen=True, slots=True, kw_only=True)
class EvolvedModelOptions(ModelGuidedOptions):
    """How plans are made.

    Attributes
    ----------
    population
        Points of each template that live at a time.
    generations
        How often they have children.
    pressure
        Standard deviations of the scores of random points by which a parent must be better than
        another to be drawn e times as often.
    crossing
        Share of the children that have two parents; the others are mutated copies of one.
    """

    population: int = 512
    generations: int = 12
    pressure: float = 0.5
    crossing: float = 0.5


class EvolvedModelSearch(ModelGuidedSearch):
    """Evolution over a cost model, as in Ansor: children of the best predicted points.

    Parameters
    ----------
    domain, seed
        As for `Strategy`.
    model
        The cost model; this strategy fits it.
    options
        How plans are made.
    prior
        What other tasks teach about the domain.

    References
    ----------
    L. Zheng et al., "Ansor: Generating High-Performance Tensor Programs for Deep Learning",
    OSDI 2020, section 5.1.
    """

    name = "evo-xgb"
    options_type = EvolvedModelOptions
    options: EvolvedModelOptions

    def __init__(
        self,
        domain: Domain,
        seed: int,
        model: ScoreModel,
        options: EvolvedModelOptions | None = None,
        prior: Prior | None = None,
    ) -> None:
        super().__init__(domain, seed, model, options or EvolvedModelOptions(), prior)

    def _search(
        self, pools: Sequence[int], seeds: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], float]:
        fresh = {t: self._sampled(t) for t, wanted in enumerate(pools) if wanted}
        scores = np.concatenate([self._score(points) for points in fresh.values()])
        spread = float(scores.std()) or 1.0 if len(scores) else 1.0
        best = [
            self._evolved(points, seeds[seeds[:, 0] == template], pools[template], spread)
            for template, points in fresh.items()
            if len(points)
        ]
        points = np.concatenate([seeds[:0], *(found.points for found in best)])
        return points, np.concatenate([np.zeros(0), *(found.scores for found in best)]), spread

    def _sampled(self, template: int) -> Points:
        return self.domain.sample(self.rng, self.options.population, [template])

    def _evolved(self, fresh: Points, seeds: Points, wanted: int, spread: float) -> BestPoints:
        """The best points that come up in the generations of a template."""
        best = BestPoints(self.domain, wanted, self._seen)
        living = np.concatenate([seeds, fresh])[: max(self.options.population, len(seeds))]
        scores = self._score(living)
        best.offer(living, scores)
        for _ in range(self.options.generations):
            children = self._children(living, scores, spread)
            if not len(children):
                break
            born = self._score(children)
            best.offer(children, born)
            living, scores = np.concatenate([living, children]), np.concatenate([scores, born])
            kept = np.argsort(-scores, kind="stable")[: self.options.population]
            living, scores = living[kept], scores[kept]
        return best

    def _children(self, living: Points, scores: NDArray[np.float64], spread: float) -> Points:
        """Valid children of parents drawn by their scores."""
        n = self.options.population
        weights = np.exp((scores - scores.max()) / (self.options.pressure * spread))
        mothers, fathers = self.rng.choice(len(living), (2, n), p=weights / weights.sum())
        children = crossed(living[mothers], living[fathers], self.rng)
        alone = self.rng.random(n) >= self.options.crossing
        children[alone] = mutated(living[mothers[alone]], self.domain, self.rng, more=0.3)
        _, first = np.unique(children, axis=0, return_index=True)
        children = children[np.sort(first)]
        return children[self.domain.valid(children)]
