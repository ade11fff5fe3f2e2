"""Studies as users write them: ``STUDY.toml``.

The file is TOML::

    name = "plans"
    seeds = 20                      # 0 to 19; or a list
    trials = 500                    # of a search; and/or seconds

    [[task]]
    space = "spaces/*.space.gz"     # replayed; relative to this file

    [[task]]
    workload = "C2"                 # live
    target = "cpu"
    set = {ci_block = [16, 32]}

    [[strategy]]
    name = "sa-xgb"
    label = "sa-xgb plan 8"
    options = {plan_size = 8}

Reading it executes nothing.
"""

from __future__ import annotations

import glob
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tvmtune.errors import TvmtuneError, UsageError
from tvmtune.experiments.contender import Contender
from tvmtune.experiments.study import (
    DEFAULT_SEEDS,
    DEFAULT_SHARE,
    LiveTask,
    ReplayedTask,
    Study,
)

_LARGEST_BYTES = 1 << 20
_MOST_SEEDS = 100_000
_SUFFIX = ".space.gz"

_STUDY = {
    "name": str,
    "out": str,
    "seeds": (int, list),
    "trials": int,
    "seconds": float,
    "share": float,
    "default": str,
    "task": list,
    "strategy": list,
}
_REPLAYED = {"name": str, "space": str, "template": str}
_LIVE = {"name": str, "workload": str, "target": str, "template": str, "set": dict}
_STRATEGY = {
    "name": str,
    "label": str,
    "options": dict,
    "seeds": int,
    "trials": int,
    "seconds": float,
}
_WORDS = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    dict: "a table",
    list: "a list of tables",
    (int, list): "a whole number, or a list of such",
}


@dataclass(frozen=True, slots=True)
class WrittenStudy:
    """A study, and the directory that its results are to go to."""

    study: Study
    out: Path


def read_study_toml(path: Path) -> WrittenStudy:
    """Read a file.

    Raises
    ------
    UsageError
        If it cannot be read, or has what a study does not.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        if len(data) > _LARGEST_BYTES:
            raise UsageError(f"more than {_LARGEST_BYTES >> 20} MiB")
        return _written(tomllib.loads(data.decode()), path)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: not TOML: {error}") from error
    except TvmtuneError as error:
        raise UsageError(f"{path}: {error}") from error


def _written(value: Mapping[str, Any], path: Path) -> WrittenStudy:
    _check(value, _STUDY, "a study")
    name = value.get("name", path.stem)
    study = Study(
        name=name,
        tasks=tuple(
            task
            for number, one in enumerate(_tables(value, "task"), 1)
            for task in _tasks(one, f"task {number}", path.parent)
        ),
        contenders=tuple(
            _contender(one, f"strategy {number}")
            for number, one in enumerate(_tables(value, "strategy"), 1)
        ),
        seeds=_seeds(value.get("seeds", DEFAULT_SEEDS)),
        trials=value.get("trials"),
        seconds=value.get("seconds"),
        share=value.get("share", DEFAULT_SHARE),
        default=value.get("default", ""),
    )
    return WrittenStudy(study, path.parent / value.get("out", path.stem))


def _tables(value: Mapping[str, Any], key: str) -> Sequence[Mapping[str, Any]]:
    tables: Sequence[Mapping[str, Any]] = value.get(key, ())
    if not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"{key} is a list of tables: write [[{key}]]")
    return tables


def _seeds(value: int | Sequence[Any]) -> tuple[int, ...]:
    if isinstance(value, int):
        if not 0 < value <= _MOST_SEEDS:
            raise UsageError(f"seeds = {value}: give 1 to {_MOST_SEEDS:,}, or a list of seeds")
        return tuple(range(value))
    if not all(type(seed) is int for seed in value):
        raise UsageError("seeds is a whole number, or a list of such")
    return tuple(value)


def _tasks(value: Mapping[str, Any], where: str, folder: Path) -> Iterator[ReplayedTask | LiveTask]:
    """The tasks of a table: several where a pattern fits several files."""
    if ("space" in value) == ("workload" in value):
        raise UsageError(f"{where} has space (replayed) or workload (live): give one of them")
    if "workload" in value:
        yield _live(value, where)
        return
    _check(value, _REPLAYED, where)
    paths = _files(value["space"], where, folder)
    if len(paths) > 1 and "name" in value:
        raise UsageError(f"{where}: {len(paths)} spaces cannot all be named {value['name']!r}")
    for path in paths:
        name = value.get("name", path.name.removesuffix(_SUFFIX))
        yield ReplayedTask(name=name, path=path, template=value.get("template"))


def _files(pattern: str, where: str, folder: Path) -> list[Path]:
    """The files of a pattern that is relative to a folder, in the order of their names."""
    whole = str(Path(glob.escape(str(folder))) / pattern)
    found = sorted(map(Path, glob.glob(whole, recursive=True)))
    if not found:
        raise UsageError(f"{where}: no file {pattern} in {folder.absolute()}")
    return found


def _live(value: Mapping[str, Any], where: str) -> LiveTask:
    _check(value, _LIVE, where)
    return LiveTask(
        name=value.get("name", value["workload"]),
        workload=value["workload"],
        target=value.get("target", "cpu"),
        template=value.get("template"),
        restrict={knob: _values(knob, one, where) for knob, one in value.get("set", {}).items()},
    )


def _values(knob: str, value: Any, where: str) -> tuple[Any, ...]:
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(one, int | str) for one in values):
        raise UsageError(f"{where}: set {knob}: give whole numbers or texts, as in [16, 32]")
    return tuple(values)


def _contender(value: Mapping[str, Any], where: str) -> Contender:
    _check(value, _STRATEGY, where)
    if "name" not in value:
        raise UsageError(f'{where} has no name: give name = "..."')
    return Contender(
        label=value.get("label", value["name"]),
        search=value["name"],
        options=value.get("options", {}),
        seeds=value.get("seeds"),
        trials=value.get("trials"),
        seconds=value.get("seconds"),
    )


def _check(value: Mapping[str, Any], known: Mapping[str, Any], where: str) -> None:
    """Refuse keys that nobody knows, and values of another type."""
    for key, one in value.items():
        if key not in known:
            raise UsageError(f"{where} has no {key!r}: it may have {', '.join(known)}")
        if not _is(one, known[key]):
            raise UsageError(f"{where}: {key} is {_WORDS[known[key]]}, got {one!r}")


def _is(value: Any, kind: Any) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, (int, float) if kind is float else kind)
