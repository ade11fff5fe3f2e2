"""What a live search did, by its tuning log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tvmtune.experiments.settled import step_seconds
from tvmtune.experiments.trace import Trace
from tvmtune.outcome import Status
from tvmtune.records import Purpose, Record

_LONGEST_GAP_S = 30.0
"""Nothing under way for longer is a pause: the run was stopped, and went on later."""


@dataclass(frozen=True, slots=True)
class _Spans:
    """Trials on one clock without pauses, in seconds from the first start; shape (t,) each."""

    begin_s: np.ndarray[tuple[int], np.dtype[np.float64]]
    end_s: np.ndarray[tuple[int], np.dtype[np.float64]]


def trace_of(records: Iterable[Record]) -> Trace:
    """The trials of the one task that a log has, in the order in which they were handed over.

    A result was there when the steps of its trial were over, one after the other, but not before
    those of trials that the log has before it.  Thinking is the time in which nothing was under
    way.  Where the machinery failed, what counts is the trial's retry.

    Parameters
    ----------
    records
        Of a log, in its order.
    """
    found = [*records]
    trials = [record for record in found if record.purpose is Purpose.SEARCH]
    order = np.argsort([record.start_s for record in trials], kind="stable")
    ended = _ended(found)
    spans = _spans(trials)
    return Trace(
        times_s=np.array([_time_s(ended[trials[i].config_key]) for i in order], np.float64),
        told_s=np.maximum.accumulate(spans.end_s)[order],
        rows=None,
        thinking_s=_idle_s(spans),
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


def _spans(trials: Sequence[Record]) -> _Spans:
    """When trials were under way, pauses between them left out; in the order given."""
    begin_s = np.array([record.start_s for record in trials], np.float64)
    end_s = begin_s + [sum(record.seconds.values()) for record in trials]
    for place in np.argsort(begin_s, kind="stable"):
        before = begin_s < begin_s[place]
        latest = end_s[before].max() if before.any() else begin_s[place]
        if begin_s[place] - latest > _LONGEST_GAP_S:
            end_s[~before] -= begin_s[place] - latest
            begin_s[~before] -= begin_s[place] - latest
    first = begin_s.min(initial=np.inf)
    return _Spans(begin_s - first, end_s - first) if len(trials) else _Spans(begin_s, end_s)


def _idle_s(spans: _Spans) -> float:
    """How long nothing was under way, from the first start to the last end."""
    idle_s = last_s = 0.0
    for begin_s, end_s in sorted(zip(spans.begin_s.tolist(), spans.end_s.tolist(), strict=True)):
        idle_s += max(0.0, begin_s - last_s)
        last_s = max(last_s, end_s)
    return idle_s
