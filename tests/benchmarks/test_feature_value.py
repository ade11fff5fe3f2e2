from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import feature_value
from benchmarks.__main__ import main
from benchmarks.feature_value import (
    ACROSS,
    Ranking,
    Rows,
    across_table,
    ranked_across,
    ranked_within,
)
from tests.experiments.synthetic import made_domain, made_space
from tvmtune.analysis.features import FEATURE_NAMES
from tvmtune.analysis.relations import RELATION_NAMES
from tvmtune.records.recorded_space import write_space


def _rows(name: str, seed: int, n: int = 200, algorithm: str = "one") -> Rows:
    """Two columns decide; of the features the first has another meaning in each space."""
    rng = np.random.default_rng(seed)
    relations = rng.random((n, len(RELATION_NAMES)), dtype=np.float32)
    scores = relations[:, 0] * (0.2 + relations[:, 1])
    first = scores if seed % 2 else scores.max() - scores
    nest = np.stack([first, rng.random(n)], axis=1).astype(np.float32)
    scores = (scores / scores.max()).astype(np.float64)
    return Rows(
        name=name,
        algorithm=algorithm,
        features=nest,
        nest=nest,
        relations=relations,
        scores=scores,
    )


def test_rankings() -> None:
    scores = np.linspace(0, 1, 100)
    best, worst = Ranking.of(scores, scores), Ranking.of(scores, -scores)
    assert [best.spearman, worst.spearman] == pytest.approx([1.0, -1.0])
    assert [best.recall, worst.recall] == [1.0, 0.0]
    assert best.found == (1.0, 1.0, 1.0)
    assert worst.found == pytest.approx((0.0, 7 / 99, 63 / 99))
    middle = Ranking.median([worst, best, worst])
    assert middle == worst


def test_rows_of_a_recorded_space() -> None:
    domain = made_domain()
    rows = Rows.of("small", domain)
    assert (rows.name, rows.algorithm) == ("small", "matmul.packed")
    assert rows.nest.shape == (len(domain.space), len(FEATURE_NAMES))
    assert rows.relations.shape == (len(domain.space), len(RELATION_NAMES))
    assert rows.features.shape[1] == len(domain.feature_names)
    assert rows.scores.max() == 1.0
    assert np.array_equal(rows.scores == 0, np.isnan(domain.space.times_s))


def test_models_of_a_space_are_judged_on_other_rows() -> None:
    rows = _rows("a", 1)
    assert ranked_within(rows, lambda r: r.nest, 64, 3).spearman > 0.95
    assert ranked_within(rows, lambda r: r.nest[:, 1:], 64, 3).spearman < 0.5


def test_models_of_other_spaces_need_columns_that_mean_the_same() -> None:
    left, *others = (_rows(str(seed), seed) for seed in (1, 2, 4, 6))
    assert ranked_across(left, others, lambda r: r.relations, 3).spearman > 0.8
    assert ranked_across(left, others, lambda r: r.nest, 3).spearman < -0.8


def test_spaces_of_the_same_algorithm_are_left_out_together() -> None:
    spaces = [_rows(name, seed, algorithm=name[0]) for seed, name in enumerate(("a1", "a2", "b1"))]
    lines = list(across_table(spaces, 1, other_algorithms=True))
    assert len(lines) == 2 + (3 + 1) * len(ACROSS)
    alone = list(across_table(spaces[:2], 1, other_algorithms=True))
    assert len(alone) == 2


def test_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        write_space(made_space(), tmp_path / f"{name}.space.gz")
    (tmp_path / "old.space.gz").write_bytes(b"no space")
    monkeypatch.setattr(feature_value, "FITTED_ON", (16,))
    assert main(["feature-value", str(tmp_path), "--seeds", "1"]) == 0
    printed = capsys.readouterr()
    assert "| fitted on | columns | one | two | mean |" in printed.out
    assert "| two | without curves | " in printed.out
    assert printed.out.count("| mean | ") == 5
    assert "left out: " in printed.err
    assert "old.space.gz: not a recorded space" in printed.err
    out = tmp_path / "value.md"
    assert main(["feature-value", str(tmp_path), "--seeds", "1", "-o", str(out)]) == 0
    assert out.read_text() == printed.out


def test_what_the_command_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feature-value", str(tmp_path)]) == 2
    assert "has 0 recorded spaces (*.space.gz) that can be replayed" in capsys.readouterr().err
    assert main(["feature-value", str(tmp_path), "--seeds", "0"]) == 2
    assert "0 seeds: give at least 1" in capsys.readouterr().err
