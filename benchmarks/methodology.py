"""``methodology``: strategies of tvmtune and of Kernel Tuner by the published score.

Recorded spaces are exported to T4, T1 and Kernel Tuner's cache files; Kernel Tuner runs its own
strategies and tvmtune's on them in its simulation mode, and `autotuning_methodology` scores them:
0 is random search, 1 the optimum at once.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.contest import ROOT
from benchmarks.markdown import facts_table, table
from benchmarks.methodology_worker import DEVICE, OURS, REQUEST, SCORES
from tvmtune.errors import MeasureError, UsageError
from tvmtune.records.foreign_files import write_foreign
from tvmtune.records.recorded_space import RecordedSpace, read_space
from tvmtune.records.t1 import to_t1
from tvmtune.records.t4 import to_t4
from tvmtune.records.tuner_cache import to_tuner_cache

STRATEGIES = (
    f"{OURS}sa-xgb",
    f"{OURS}random",
    "genetic_algorithm",
    "simulated_annealing",
    "hybrid_vndx",
    "adaptive_tabu_greywolf",
    "diff_evo",
    "pso",
    "greedy_ils",
)
"""Ours, and Kernel Tuner's best."""

_COMPLAINTS = "worker.log"
_SUFFIX = ".space.gz"


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``methodology`` to the commands of a parser."""
    parser = commands.add_parser(
        "methodology", help="strategies by the published score, run by Kernel Tuner; again: go on"
    )
    parser.set_defaults(command=_command)
    parser.add_argument("directory", type=Path, help="keeps all results; made if needed")
    parser.add_argument("spaces", nargs="+", type=Path, metavar="space", help="recorded spaces")
    parser.add_argument(
        "--strategies",
        default=",".join(STRATEGIES),
        help="names of Kernel Tuner's, and tvmtune-NAME; default: %(default)s",
    )
    parser.add_argument("--repeats", type=int, default=25, help="of a search; default 25")
    parser.add_argument(
        "--peers-python",
        default=sys.executable,
        help="Python with kernel_tuner, autotuning_methodology and tvmtune's dependencies; "
        "default: this one",
    )


def prepare(directory: Path, paths: Sequence[Path]) -> list[str]:
    """Export recorded spaces to where the methodology looks for them; their names.

    Raises
    ------
    UsageError
        If two have one name, or the directory has results of others of these names.
    """
    names = [path.name.removesuffix(_SUFFIX) for path in paths]
    if len(set(names)) < len(names):
        raise UsageError(f"two spaces of one name among {', '.join(names)}: rename one")
    for name, path in zip(names, paths, strict=True):
        _export(directory, name, path, read_space(path))
    return names


def _export(directory: Path, name: str, path: Path, space: RecordedSpace) -> None:
    kernels, caches = directory / "kernels", directory / "cachefiles" / name
    copy = caches / f"{DEVICE}{_SUFFIX}"
    if copy.exists():
        if copy.read_bytes() != path.read_bytes():
            raise UsageError(
                f"{directory} has results of another space named {name}: give another directory"
            )
        return
    kernels.mkdir(parents=True, exist_ok=True)
    caches.mkdir(parents=True, exist_ok=True)
    write_foreign(to_t1(space, f"{name}.json"), kernels / f"{name}.json")
    write_foreign(to_t4(space), caches / f"{DEVICE}_T4.json")
    write_foreign(to_tuner_cache(space), caches / f"{DEVICE}.json")
    shutil.copyfile(path, copy)  # last: then all is there


def score(
    directory: Path, names: Sequence[str], strategies: Sequence[str], repeats: int, python: str
) -> dict[str, Any]:
    """Run what has not been run, and score all.

    Raises
    ------
    MeasureError
        If the worker fails; its output is kept in the directory.
    """
    request = {"spaces": [*names], "strategies": [*strategies], "repeats": repeats}
    (directory / REQUEST).write_text(json.dumps(request))
    (directory / SCORES).unlink(missing_ok=True)
    command = [python, "-m", "benchmarks.methodology_worker", str(directory.resolve())]
    complaints = directory / _COMPLAINTS
    with open(complaints, "wb") as log:
        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
        except OSError as error:
            raise MeasureError(f"cannot run {python}: {error.strerror}") from error
    if done.returncode or not (directory / SCORES).exists():
        last = complaints.read_text(errors="replace").strip().rpartition("\n")[2]
        raise MeasureError(f"Kernel Tuner's side failed ({complaints}): {last}")
    found: dict[str, Any] = json.loads((directory / SCORES).read_text())
    return found


def report_lines(found: Mapping[str, Any], repeats: int) -> Iterable[str]:
    """Scores as a table, the best strategy first."""
    scores, by_space = found["scores"], found["by_space"]
    facts = {"repeats": str(repeats), **found["versions"]}
    yield from facts_table(facts)
    yield ""
    head = ["strategy", "score", "error", *by_space]
    ranked = sorted(scores, key=lambda name: -float(scores[name]["score"]))
    rows = [
        [
            name,
            f"{scores[name]['score']:.3f}",
            f"{scores[name]['error']:.3f}",
            *(f"{own[name]['score']:.3f}" for own in by_space.values()),
        ]
        for name in ranked
    ]
    yield from table(head, rows, "l" + "r" * (len(head) - 1))


def _command(options: argparse.Namespace) -> int:
    strategies = [name for name in options.strategies.split(",") if name]
    if not strategies or options.repeats < 1:
        raise UsageError("give at least one strategy and one repeat")
    names = prepare(options.directory, options.spaces)
    found = score(options.directory, names, strategies, options.repeats, options.peers_python)
    print("\n".join(report_lines(found, options.repeats)))
    return 0
