"""What a search needs of a cost model; see `tvmtune.cost_models.base.CostModel`."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class HeldOut(Protocol):
    """What a model says of itself on rows it was not fitted on."""

    @property
    def rows(self) -> int:
        """Rows judged on."""

    @property
    def spearman(self) -> float:
        """Rank correlation, -1 to 1."""

    @property
    def recall(self) -> float:
        """Share of the `k` best among the `k` predicted best."""

    @property
    def k(self) -> int:
        """How many rows `recall` looks at."""


class ScoreModel(Protocol):
    """Predicts scores of candidates from their features."""

    @property
    def minimum_rows(self) -> int:
        """`fit` needs as many rows."""

    def assess(self, features: NDArray[np.float32], scores: NDArray[np.float64]) -> HeldOut:
        """Fit on a part of the rows and judge on the others."""

    def fit(self, features: NDArray[np.float32], scores: NDArray[np.float64]) -> None:
        """Learn from all rows."""

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Predict scores, (n,); higher is better."""
