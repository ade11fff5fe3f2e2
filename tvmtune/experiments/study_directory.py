"""The directory of a study that is being run: who may write it, and what."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tvmtune.errors import RecordError, UsageError
from tvmtune.experiments.planning import StudyPlan, space_name
from tvmtune.experiments.replay_pool import SearchFailure
from tvmtune.experiments.results import TRACES_FILE, Search, append_search
from tvmtune.experiments.study import ReplayedTask, log_name
from tvmtune.experiments.study_file import STUDY_FILE, read_study, write_study
from tvmtune.records.fingerprint import machine_fingerprint, toolchain_versions
from tvmtune.records.recorded_space import read_space, write_space

ERRORS_FILE = "errors.jsonl"
LOGS = "logs"

_LOCK_FILE = ".run.lock"


@dataclass(frozen=True, slots=True)
class StudyDirectory:
    """Where the results of a study go; nobody else writes there meanwhile."""

    path: Path

    def add(self, search: Search) -> None:
        """Keep a search; it is on disk when this returns."""
        append_search(self.path / TRACES_FILE, search)

    def add_error(self, failure: SearchFailure) -> None:
        """Keep what went wrong; raises `RecordError` if it cannot be written."""
        path = self.path / ERRORS_FILE
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(failure.to_json()) + "\n")
        except OSError as error:
            raise RecordError(f"{path}: cannot be written: {error.strerror}") from error

    def space(self, task: ReplayedTask) -> Path:
        """The recorded space of a task."""
        return self.path / space_name(task)

    def log(self, task: str, label: str, seed: int) -> Path:
        """The tuning log of a live search."""
        return self.path / LOGS / log_name(task, label, seed)


@contextmanager
def opened(plan: StudyPlan, jobs: int) -> Iterator[StudyDirectory]:
    """Make the directory of a study ready to be written: its spaces, then ``study.json``.

    Whatever was begun earlier is kept; what failed then is forgotten, as it is tried again.

    Parameters
    ----------
    plan
        Of the study.
    jobs
        How many searches run at a time, which results keep.

    Raises
    ------
    UsageError
        If another process runs a study there.
    RecordError
        If it cannot be written.
    """
    try:
        (plan.out / "spaces").mkdir(parents=True, exist_ok=True)
        if any(task.space is None for task in plan.file.tasks):
            (plan.out / LOGS).mkdir(exist_ok=True)
        lock = os.open(plan.out / _LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise RecordError(f"{plan.out}: cannot be written: {error.strerror}") from error
    try:
        _take(lock, plan.out)
        _fill(plan, jobs)
        yield StudyDirectory(plan.out)
    finally:
        os.close(lock)


def _take(lock: int, out: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise UsageError(
            f"{out}: another process runs a study there: wait for it, or give another --out DIR"
        ) from error


def _fill(plan: StudyPlan, jobs: int) -> None:
    """Write what does not change while searches run; a kill at any moment leaves a whole."""
    for task in plan.study.tasks:
        if isinstance(task, ReplayedTask) and not (kept := plan.out / space_name(task)).exists():
            write_space(read_space(task.path), kept)
    path = plan.out / STUDY_FILE
    old = read_study(path).origin if path.exists() else {}
    file = replace(plan.file, origin={**plan.file.origin, **_origin(old, jobs)})
    write_study(file, path)
    try:
        (plan.out / TRACES_FILE).touch()
        (plan.out / ERRORS_FILE).unlink(missing_ok=True)
    except OSError as error:
        raise RecordError(f"{plan.out}: cannot be written: {error.strerror}") from error


def _origin(old: Mapping[str, Any], jobs: int) -> dict[str, Any]:
    """Machine, versions and start are those of the first run; jobs the most of any."""
    before = old.get("jobs")
    return {
        "machine": old.get("machine") or machine_fingerprint(),
        "versions": old.get("versions") or toolchain_versions(),
        "start": old.get("start") or datetime.now(UTC).isoformat(timespec="seconds"),
        "jobs": max(jobs, before) if isinstance(before, int) else jobs,
    }
