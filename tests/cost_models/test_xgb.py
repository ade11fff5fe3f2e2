from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tvmtune.cost_models.base import HEADER
from tvmtune.cost_models.xgb import XGBModel, XGBOptions
from tvmtune.errors import CostModelError


def rows(noise: float) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    rng = np.random.default_rng(1)
    features = rng.random((300, 5), dtype=np.float32)
    scores = features[:, 0] * features[:, 1] + noise * rng.standard_normal(300)
    return features, scores.astype(np.float64)


def trees(model: XGBModel, path: Path) -> int:
    import xgboost

    model.save(path)
    booster = xgboost.Booster(model_file=path / "trees.ubj")
    return int(booster.num_boosted_rounds())


def test_is_imported_when_it_is_first_needed() -> None:
    program = (
        "import sys; from tvmtune.cost_models.models import make_cost_model; "
        "make_cost_model('xgb'); assert 'xgboost' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_noise_stops_the_growing_on_held_out_rows(tmp_path: Path) -> None:
    clean, noisy = XGBModel(), XGBModel()
    clean.fit(*rows(0.0))
    noisy.fit(*rows(3.0))
    assert 1 <= trees(noisy, tmp_path / "noisy") < 30
    assert 40 < trees(clean, tmp_path / "clean") <= 200


def test_options_are_kept(tmp_path: Path) -> None:
    model = XGBModel(5, XGBOptions(max_depth=2, rounds=7))
    model.fit(*rows(0.0))
    assert trees(model, tmp_path) <= 7
    loaded = XGBModel.load(tmp_path)
    assert (loaded.seed, loaded.options) == (5, XGBOptions(max_depth=2, rounds=7))


def test_refuses_broken_trees_and_options(tmp_path: Path) -> None:
    model = XGBModel()
    model.fit(*rows(0.0))
    model.save(tmp_path)
    (tmp_path / "trees.ubj").write_bytes(b"{broken")
    with pytest.raises(CostModelError, match="holds no usable xgb model"):
        XGBModel.load(tmp_path)
    (tmp_path / "trees.ubj").unlink()
    with pytest.raises(CostModelError, match="holds no usable xgb model"):
        XGBModel.load(tmp_path)
    header = json.loads((tmp_path / HEADER).read_text())
    header["state"] = {"options": {"depth": 3}}
    (tmp_path / HEADER).write_text(json.dumps(header))
    with pytest.raises(CostModelError, match="holds no usable xgb model"):
        XGBModel.load(tmp_path)
