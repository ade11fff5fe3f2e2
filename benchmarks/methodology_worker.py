"""The side of ``methodology`` that runs where Kernel Tuner is installed.

``python -m benchmarks.methodology_worker DIRECTORY`` reads ``request.json`` there, lets the package
`autotuning_methodology` run what has no results yet, and writes ``scores.json``.

References
----------
F. Willemsen et al., "A methodology for comparing optimization algorithms for auto-tuning", FGCS 159
(2024).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.recorded import recorded_domain, values_by_row

DEVICE = "here"
"""What the methodology calls the device: it runs all kernels on all devices, so there is one."""

REQUEST, SCORES = "request.json", "scores.json"
OURS = "tvmtune-"
"""Begins the names of strategies of tvmtune."""

_OPTALG = Path(__file__).with_name("kernel_tuner_optalg.py")


def main(directory: Path) -> None:
    """Answer the request in a directory."""
    request = json.loads((directory / REQUEST).read_text())
    os.chdir(directory)  # the package writes to where it is
    for space in request["spaces"]:
        path = directory / "cachefiles" / space / f"{DEVICE}.space.gz"
        recorded_domain(path), values_by_row(path)  # not to be charged to a strategy
    spaces: Sequence[str] = request["spaces"]
    found = {space: _scores(directory, request, [space]) for space in spaces}
    whole = _scores(directory, request, spaces) if len(spaces) > 1 else found[spaces[0]]
    packages = ("kernel_tuner", "autotuning_methodology", "numpy", "xgboost")
    result = {
        "versions": {name: version(name) for name in packages},
        "scores": whole,
        "by_space": found,
    }
    partial = directory / f".{SCORES}.partial"
    partial.write_text(json.dumps(result, indent=2))
    partial.replace(directory / SCORES)


def strategy_entry(name: str) -> dict[str, Any]:
    """A strategy as an experiment of the methodology describes it."""
    entry: dict[str, Any] = {"name": name, "display_name": name, "autotuner": "KernelTuner"}
    if not name.startswith(OURS):
        return {**entry, "search_method": name}
    return {
        **entry,
        "search_method": "TvmtuneSearch",
        "custom_search_method_path": str(_OPTALG),
        "search_method_hyperparameters": [{"name": "search", "value": name.removeprefix(OURS)}],
    }


def application(directory: Path, space: str) -> dict[str, Any]:
    """A space as an experiment of the methodology describes it."""
    return {
        "name": space,
        "folder": str(directory / "kernels"),
        "input_file": f"{space}.json",
        "objective_performance_keys": ["time"],
        "minimization": True,
    }


def _scores(
    directory: Path, request: Mapping[str, Any], spaces: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Scores of all strategies over some spaces; runs that are there already are not repeated."""
    from autotuning_methodology.experiments import generate_experiment_file
    from autotuning_methodology.report_experiments import get_strategy_scores

    pattern = str(directory / "cachefiles" / "${applications}" / "${gpus}_T4.json")
    file = generate_experiment_file(
        "experiment",
        directory,
        [strategy_entry(name) for name in request["strategies"]],
        applications=[application(directory, space) for space in spaces],
        gpus=[DEVICE],
        override={
            "experimental_groups_defaults": {
                "pattern_for_full_search_space_filenames": {"regex": pattern},
                "repeats": request["repeats"],
            }
        },
        overwrite_existing_file=True,
    )
    scores = get_strategy_scores(str(file))
    return {
        name: {what: float(number) for what, number in score.items()}
        for name, score in scores.items()
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
