"""Whether a study goes on from earlier results: it may ask for more, not for something else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tvmtune.errors import UsageError
from tvmtune.experiments.study_file import StudyFile

Change = tuple[str, Any, Any]
"""What differs, what it was, and what it is now; None: it is no longer there."""


def refuse_changes(old: StudyFile, new: StudyFile, path: Path) -> None:
    """Refuse a study whose searches would not compare with those that there are.

    More tasks, strategies and seeds, another share and another default are no such changes.

    Parameters
    ----------
    old, new
        What the results were begun with, and what is asked for.
    path
        The file of the old one, for errors.

    Raises
    ------
    UsageError
        If something else differs.
    """
    before, now = _plain(old), _plain(new)
    for what, was, has_become in _changes(before, now):
        said = "no longer has" if has_become is None else f"has {_said(has_become)}, not"
        raise UsageError(
            f"{path} was begun with {what} {_said(was)}; the study {said} {_said(was)}: results of "
            "both do not compare; go back to that, or keep the new ones elsewhere with --out DIR"
        )


def _plain(study: StudyFile) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(json.dumps(study.to_json()))
    return value


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    for what in ("trials", "seconds"):
        if before[what] != now[what]:
            yield what, before[what], now[what] if now[what] is not None else "none"
    for seed in before["seeds"]:
        if seed not in now["seeds"]:
            yield "seed", seed, None
    yield from _of_entries("task", _tasks(before), _tasks(now))
    strategies = _strategies(before, now), _strategies(now, now)
    yield from _of_entries("strategy", *strategies)


def _of_entries(
    noun: str, before: Mapping[str, Mapping[str, Any]], now: Mapping[str, Mapping[str, Any]]
) -> Iterator[Change]:
    """What changed of entries with names, one after the other."""
    for name, entry in before.items():
        if name not in now:
            yield noun, name, None
            continue
        for key in sorted({*entry, *now[name]}):
            was, is_now = entry.get(key), now[name].get(key)
            if was != is_now:
                yield f"{noun} {name}: {key}", was, "none" if is_now is None else is_now


def _tasks(study: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The tasks by name, those that are live with what is only theirs."""
    live = study["origin"].get("live", {})
    return {task["name"]: {**task, **live.get(task["name"], {})} for task in study["tasks"]}


def _strategies(study: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The strategies by name; a number of seeds of their own counts where it becomes smaller."""
    wanted = {s["name"]: s.get("seeds", len(now["seeds"])) for s in now["strategies"]}
    found: dict[str, Mapping[str, Any]] = {}
    for entry in study["strategies"]:
        own, most = entry.get("seeds", len(study["seeds"])), wanted.get(entry["name"], 0)
        found[entry["name"]] = {**entry, "seeds": max(own, most)}
    return found


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
