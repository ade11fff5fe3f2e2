"""Simulated annealing over a cost model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tvmtune.search.annealing import Annealer, AnnealingOptions
from tvmtune.search.model_guided import ModelGuidedOptions, ModelGuidedSearch
from tvmtune.search.prior import Prior
from tvmtune.search.score_model import ScoreModel
from tvmtune.search_spaces.space import Domain


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnealedModelOptions(ModelGuidedOptions):
    """How plans are made.

    Attributes
    ----------
    annealing
        Options of the annealing.
    """

    annealing: AnnealingOptions = field(default_factory=AnnealingOptions)


class AnnealedModelSearch(ModelGuidedSearch):
    """Simulated annealing over a cost model, as in AutoTVM.

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
    T. Chen et al., "Learning to Optimize Tensor Programs", NeurIPS 2018, algorithm 1.
    """

    name = "sa-xgb"
    options_type = AnnealedModelOptions

    def __init__(
        self,
        domain: Domain,
        seed: int,
        model: ScoreModel,
        options: AnnealedModelOptions | None = None,
        prior: Prior | None = None,
    ) -> None:
        options = options if options is not None else AnnealedModelOptions()
        super().__init__(domain, seed, model, options, prior)
        self._annealer = Annealer(domain, self.rng, options.annealing)

    def _search(
        self, pools: Sequence[int], seeds: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], float]:
        return self._annealer.run(self._score, pools, self._seen, seeds)
