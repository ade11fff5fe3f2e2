from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
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
    (tmp_path / "trees.ubj").unlink()
    with pytest.raises(CostModelError, match="holds no usable xgb model"):
        XGBModel.load(tmp_path)
    header = json.loads((tmp_path / HEADER).read_text())
    header["state"] = {"options": {"depth": 3}}
    (tmp_path / HEADER).write_text(json.dumps(header))
    with pytest.raises(CostModelError, match="holds no usable xgb model"):
        XGBModel.load(tmp_path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda trees: b"", "it has 0 bytes"),
        (lambda trees: trees[:1000], "it has 1000 bytes"),
        (lambda trees: trees + b"x", "were saved"),
        (lambda trees: trees[:500] + bytes([trees[500] ^ 1]) + trees[501:], "its content is not"),
    ],
)
def test_damaged_trees_are_never_handed_to_the_library(
    tmp_path: Path, damage: Callable[[bytes], bytes], message: str
) -> None:
    model = XGBModel()
    model.fit(*rows(0.0))
    model.save(tmp_path)
    path = tmp_path / "trees.ubj"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(CostModelError, match=rf"trees.ubj is damaged: .*{message}"):
        XGBModel.load(tmp_path)


def test_trees_that_xgboost_refuses(tmp_path: Path) -> None:
    model = XGBModel()
    model.fit(*rows(0.0))
    model.save(tmp_path)
    (tmp_path / "trees.ubj").write_bytes(b"{broken")
    header = json.loads((tmp_path / HEADER).read_text())
    digest = hashlib.sha256(b"{broken").hexdigest()
    header["state"] |= {"bytes": len(b"{broken"), "sha256": digest}
    (tmp_path / HEADER).write_text(json.dumps(header))
    with pytest.raises(CostModelError, match="holds no usable xgb model"):
        XGBModel.load(tmp_path)


def test_a_model_that_was_saved_without_a_checksum(tmp_path: Path) -> None:
    model = XGBModel()
    model.fit(*rows(0.0))
    model.save(tmp_path)
    header = json.loads((tmp_path / HEADER).read_text())
    del header["state"]["sha256"]
    (tmp_path / HEADER).write_text(json.dumps(header))
    with pytest.raises(CostModelError, match="holds no usable xgb model: 'sha256'"):
        XGBModel.load(tmp_path)
