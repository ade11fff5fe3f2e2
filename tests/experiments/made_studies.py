"""A small study of a space whose times are arithmetic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.experiments.synthetic import made_space
from tvmtune.experiments.contender import Contender
from tvmtune.experiments.results import read_results
from tvmtune.experiments.study import ReplayedTask, Study
from tvmtune.records.recorded_space import write_space

Rows = dict[tuple[str, str, int], tuple[list[int], list[float]]]

TOML = """
seeds = {seeds}
trials = 25

[[task]]
space = "*.space.gz"

[[strategy]]
name = "random"

[[strategy]]
name = "rank-xgb"
label = "ranked"
options = {{plan_size = 8, minimum_results = 8}}
seeds = 2
"""


def write_spaces(folder: Path, *names: str) -> None:
    """Spaces that differ in how long builds take, and in whether these overlap with runs."""
    for place, name in enumerate(names):
        space = made_space(origin={"settings": {"overlap": bool(place % 2)}, "took_s": 3.0})
        space = replace(space, build_s=space.build_s * (place + 1))
        write_space(space, folder / f"{name}.space.gz")


def write_toml(folder: Path, seeds: int = 3) -> Path:
    """A file that names all spaces of a folder."""
    path = folder / "made.toml"
    path.write_text(TOML.format(seeds=seeds))
    return path


def study_in(folder: Path, *names: str, **fields: Any) -> Study:
    """The same study as a value, of spaces of a folder."""
    values: dict[str, Any] = {
        "name": "made",
        "tasks": tuple(ReplayedTask(name=n, path=folder / f"{n}.space.gz") for n in names),
        "contenders": (
            Contender(label="random", search="random"),
            Contender(
                label="ranked",
                search="rank-xgb",
                options={"plan_size": 8, "minimum_results": 8},
                seeds=2,
            ),
        ),
        "seeds": (0, 1, 2),
        "trials": 25,
    }
    return Study(**values | fields)


def found_in(out: Path) -> Rows:
    """The rows and values of all searches of a directory: what must not depend on chance."""
    return {
        search.key: (
            [] if search.trace.rows is None else search.trace.rows.tolist(),
            [-1.0 if s != s else s for s in search.trace.times_s.tolist()],
        )
        for search in read_results(out).searches
    }
