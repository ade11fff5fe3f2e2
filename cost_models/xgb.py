"""Gradient-boosted trees by XGBoost; the only file that imports it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

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


_REGRESSION = "reg:squarederror"


class XGBModel(CostModel):
    """Regression on scores by gradient-boosted trees, on one thread.

    How many trees there are is decided on rows held out of the fit; then that many are grown on
    all rows. (AutoTVM stops on the error of the rows it trains on.) A regression on scores that
    are relative to the best of their group has no use for the groups themselves; rankings have.

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
    minimum_rows = 4
    objective: ClassVar[str] = _REGRESSION
    """XGBoost's parameter of this name; of a ranking, rows of a group are ordered together."""

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
        rows = _Rows(features, scores, groups)
        self._booster = self._grow(rows, self._best_rounds(rows))

    def _best_rounds(self, rows: _Rows) -> int:
        """Find the number of trees with the smallest error on held-out rows."""
        rng = np.random.default_rng([self.seed, len(rows.features)])
        fitted, held = held_out_split(len(rows.features), self.options.held_out_share, rng)
        booster = self._grow(rows.at(fitted), self.options.rounds, held_out=rows.at(held))
        return int(booster.best_iteration) + 1

    def _grow(self, rows: _Rows, rounds: int, held_out: _Rows | None = None) -> xgboost.Booster:
        """Grow trees; stop early where there are held-out rows."""
        import xgboost

        evals = [] if held_out is None else [(self._matrix(held_out), "held_out")]
        return xgboost.train(
            self._parameters(),
            self._matrix(rows),
            num_boost_round=rounds,
            evals=evals,
            early_stopping_rounds=self.options.patience if evals else None,
            verbose_eval=False,
        )

    def _matrix(self, rows: _Rows) -> xgboost.DMatrix:
        import xgboost

        if not self.objective.startswith("rank:"):
            return xgboost.DMatrix(rows.features, rows.scores, nthread=1)
        order = np.argsort(rows.groups, kind="stable")
        _, queries = np.unique(rows.groups[order], return_inverse=True)
        return xgboost.DMatrix(rows.features[order], rows.scores[order], qid=queries, nthread=1)

    def _parameters(self) -> dict[str, Any]:
        options = self.options
        ranking = {"ndcg_exp_gain": False} if self.objective.startswith("rank:") else {}
        return {
            **ranking,
            "objective": self.objective,
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
        saved = _save_trees(self._booster, path / _TREES)
        return {"options": asdict(self.options), **saved}

    @classmethod
    def _load_state(cls, path: Path, seed: int, state: Mapping[str, Any]) -> Self:
        with _refusing(path, cls.name):
            model = cls(seed, XGBOptions(**state["options"]))
            model._booster = _load_trees(path / _TREES, state)
        return model


class XGBPairwiseModel(XGBModel):
    """Ranking by gradient-boosted trees: which of two rows of a group is better (LambdaMART).

    References
    ----------
    C. J. C. Burges, "From RankNet to LambdaRank to LambdaMART: An Overview", Microsoft Research
    Technical Report 2010-82.
    """

    name = "xgb-pairwise"
    version = 1
    objective = "rank:pairwise"


class XGBListwiseModel(XGBModel):
    """Ranking by gradient-boosted trees: pairs count by what swapping them does to the NDCG.

    References
    ----------
    Q. Wu et al., "Adapting Boosting for Information Retrieval Measures", Information Retrieval 13
    (2010).
    """

    name = "xgb-listwise"
    version = 1
    objective = "rank:ndcg"


class XGBFeasibilityModel(XGBModel):
    """The probability that a candidate runs at all; scores are 1 for those that did, 0 for others.

    References
    ----------
    M. A. Gelbart, J. Snoek, R. P. Adams, "Bayesian Optimization with Unknown Constraints", UAI
    2014.
    """

    name = "xgb-feasibility"
    version = 1
    objective = "binary:logistic"


class XGBEnsemble(XGBModel):
    """Several regressions on resampled rows: their mean, and how far they disagree.

    Parameters
    ----------
    seed, options
        As of `XGBModel`.

    References
    ----------
    L. Breiman, "Bagging Predictors", Machine Learning 24 (1996); B. Lakshminarayanan, A. Pritzel,
    C. Blundell, "Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles",
    NeurIPS 2017.
    """

    name = "xgb-ensemble"
    version = 1
    members: ClassVar[int] = 5

    def __init__(self, seed: int = 0, options: XGBOptions | None = None) -> None:
        super().__init__(seed, options)
        self._boosters: list[xgboost.Booster] = []

    def _fit(
        self,
        features: NDArray[np.float32],
        scores: NDArray[np.float64],
        groups: NDArray[np.int64],
    ) -> None:
        rows = _Rows(features, scores, groups)
        rounds = self._best_rounds(rows)
        rng = np.random.default_rng([self.seed, len(features), self.members])
        drawn = rng.integers(0, len(features), (self.members, len(features)))
        self._boosters = [self._grow(rows.at(sample), rounds) for sample in drawn]

    def _each(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """What each member predicts, shape (members, n)."""
        return np.array([booster.inplace_predict(features) for booster in self._boosters])

    def _predict(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.asarray(self._each(features).mean(axis=0), np.float64)

    def _spread(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.asarray(self._each(features).std(axis=0, ddof=1), np.float64)

    def _save_state(self, path: Path) -> Mapping[str, Any]:
        saved = [
            _save_trees(booster, path / f"trees-{place}.ubj")
            for place, booster in enumerate(self._boosters)
        ]
        return {"options": asdict(self.options), "members": saved}

    @classmethod
    def _load_state(cls, path: Path, seed: int, state: Mapping[str, Any]) -> Self:
        with _refusing(path, cls.name):
            model = cls(seed, XGBOptions(**state["options"]))
            model._boosters = [
                _load_trees(path / f"trees-{place}.ubj", member)
                for place, member in enumerate(state["members"])
            ]
        return model


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """What is learned from, a row a candidate."""

    features: NDArray[np.float32]
    scores: NDArray[np.float64]
    groups: NDArray[np.int64]

    def at(self, rows: NDArray[np.int64]) -> _Rows:
        """Some of them."""
        return _Rows(self.features[rows], self.scores[rows], self.groups[rows])


def _save_trees(booster: xgboost.Booster, path: Path) -> dict[str, Any]:
    """Write trees; what is to be found there when they are read."""
    trees = bytes(booster.save_raw("ubj"))
    write_whole(path, trees)
    return {"bytes": len(trees), "sha256": hashlib.sha256(trees).hexdigest()}


def _load_trees(path: Path, saved: Mapping[str, Any]) -> xgboost.Booster:
    import xgboost

    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(_checked_trees(path, saved))
    booster.set_param({"nthread": 1})
    return booster


@contextmanager
def _refusing(path: Path, name: str) -> Iterator[None]:
    """Say of a folder that cannot be used that it cannot."""
    import xgboost

    try:
        yield
    except (KeyError, TypeError, OSError, xgboost.core.XGBoostError) as err:
        reason = str(err).splitlines()[0]
        raise CostModelError(f"{path} holds no usable {name} model: {reason}") from err


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
