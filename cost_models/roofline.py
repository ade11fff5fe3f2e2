"""An analytic model that needs no data: what bounds a nest, by its counts alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tvmtune.cost_models.base import CostModel

_FMA_PER_CYCLE, _FMA_LATENCY = 2.0, 4.0
_LOADS_PER_CYCLE = 2.0
_BYTES_PER_CYCLE = {"traffic.l1": 64.0, "traffic.l2": 32.0, "traffic.l3": 10.0}
_CYCLES_PER_PACKED = 0.5
_CYCLES_PER_STORED = 0.5
_CODE_LIMIT = 1500.0


class RooflineModel(CostModel):
    """Predicts throughput by the slowest of what a core does at the same time.

    Arithmetic (vectors of updates, stretched where too few accumulators hide the latency of an
    addition, or too many of them do not fit into registers), loads for it, and the bytes from
    beyond each level of cache; then what is packed and stored one after the other.  The rates are
    those of a common core, not measured: it only says which of two nests is likely to be better,
    before there is anything to learn from.  It learns nothing.

    Parameters
    ----------
    seed
        Not used.
    columns
        Names of the feature columns; without those that it needs every prediction is the same.

    References
    ----------
    S. Williams, A. Waterman, D. Patterson, "Roofline: An Insightful Visual Performance Model for
    Multicore Architectures", CACM 52 (2009). T. M. Low et al., "Analytical Modeling Is Enough for
    High-Performance BLIS", ACM TOMS 43 (2016), equation 1, for how many accumulators it takes.
    """

    name = "roofline"

    def __init__(self, seed: int = 0, columns: Sequence[str] = ()) -> None:
        super().__init__(seed)
        self._columns = tuple(columns)

    def _fit(
        self,
        features: NDArray[np.float32],
        scores: NDArray[np.float64],
        groups: NDArray[np.int64],
    ) -> None:
        pass

    def _predict(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        return -np.log2(1.0 + _Counts(features, self._columns).cycles())

    def _save_state(self, path: Path) -> Mapping[str, Any]:
        return {"columns": list(self._columns)}

    @classmethod
    def _load_state(cls, path: Path, seed: int, state: Mapping[str, Any]) -> Self:
        return cls(seed, tuple(map(str, state.get("columns", ()))))


class _Counts:
    """What features say of nests, as numbers again."""

    def __init__(self, features: NDArray[np.float32], columns: Sequence[str]) -> None:
        self._features = features
        self._places = {name: place for place, name in enumerate(columns)}

    def _log2(self, name: str) -> NDArray[np.float64]:
        if self._places.get(name, len(self._features.T)) >= len(self._features.T):
            return np.zeros(len(self._features))
        return self._features[:, self._places[name]].astype(np.float64)

    def _count(self, name: str) -> NDArray[np.float64]:
        count: NDArray[np.float64] = np.exp2(self._log2(name)) - 1
        return count

    def cycles(self) -> NDArray[np.float64]:
        """Cycles of a call, about."""
        bounds = [self._arithmetic(), self._loads()]
        bounds += [self._count(name) / rate for name, rate in _BYTES_PER_CYCLE.items()]
        packed = self._count("pack.executions") / np.maximum(self._count("pack.lanes"), 1)
        stored = self._count("epilogue.executions") / np.maximum(self._count("epilogue.lanes"), 1)
        others = _CYCLES_PER_PACKED * packed + _CYCLES_PER_STORED * stored
        return np.asarray(np.maximum.reduce(bounds) + others)

    def _updates(self) -> NDArray[np.float64]:
        """Vectors of updates."""
        return self._count("anchor.updates") / np.maximum(self._count("vector.lanes"), 1)

    def _arithmetic(self) -> NDArray[np.float64]:
        vectors = np.maximum(self._count("tile.vectors"), 1)
        hidden = np.maximum(_FMA_PER_CYCLE * _FMA_LATENCY / vectors, 1)
        pressure = np.exp2(self._log2("tile.pressure"))
        spilled = np.maximum(pressure, 1) ** 2
        cold = np.maximum(self._count("code.body") / _CODE_LIMIT, 1)
        cycles: NDArray[np.float64] = self._updates() / _FMA_PER_CYCLE * hidden * spilled * cold
        return cycles

    def _loads(self) -> NDArray[np.float64]:
        """Vectors that are loaded for the updates."""
        lanes = np.maximum(self._count("vector.lanes"), 1)
        intensity = np.exp2(self._log2("tile.intensity"))
        loaded: NDArray[np.float64] = self._updates() * lanes / np.maximum(intensity, 1e-6)
        return loaded / lanes / _LOADS_PER_CYCLE
