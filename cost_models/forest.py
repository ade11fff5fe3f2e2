"""Extremely randomised trees by scikit-learn; the only file that imports it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from tvmtune.cost_models.base import CostModel
from tvmtune.cost_models.files import write_whole
from tvmtune.errors import CostModelError

if TYPE_CHECKING:
    from sklearn.ensemble import ExtraTreesRegressor

_TREES = 100
_ROWS = "rows.npz"
_MOST_BYTES = 1 << 30


class ForestModel(CostModel):
    """Regression on scores by extremely randomised trees, which also say how far they disagree.

    scikit-learn keeps models by pickle only, and loading one would run whatever it says; so the
    rows are saved, and the same trees grown of them when it is loaded.

    Parameters
    ----------
    seed
        Seeds the trees.

    Raises
    ------
    CostModelError
        If scikit-learn is not installed.

    References
    ----------
    P. Geurts, D. Ernst, L. Wehenkel, "Extremely Randomized Trees", Machine Learning 63 (2006); F.
    Hutter, H. H. Hoos, K. Leyton-Brown, "Sequential Model-Based Optimization for General Algorithm
    Configuration", LION 2011, for what their disagreement is good for.
    """

    name = "forest"
    minimum_rows = 4

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        if find_spec("sklearn") is None:
            raise CostModelError(
                "cost model forest needs scikit-learn: pip install 'tvmtune[experiments]'"
            )
        self._trees: ExtraTreesRegressor | None = None
        self._rows: tuple[NDArray[np.float32], NDArray[np.float64]] | None = None

    def _fit(
        self,
        features: NDArray[np.float32],
        scores: NDArray[np.float64],
        groups: NDArray[np.int64],
    ) -> None:
        from sklearn.ensemble import ExtraTreesRegressor

        self._rows = features, scores
        self._trees = ExtraTreesRegressor(
            n_estimators=_TREES,
            max_features=0.5,
            min_samples_leaf=2,
            n_jobs=1,
            random_state=self.seed % 2**31,
        ).fit(features, scores)

    def _predict(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        assert self._trees is not None
        return np.asarray(self._trees.predict(features), np.float64)

    def _spread(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        assert self._trees is not None
        each = [tree.predict(features) for tree in self._trees.estimators_]
        return np.asarray(np.std(each, axis=0), np.float64)

    def _save_state(self, path: Path) -> Mapping[str, Any]:
        assert self._rows is not None
        buffer = io.BytesIO()
        np.savez_compressed(buffer, features=self._rows[0], scores=self._rows[1])
        data = buffer.getvalue()
        write_whole(path / _ROWS, data)
        return {"sha256": hashlib.sha256(data).hexdigest()}

    @classmethod
    def _load_state(cls, path: Path, seed: int, state: Mapping[str, Any]) -> Self:
        model = cls(seed)
        try:
            data = (path / _ROWS).read_bytes()
            if hashlib.sha256(data).hexdigest() != state["sha256"] or len(data) > _MOST_BYTES:
                raise ValueError(f"{_ROWS} is not what was saved")
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                features, scores = arrays["features"], arrays["scores"]
            model.fit(features, scores)
        except (KeyError, OSError, ValueError) as err:
            raise CostModelError(f"{path} holds no usable {cls.name} model: {err}") from err
        return model
