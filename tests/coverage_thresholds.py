"""Check the coverage of lines and of branches, each against its own threshold.

``coverage report`` knows only a figure that mixes the two.  Run as
``python coverage_thresholds.py REPORT``, a report of ``coverage json``; exits with 1 and says why
when a figure is too low.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

THRESHOLDS = {"lines": 90.0, "branches": 80.0}
"""Least percentages."""


def percentages(totals: Mapping[str, Any]) -> dict[str, float]:
    """Covered lines and branches in percent, from the ``totals`` of a report."""
    pairs = {
        "lines": (totals["covered_lines"], totals["num_statements"]),
        "branches": (totals["covered_branches"], totals["num_branches"]),
    }
    return {name: 100 * done / max(every, 1) for name, (done, every) in pairs.items()}


def main(report: str) -> int:
    """Print both figures; 0 when they reach their thresholds."""
    figures = percentages(json.loads(Path(report).read_text())["totals"])
    for name, figure in figures.items():
        verdict = "ok" if figure >= THRESHOLDS[name] else "too low"
        sys.stdout.write(f"{name}: {figure:.1f} % of {THRESHOLDS[name]:.0f} %: {verdict}\n")
    return int(any(figure < THRESHOLDS[name] for name, figure in figures.items()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
