from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvmtune.cost_models.quality import (
    average_ranks,
    held_out_split,
    judge,
    recall_at_k,
    spearman,
)

NUMBERS = st.lists(st.integers(-5, 5), min_size=2, max_size=30)


def floats(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array(values, np.float64)


def test_equal_values_share_their_mean_rank() -> None:
    assert average_ranks(floats(3, 1, 1, 7, 3, 3)).tolist() == [3, 0.5, 0.5, 5, 3, 3]
    assert average_ranks(floats()).tolist() == []


def test_spearman_of_known_rows() -> None:
    assert spearman(floats(1, 2, 3), floats(10, 20, 1000)) == pytest.approx(1)
    assert spearman(floats(1, 2, 3), floats(3, 2, 1)) == pytest.approx(-1)
    # Kendall's example form: 1 - 6 * sum(d^2) / (n (n^2 - 1)) with d = (0, 1, 1, 0).
    assert spearman(floats(1, 2, 3, 4), floats(1, 3, 2, 4)) == pytest.approx(0.8)
    assert spearman(floats(1, 2, 2, 3), floats(1, 2, 3, 4)) == pytest.approx(0.9486832980505138)


@pytest.mark.parametrize("rows", [(), (1.0,), (2.0, 2.0, 2.0)])
def test_rows_without_order_correlate_with_nothing(rows: tuple[float, ...]) -> None:
    other = np.arange(len(rows), dtype=np.float64)
    assert spearman(floats(*rows), other) == 0.0
    assert spearman(other, floats(*rows)) == 0.0


@given(NUMBERS, st.randoms(use_true_random=False))
def test_spearman_is_bounded_and_symmetric(values: list[int], random: object) -> None:
    scores = np.array(values, np.float64)
    predicted = np.roll(scores, 1) ** 2
    one, other = spearman(scores, predicted), spearman(predicted, scores)
    assert one == pytest.approx(other)
    assert -1 - 1e-12 <= one <= 1 + 1e-12
    assert spearman(scores, 3 * scores**3 + 1) == pytest.approx(float(len(set(values)) > 1))


def test_recall_of_known_rows() -> None:
    scores = floats(5, 4, 3, 2, 1)
    assert recall_at_k(scores, floats(9, 8, 1, 2, 3), 2) == 1.0
    assert recall_at_k(scores, floats(9, 0, 8, 2, 3), 2) == 0.5
    assert recall_at_k(scores, floats(1, 2, 3, 4, 5), 2) == 0.0
    assert recall_at_k(scores, floats(1, 2, 3, 4, 5), 99) == 1.0
    assert recall_at_k(scores, scores, 0) == 0.0
    assert recall_at_k(floats(), floats(), 3) == 0.0


def test_ties_count_by_chance_and_any_of_the_best_counts() -> None:
    assert recall_at_k(floats(5, 4, 3, 2, 1), np.zeros(5), 2) == pytest.approx(2 / 5)
    assert recall_at_k(floats(5, 5, 5, 2, 1), floats(0, 1, 2, -1, -2), 2) == 1.0
    assert recall_at_k(np.ones(5), np.arange(5.0), 2) == 1.0


@given(NUMBERS, NUMBERS, st.integers(1, 30))
def test_recall_is_a_share(left: list[int], right: list[int], k: int) -> None:
    n = min(len(left), len(right))
    scores, predicted = np.array(left[:n], np.float64), np.array(right[:n], np.float64)
    assert 0 <= recall_at_k(scores, predicted, k) <= 1
    assert recall_at_k(scores, scores, k) == pytest.approx(1)


@pytest.mark.parametrize(("n", "share", "held"), [(2, 0.1, 1), (2, 0.9, 1), (8, 0.25, 2)])
def test_split_parts_the_rows(n: int, share: float, held: int) -> None:
    fitted, judged = held_out_split(n, share, np.random.default_rng(0))
    assert len(judged) == held
    assert sorted([*fitted, *judged]) == list(range(n))
    assert (np.diff(fitted) > 0).all()


def test_only_rows_of_a_group_are_compared() -> None:
    scores, predicted = floats(1, 2, 3, 10, 20), floats(1, 2, 3, -5, -4)
    groups = np.array([0, 0, 0, 7, 7])
    quality = judge(scores, predicted, groups)
    assert quality.spearman == pytest.approx(1)
    assert (quality.rows, quality.recall, quality.k) == (5, 1.0, 1)
    assert judge(scores, predicted, np.zeros(5, np.int64)).spearman < 0
    assert judge(scores, predicted, groups, k=2).k == 2
    assert judge(floats(), floats(), groups[:0]).rows == 0
