"""The check of the coverage figures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

_SCRIPT = Path(__file__).with_name("coverage_thresholds.py")


@pytest.mark.parametrize(
    ("lines", "branches", "code"), [(90, 80, 0), (89, 100, 1), (100, 79, 1), (0, 0, 1)]
)
def test_both_figures_count(tmp_path: Path, lines: int, branches: int, code: int) -> None:
    totals = {
        "covered_lines": lines,
        "num_statements": 100,
        "covered_branches": branches,
        "num_branches": 100,
    }
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"totals": totals}))
    done = subprocess.run(
        [sys.executable, str(_SCRIPT), str(report)], capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert f"lines: {lines:.1f} % of 90 %" in done.stdout
    assert f"branches: {branches:.1f} % of 80 %" in done.stdout
