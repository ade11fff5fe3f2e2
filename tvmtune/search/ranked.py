"""All points ranked by a cost model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from tvmtune.search.annealing import BestPoints
from tvmtune.search.model_guided import ModelGuidedOptions, ModelGuidedSearch
from tvmtune.search.prior import Prior
from tvmtune.search.score_model import ScoreModel
from tvmtune.search_spaces.space import Domain, Points

_SCANNED = 2**20
"""Points, valid or not, that are looked through at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedModelOptions(ModelGuidedOptions):
    """How plans are made.

    Attributes
    ----------
    most
        Points that are ranked.  Where a domain has more valid ones, it is a fresh uniform sample
        of so many, for each plan.
    """

    most: int = 2**15


class RankedModelSearch(ModelGuidedSearch):
    """Proposes what a cost model ranks highest of all points, where these can be listed.

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
    """

    name = "rank-xgb"
    options_type = RankedModelOptions
    options: RankedModelOptions

    def __init__(
        self,
        domain: Domain,
        seed: int,
        model: ScoreModel,
        options: RankedModelOptions | None = None,
        prior: Prior | None = None,
    ) -> None:
        super().__init__(domain, seed, model, options or RankedModelOptions(), prior)
        self._listed: tuple[Points, NDArray[np.float32]] | None = None
        self._is_listable = domain.size <= _SCANNED

    def _search(
        self, pools: Sequence[int], seeds: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], float]:
        points, features = self._ranked()
        scores = self._score(points, features)
        spread = float(scores.std()) or 1.0
        found = [seeds[:0]]
        merits = [np.zeros(0)]
        for template, wanted in enumerate(pools):
            best, own = BestPoints(self.domain, wanted, self._seen), points[:, 0] == template
            if wanted:
                best.offer(points[own], scores[own])
                found.append(best.points)
                merits.append(best.scores)
        return np.concatenate(found), np.concatenate(merits), spread

    def _ranked(self) -> tuple[Points, NDArray[np.float32]]:
        """What is ranked, and its features."""
        if self._listed is None and self._is_listable:
            rows = list(islice(self.domain.scan(0), self.options.most + 1))
            self._is_listable = len(rows) <= self.options.most
            if self._is_listable:
                points = np.array(rows, np.int64).reshape(-1, self.domain.width)
                self._listed = points, self.domain.features(points)
        if self._listed is not None:
            return self._listed
        points = np.unique(self.domain.sample(self.rng, self.options.most), axis=0)
        return points, self.domain.features(points)
