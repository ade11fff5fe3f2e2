"""A cost model that learns nothing, to compare others with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tvmtune.cost_models.base import CostModel

# Multipliers and shifts of the finalizer of SplitMix64 (Steele, Lea, Flood, "Fast Splittable
# Pseudorandom Number Generators", OOPSLA 2014, figure 16).
_FINALIZER = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))


class RandomModel(CostModel):
    """Predicts numbers uniform in [0, 1) that depend on the features and the seed alone.

    Equal rows get equal predictions, in every process, so that a search over it is as repeatable
    as over a model that learns.
    """

    name = "random"

    def _fit(
        self,
        features: NDArray[np.float32],
        scores: NDArray[np.float64],
        groups: NDArray[np.int64],
    ) -> None:
        pass

    def _predict(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        rng = np.random.default_rng([self.seed, features.shape[1]])
        factors = rng.integers(2**64 - 1, size=(features.shape[1],), dtype=np.uint64) | np.uint64(1)
        bits = (features + np.float32(0)).view(np.uint32)  # + 0 makes -0.0 equal 0.0
        mixed: NDArray[np.uint64] = bits.astype(np.uint64) @ factors + factors[:1]
        for shift, factor in _FINALIZER:
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        mixed ^= mixed >> np.uint64(31)
        return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def _save_state(self, path: Path) -> Mapping[str, Any]:
        return {}

    @classmethod
    def _load_state(cls, path: Path, seed: int, state: Mapping[str, Any]) -> Self:
        return cls(seed)
