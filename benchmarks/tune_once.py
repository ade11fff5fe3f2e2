"""``tvmtune`` in a process that dies with its parent, so that nobody else writes to the log then.

Run by ``python -m benchmarks.tune_once PARENT_PID tune ...``.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

from tvmtune.cli.entry import main

_PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    parent = int(sys.argv.pop(1))
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    sys.exit(main() if os.getppid() == parent else 1)  # it may have died before that
