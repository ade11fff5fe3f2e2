"""One suite for every cost model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tvmtune.cost_models.base import HEADER, CostModel
from tvmtune.cost_models.files import write_whole
from tvmtune.cost_models.models import COST_MODELS, load_cost_model, make_cost_model
from tvmtune.cost_models.quality import judge
from tvmtune.errors import CostModelError

Rows = tuple[NDArray[np.float32], NDArray[np.float64]]

NAMES = tuple(COST_MODELS)
LEARNERS = tuple(name for name in NAMES if name not in ("random", "roofline"))


def rows(n: int = 200, seed: int = 0) -> Rows:
    """Eight features, of which three matter; a tenth of the rows failed."""
    rng = np.random.default_rng(seed)
    features = rng.random((n, 8), dtype=np.float32)
    scores = features[:, 0] * (0.2 + features[:, 1]) + 0.3 * np.abs(features[:, 2] - 0.5)
    scores = np.where(rng.random(n) < 0.1, 0.0, scores / scores.max())
    return features, scores.astype(np.float64)


@pytest.fixture(params=NAMES)
def model(request: pytest.FixtureRequest) -> CostModel:
    return make_cost_model(request.param, seed=3)


def test_names_agree_with_the_mapping() -> None:
    assert [make_cost_model(name).name for name in NAMES] == list(NAMES)
    with pytest.raises(CostModelError, match="no cost model 'oracle'; there are random, "):
        make_cost_model("oracle")


@pytest.mark.parametrize("name", LEARNERS)
def test_learns_a_simple_function(name: str) -> None:
    quality = make_cost_model(name).assess(*rows(400))
    assert quality.rows == 100
    assert quality.spearman > 0.6
    assert quality.recall > 0.5


def test_the_random_model_learns_nothing() -> None:
    quality = make_cost_model("random").assess(*rows(2000))
    assert abs(quality.spearman) < 0.2
    predicted = make_cost_model("random", 5)
    predicted.fit(*rows(10))
    drawn = predicted.predict(rows(4000)[0])
    assert ((drawn >= 0) & (drawn < 1)).all()
    assert drawn.mean() == pytest.approx(0.5, abs=0.02)
    assert drawn.std() == pytest.approx(12**-0.5, abs=0.02)


def test_predicts_one_finite_number_a_row(model: CostModel) -> None:
    features, scores = rows()
    assert model.width is None
    model.fit(features, scores)
    assert model.width == 8
    predicted = model.predict(features)
    assert predicted.shape == (200,)
    assert predicted.dtype == np.float64
    assert np.isfinite(predicted).all()
    assert np.array_equal(model.predict(features[::-1])[::-1], predicted)
    assert np.array_equal(model.predict(features[5:6]), predicted[5:6])
    assert model.predict(features[:0]).shape == (0,)


def test_is_deterministic_and_forgets_earlier_fits(model: CostModel) -> None:
    features, scores = rows()
    model.fit(features, scores)
    first = model.predict(features)
    model.fit(*rows(seed=1))
    model.fit(features, scores)
    assert np.array_equal(model.predict(features), first)
    again = make_cost_model(model.name, seed=3)
    again.fit(features, scores)
    assert np.array_equal(again.predict(features), first)
    other = make_cost_model(model.name, seed=4)
    other.fit(features, scores)
    assert np.array_equal(other.predict(features), first) == (model.name == "roofline")


def test_says_how_sure_it_is(model: CostModel) -> None:
    features, scores = rows()
    with pytest.raises(CostModelError, match="only after fit"):
        model.spread(features)
    model.fit(features, scores)
    spread = model.spread(features)
    assert spread.shape == (200,)
    assert model.spread(features[:0]).shape == (0,)
    if model.name in ("xgb-ensemble", "forest"):
        assert (spread > 0).mean() > 0.9
        far = np.full((1, 8), 0.5, np.float32)
        few = make_cost_model(model.name)
        few.fit(features[:40], scores[:40])
        assert few.spread(far)[0] > 0
    else:
        assert not spread.any()


def test_saves_and_loads(model: CostModel, tmp_path: Path) -> None:
    features, scores = rows()
    model.fit(features, scores)
    path = tmp_path / "deep" / "model"
    model.save(path)
    model.save(path)
    for loaded in (load_cost_model(path), type(model).load(path)):
        assert type(loaded) is type(model)
        assert (loaded.seed, loaded.width) == (3, 8)
        assert np.array_equal(loaded.predict(features), model.predict(features))
        loaded.fit(features, scores)
        assert np.array_equal(loaded.predict(features), model.predict(features))


def test_saved_models_are_json_and_the_librarys_own_format(
    model: CostModel, tmp_path: Path
) -> None:
    model.fit(*rows())
    model.save(tmp_path)
    names = {path.name for path in tmp_path.iterdir()} - {HEADER}
    assert all(name.startswith("trees") or name == "rows.npz" for name in names)
    assert all(name.endswith((".ubj", ".npz")) for name in names)
    assert json.loads((tmp_path / HEADER).read_text())["name"] == model.name


def test_all_scores_alike_or_zero(model: CostModel) -> None:
    features, _ = rows()
    for score in (0.0, 0.7):
        model.fit(features, np.full(200, score))
        assert np.isfinite(model.predict(features)).all()
        assert model.assess(features, np.full(200, score)).spearman == 0.0


def test_the_fewest_rows(model: CostModel) -> None:
    features, scores = rows(model.minimum_rows)
    model.fit(features, scores)
    with pytest.raises(CostModelError, match=f"on {model.minimum_rows - 1} rows, it needs at leas"):
        model.fit(features[1:], scores[1:])
    with pytest.raises(CostModelError, match="assessed on at least 2 rows"):
        model.assess(features[:1], scores[:1])


def test_groups_are_judged_apart(model: CostModel) -> None:
    features, scores = rows()
    groups = np.arange(200) % 2
    model.fit(features, scores, groups)
    assert model.assess(features, scores, groups, k=5).k == 5


def test_refuses_bad_rows(model: CostModel) -> None:
    features, scores = rows()
    with pytest.raises(CostModelError, match=r"shape \(rows, columns\), got \(8,\)"):
        model.fit(features[0], scores)
    with pytest.raises(CostModelError, match=r"shape \(rows, columns\), got \(200, 0\)"):
        model.fit(features[:, :0], scores)
    with pytest.raises(CostModelError, match=r"scores have the shape \(200,\).*got \(199,\)"):
        model.fit(features, scores[1:])
    with pytest.raises(CostModelError, match=r"groups have the shape \(200,\).*got \(3,\)"):
        model.fit(features, scores, np.zeros(3, np.int64))
    with pytest.raises(CostModelError, match="a failed candidate has the score 0"):
        model.fit(features, np.where(scores > 0, scores, np.nan))
    bad = features.copy()
    bad[7, 2] = np.inf
    with pytest.raises(CostModelError, match="column 2 is not"):
        model.fit(bad, scores)


def test_refuses_to_predict_what_it_cannot(model: CostModel, tmp_path: Path) -> None:
    features, scores = rows()
    with pytest.raises(CostModelError, match="only after fit or load"):
        model.predict(features)
    with pytest.raises(CostModelError, match="nothing to save before fit"):
        model.save(tmp_path)
    model.fit(features, scores)
    with pytest.raises(CostModelError, match="fitted on 8 feature columns, got 7"):
        model.predict(features[:, 1:])


def test_refuses_what_is_no_saved_model(model: CostModel, tmp_path: Path) -> None:
    with pytest.raises(CostModelError, match="holds no saved cost model"):
        load_cost_model(tmp_path / "missing")
    model.fit(*rows())
    (tmp_path / "file").write_text("")
    with pytest.raises(CostModelError, match="cannot be saved to"):
        model.save(tmp_path / "file")
    model.save(tmp_path)
    good = json.loads((tmp_path / HEADER).read_text())
    for change, message in (
        ({"format": 2}, "format 2, expected 1"),
        ({"width": "8"}, "bad width"),
        ({"format": True}, "bad format"),
        ({"more": 1}, "holds no saved cost model"),
        ({"name": "oracle"}, "no cost model 'oracle'"),
        ({"version": 99}, f"version 99, not {model.name} version {model.version}"),
    ):
        (tmp_path / HEADER).write_text(json.dumps(good | change))
        with pytest.raises(CostModelError, match=message):
            load_cost_model(tmp_path)
    (tmp_path / HEADER).write_text("[1]")
    with pytest.raises(CostModelError, match="holds no saved cost model"):
        load_cost_model(tmp_path)
    (tmp_path / HEADER).write_text("[" * 100_000)
    with pytest.raises(CostModelError, match="is nested too deeply"):
        load_cost_model(tmp_path)


def test_what_cannot_be_written_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "file"
    write_whole(path, b"old")
    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_groups_are_ranked_each_by_itself() -> None:
    """Scores of one group are shifted by more than they differ: its rows teach the order alike."""
    features, scores = rows(600)
    groups = np.arange(600) % 2
    shifted = np.where(groups == 1, 0.2 * scores, 0.8 + 0.2 * scores)
    for name in ("xgb-pairwise", "xgb-listwise"):
        model = make_cost_model(name)
        model.fit(features, shifted, groups)
        assert judge(scores, model.predict(features), groups).spearman > 0.6


@pytest.mark.parametrize("name", ["xgb-ensemble", "forest"])
def test_damaged_files_of_models_are_refused(name: str, tmp_path: Path) -> None:
    model = make_cost_model(name)
    model.fit(*rows())
    model.save(tmp_path)
    damaged = next(path for path in tmp_path.iterdir() if path.name != HEADER)
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    with pytest.raises(CostModelError, match=r"holds no usable|is damaged"):
        load_cost_model(tmp_path)
    damaged.unlink()
    with pytest.raises(CostModelError, match="holds no usable"):
        load_cost_model(tmp_path)


def test_a_forest_needs_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tvmtune.cost_models.forest.find_spec", lambda package: None)
    with pytest.raises(CostModelError, match="needs scikit-learn: pip install"):
        make_cost_model("forest")
