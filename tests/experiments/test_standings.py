from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.experiments.made_results import live, made_results, space_of, study_of
from tvmtune.errors import RecordError
from tvmtune.experiments.head_to_head import duels, reaches
from tvmtune.experiments.results import Results, Search
from tvmtune.experiments.standings import best_at, optima, pairs_of, standings, upper_median
from tvmtune.experiments.study_file import StudyStrategy
from tvmtune.experiments.trace import Trace

SPACE = space_of([4e-4, np.nan, 1e-4, 2e-4, 1.04e-4], workload="matmul:m=1")


def _search(strategy: str, seed: int, rows: list[int], told_s: list[float]) -> Search:
    trace = Trace(
        times_s=SPACE.times_s[rows],
        told_s=np.array(told_s),
        rows=np.array(rows, np.int64),
        thinking_s=0.5,
        building_s=1.0,
        running_s=2.0,
    )
    return Search(task="T", strategy=strategy, seed=seed, trace=trace)


def _results(*searches: Search) -> Results:
    names = tuple(StudyStrategy(name=name, details={}) for name in ("a", "b", "c"))
    study = study_of({"T": SPACE}, 3, strategies=names, default="a")
    return Results(study=study, spaces={"T": SPACE}, searches=searches)


THREE = (
    _search("a", 0, [1, 0, 4, 2], [1.0, 2.0, 3.0, 4.0]),
    _search("a", 1, [0, 3], [1.0, 2.0]),
    _search("a", 2, [2], [9.0]),
    _search("b", 0, [0, 3, 4], [1.0, 1.1, 1.2]),
    _search("b", 1, [1], [1.0]),
    _search("b", 2, [4], [1.0]),
)


def test_what_searches_came_to() -> None:
    results = _results(*THREE)
    first, second, *_, nothing, last = standings(results)
    assert (first.trials, first.failed, first.trials_to_share, first.seconds_to_share) == (
        *(4, 1, 3, 3.0),
    )
    assert (first.best_share, first.total_s, first.thinking_s) == (1.0, 4.0, 0.5)
    assert (second.best_share, second.trials_to_share) == (0.5, np.inf)
    assert (nothing.best_s, nothing.best_share, nothing.seconds_to_share) == (np.inf, 0, np.inf)
    assert last.trials_to_share == 1
    assert results.missing == 3
    with pytest.raises(RecordError, match="no search has finished"):
        standings(_results())


def test_without_a_space_the_best_known_is_the_optimum() -> None:
    results = made_results(tasks=1, seeds=4)
    known = optima(live(results))["task0"]
    best = min(s.trace.best_so_far_s[-1] for s in results.searches)
    assert known.time_s == pytest.approx(best)
    assert not known.recorded
    assert optima(results)["task0"].recorded
    empty = Results(study=live(results).study, spaces={}, searches=())
    assert optima(empty)["task0"].time_s == np.inf


def test_results_that_come_out_of_order() -> None:
    (first, *_) = THREE
    trace = replace(first.trace, told_s=np.array([1.0, 4.0, 3.0, 2.0]))
    grid = np.array([0.5, 1.5, 2.0, 3.5, 9.0])
    np.testing.assert_allclose(best_at(trace, "seconds", grid), [np.inf, np.inf, 1e-4, 1e-4, 1e-4])
    np.testing.assert_allclose(
        best_at(trace, "trials", np.array([1.0, 2.0, 3.0, 99.0])), [np.inf, 4e-4, 1.04e-4, 1e-4]
    )


def test_duels_count_ties_as_half() -> None:
    results = _results(*THREE)
    found = standings(results)
    assert len(pairs_of(found, "a", "b")) == 3
    by_trials, _, by_seconds, back = duels(results, found)
    assert (by_trials.strategy, by_trials.other, by_trials.axis) == ("a", "b", "trials")
    assert (by_trials.sooner, by_trials.later, by_trials.equal) == (0, 0, 3)
    assert by_trials.probability == 0.5
    assert (by_seconds.sooner, by_seconds.later, by_seconds.equal) == (0, 2, 1)
    assert by_seconds.probability == pytest.approx(1 / 6)
    assert back.probability == pytest.approx(5 / 6)


def test_seconds_that_are_nearly_the_same_are_a_tie() -> None:
    for later_s, tied in ((1.005, 1), (1.02, 0)):
        pair = (_search("a", 0, [2], [1.0]), _search("b", 0, [2], [later_s]))
        found = duels(_results(*pair), standings(_results(*pair)))
        assert [d.equal for d in found] == [1, 1, tied, tied]
        assert [d.sooner for d in found] == [0, 0, 1 - tied, 0]


def test_medians_count_what_never_got_there_as_longest() -> None:
    results = _results(*THREE)
    mine, theirs = reaches(results, standings(results))
    assert (mine.reached, mine.searches, mine.trials, mine.seconds) == (2, 3, 3, 9.0)
    assert (mine.trials_low, mine.trials_high) == (1, None)
    assert (theirs.trials, theirs.seconds) == (3, 1.2)
    assert mine.best_share == 1
    few = _results(THREE[0], THREE[1])
    (reach,) = reaches(few, standings(few))
    assert (reach.trials, reach.seconds, reach.reached) == (None, None, 1)
    assert upper_median([1.0, 2.0, 3.0, np.inf]) == 3
