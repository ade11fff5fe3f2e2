"""Results of searches that are arithmetic: strategies that know more or less of what is fast."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tvmtune.experiments.random_search import told_seconds
from tvmtune.experiments.results import TRACES_FILE, Results, Search, append_search
from tvmtune.experiments.study_file import STUDY_FILE, StudyFile, StudyStrategy, StudyTask
from tvmtune.experiments.trace import Trace
from tvmtune.outcome import Status
from tvmtune.records.recorded_space import RecordedSpace, RecordedTemplate, write_space

KNOWING = {"random": 0.0, "bold": 1.0, "sage": 3.0}
"""Strategies, and how much each prefers what is fast."""


def space_of(times_s: Any, *, overlap: bool = False, **fields: Any) -> RecordedSpace:
    """A recorded space with these times; nan for configs that failed."""
    times_s = np.asarray(times_s, np.float64)
    n, ok = len(times_s), ~np.isnan(times_s)
    values: dict[str, Any] = {
        "workload": "matmul:m=8,k=8,n=8",
        "target": "cpu:threads=1,isa=avx2",
        "template": RecordedTemplate(name="made", version="1", knobs={"k": tuple(range(n))}),
        "exhaustive": True,
        "seed": 0,
        "points": np.arange(n)[:, np.newaxis],
        "statuses": tuple(Status.OK if one else Status.CRASH for one in ok),
        "search_s": times_s,
        "confirmed_s": np.full(n, np.nan),
        "build_s": 0.05 + 0.01 * (np.arange(n) % 3),
        "run_s": np.where(ok, 0.02 + np.nan_to_num(times_s), 0.0),
        "origin": {"settings": {"overlap": overlap}, "fingerprint": {"cpu": "A <B> & C"}},
    }
    return RecordedSpace(**{**values, **fields})


def spaces_of(tasks: int, configs: int = 200) -> dict[str, RecordedSpace]:
    """Spaces whose times are log-normal, to the nanosecond; every twentieth config failed."""
    made = {}
    for i in range(tasks):
        times_s = np.exp(np.random.default_rng(i).normal(0, 0.7, configs)) * 1e-4
        times_s = np.round(times_s, 9)
        times_s[7::20] = np.nan
        made[f"task{i}"] = space_of(times_s, overlap=bool(i % 2), workload=f"matmul:m={i + 1}")
    return made


def study_of(spaces: Mapping[str, RecordedSpace], seeds: int, **fields: Any) -> StudyFile:
    """A study of spaces by the strategies that there are."""
    values: dict[str, Any] = {
        "tasks": tuple(
            StudyTask(name=n, workload=s.workload, target=s.target, space=f"spaces/{n}.space.gz")
            for n, s in spaces.items()
        ),
        "strategies": tuple(StudyStrategy(name=name, details={}) for name in KNOWING),
        "seeds": tuple(range(seeds)),
        "trials": 80,
        "seconds": None,
        "share": 0.95,
        "default": "bold",
        "origin": {"machine": {"cpu": "A <B> & C"}, "versions": {"tvmtune": "0"}, "start": "now"},
    }
    return StudyFile(**{**values, **fields})


def searched(
    space: RecordedSpace, task: str, strategy: str, seed: int, trials: int, knowing: float
) -> Search:
    """A search that prefers fast configs; by 0 it is a random one."""
    rng = np.random.default_rng([seed, *task.encode(), *strategy.encode()])
    logs = np.log(np.where(np.isnan(space.times_s), np.nanmax(space.times_s), space.times_s))
    rows = np.argsort(knowing * logs + rng.gumbel(size=len(space)))[:trials]
    build_s, run_s = space.build_s[rows], space.run_s[rows]
    overlap = bool(space.origin["settings"]["overlap"])
    thinking_s = 0.002 * knowing * np.arange(1, len(rows) + 1)
    return Search(
        task=task,
        strategy=strategy,
        seed=seed,
        trace=Trace(
            times_s=space.times_s[rows],
            told_s=told_seconds(build_s[None], run_s[None], overlap=overlap)[0] + thinking_s,
            rows=rows,
            thinking_s=float(thinking_s[-1]),
            building_s=float(build_s.sum()),
            running_s=float(run_s.sum()),
        ),
    )


def made_results(
    tasks: int = 3, seeds: int = 12, knowing: Mapping[str, float] = KNOWING, **fields: Any
) -> Results:
    """An experiment that has finished."""
    spaces = spaces_of(tasks)
    fields.setdefault("strategies", tuple(StudyStrategy(name=n, details={}) for n in knowing))
    study = study_of(spaces, seeds, **fields)
    return Results(
        study=study,
        spaces=spaces,
        searches=tuple(
            searched(space, task, name, seed, study.trials or 80, knowing[name])
            for task, space in spaces.items()
            for name in study.strategy_names
            for seed in study.seeds
        ),
    )


def live(results: Results) -> Results:
    """The same searches, as if nothing had been recorded."""
    study = results.study
    tasks = tuple(
        StudyTask(name=t.name, workload=t.workload, target=t.target, space=None)
        for t in study.tasks
    )
    value = {**study.to_json(), "tasks": [{**t, "space": None} for t in study.to_json()["tasks"]]}
    assert StudyFile.from_json(value).tasks == tasks
    searches = [Search.from_json({**s.to_json(), "rows": None}) for s in results.searches]
    return Results(study=StudyFile.from_json(value), spaces={}, searches=tuple(searches))


def write_results(results: Results, directory: Path) -> None:
    """A directory as a run leaves it."""
    (directory / "spaces").mkdir(parents=True)
    for name, space in results.spaces.items():
        write_space(space, directory / "spaces" / f"{name}.space.gz")
    (directory / STUDY_FILE).write_text(json.dumps(results.study.to_json()))
    for search in results.searches:
        append_search(directory / TRACES_FILE, search)
