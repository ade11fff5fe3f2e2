"""The results of an experiment: a directory that a run appends to and reports are made from.

``study.json`` says what was compared (`tvmtune.experiments.study_file`), ``spaces/`` has the
recorded spaces, and ``traces.jsonl`` a line of JSON for each search that has finished::

    {"task":"C2","strategy":"random","seed":0,"times_ns":[1200,null],"told_s":[0.1,0.2],
     "rows":[17,4],"thinking_s":0.01,"building_s":0.1,"running_s":0.05}

A trial that failed has the time null; ``rows`` is null where the search was live.
"""

from __future__ import annotations

import fcntl
import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from tvmtune.errors import RecordError
from tvmtune.experiments.study_file import (
    STUDY_FILE,
    StudyFile,
    StudyTask,
    finite,
    parse_json,
    read_study,
    whole,
)
from tvmtune.experiments.trace import Trace
from tvmtune.records.recorded_space import RecordedSpace, read_space

TRACES_FILE = "traces.jsonl"

_LARGEST_LINE_BYTES = 1 << 26
_LONGEST_NS = 10**15
_ROUNDED_S = 1e-9
_BLOCK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Search:
    """A search that has finished: of which task, by which strategy, with which seed."""

    task: str
    strategy: str
    seed: int
    trace: Trace

    @property
    def key(self) -> tuple[str, str, int]:
        """What there is once of."""
        return self.task, self.strategy, self.seed

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        trace = self.trace
        times = [None if math.isnan(s) else round(s * 1e9) for s in trace.times_s.tolist()]
        return {
            "task": self.task,
            "strategy": self.strategy,
            "seed": self.seed,
            "times_ns": times,
            "told_s": trace.told_s.tolist(),
            "rows": None if trace.rows is None else trace.rows.tolist(),
            "thinking_s": trace.thinking_s,
            "building_s": trace.building_s,
            "running_s": trace.running_s,
        }

    @staticmethod
    def from_json(value: Any) -> Search:
        """What :meth:`to_json` made; raises `RecordError` on anything else."""
        try:
            return _search(value)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise RecordError(f"not a search: {type(error).__name__} {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Results:
    """What an experiment has found so far.

    Parameters
    ----------
    study
        What was compared.
    spaces
        Recorded spaces by name of their task; tasks that were searched live have none.
    searches
        Those that have finished, each once, in the order of the study.
    """

    study: StudyFile
    spaces: Mapping[str, RecordedSpace]
    searches: tuple[Search, ...]

    def of(self, task: str, strategy: str) -> tuple[Search, ...]:
        """The searches of a task by a strategy, by seed."""
        return tuple(s for s in self.searches if (s.task, s.strategy) == (task, strategy))

    @property
    def missing(self) -> int:
        """Searches that the study asks for and that have not finished."""
        return self.study.searches - len(self.searches)


def append_search(path: Path, search: Search) -> None:
    """Append a search to a file; it is on disk when this returns.

    What a write that was cut short has left at the end is taken away first.

    Raises
    ------
    RecordError
        If the file cannot be written.
    """
    line = json.dumps(search.to_json(), separators=(",", ":"), allow_nan=False) + "\n"
    try:
        with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.truncate(_whole_lines_bytes(file))
            file.seek(0, os.SEEK_END)
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise RecordError(f"{path}: cannot be written: {error.strerror}") from error


def read_results(directory: Path) -> Results:
    """Read a directory.

    A last line that was not finished is left out, and a search that stands there twice counts
    once, the first.

    Raises
    ------
    RecordError
        If a file cannot be read, or has what does not belong there.
    """
    study = read_study(directory / STUDY_FILE)
    spaces = {
        task.name: _space(directory / task.space, task)
        for task in study.tasks
        if task.space is not None
    }
    found: dict[tuple[str, str, int], Search] = {}
    path = directory / TRACES_FILE
    for number, line in enumerate(_lines(path), 1):
        try:
            search = placed(Search.from_json(parse_json(line)), study, spaces)
        except RecordError as error:
            raise RecordError(f"{path}: line {number}: {error}") from error
        found.setdefault(search.key, search)
    return Results(study=study, spaces=spaces, searches=in_order(found, study))


def in_order(found: Mapping[tuple[str, str, int], Search], study: StudyFile) -> tuple[Search, ...]:
    """Searches in the order of a study."""
    return tuple(
        found[key]
        for task in study.task_names
        for strategy in study.strategy_names
        for seed in sorted(study.seeds)
        if (key := (task, strategy, seed)) in found
    )


def placed(search: Search, study: StudyFile, spaces: Mapping[str, RecordedSpace]) -> Search:
    """A search of a study, with times as exact as its recorded space has them.

    Raises
    ------
    RecordError
        If the study does not ask for it, or its times are not those of its recorded space.
    """
    for name, known in (
        (search.task, study.task_names),
        (search.strategy, study.strategy_names),
        (search.seed, study.seeds),
    ):
        if name not in known:
            raise RecordError(f"{name!r} is not in the study, which has {_listed(known)}")
    space, rows = spaces.get(search.task), search.trace.rows
    if space is None or rows is None:
        return search
    if len(rows) and rows.max() >= len(space):
        raise RecordError(f"row {rows.max()} of a recorded space of {len(space)} configs")
    times_s = space.times_s[rows]
    if not np.allclose(times_s, search.trace.times_s, 0, _ROUNDED_S, equal_nan=True):
        raise RecordError(f"its times are not those of the recorded space of {search.task}")
    return replace(search, trace=replace(search.trace, times_s=times_s))


def _listed(names: tuple[Any, ...]) -> str:
    shown = ", ".join(map(str, names[:8]))
    return shown if len(names) <= 8 else f"{shown}, ... ({len(names)})"


def _space(path: Path, task: StudyTask) -> RecordedSpace:
    space = read_space(path)
    if (space.workload, space.target) != (task.workload, task.target):
        raise RecordError(
            f"{path}: a space of {space.workload} for {space.target}, the task {task.name} is "
            f"{task.workload} for {task.target}"
        )
    return space


def _lines(path: Path) -> Iterator[bytes]:
    """The lines of a file; one that was not finished is left out."""
    try:
        with path.open("rb") as file:
            while (line := file.readline(_LARGEST_LINE_BYTES + 1)).endswith(b"\n"):
                yield line
            if len(line) > _LARGEST_LINE_BYTES:
                raise RecordError(f"{path}: a line of more than {_LARGEST_LINE_BYTES >> 20} MiB")
    except OSError as error:
        raise RecordError(f"{path}: cannot be read: {error.strerror}") from error


def _whole_lines_bytes(file: BinaryIO) -> int:
    """Where the last line that was finished ends."""
    end = file.seek(0, os.SEEK_END)
    while end > 0:
        begin = max(0, end - _BLOCK_BYTES)
        file.seek(begin)
        place = file.read(end - begin).rfind(b"\n")
        if place >= 0:
            return begin + place + 1
        end = begin
    return 0


def _search(value: Mapping[str, Any]) -> Search:
    times = np.array([_time_s(ns) for ns in value["times_ns"]], np.float64)
    told = np.array([finite(s, "told_s") for s in value["told_s"]], np.float64)
    rows = None if value["rows"] is None else _rows(value["rows"])
    if len(told) != len(times) or (rows is not None and len(rows) != len(times)):
        raise ValueError("times_ns, told_s and rows differ in length")
    if not isinstance(value["task"], str) or not isinstance(value["strategy"], str):
        raise ValueError("task and strategy must be texts")
    return Search(
        task=value["task"],
        strategy=value["strategy"],
        seed=whole(value["seed"], "seed"),
        trace=Trace(
            times_s=times,
            told_s=told,
            rows=rows,
            thinking_s=finite(value["thinking_s"], "thinking_s"),
            building_s=finite(value["building_s"], "building_s"),
            running_s=finite(value["running_s"], "running_s"),
        ),
    )


def _time_s(nanoseconds: Any) -> float:
    if nanoseconds is None:
        return math.nan
    if not 0 < whole(nanoseconds, "a time") <= _LONGEST_NS:
        raise ValueError(f"a time of {nanoseconds} ns")
    return float(nanoseconds * 1e-9)


def _rows(values: Any) -> NDArray[np.int64]:
    rows = np.array([whole(row, "a row") for row in values], np.int64)
    if len(rows) and rows.min() < 0:
        raise ValueError("a row that is negative")
    return rows
