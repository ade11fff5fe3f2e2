from __future__ import annotations

import numpy as np
import pytest

from tvmtune.search.diversity import select_diverse

POINTS = np.array([[0, 0], [0, 0], [0, 1], [1, 1], [2, 2]])
MERITS = np.array([1.0, 0.95, 0.9, 0.5, 0.1])


def test_without_weight_merit_alone_decides() -> None:
    assert select_diverse(POINTS, MERITS, 3, 0.0).tolist() == [0, 1, 2]


def test_new_values_are_worth_something_but_not_everything() -> None:
    assert select_diverse(POINTS, MERITS, 3, 0.2).tolist() == [0, 2, 1]
    assert select_diverse(POINTS, MERITS, 3, 0.5).tolist() == [0, 2, 1]
    assert select_diverse(POINTS, MERITS, 3, 10.0).tolist() == [0, 3, 4]


@pytest.mark.parametrize("n", [5, 9])
def test_picks_every_row_once_when_all_are_wanted(n: int) -> None:
    assert sorted(select_diverse(POINTS, MERITS, n, 1.0).tolist()) == [0, 1, 2, 3, 4]


def test_nothing_to_pick_from() -> None:
    assert select_diverse(POINTS[:0], MERITS[:0], 3, 1.0).tolist() == []
    assert select_diverse(POINTS, MERITS, 0, 1.0).tolist() == []
