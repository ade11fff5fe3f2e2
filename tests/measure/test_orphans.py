"""Workers end with the process that started them, whatever becomes of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tvmtune.measure.options import MeasureOptions

PARENT = """
import json, sys, threading, time
from pathlib import Path
from tvmtune.measure.candidate import Candidate
from tvmtune.measure.options import MeasureOptions
from tvmtune.measure.problem import Problem
from tvmtune.measure.harness import Harness
from tvmtune.measure.workers import Workers
from tvmtune.workload import Matmul

options = MeasureOptions(
    builder_command=tuple(json.loads(sys.argv[1])),
    build_deadline_s=600, run_deadline_s=600, lock_path=Path(sys.argv[2]),
)
def children():
    tasks = Path("/proc/self/task").iterdir()
    return [int(c) for t in tasks for c in (t / "children").read_text().split()]

def tell():
    while len(children()) < 2:
        time.sleep(0.01)
    time.sleep(0.5)
    print(json.dumps(children()), flush=True)

threading.Thread(target=tell, daemon=True).start()
candidates = [Candidate(fault, {"config": {"fault": fault}}) for fault in sys.argv[3:]]
problem = Problem(Matmul(m=4, k=4, n=4), lambda workload, arrays: arrays["x"] + arrays["w"])
with Workers(options) as workers:
    list(Harness(problem, workers).measure(candidates))
"""


def _is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_busy_workers_die_with_their_parent(
    options: MeasureOptions, tmp_path: Path, number: signal.Signals
) -> None:
    command = json.dumps(options.builder_command)
    arguments = [command, str(tmp_path / "lock"), "endless", "builder hangs"]
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as parent:
        assert parent.stdout is not None
        pids = json.loads(parent.stdout.readline())
        assert len(pids) == 2
        assert not any(map(_is_gone, pids))
        os.kill(parent.pid, number)
        end = time.monotonic() + 3
        while not all(map(_is_gone, pids)) and time.monotonic() < end:
            time.sleep(0.02)
        gone = list(map(_is_gone, pids))
        parent.kill()
    assert all(gone)
