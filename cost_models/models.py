"""The cost models there are, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tvmtune.cost_models.base import CostModel, read_header
from tvmtune.cost_models.forest import ForestModel
from tvmtune.cost_models.random import RandomModel
from tvmtune.cost_models.roofline import RooflineModel
from tvmtune.cost_models.xgb import (
    XGBEnsemble,
    XGBFeasibilityModel,
    XGBListwiseModel,
    XGBModel,
    XGBPairwiseModel,
)
from tvmtune.errors import CostModelError

COST_MODELS: Mapping[str, type[CostModel]] = {
    "random": RandomModel,
    "roofline": RooflineModel,
    "xgb": XGBModel,
    "xgb-pairwise": XGBPairwiseModel,
    "xgb-listwise": XGBListwiseModel,
    "xgb-ensemble": XGBEnsemble,
    "xgb-feasibility": XGBFeasibilityModel,
    "forest": ForestModel,
}


def make_cost_model(name: str, seed: int = 0, columns: Sequence[str] = ()) -> CostModel:
    """Make an unfitted model with its default options.

    Parameters
    ----------
    name
        A key of `COST_MODELS`.
    seed
        Seeds what is random in it.
    columns
        Names of the feature columns, for a model that goes by them.

    Raises
    ------
    CostModelError
        If there is no model of that name.
    """
    kind = _named(name)
    return kind(seed, columns) if kind is RooflineModel else kind(seed)


def load_cost_model(path: Path) -> CostModel:
    """Load whichever model `CostModel.save` wrote to a directory.

    Parameters
    ----------
    path
        The directory.

    Raises
    ------
    CostModelError
        If there is no such model or its kind is unknown.
    """
    return _named(read_header(path).name).load(path)


def _named(name: str) -> type[CostModel]:
    if name not in COST_MODELS:
        raise CostModelError(f"no cost model {name!r}; there are {', '.join(COST_MODELS)}")
    return COST_MODELS[name]
