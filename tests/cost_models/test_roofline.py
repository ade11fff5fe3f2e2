from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from tvmtune.cost_models.models import load_cost_model, make_cost_model

COLUMNS = (
    "anchor.updates",
    "vector.lanes",
    "tile.vectors",
    "tile.pressure",
    "tile.intensity",
    "traffic.l2",
    "pack.executions",
    "code.body",
)
GOOD = {
    "anchor.updates": 1e8,
    "vector.lanes": 16,
    "tile.vectors": 14,
    "tile.pressure": 0.5,
    "tile.intensity": 8,
    "traffic.l2": 1e6,
    "pack.executions": 1e4,
    "code.body": 100,
}


def _score(changes: Mapping[str, float], columns: tuple[str, ...] = COLUMNS) -> float:
    values = {**GOOD, **changes}
    ratios = ("tile.pressure", "tile.intensity")
    row = [np.log2(values[c]) if c in ratios else np.log2(1 + values[c]) for c in COLUMNS]
    features = np.array([row], np.float32)
    model = make_cost_model("roofline", 0, columns)
    model.fit(features, np.zeros(1))
    return float(model.predict(features)[0])


@pytest.mark.parametrize(
    "changes",
    [
        {"tile.vectors": 2},
        {"tile.pressure": 2.0},
        {"tile.intensity": 0.2},
        {"traffic.l2": 1e9},
        {"pack.executions": 1e9},
        {"code.body": 1e5},
        {"vector.lanes": 1},
        {"anchor.updates": 2e8},
    ],
)
def test_what_bounds_a_nest_makes_it_worse(changes: dict[str, float]) -> None:
    assert _score(changes) < _score({}) - 0.3


def test_cycles_of_a_nest_bound_by_arithmetic() -> None:
    assert _score({"pack.executions": 0}) == pytest.approx(-np.log2(1 + 1e8 / 16 / 2), abs=1e-3)


def test_without_columns_all_are_alike() -> None:
    assert _score({}, ()) == _score({"tile.vectors": 2}, ())


def test_columns_are_saved(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("model")
    model = make_cost_model("roofline", 0, COLUMNS)
    rows = np.random.default_rng(0).random((5, len(COLUMNS)), np.float32) * 8
    model.fit(rows, np.zeros(5))
    model.save(path)
    assert np.array_equal(load_cost_model(path).predict(rows), model.predict(rows))
