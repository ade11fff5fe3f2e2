"""Killing a live tuner at random moments loses nothing that was reported."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from tests import live_tuning
from tvmtune.records import read_log
from tvmtune.records.record import Purpose

WORKLOADS = ("matmul:m=37,k=53,n=29", "conv2d:ci=5,h=9,co=7,k=3")
TRIALS = (0, 1, 3, 0, 6)
"""What a run has reported when it may be killed: nothing, while it starts, or one and some."""
ORPHANS_GONE_S = 10.0
BEGUN_S = 120.0
"""Long enough to have measured something on any machine."""


def _start(log: Path, output: Path) -> subprocess.Popen[bytes]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE")}  # none outlives it
    with output.open("wb") as stream:
        return subprocess.Popen(
            live_tuning.command(log, 400, "random", 0, *WORKLOADS),
            env=env,
            stdout=stream,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def _reported(output: Path) -> set[str]:
    """Records of this run that the tuner has spoken of."""
    return set(re.findall(r"^([0-9a-f]{16})$", output.read_text(), re.MULTILINE))


def _descendants(root: int) -> set[int]:
    """Processes that descend from one, found before it is killed."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    found = {root}
    while more := {p for p, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def _alive(processes: set[int]) -> set[int]:
    return {p for p in processes if Path(f"/proc/{p}").exists() and not _is_zombie(p)}


def _is_zombie(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def _wait_for(trials: int, output: Path) -> None:
    """Let the tuner run until it has spoken of some trials."""
    deadline = time.monotonic() + BEGUN_S
    while len(_reported(output)) < trials and time.monotonic() < deadline:
        time.sleep(0.01)


@pytest.mark.slow
def test_kill_at_random_moments(tmp_path: Path, thorough: bool) -> None:
    moments = random.Random(0)
    log, reported = tmp_path / "tuning.jsonl", set[str]()
    for kill in range(20 if thorough else 6):
        output = tmp_path / f"output{kill}"
        process = _start(log, output)
        _wait_for(TRIALS[kill % len(TRIALS)], output)
        time.sleep(moments.uniform(0.0, 1.0))
        family = _descendants(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        deadline = time.monotonic() + ORPHANS_GONE_S
        while _alive(family) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not _alive(family)
        records = read_log([log]).records if log.exists() else []
        reported |= _reported(output)
        assert reported <= {r.id for r in records}
        searches = [r for r in records if r.purpose is Purpose.SEARCH]
        keys = Counter((r.workload, r.target, r.template, str(dict(r.config))) for r in searches)
        assert all(count == 1 for count in keys.values())
    assert reported
