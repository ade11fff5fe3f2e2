"""Gradient-boosted trees by XGBoost; the only file that imports it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from tvmtune.cost_models.base import CostModel
from tvmtune.cost_models.files import write_whole
from tvmtune.cost_models.quality import held_out_split
from tvmtune.errors import CostModelError

if TYPE_CHECKING:
    import xgboost

_TREES = "trees.ubj"


@dataclass(frozen=True, slots=True, kw_only=True)
class XGBOptions:
    """How the trees are grown.

    The defaults fit 1000 rows of 100 features in about 0.2 s of one core and predict a row in
    less than a microsecond. Deeper trees cost more and order held-out rows no better.

    Attributes
    ----------
    rounds
        Most trees.
    patience
        Trees without a smaller held-out error after which growing stops.
    held_out_share
        Share of the rows that decides when to stop.
    max_depth, learning_rate, min_child_weight, subsample, colsample, max_bin
        XGBoost's parameters of these names (`eta` is the learning rate, `colsample_bytree` the
        share of columns).
    """

    rounds: int = 200
    patience: int = 20
    held_out_share: float = 0.2
    max_depth: int = 4
    learning_rate: float = 0.15
    min_child_weight: float = 2.0
    subsample: float = 0.8
    colsample: float = 0.6
    max_bin: int = 64


class XGBModel(CostModel):
    """Regression on scores by gradient-boosted trees, on one thread.

    How many trees there are is decided on rows held out of the fit; then that many are grown on
    all rows. (AutoTVM stops on the error of the rows it trains on.) A regression on scores that
    are relative to the best of their group has no use for the groups themselves.

    Parameters
    ----------
    seed
        Seeds the sampling of rows and columns and the choice of held-out rows.
    options
        How the trees are grown.

    References
    ----------
    T. Chen, C. Guestrin, "XGBoost: A Scalable Tree Boosting System", KDD 2016.
    T. Chen et al., "Learning to Optimize Tensor Programs", NeurIPS 2018, section 3.1.
    """

    name = "xgb"
    version = 2
    minimum_rows = 8

    def __init__(self, seed: int = 0, options: XGBOptions | None = None) -> None:
        super().__init__(seed)
        self.options = options if options is not None else XGBOptions()
        self._booster: xgboost.Booster | None = None

    def _fit(
        self,
        features: NDArray[np.float32],
        scores: NDArray[np.float64],
        groups: NDArray[np.int64],
    ) -> None:
        rounds = self._best_rounds(features, scores)
        self._booster = self._grow(features, scores, rounds)

    def _best_rounds(self, features: NDArray[np.float32], scores: NDArray[np.float64]) -> int:
        """Find the number of trees with the smallest error on held-out rows."""
        rng = np.random.default_rng([self.seed, len(features)])
        fitted, held = held_out_split(len(features), self.options.held_out_share, rng)
        booster = self._grow(
            features[fitted],
            scores[fitted],
            self.options.rounds,
            held_out=(features[held], scores[held]),
        )
        return int(booster.best_iteration) + 1

    def _grow(
        self,
        features: NDArray[np.float32],
        scores: NDArray[np.float64],
        rounds: int,
        held_out: tuple[NDArray[np.float32], NDArray[np.float64]] | None = None,
    ) -> xgboost.Booster:
        """Grow trees; stop early where there are held-out rows."""
        import xgboost

        rows = xgboost.DMatrix(features, scores, nthread=1)
        evals = []
        if held_out is not None:
            evals.append((xgboost.DMatrix(*held_out, nthread=1), "held_out"))
        return xgboost.train(
            self._parameters(),
            rows,
            num_boost_round=rounds,
            evals=evals,
            early_stopping_rounds=self.options.patience if evals else None,
            verbose_eval=False,
        )

    def _parameters(self) -> dict[str, Any]:
        options = self.options
        return {
            "objective": "reg:squarederror",
            "tree_method": "hist",
            "nthread": 1,
            "seed": self.seed % 2**31,
            "verbosity": 0,
            "max_depth": options.max_depth,
            "eta": options.learning_rate,
            "min_child_weight": options.min_child_weight,
            "subsample": options.subsample,
            "colsample_bytree": options.colsample,
            "max_bin": options.max_bin,
        }

    def _predict(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        assert self._booster is not None
        return np.asarray(self._booster.inplace_predict(features), np.float64)

    def _save_state(self, path: Path) -> Mapping[str, Any]:
        assert self._booster is not None
        trees = bytes(self._booster.save_raw("ubj"))
        write_whole(path / _TREES, trees)
        return {
            "options": asdict(self.options),
            "bytes": len(trees),
            "sha256": hashlib.sha256(trees).hexdigest(),
        }

    @classmethod
    def _load_state(cls, path: Path, seed: int, state: Mapping[str, Any]) -> Self:
        import xgboost

        booster = xgboost.Booster({"nthread": 1})
        try:
            model = cls(seed, XGBOptions(**state["options"]))
            booster.load_model(_checked_trees(path / _TREES, state))
        except (KeyError, TypeError, OSError, xgboost.core.XGBoostError) as err:
            reason = str(err).splitlines()[0]
            raise CostModelError(f"{path} holds no usable {cls.name} model: {reason}") from err
        booster.set_param({"nthread": 1})
        model._booster = booster
        return model


def _checked_trees(path: Path, state: Mapping[str, Any]) -> bytearray:
    """Read the trees that were saved; XGBoost ends the process on some files that are damaged."""
    trees = bytearray(path.read_bytes())
    if len(trees) != state["bytes"]:
        raise CostModelError(
            f"{path} is damaged: it has {len(trees)} bytes, {state['bytes']!r} were saved"
        )
    if hashlib.sha256(trees).hexdigest() != state["sha256"]:
        raise CostModelError(f"{path} is damaged: its content is not what was saved")
    return trees
