"""What was compared: ``study.json`` of a results directory.

The file is JSON::

    {"tvmtune_study":1,"tasks":[{"name":"C2","workload":"...","target":"...",
     "space":"spaces/C2.space.gz"}],"strategies":[{"name":"random"}],"seeds":[0,1],"trials":500,
     "seconds":null,"share":0.95,"default":"random","origin":{...}}

``space`` is null for a task that was searched live.  Reading a file executes nothing.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from tvmtune.errors import RecordError

FORMAT = 1
"""Version of the file; one of a newer version is refused."""

STUDY_FILE = "study.json"

_LARGEST_BYTES = 1 << 24
_LONGEST_NAME = 200
_LARGEST_SEED = 2**63
_SPACE = re.compile(r"spaces/[^/\\\0]+\.space\.gz")


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyTask:
    """A task that was searched.

    Parameters
    ----------
    name
        Short, one of its own.
    workload, target
        Canonical texts.
    space
        The file of its recorded space, relative to the directory; None where it was measured live.
    """

    name: str
    workload: str
    target: str
    space: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyStrategy:
    """A strategy that was compared: its name, and whatever else the runner says of it."""

    name: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFile:
    """What was compared, and how.

    Parameters
    ----------
    tasks, strategies, seeds
        A search was to be made of each combination.
    trials, seconds
        The budget of a search; None where it was not bounded so.
    share
        Of the optimum's speed, that was to be reached.
    default
        Name of the strategy that the others are compared with.
    origin
        Machine, versions and start, as plain JSON values.
    """

    tasks: tuple[StudyTask, ...]
    strategies: tuple[StudyStrategy, ...]
    seeds: tuple[int, ...]
    trials: int | None
    seconds: float | None
    share: float
    default: str
    origin: Mapping[str, Any]

    @property
    def task_names(self) -> tuple[str, ...]:
        """Of all tasks, in order."""
        return tuple(task.name for task in self.tasks)

    @property
    def strategy_names(self) -> tuple[str, ...]:
        """Of all strategies, in order."""
        return tuple(strategy.name for strategy in self.strategies)

    @property
    def searches(self) -> int:
        """How many searches it asks for; a strategy may have fewer seeds than the others."""
        most = len(self.seeds)
        seeds: list[int] = [min(most, s.details.get("seeds", most)) for s in self.strategies]
        return len(self.tasks) * sum(seeds)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "tvmtune_study": FORMAT,
            "tasks": [
                {"name": t.name, "workload": t.workload, "target": t.target, "space": t.space}
                for t in self.tasks
            ],
            "strategies": [{**s.details, "name": s.name} for s in self.strategies],
            "seeds": list(self.seeds),
            "trials": self.trials,
            "seconds": self.seconds,
            "share": self.share,
            "default": self.default,
            "origin": dict(self.origin),
        }

    @staticmethod
    def from_json(value: Any) -> StudyFile:
        """What :meth:`to_json` made; raises `RecordError` on anything else."""
        if not isinstance(value, dict) or type(value.get("tvmtune_study")) is not int:
            raise RecordError("not a study: there is no tvmtune_study in it")
        if value["tvmtune_study"] > FORMAT:
            raise RecordError(
                f"a study of format {value['tvmtune_study']}, this tvmtune reads up to {FORMAT}: "
                "update tvmtune to use it"
            )
        try:
            return _study(value)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise RecordError(f"not a study: {type(error).__name__} {error}") from error


def read_study(path: Path) -> StudyFile:
    """Read a file.

    Raises
    ------
    RecordError
        If it cannot be read or is no study.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise RecordError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        if len(data) > _LARGEST_BYTES:
            raise RecordError(f"more than {_LARGEST_BYTES >> 20} MiB")
        return StudyFile.from_json(parse_json(data))
    except RecordError as error:
        raise RecordError(f"{path}: {error}") from error


def write_study(study: StudyFile, path: Path) -> None:
    """Write a file, the whole of it or nothing; it is on disk when this returns.

    Raises
    ------
    RecordError
        If it cannot be written.
    """
    data = json.dumps(study.to_json(), indent=1, allow_nan=False).encode() + b"\n"
    replace_file(path, data)


def replace_file(path: Path, data: bytes) -> None:
    """Write a file as `write_study` does; raises `RecordError` if it cannot be written."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise RecordError(f"{path}: cannot be written: {error.strerror}") from error


def parse_json(data: bytes) -> Any:
    """A JSON value; raises `RecordError` on anything else, NaN and infinity included."""
    try:
        return json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"not JSON: {error}") from error


def finite(value: Any, name: str) -> float:
    """A number that is not negative; raises `ValueError` on anything else."""
    if type(value) not in (int, float) or not 0 <= value < math.inf:
        raise ValueError(f"{name} must be a number that is not negative")
    return float(value)


def whole(value: Any, name: str) -> int:
    """An integer; raises `ValueError` on anything else."""
    if type(value) is not int:
        raise ValueError(f"{name} must be an integer")
    return value


def text(value: Any, name: str) -> str:
    """A text that is not empty, in one line; raises `ValueError` on anything else."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError(f"{name} must be a text in one line")
    return value


def _study(value: Mapping[str, Any]) -> StudyFile:
    strategies = tuple(map(_strategy, value["strategies"]))
    tasks = tuple(map(_task, value["tasks"]))
    seeds = tuple(_seed(seed) for seed in value["seeds"])
    default = text(value["default"], "default")
    _check_once("task", [task.name for task in tasks])
    _check_once("strategy", [strategy.name for strategy in strategies])
    _check_once("seed", seeds)
    if default not in {strategy.name for strategy in strategies}:
        raise ValueError(f"its default {default!r} is none of its strategies")
    if not isinstance(value["origin"], dict):
        raise ValueError("origin must be an object")
    trials, seconds, share = value["trials"], value["seconds"], finite(value["share"], "share")
    if trials is not None and whole(trials, "trials") < 1:
        raise ValueError("trials must be at least 1")
    if not 0 < share <= 1:
        raise ValueError("share must lie between 0 and 1")
    return StudyFile(
        tasks=tasks,
        strategies=strategies,
        seeds=seeds,
        trials=trials,
        seconds=None if seconds is None else finite(seconds, "seconds"),
        share=share,
        default=default,
        origin=value["origin"],
    )


def _task(value: Mapping[str, Any]) -> StudyTask:
    space = value["space"]
    if space is not None and not _SPACE.fullmatch(text(space, "space")):
        raise ValueError(f"space must be spaces/NAME.space.gz or null, not {space!r}")
    return StudyTask(
        name=_name(value["name"]),
        workload=text(value["workload"], "workload"),
        target=text(value["target"], "target"),
        space=space,
    )


def _strategy(value: Mapping[str, Any]) -> StudyStrategy:
    details = {str(name): one for name, one in value.items() if name != "name"}
    if whole(details.get("seeds", 1), "seeds of a strategy") < 1:
        raise ValueError("seeds of a strategy must be at least 1")
    return StudyStrategy(name=_name(value["name"]), details=details)


def _seed(value: Any) -> int:
    if abs(whole(value, "a seed")) >= _LARGEST_SEED:
        raise ValueError("a seed must be below 2 to the power of 63")
    return int(value)


def _name(value: Any) -> str:
    if len(text(value, "a name")) > _LONGEST_NAME:
        raise ValueError(f"a name of more than {_LONGEST_NAME} characters")
    return str(value)


def _check_once(noun: str, names: Sequence[Any]) -> None:
    if not names:
        raise ValueError(f"there is no {noun}")
    twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if twice is not None:
        raise ValueError(f"the {noun} {twice!r} stands there twice")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
