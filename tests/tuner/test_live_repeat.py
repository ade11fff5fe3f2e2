"""Two live runs of one seed, in processes that hash differently, start with the same plan."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests import live_tuning
from tvmtune.records import read_log
from tvmtune.records.record import Purpose

COMMAND_LINE = """
import sys
from functools import partial
from pathlib import Path
from tvmtune.cli.main import run
from tvmtune.measure.options import MeasureOptions
from tvmtune.tuner import api

api.MeasureOptions = partial(MeasureOptions, lock_path=Path(sys.argv[1]))
sys.exit(run(sys.argv[2:]))
"""
"""Like ``tvmtune``, but whoever measures on this machine is not waited for."""

TRIALS, SEED, WORKLOAD = 14, 5, "matmul:m=37,k=53,n=29"


def _first_plan(log: Path, command: list[str], hash_seed: str) -> list[tuple[str, str]]:
    """Proposer and config of what was proposed before the model was asked, in order."""
    subprocess.run(
        command,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    searched = [r for r in read_log([log]).records if r.purpose is Purpose.SEARCH]
    assert len(searched) == TRIALS
    searched.sort(key=lambda record: record.start_s)
    guided = [index for index, record in enumerate(searched) if record.proposer == "model"]
    return [(r.proposer, repr(r.config)) for r in searched[: guided[0] if guided else TRIALS]]


def test_the_first_plan_of_live_runs(tmp_path: Path) -> None:
    """One run by the command line, which measures the machine first, and one by the API."""
    one, other = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    options = ["--log", str(one), "--trials", str(TRIALS), "--seed", str(SEED)]
    tvmtune = [sys.executable, "-c", COMMAND_LINE, str(tmp_path / "lock")]
    first = _first_plan(one, [*tvmtune, "tune", WORKLOAD, *options], "1")
    hasty = live_tuning.command(other, TRIALS, "sa-xgb", SEED, WORKLOAD)
    second = _first_plan(other, hasty, "2")
    shared = min(len(first), len(second))
    assert shared >= 8
    assert first[0][0] == "default"
    assert sorted(first[:shared]) == sorted(second[:shared])
