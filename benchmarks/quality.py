"""Time to quality: how soon tuning had a config as fast as the fastest peer."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

from benchmarks.results import Results, Span, written_s
from benchmarks.tables import Entry, entry_of
from tvmtune.records import Purpose, Record, rank


@dataclass(frozen=True, slots=True)
class Step:
    """From some second of tuning on, the best time that a search had seen."""

    at_s: float
    best_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How the tuning of a workload went.

    Parameters
    ----------
    entry
        The workload.
    steps
        The best so far, by the figures of the search.
    tuned_s
        Seconds of tuning in all.
    confirmed_s
        The best confirmed time at the end; None if nothing was confirmed.
    peers_s
        Times of the peers, by name.
    reached_s
        Seconds from the start of the command to the first record of a config whose confirmed
        time, at the end, is at least as fast as the fastest peer; None if there is none.
    """

    entry: Entry
    steps: tuple[Step, ...]
    tuned_s: float
    confirmed_s: float | None
    peers_s: dict[str, float]
    reached_s: float | None


def courses_of(results: Results) -> list[Course]:
    """The courses of all workloads that were tuned and compared with a peer."""
    found = (_course(results, workload) for workload in results.workloads())
    return [course for course in found if course is not None]


def median_reached_s(courses: Iterable[Course]) -> float | None:
    """The median of the times to quality; None where half of the courses or more never got there.

    Courses that never got there count as infinitely long.
    """
    times = [inf if c.reached_s is None else c.reached_s for c in courses]
    middle = statistics.median(times) if times else inf
    return middle if middle < inf else None


def _course(results: Results, workload: str) -> Course | None:
    comparison, spans = results.comparisons.get(workload), results.spans.get(workload)
    fastest = comparison.fastest_peer() if comparison else None
    if comparison is None or spans is None or fastest is None:
        return None
    records = results.records.get(workload, ())
    timed = list(zip(records, tuning_seconds(spans, written_s(records)), strict=True))
    confirmed = {s.record.config_key: s.figure_s for s in rank(records)[0] if s.confirmed}
    fast = {key for key, figure_s in confirmed.items() if figure_s <= fastest[1]}
    medians = comparison.medians()
    return Course(
        entry=entry_of(workload),
        steps=_steps(timed),
        tuned_s=results.tuned_s(workload),
        confirmed_s=min(confirmed.values(), default=None),
        peers_s={name: medians[name] for name in comparison.peers if name in medians},
        reached_s=next((at_s for r, at_s in timed if r.ok and r.config_key in fast), None),
    )


def tuning_seconds(spans: Sequence[Span], times: Iterable[float]) -> list[float]:
    """Seconds of tuning at some Unix times: time between a kill and going on does not count."""
    return [sum(max(min(t, s.end_s) - s.start_s, 0.0) for s in spans) for t in times]


def _steps(timed: Iterable[tuple[Record, float]]) -> tuple[Step, ...]:
    steps: list[Step] = []
    for record, at_s in timed:
        if record.median_s is None or not record.ok or record.truncated:
            continue
        if record.purpose is Purpose.CONFIRM:
            continue
        if not steps or record.median_s < steps[-1].best_s:
            steps.append(Step(at_s, record.median_s))
    return tuple(steps)
