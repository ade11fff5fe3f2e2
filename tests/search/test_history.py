from __future__ import annotations

import numpy as np

from tvmtune.search.history import History, relative_throughput

POINTS = np.array([[0, 1], [0, 2], [0, 3]])
KEYS = [b"a", b"b", b"c"]


def test_scores_are_relative_to_the_best_and_failures_are_zero() -> None:
    scores = relative_throughput(np.array([2.0, np.nan, 1.0, 4.0]))
    assert scores.tolist() == [0.5, 0.0, 1.0, 0.25]
    assert relative_throughput(np.array([np.nan, np.nan])).tolist() == [0.0, 0.0]
    assert relative_throughput(np.zeros(0)).tolist() == []


def test_records_in_order_and_the_newest_cost_counts() -> None:
    history = History(2)
    assert history.points.shape == (0, 2)
    history.record(KEYS[:2], POINTS[:2], np.array([3.0, np.nan]))
    history.record(KEYS[1:], POINTS[1:], np.array([1.0, 2.0]))
    assert len(history) == 3
    assert history.version == 4
    assert np.array_equal(history.points, POINTS)
    assert history.costs_s.tolist() == [3.0, 1.0, 2.0]


def test_points_are_copied() -> None:
    history, points = History(2), POINTS.copy()
    history.record(KEYS, points, np.ones(3))
    points[:] = 9
    assert np.array_equal(history.points, POINTS)


def test_leaders_are_the_fastest_that_ran() -> None:
    history = History(2)
    assert history.leaders(3).shape == (0, 2)
    history.record(KEYS, POINTS, np.array([3.0, np.nan, 2.0]))
    assert history.leaders(1).tolist() == [[0, 3]]
    assert history.leaders(9).tolist() == [[0, 3], [0, 1]]
