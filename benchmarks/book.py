"""A journal in which circumstances stand before figures."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.contest import ROOT
from benchmarks.journal import Journal
from tvmtune.records.fingerprint import machine_fingerprint, toolchain_versions

INVOCATION = "invocation"


class Book:
    """A journal that tells the circumstances before what an invocation adds, if anything.

    Parameters
    ----------
    journal
        Where to write.
    clock_s
        Unix time.
    """

    def __init__(self, journal: Journal, clock_s: Callable[[], float] = time.time) -> None:
        self._journal = journal
        self._clock_s = clock_s
        self._begun = False

    def append(self, event: str, **fields: Any) -> None:
        """Write an event, as :meth:`Journal.append`."""
        if not self._begun:
            self._journal.append(INVOCATION, start_s=self._clock_s(), **circumstances())
            self._begun = True
        self._journal.append(event, **fields)


def circumstances() -> dict[str, object]:
    """Commit, machine and versions: where figures come from."""
    return {
        "commit": commit(),
        "machine": machine_fingerprint(),
        "toolchain": toolchain_versions(),
    }


def commit(root: Path = ROOT) -> str:
    """The commit of the working tree, marked where that has changes; ``unknown`` without one."""
    command = ["git", "describe", "--always", "--abbrev=12", "--dirty", "--exclude=*"]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"
