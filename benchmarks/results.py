"""What stands in a run directory, as values: settings, spans of tuning, comparisons, errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.book import INVOCATION
from benchmarks.contest import Comparison
from benchmarks.journal import Journal
from tvmtune.deploy.arguments import check_max_rel_error
from tvmtune.errors import RecordError, UsageError
from tvmtune.records import Record, read_log
from tvmtune.target import parse_target

JOURNAL = "results.jsonl"
LOG = "tuning.jsonl"

SETTINGS = "settings"
TUNING = "tuning"
TUNED = "tuned"
COMPARED = "compared"
CHECKED = "checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What makes the figures of a run directory comparable; given once, at its first use.

    Parameters
    ----------
    threads
        Of the kernels and of the peers.
    seconds
        Of tuning for each workload, from the start of the command.
    seed
        Of the search, and of the inputs that errors are taken on.
    max_rel_error
        Largest error, as `tvmtune.tune` has it; None: no limit.
    """

    threads: int = 1
    seconds: float = 60.0
    seed: int = 0
    max_rel_error: float | None = None

    def __post_init__(self) -> None:
        if self.threads < 1 or not 0 < self.seconds < float("inf") or self.seed < 0:
            raise UsageError(
                f"{self.threads} threads, {self.seconds} seconds, seed {self.seed}: give a number "
                "of threads from 1, of seconds above 0 and a seed from 0 on"
            )
        check_max_rel_error(self.max_rel_error)

    @property
    def target(self) -> str:
        """Canonical text of the target."""
        return parse_target("cpu", self.threads).text


@dataclass(frozen=True, slots=True)
class Span:
    """Some tuning of a workload, by the clock: from the start of a command to its end.

    ``ended`` is False where the command was killed, and ``end_s`` then the last sign of life.
    """

    start_s: float
    end_s: float
    ended: bool

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """How far a best's output is off: max|y - y64| / max|y64| on standard normal inputs."""

    workload: str
    template: str
    record_id: str
    error: float

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """All that a run directory says.

    Parameters
    ----------
    settings
        Of all its figures.
    invocations
        For each time the command ran: ``start_s``, ``commit``, ``machine``, ``toolchain``,
        ``rounds``.
    spans
        Of tuning, by workload.
    comparisons, deviations
        The last of each workload; of comparisons, the last in which a peer took part, if any.
    records
        The tuning log, for the target of the settings.
    """

    settings: Settings
    invocations: tuple[Mapping[str, Any], ...] = ()
    spans: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    comparisons: Mapping[str, Comparison] = field(default_factory=dict)
    deviations: Mapping[str, Deviation] = field(default_factory=dict)
    records: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)

    def workloads(self) -> list[str]:
        """Texts of the workloads that something is known about."""
        return list(dict.fromkeys([*self.spans, *self.comparisons]))

    def tuned_s(self, workload: str) -> float:
        """Seconds that were spent tuning a workload."""
        return sum(span.seconds for span in self.spans.get(workload, ()))

    def is_tuned(self, workload: str) -> bool:
        """Whether a command that tuned the workload came to its end."""
        return any(span.ended for span in self.spans.get(workload, ()))


def read_results(directory: Path) -> Results:
    """Read a run directory.

    Raises
    ------
    RecordError
        If it is none, or its files cannot be read.
    """
    events = Journal(directory / JOURNAL).read()
    settings = settings_of(events)
    if settings is None:
        raise RecordError(
            f"{directory} is no run directory; make one with: python -m benchmarks run {directory}"
        )
    log = directory / LOG
    records = read_log([log]).records if log.exists() else ()
    return gather(events, settings, records)


def settings_of(events: Iterable[Mapping[str, Any]]) -> Settings | None:
    """The settings that a run directory was begun with."""
    for event in events:
        if event["event"] == SETTINGS:
            return Settings(**_fields(event))
    return None


def gather(
    events: Sequence[Mapping[str, Any]], settings: Settings, records: Iterable[Record]
) -> Results:
    """Results of the events of a journal and the records of the log beside it."""
    by_workload: dict[str, list[Record]] = {}
    for record in records:
        if record.target == settings.target:
            by_workload.setdefault(record.workload, []).append(record)
    found = [Comparison.from_json(_fields(e)) for e in events if e["event"] == COMPARED]
    deviations = [Deviation(**_fields(e)) for e in events if e["event"] == CHECKED]
    return Results(
        settings=settings,
        invocations=tuple(_fields(e) for e in events if e["event"] == INVOCATION),
        spans=_spans(events, by_workload),
        comparisons=_last_comparisons(found),
        deviations={d.workload: d for d in deviations},
        records={workload: tuple(group) for workload, group in by_workload.items()},
    )


def _last_comparisons(comparisons: Iterable[Comparison]) -> dict[str, Comparison]:
    last: dict[str, Comparison] = {}
    for comparison in comparisons:
        if comparison.fastest_peer() is not None or comparison.workload not in last:
            last[comparison.workload] = comparison
    return last


def written_s(records: Iterable[Record]) -> list[float]:
    """When each record of a task was written, as far as its log tells: Unix times.

    A record has the time when its trial was handed over, and the seconds of the steps after that
    but none of waiting between them; records are written in the order of the log.  So each was
    written no earlier than these add up to, and no earlier than the one before.
    """
    times: list[float] = []
    for record in records:
        least = record.start_s + sum(record.seconds.values())
        times.append(max(least, times[-1]) if times else least)
    return times


def _fields(event: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != "event"}


def _spans(
    events: Sequence[Mapping[str, Any]], records: Mapping[str, Sequence[Record]]
) -> dict[str, tuple[Span, ...]]:
    """Spans of tuning by workload; one without an end lasts until its last record."""
    spans: dict[str, list[Span]] = {}
    for event in events:
        if event["event"] == TUNING:
            start_s = float(event["start_s"])
            spans.setdefault(event["workload"], []).append(Span(start_s, start_s, ended=False))
        elif event["event"] == TUNED and spans.get(event["workload"]):
            known = spans[event["workload"]]
            ended = event["exit"] == 0
            known[-1] = Span(known[-1].start_s, float(event["end_s"]), ended)
    return {
        workload: _lengthened(known, written_s(records.get(workload, ())))
        for workload, known in spans.items()
    }


def _lengthened(spans: Sequence[Span], written: Sequence[float]) -> tuple[Span, ...]:
    """Spans that reach at least to the last record before the next one's start."""
    nexts = [*(span.start_s for span in spans[1:]), float("inf")]
    return tuple(
        Span(s.start_s, max([s.end_s, *(t for t in written if s.start_s <= t < limit)]), s.ended)
        if not s.ended
        else s
        for s, limit in zip(spans, nexts, strict=True)
    )
