"""What other tasks teach about one, before it has results of its own."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tvmtune.search_spaces.space import Points

RESULTS = 16
"""Own results that weigh as much as what other tasks teach, if that agrees with them entirely."""


class Prior(Protocol):
    """Scores for the points of a domain, learned elsewhere."""

    @property
    def first(self) -> Points:
        """Valid points to try before all others, shape (m, width), the most promising first."""

    def scores(self, points: Points) -> NDArray[np.float64]:
        """Scores of valid points, shape (n,); higher is better, on any scale."""

    def agreement(self, points: Points, scores: NDArray[np.float64]) -> float:
        """Rank correlation of its scores with measured ones, -1 to 1."""


def weight_of(agreement: float, results: int) -> float:
    """How much a prior counts beside a model that was fitted on own results, 0 to 1.

    It falls as results come in, and with how little the prior agrees with them; one that does not
    agree at all, or orders them the other way round, does not count: what other tasks teach must
    not make a search worse.

    Parameters
    ----------
    agreement
        Rank correlation with the results.
    results
        How many there are.
    """
    return max(agreement, 0.0) * RESULTS / (RESULTS + results)


class TrustedPrior:
    """A prior, and how far it is trusted by the results there are.

    Parameters
    ----------
    prior
        What other tasks teach.

    Attributes
    ----------
    began
        Whether its first points were proposed.
    weight
        What it counts beside a model of own results, 0 to 1.
    misled
        Whether the first results spoke against it, so that what it chose says little about the
        rest; until somebody makes up for it.
    """

    def __init__(self, prior: Prior) -> None:
        self.prior = prior
        self.began = False
        self.weight = 1.0
        self.misled = False
        self._compared = False
        self._scale, self._shift = 1.0, 0.0

    def compare(self, points: Points, scores: NDArray[np.float64]) -> None:
        """Trust it as far as it agrees with measured scores, and learn their scale.

        Parameters
        ----------
        points
            Shape (n, width), valid.
        scores
            Shape (n,), measured.
        """
        self.weight = weight_of(self.prior.agreement(points, scores), len(points))
        self.misled = not self._compared and self.weight == 0.0
        self._compared = True
        told = self.prior.scores(points)
        spread = float(told.std())
        self._scale = float(scores.std()) / spread if spread else 0.0
        self._shift = float(scores.mean()) - self._scale * float(told.mean())

    def joined(self, points: Points, own: NDArray[np.float64] | None) -> NDArray[np.float64]:
        """Its scores with those of a model of own results, (n,); its alone where there is none."""
        if own is None:
            return self.prior.scores(points)
        if not self.weight:
            return own
        taught = self._scale * self.prior.scores(points) + self._shift
        return (1 - self.weight) * own + self.weight * taught
