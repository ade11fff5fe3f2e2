"""Results as frames of pandas, in and out; pandas is an extra: ``pip install 'tvmtune[data]'``.

`trials_frame` and `searches_frame` have all that searches did; `results_from` makes the searches
of them again, so that an analysis can begin with frames, or with the CSV files of a report.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tvmtune.errors import RecordError, UsageError
from tvmtune.experiments.bands import ALL_TASKS, Curve
from tvmtune.experiments.results import Results, Search, in_order, placed
from tvmtune.experiments.scores import Score
from tvmtune.experiments.standings import standings
from tvmtune.experiments.study_file import StudyFile, finite
from tvmtune.experiments.trace import Trace
from tvmtune.records.recorded_space import RecordedSpace

if TYPE_CHECKING:
    import pandas as pd

_KEY = ["task", "strategy", "seed"]
_SPENT = ["thinking_s", "building_s", "running_s"]
_NUMBERS = (
    *("time_s", "told_s", "best_s", "best_share", "trials_to_share", "seconds_to_share"),
    *_SPENT,
    "total_s",
)
_ALL = "(all)"
"""What a table has for a task where it is about all of them."""


def trials_frame(results: Results) -> pd.DataFrame:
    """One row a trial.

    Columns: ``task``, ``strategy``, ``seed``, ``trial`` from 1, ``time_s`` (nan where it failed),
    ``told_s`` and ``row`` (of the recorded space; missing where the search was live).
    """
    import pandas as pd

    parts = [_trials(search) for search in results.searches]
    names = [*_KEY, "trial", "time_s", "told_s", "row"]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in names if parts}
    frame = pd.DataFrame(columns, columns=names)
    return frame.astype({"row": "Int64"})


def searches_frame(results: Results) -> pd.DataFrame:
    """One row a search, with the columns of `tvmtune.experiments.standings.Standing`.

    What was never reached is inf.
    """
    return rows_frame(standings(results))


def rows_frame(rows: Iterable[Any]) -> pd.DataFrame:
    """A frame of dataclasses, a row each and a column for each field.

    Tasks that are all tasks are called ``(all)``.
    """
    import pandas as pd

    records = [{f.name: getattr(row, f.name) for f in fields(row)} for row in rows]
    frame = pd.DataFrame(records)
    if "task" in frame:
        frame["task"] = frame["task"].replace(ALL_TASKS, _ALL)
    return frame


def curves_frame(curves: Sequence[Curve]) -> pd.DataFrame:
    """One row a point of a curve."""
    import pandas as pd

    names = [field.name for field in fields(Curve)]
    parts = [pd.DataFrame({name: getattr(curve, name) for name in names}) for curve in curves]
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=names)
    frame["task"] = frame["task"].replace(ALL_TASKS, _ALL)
    return frame


def scores_frame(scores: Sequence[Score]) -> pd.DataFrame:
    """One row a score, without its course over the budget."""
    return rows_frame(scores).drop(columns="performance", errors="ignore")


def results_from(
    trials: pd.DataFrame,
    searches: pd.DataFrame,
    study: StudyFile,
    spaces: Mapping[str, RecordedSpace],
) -> Results:
    """The results whose frames these are.

    Parameters
    ----------
    trials
        As of `trials_frame`; trials of a search in their order.
    searches
        As of `searches_frame`; only what it says of time spent is used.
    study, spaces
        What was compared, and the recorded spaces by task.

    Raises
    ------
    RecordError
        If a column is missing or has what does not belong there, or a search of one frame is not
        in the other or not in the study.
    """
    for frame, names in ((trials, [*_KEY, "time_s", "told_s", "row"]), (searches, _KEY + _SPENT)):
        lacking = [name for name in names if name not in frame]
        if lacking:
            raise RecordError(f"the table lacks the columns {', '.join(lacking)}")
    try:
        made = _searches(trials, searches)
    except (TypeError, ValueError) as error:
        raise RecordError(f"not a table of this kind: {error}") from error
    found = {key: placed(search, study, spaces) for key, search in made.items()}
    return Results(study=study, spaces=spaces, searches=in_order(found, study))


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as CSV, numbers in full.

    Raises
    ------
    RecordError
        If it cannot be written.
    """
    try:
        frame.to_csv(path, index=False, lineterminator="\n")
    except OSError as error:
        raise RecordError(f"{path}: cannot be written: {error.strerror or error}") from error


def read_csv(path: Path) -> pd.DataFrame:
    """A frame of trials or of searches that `write_csv` wrote, with the same numbers.

    Raises
    ------
    RecordError
        If it cannot be read.
    """
    import pandas as pd

    try:
        return pd.read_csv(
            path,
            dtype={"task": str, "strategy": str, "row": "Int64"},
            converters=dict.fromkeys(_NUMBERS, _number),  # exactly, whatever pandas does
            keep_default_na=False,
            na_values=[""],
        )
    except OSError as error:
        raise RecordError(f"{path}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise RecordError(f"{path}: not a table of this kind: {error}") from error


def check_pandas() -> None:
    """Raise `UsageError` where pandas is missing, before anything is done.

    Raises
    ------
    UsageError
        With what would install it.
    """
    try:
        import pandas as pd  # noqa: F401
    except ModuleNotFoundError as error:
        raise UsageError(
            "tables need pandas, which is not installed; pip install 'tvmtune[experiments]'"
        ) from error


def _trials(search: Search) -> dict[str, Any]:
    """Columns of equal length."""
    trace, n = search.trace, len(search.trace)
    rows = np.full(n, np.nan) if trace.rows is None else trace.rows.astype(np.float64)
    return {
        "task": np.full(n, search.task, object),
        "strategy": np.full(n, search.strategy, object),
        "seed": np.full(n, search.seed, np.int64),
        "trial": np.arange(1, n + 1),
        "time_s": trace.times_s,
        "told_s": trace.told_s,
        "row": rows,
    }


def _searches(trials: pd.DataFrame, searches: pd.DataFrame) -> dict[tuple[str, str, int], Search]:
    grouped = {_key(key): group for key, group in trials.groupby(_KEY, sort=False)}
    found: dict[tuple[str, str, int], Search] = {}
    for row in searches.to_dict("records"):
        task, strategy, seed = key = _key([row[name] for name in _KEY])
        trace = _trace(grouped.pop(key, trials.iloc[:0]), row)
        found.setdefault(key, Search(task=task, strategy=strategy, seed=seed, trace=trace))
    if grouped:
        raise RecordError(f"trials of a search that is not in the other table: {min(grouped)}")
    return found


def _number(text: str) -> float:
    return float(text) if text else np.nan


def _key(values: Any) -> tuple[str, str, int]:
    task, strategy, seed = values
    return str(task), str(strategy), int(seed)


def _trace(trials: pd.DataFrame, spent: Mapping[Any, Any]) -> Trace:
    rows, times_s = trials["row"], trials["time_s"].to_numpy(np.float64)
    told_s = trials["told_s"].to_numpy(np.float64)
    if not (np.isnan(times_s) | ((times_s > 0) & (times_s < np.inf))).all():
        raise ValueError("time_s must be positive, or missing where a trial failed")
    if not ((told_s >= 0) & (told_s < np.inf)).all():
        raise ValueError("told_s must be numbers that are not negative")
    return Trace(
        times_s=times_s,
        told_s=told_s,
        rows=None if rows.isna().any() else rows.to_numpy(np.int64),
        **{name: finite(float(spent[name]), name) for name in _SPENT},
    )
