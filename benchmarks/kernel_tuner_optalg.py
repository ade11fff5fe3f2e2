"""Strategies of tvmtune as an algorithm that runs inside Kernel Tuner, in its simulation mode.

Kernel Tuner loads the class by the path of this file (``custom_search_method_path``).  Beside the
cache file that it simulates, ``NAME.json``, there must be the recorded space it was made of,
``NAME.space.gz``: from there come the features that a cost model learns from.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.recorded import recorded_domain, values_by_row
from tvmtune.tuner.equipment import make_named_strategy
from tvmtune.tuner.options import TuneOptions

_FAILED = sys.float_info.max


class TvmtuneSearch:
    """Kernel Tuner's ``OptAlg`` around a strategy: asks for one proposal, measures it, tells.

    Parameters
    ----------
    search
        The strategy's name.
    """

    def __init__(self, search: str = "sa-xgb") -> None:
        self.search = search
        self.costfunc_kwargs = {"scaling": False, "snap": False}

    def __call__(self, func: Any, searchspace: Any) -> None:
        """Search until the budget is spent: then `func` raises, or until there are no more."""
        path = Path(func.tuning_options.cachefile).with_suffix(".space.gz")
        domain, values = recorded_domain(path), values_by_row(path)
        seed = random.getrandbits(32)
        options = _options(func.tuning_options.budget, self.search, seed)
        strategy = make_named_strategy(options, domain, seed)
        while proposals := strategy.ask(1):
            point = proposals[0].point[np.newaxis]
            cost_ms = func(values[int(domain.rows(point)[0])])
            cost_s = np.nan if cost_ms >= _FAILED else cost_ms * 1e-3
            strategy.tell(point, np.array([cost_s]))


def _options(budget: Any, search: str, seed: int) -> TuneOptions:
    """The same budget as `tvmtune tune` is given it."""
    if budget.time_limit is None:
        return TuneOptions(trials=budget.max_fevals, search=search, seed=seed)
    return TuneOptions(minutes=budget.time_limit.total_seconds() / 60, search=search, seed=seed)
