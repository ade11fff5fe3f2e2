"""Search guided by a cost model that is refitted as results come in."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from tvmtune.search.base import Proposal, Strategy
from tvmtune.search.diversity import select_diverse
from tvmtune.search.history import relative_throughput
from tvmtune.search.prior import Prior, TrustedPrior
from tvmtune.search.score_model import ScoreModel
from tvmtune.search.setup import Setup
from tvmtune.search_spaces.space import Domain

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelGuidedOptions:
    """How plans are made.

    Attributes
    ----------
    plan_size
        Fewest proposals of a plan.
    growth
        Proposals of a plan for each result, where that is more: refitting a model on many results
        takes longer, and a few more change it less.
    minimum_results
        Results needed before the model is asked, and of each template half as many.
    random_share
        Share of a plan that is random, the epsilon of epsilon-greedy.
    distrusted_share
        The same when the newest round's held-out rank correlation is not positive.
    pool
        Candidates that annealing finds for each one that is proposed.
    diversity
        Worth of a candidate all of whose knob values are new in the plan, in standard deviations
        of the predicted scores of random points.
    seeds
        Best measured points that the search over the model begins with.
    model
        Name of the cost model.
    """

    plan_size: int = 8
    growth: float = 1 / 16
    minimum_results: int = 8
    random_share: float = 0.05
    distrusted_share: float = 0.5
    pool: int = 4
    diversity: float = 0.25
    seeds: int = 64
    model: str = "xgb"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundQuality:
    """How the model did when it was refitted.

    Attributes
    ----------
    index
        Number of the round, from 0.
    results
        Results it was fitted on, failures included.
    held_out
        Of these, how many were left out to judge on.
    spearman
        Rank correlation of predicted and measured scores of the held-out results.
    recall
        Share of their `k` best among the `k` predicted best.
    k
        How many rows `recall` looks at.
    """

    index: int
    results: int
    held_out: int
    spearman: float
    recall: float
    k: int


class ModelGuidedSearch(Strategy):
    """Plans made by searching over a cost model; what searches is the subclass's.

    The first plan is the defaults and random points, of each template as many. Each later one is
    made when the one before has been handed out: it is divided among the templates by what they
    have shown (`tvmtune.search.shares`), the model is refitted if anything was told since,
    the subclass finds candidates of high predicted score, a diverse part of them is proposed, the
    best first, and a few random points follow. A round in which the model does not order held-out
    results any better than chance gets half of its plan at random.

    Parameters
    ----------
    domain, seed
        As for `Strategy`.
    model
        The cost model; this strategy fits it.
    options
        How plans are made.

    Attributes
    ----------
    rounds
        The model's quality at each refit, the newest last.

    References
    ----------
    T. Chen et al., "Learning to Optimize Tensor Programs", NeurIPS 2018, algorithm 1.
    """

    options_type: ClassVar[type[Any]] = ModelGuidedOptions

    def __init__(
        self,
        domain: Domain,
        seed: int,
        model: ScoreModel,
        options: ModelGuidedOptions,
        prior: Prior | None = None,
    ) -> None:
        super().__init__(domain, seed)
        self._prior = TrustedPrior(prior) if prior is not None else None
        self.options = options
        self.rounds: list[RoundQuality] = []
        self._model = model
        self._fitted_version = 0
        self._owed_to_chance = 0.0
        first = max(options.plan_size, self._enough)
        self._first_size: int | None = max(1, first - len(self._queue))

    @property
    def _enough(self) -> int:
        """Results from which on the model is asked."""
        minimum, templates = self.options.minimum_results, self.domain.templates
        return max(minimum, minimum * templates // 2, 2 * self._model.minimum_rows)

    @classmethod
    def make(cls, domain: Domain, setup: Setup) -> Self:
        """Make one with the cost model that its options name, and plans of the run's size."""
        given = {} if setup.plan_size is None else {"plan_size": setup.plan_size}
        options = cls.parsed(replace(setup, options={**given, **setup.options}))
        return cls(domain, setup.seed, setup.models(options.model), options, setup.prior)

    @abstractmethod
    def _search(
        self, pools: Sequence[int], seeds: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], float]:
        """Find unseen valid points of high score.

        Parameters
        ----------
        pools
            How many are wanted of each template.
        seeds
            Shape (m, width): the best measured points of those templates, valid, best first.

        Returns
        -------
        points : NDArray[np.int64]
            Shape (n, width), distinct.
        scores : NDArray[np.float64]
            Shape (n,), what `_score` says of them.
        spread : float
            Standard deviation of the scores of random points; positive.
        """

    def _plan(self) -> Sequence[Proposal]:
        grown = int(self.options.growth * len(self._history))
        size, self._first_size = self._first_size or max(self.options.plan_size, grown), None
        self._refit()
        order = self._divide(size)
        first = self._first_of_prior(order)
        chosen = [*first, *(self._by_model(order[len(first) :]) if self._is_wise() else [])]
        keys = self.domain.keys(np.stack([p.point for p in chosen])) if chosen else []
        missing = _less(order, [int(p.point[0]) for p in chosen])
        points = self._unseen.divided(missing, self._seen.union(keys))
        return [*chosen, *(Proposal(point, "random") for point in points)]

    def _is_wise(self) -> bool:
        """Whether a plan is not to be random: neither the first, nor the first after a bad one."""
        if self._prior is None or not self._prior.misled:
            return bool(self.rounds) or self._prior is not None
        self._prior.misled = False
        return False

    def _refit(self) -> None:
        """Assess and fit the model, if there is anything new and enough of it."""
        if self._history.version == self._fitted_version or not len(self._history):
            return
        self._fitted_version = self._history.version
        points, scores = self._history.points, relative_throughput(self._history.costs_s)
        valid = self.domain.valid(points)
        points, scores = points[valid], scores[valid]
        if len(points) < self._enough or not scores.any():
            return
        features = self.domain.features(points)
        if self._prior is not None:
            self._prior.compare(points, scores)
        held_out = self._model.assess(features, scores)
        self._model.fit(features, scores)
        self.rounds.append(
            RoundQuality(
                index=len(self.rounds),
                results=len(points),
                held_out=held_out.rows,
                spearman=held_out.spearman,
                recall=held_out.recall,
                k=held_out.k,
            )
        )
        _LOG.debug("refitted: %s", self.rounds[-1])

    def _by_model(self, order: Sequence[int]) -> list[Proposal]:
        """Choose the part of a plan that the model decides, highest predicted score first.

        ``order`` has the template of each proposal of the plan; the last ones are left to chance.
        """
        size = len(order)
        trusted = not self.rounds or self.rounds[-1].spearman > 0
        share = self.options.random_share if trusted else self.options.distrusted_share
        self._owed_to_chance += share * size
        by_chance = int(self._owed_to_chance)
        self._owed_to_chance -= by_chance
        wanted = size - by_chance
        if not wanted:
            return []
        counts = np.bincount(order[:wanted], minlength=self.domain.templates)
        leaders = self._history.leaders(self.options.seeds)
        seeds = leaders[self.domain.valid(leaders)] if len(leaders) else leaders
        seeds = seeds[counts[seeds[:, 0]] > 0]
        pools = (self.options.pool * counts).tolist()
        points, scores, spread = self._search(pools, seeds)
        picked = self._diverse(points, scores / spread, counts)
        picked = picked[np.argsort(-scores[picked], kind="stable")]
        chosen = points[picked]
        predicted = self._predicted(chosen).tolist() if self.rounds else [None] * len(chosen)
        pairs = zip(chosen, predicted, strict=True)
        return [Proposal(point, "model", score) for point, score in pairs]

    def _diverse(
        self, points: NDArray[np.int64], merits: NDArray[np.float64], counts: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Rows of points that are good and do not repeat each other, so many of each template."""
        picked = []
        for template in np.flatnonzero(counts):
            own = np.flatnonzero(points[:, 0] == template)
            count, weight = int(counts[template]), self.options.diversity
            picked.append(own[select_diverse(points[own], merits[own], count, weight)])
        return np.concatenate(picked)

    def _score(
        self, points: NDArray[np.int64], features: NDArray[np.float32] | None = None
    ) -> NDArray[np.float64]:
        """How good points are, by the model and by what other tasks teach."""
        own = self._predicted(points, features) if self.rounds else None
        if self._prior is not None:
            return self._prior.joined(points, own)
        assert own is not None
        return own

    def _predicted(
        self, points: NDArray[np.int64], features: NDArray[np.float32] | None = None
    ) -> NDArray[np.float64]:
        return self._model.predict(self.domain.features(points) if features is None else features)

    def _first_of_prior(self, order: Sequence[int]) -> list[Proposal]:
        """What a prior wants tried before all others, once: at most half of the first plan."""
        if self._prior is None or self._prior.began:
            return []
        self._prior.began = True
        first = self._fresh(self._prior.prior.first)[: len(order) // 2]
        return [Proposal(point, "transfer") for point in first]


def _less(order: Sequence[int], done: Sequence[int]) -> list[int]:
    """What is left of some numbers when others are taken away, each once, from the front."""
    gone = Counter(done)
    left = []
    for number in order:
        if gone[number]:
            gone[number] -= 1
        else:
            left.append(number)
    return left
