from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.experiments.synthetic import made_domain
from tvmtune.experiments.model_replay import ModelTask, ModelTrace, replay_model
from tvmtune.tuner.options import TuneOptions


def _replayed(*counts: int, **options: Any) -> ModelTrace:
    tasks = [ModelTask(made_domain(), count) for count in counts]
    chosen = TuneOptions(**{"search": "random"} | options)
    return replay_model(tasks, chosen, now_s=lambda: 0.0)


@pytest.mark.parametrize("divide", ["gain", "even"])
def test_trials_are_shared(divide: str) -> None:
    trace = _replayed(20, 1, trials=10, divide=divide)
    assert sum(trace.trials) == 20
    assert trace.trials == (10, 10) or divide == "gain"
    assert trace.trials[0] >= trace.trials[1] > 0
    assert (np.diff(trace.at_s) >= 0).all()
    assert (np.diff(trace.model_s) < 0).all()
    assert trace.at_s[-1] <= trace.spent_s == pytest.approx(20 * 0.07, rel=0.3)


@pytest.mark.parametrize("divide", ["gain", "even"])
def test_seconds_are_shared(divide: str) -> None:
    trace = _replayed(3, 1, minutes=1 / 60, divide=divide)
    assert 1 <= trace.spent_s < 1.5
    assert trace.at_s[-1] <= 1
    assert min(trace.trials) > 0
    assert trace.model_s_at(0) == trace.model_s[0]
    assert trace.model_s_at(1) == trace.model_s[-1]


@pytest.mark.parametrize("divide", ["gain", "even"])
def test_everything_is_found_in_the_end(divide: str) -> None:
    domain = made_domain()
    trace = _replayed(2, 3, trials=1000, divide=divide)
    assert trace.model_s[-1] == pytest.approx(5 * domain.space.best_s)
    assert trace.trials == (domain.size, domain.size) or divide == "gain"


def test_the_same_seed_repeats_itself() -> None:
    first, second = (_replayed(2, 3, trials=12, seed=4) for _ in range(2))
    np.testing.assert_array_equal(first.at_s, second.at_s)
    np.testing.assert_array_equal(first.model_s, second.model_s)
