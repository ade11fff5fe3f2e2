"""Figures of comparisons: speed-ups, their means by group, and who is behind."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.contest import Comparison
from benchmarks.ours import OURS
from benchmarks.results import Deviation, Results
from benchmarks.tables import Entry, entry_of

BEHIND = 0.97
"""A workload is behind where no round's ratio reaches this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A workload in the report.

    Parameters
    ----------
    entry
        The workload and its group.
    medians
        Seconds per call by contestant.
    fastest
        The fastest peer.
    ratios
        By tvmtune's contestant, the fastest peer's time over its own, for each round.
    """

    entry: Entry
    medians: Mapping[str, float]
    fastest: str
    ratios: Mapping[str, Sequence[float]]

    def speedup(self, name: str) -> float | None:
        """The median of the rounds' ratios; None if the contestant did not take part."""
        return statistics.median(self.ratios[name]) if self.ratios[name] else None

    def is_behind(self, name: str) -> bool:
        """Whether every round says that the contestant is slower than the fastest peer."""
        return bool(self.ratios[name]) and max(self.ratios[name]) < BEHIND


def rows_of(comparisons: Iterable[Comparison]) -> list[Row]:
    """Rows of the workloads that a peer was timed on, those of one group together."""
    rows = [_row(entry_of(c.workload), c) for c in comparisons]
    groups = dict.fromkeys(row.entry.group for row in rows if row)
    return [row for group in groups for row in rows if row and row.entry.group == group]


def _row(entry: Entry, comparison: Comparison) -> Row | None:
    fastest = comparison.fastest_peer()
    if fastest is None:
        return None
    return Row(
        entry=entry,
        medians=comparison.medians(),
        fastest=fastest[0],
        ratios={name: tuple(comparison.ratios(name)) for name in OURS},
    )


def group_means(rows: Iterable[Row]) -> dict[str, dict[str, float | None]]:
    """Geometric means of the speed-ups, by group and tvmtune's contestant."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.entry.group, []).append(row)
    return {
        group: {name: _mean(row.speedup(name) for row in members) for name in OURS}
        for group, members in groups.items()
    }


def _mean(speedups: Iterable[float | None]) -> float | None:
    known = [speedup for speedup in speedups if speedup is not None]
    return statistics.geometric_mean(known) if known else None


def peer_ranks(rows: Iterable[Row]) -> Counter[str]:
    """How often each peer is the fastest of them."""
    return Counter(row.fastest for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateError:
    """The errors of the bests that one template gave: how many, their median, and the worst."""

    template: str
    count: int
    median: float
    worst: float
    worst_workload: str


def errors_by_template(deviations: Iterable[Deviation]) -> list[TemplateError]:
    """Errors by template, in alphabetical order."""
    groups: dict[str, list[Deviation]] = {}
    for deviation in deviations:
        groups.setdefault(deviation.template, []).append(deviation)
    return [_template_error(template, groups[template]) for template in sorted(groups)]


def tried(results: Results) -> Iterator[Deviation]:
    """The errors of all configs that were timed, one for each record that has one."""
    for workload, records in results.records.items():
        for record in records:
            if record.ok and record.rel_error is not None:
                yield Deviation(
                    workload=workload,
                    template=record.template,
                    record_id=record.id,
                    error=record.rel_error,
                )


def _template_error(template: str, group: Sequence[Deviation]) -> TemplateError:
    worst = max(group, key=lambda deviation: deviation.error)
    return TemplateError(
        template=template,
        count=len(group),
        median=statistics.median(deviation.error for deviation in group),
        worst=worst.error,
        worst_workload=entry_of(worst.workload).name,
    )


def versions_of(results: Results) -> dict[str, list[str]]:
    """The versions that contestants had, by name."""
    found: dict[str, dict[str, None]] = {}
    for comparison in results.comparisons.values():
        for name, version in comparison.versions.items():
            found.setdefault(name, {})[version] = None
    return {name: list(versions) for name, versions in found.items()}


def left_out(results: Results) -> list[tuple[str, str, str]]:
    """Workload, contestant and reason of each that was left out."""
    return [
        (entry_of(c.workload).name, name, why)
        for c in results.comparisons.values()
        for name, why in c.left_out.items()
    ]
