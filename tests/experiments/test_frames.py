from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.experiments.made_results import live, made_results
from tvmtune.errors import RecordError, UsageError
from tvmtune.experiments.analysis import analyse
from tvmtune.experiments.frames import (
    check_pandas,
    curves_frame,
    read_csv,
    results_from,
    rows_frame,
    scores_frame,
    searches_frame,
    trials_frame,
    write_csv,
)
from tvmtune.experiments.results import Results


def test_one_row_a_trial_and_one_a_search() -> None:
    results = made_results(tasks=2, seeds=3)
    trials, searches = trials_frame(results), searches_frame(results)
    assert len(trials) == 2 * 3 * 3 * 80
    assert list(trials) == ["task", "strategy", "seed", "trial", "time_s", "told_s", "row"]
    assert trials["trial"].max() == 80
    assert len(searches) == 18
    assert {"trials_to_share", "seconds_to_share", "best_share", "thinking_s"} <= set(searches)
    best = trials.groupby(["task", "strategy", "seed"])["time_s"].min()
    for row in searches.to_dict("records"):
        assert best[row["task"], row["strategy"], row["seed"]] == row["best_s"]


@pytest.mark.parametrize("recorded", [True, False])
def test_files_give_the_same_analysis(tmp_path: Path, recorded: bool) -> None:
    results = made_results(tasks=2, seeds=6)
    results = results if recorded else live(results)
    write_csv(trials_frame(results), tmp_path / "trials.csv")
    write_csv(searches_frame(results), tmp_path / "searches.csv")
    frames = read_csv(tmp_path / "trials.csv"), read_csv(tmp_path / "searches.csv")
    again = results_from(*frames, results.study, results.spaces)
    one, other = analyse(results), analyse(again)
    assert one.standings == other.standings
    assert one.tests == other.tests
    assert one.duels == other.duels
    pd.testing.assert_frame_equal(curves_frame(one.curves), curves_frame(other.curves))
    assert [s.score for s in one.scores] == [s.score for s in other.scores]


def test_names_that_tables_might_take_for_something_else(tmp_path: Path) -> None:
    odd = {"nan": 0.0, "NA": 1.0, "1": 2.0, 'a,"b"': 1.0}
    results = made_results(tasks=1, seeds=2, knowing=odd, default="nan")
    write_csv(trials_frame(results), tmp_path / "t.csv")
    write_csv(searches_frame(results), tmp_path / "s.csv")
    again = results_from(
        read_csv(tmp_path / "t.csv"), read_csv(tmp_path / "s.csv"), results.study, results.spaces
    )
    assert [s.key for s in again.searches] == [s.key for s in results.searches]
    np.testing.assert_array_equal(again.searches[3].trace.told_s, results.searches[3].trace.told_s)


def test_analyses_as_frames() -> None:
    analysis = analyse(made_results(tasks=2, seeds=3))
    curves = curves_frame(analysis.curves)
    assert {"(all)", "task0", "task1"} == set(curves["task"])
    assert "performance" not in scores_frame(analysis.scores)
    assert "(all)" in set(scores_frame(analysis.scores)["task"])
    assert len(rows_frame(analysis.duels)) == 12
    assert scores_frame(()).empty
    assert curves_frame(()).empty


def test_tables_that_do_not_fit(tmp_path: Path) -> None:
    results = made_results(tasks=1, seeds=1)
    trials, searches = trials_frame(results), searches_frame(results)

    def made(one: Any, other: Any) -> Results:
        return results_from(one, other, results.study, results.spaces)

    with pytest.raises(RecordError, match="the table lacks the columns told_s, row"):
        made(trials.drop(columns=["told_s", "row"]), searches)
    with pytest.raises(RecordError, match=r"not in the other table: \('task0', 'random', 0\)"):
        made(trials, searches.iloc[1:])
    with pytest.raises(RecordError, match="'nope' is not in the study"):
        made(trials.replace("random", "nope"), searches.replace("random", "nope"))
    for changed, message in (
        (searches.assign(thinking_s="x"), "could not convert string to float"),
        (searches.assign(thinking_s=np.nan), "thinking_s must be a number that is not negative"),
        (searches.assign(seed="x"), "invalid literal for int"),
    ):
        with pytest.raises(RecordError, match=f"not a table of this kind: {message}"):
            made(trials, changed)
    with pytest.raises(RecordError, match="time_s must be positive, or missing"):
        made(trials.assign(time_s=-1.0), searches)
    with pytest.raises(RecordError, match="told_s must be numbers that are not negative"):
        made(trials.assign(told_s=np.nan), searches)
    with pytest.raises(RecordError, match="cannot be written: "):
        write_csv(trials, tmp_path / "nope" / "t.csv")
    with pytest.raises(RecordError, match="cannot be read: No such file"):
        read_csv(tmp_path / "nope.csv")
    (tmp_path / "odd.csv").write_text('task,row\na,"b')
    with pytest.raises(RecordError, match="not a table of this kind"):
        read_csv(tmp_path / "odd.csv")
    empty = made(trials.iloc[:0], searches)
    assert all(len(s.trace) == 0 for s in empty.searches)


def test_without_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    check_pandas()
    real = builtins.__import__

    def lacking(name: str, *rest: Any) -> Any:
        if name == "pandas":
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", lacking)
    with pytest.raises(UsageError, match=r"pip install 'tvmtune\[experiments\]'"):
        check_pandas()
