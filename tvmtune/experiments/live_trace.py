"""What a live search did, by its tuning log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from tvmtune.experiments.settled import step_seconds
from tvmtune.experiments.trace import Trace
from tvmtune.outcome import Status
from tvmtune.records import Purpose, Record

_LONGEST_GAP_S = 30.0
"""Nothing under way for longer is a pause: the run was stopped, and went on later."""


def trace_of(records: Iterable[Record]) -> Trace:
    """The trials of the one task that a log has, in the order in which they were handed over.

    A log does not say when a result was there.  It follows from when its trial was handed over, if
    it is built at once and run when the one before it in the log has been.  Thinking is the time in
    which nothing was under way by this.  What takes more than half a minute there is a pause, and
    left out.  Where the machinery failed, the trial has the time of its retry.

    Parameters
    ----------
    records
        Of a log, in its order.
    """
    found = [*records]
    trials = [record for record in found if record.purpose is Purpose.SEARCH]
    order = np.argsort([record.start_s for record in trials], kind="stable")
    ended = _ended(found)
    times_s = [_time_s(ended[record.config_key]) for record in trials]
    begun_s, told_s = _clocked(trials)
    return Trace(
        times_s=np.array(times_s, np.float64)[order],
        told_s=told_s[order],
        rows=None,
        thinking_s=_idle_s(begun_s[order], told_s[order]),
        building_s=float(sum(step_seconds(record, building=True) for record in trials)),
        running_s=float(sum(step_seconds(record, building=False) for record in trials)),
    )


def _ended(records: Sequence[Record]) -> dict[tuple[str, str, str], Record]:
    """What each config came to in the search: the last that was no fault of the machinery."""
    ended: dict[tuple[str, str, str], Record] = {}
    for record in records:
        counts = record.status is not Status.INFRASTRUCTURE or record.config_key not in ended
        if counts and record.purpose is not Purpose.CONFIRM:
            ended[record.config_key] = record
    return ended


def _time_s(record: Record) -> float:
    return record.median_s if record.ok and record.median_s is not None else float("nan")


def _clocked(trials: Sequence[Record]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """When trials began and had their results, shape (t,) each, by a clock without pauses."""
    begun_s, told_s = np.zeros(len(trials)), np.zeros(len(trials))
    zero_s, last_s = min((record.start_s for record in trials), default=0.0), 0.0
    for place, record in enumerate(trials):
        if record.start_s - zero_s - last_s > _LONGEST_GAP_S:
            zero_s = record.start_s - last_s
        begun_s[place] = max(record.start_s - zero_s, 0.0)
        built_s = begun_s[place] + step_seconds(record, building=True)
        last_s = max(built_s, last_s) + step_seconds(record, building=False)
        told_s[place] = last_s
    return begun_s, told_s


def _idle_s(begun_s: NDArray[np.float64], told_s: NDArray[np.float64]) -> float:
    """How long nothing was under way; the trials are in the order in which they began."""
    before_s = np.maximum.accumulate(np.concatenate([[0.0], told_s]))[:-1]
    return float(np.maximum(begun_s - before_s, 0.0).sum())
