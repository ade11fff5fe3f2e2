"""What is particular to Optuna's samplers; the conformance suite has the rest."""

from __future__ import annotations

from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tvmtune.errors import SearchError
from tvmtune.search import optuna_samplers
from tvmtune.search.setup import Setup
from tvmtune.search.strategies import make_strategy


def test_what_is_not_installed_is_named(
    synthetic: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optuna_samplers, "find_spec", lambda package: None)
    domain = synthetic.SyntheticDomain()
    with pytest.raises(SearchError, match=r"tpe needs optuna: pip install 'tvmtune.experiments.'$"):
        make_strategy("tpe", domain)
    with pytest.raises(SearchError, match=r"gp needs optuna and torch .*experiments.' torch$"):
        make_strategy("gp", domain)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("torch") is None, reason="Optuna's GP sampler needs torch")
def test_a_gaussian_process(synthetic: ModuleType) -> None:
    runs = []
    for _ in range(2):
        domain = synthetic.SyntheticDomain(radices=synthetic.SMALL_RADICES)
        strategy = make_strategy("gp", domain, Setup(seed=3))
        proposals, _ = synthetic.drive(strategy, synthetic.cost_s, 24, batch=3)
        runs.append([p.point.tolist() for p in proposals])
        assert domain.valid(np.array(runs[-1])).all()
    assert runs[0] == runs[1]
    assert len({tuple(point) for point in runs[0]}) == 24


def test_what_is_told_teaches_it(synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain()
    points = domain.sample(np.random.default_rng(0), 300)
    costs = synthetic.cost_s(points)

    def median_after(told: int) -> Any:
        strategy = make_strategy("tpe", domain, Setup(seed=1))
        strategy.tell(points[:told], costs[:told])
        proposals = strategy.ask(26)[2:]
        return np.nanmedian(synthetic.cost_s(np.stack([p.point for p in proposals])))

    assert median_after(300) < 0.8 * median_after(0)


def test_failures_count_as_slow(synthetic: ModuleType) -> None:
    strategy = make_strategy("tpe", synthetic.SyntheticDomain())
    assert isinstance(strategy, optuna_samplers.TPESearch)
    assert strategy._value(np.nan) is None
    strategy.tell(strategy.domain.defaults(), np.array([1.0, 3.0]))
    assert strategy._value(np.nan) == pytest.approx(np.log(6.0))
    assert strategy._value(2.0) == pytest.approx(np.log(2.0))
