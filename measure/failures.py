"""What the end of a worker says about the candidate that it worked on."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tvmtune.measure.options import BUILDER
from tvmtune.measure.process import Failure, Reason
from tvmtune.outcome import Outcome, Status

_STATUS: Mapping[Reason, Status] = MappingProxyType(
    {
        Reason.START: Status.INFRASTRUCTURE,
        Reason.MEMORY: Status.OUT_OF_MEMORY,
        Reason.SIGNAL: Status.CRASH,
        Reason.EXIT: Status.CRASH,
        Reason.LOST: Status.INFRASTRUCTURE,
    }
)
_STDERR_LINES = 8


def outcome_of(failure: Failure, where: str) -> Outcome:
    """Return the outcome of a candidate whose worker failed.

    Parameters
    ----------
    failure
        What became of the worker.
    where
        ``"builder"`` or ``"runner"``.
    """
    if failure.reason is Reason.DEADLINE:
        status = Status.BUILD_TIMEOUT if where == BUILDER else Status.RUN_TIMEOUT
    else:
        status = _STATUS[failure.reason]
    phase = f" while {failure.phase}" if failure.phase else ""
    tail = "\n".join(failure.stderr.splitlines()[-_STDERR_LINES:])
    detail = f"{where}{phase}: {failure.text}" + (f"\n{tail}" if tail else "")
    return Outcome(status=status, detail=detail, where=where)


def outcome_of_exception(answer: Mapping[str, Any], where: str) -> Outcome:
    """Return the outcome of a request that a worker answered with an error of its own."""
    status = Status.INFRASTRUCTURE
    if answer.get("status") == "out_of_memory":
        status = Status.OUT_OF_MEMORY
    detail = str(answer.get("detail") or f"an answer without sense: {str(answer)[:200]}")
    return Outcome(status=status, detail=f"{where}: {detail}", where=where)
