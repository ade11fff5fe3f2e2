"""What a log says about each of its tasks, as rows of a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tvmtune.artifact import Status
from tvmtune.records.record import Proposer, Purpose, Record
from tvmtune.records.standing import Standing, rank


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryRow:
    """One task on one model of machine.

    ``gain`` is the default config's time over the best's; ``failures`` counts trials by the status
    they ended with; ``disqualified`` configs worked in the search and failed later; ``stale``
    records are of an older version of their template.  Figures are None where there is none.
    """

    workload: str
    target: str
    machine: str
    template: str | None
    config: Mapping[str, Any] | None
    record_id: str | None
    best_s: float | None
    confirmed: bool
    gflops: float | None
    default_s: float | None
    gain: float | None
    trials: int
    failures: Mapping[str, int]
    disqualified: int
    stale: int

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)


def summarize(records: Iterable[Record], flops: Callable[[str], float | None]) -> list[SummaryRow]:
    """Rows in the order in which the tasks appear.

    Parameters
    ----------
    records
        Of any tasks and machines; tasks measured on several models of CPU get a row for each.
    flops
        Floating-point operations of a workload text; None if it is not known.
    """
    groups: dict[tuple[str, str, str], list[Record]] = {}
    for record in records:
        machine = str(record.fingerprint.get("cpu", ""))
        groups.setdefault((*record.task, machine), []).append(record)
    return [_row(key, group, flops(key[0])) for key, group in groups.items()]


def _row(key: tuple[str, str, str], group: Sequence[Record], flops: float | None) -> SummaryRow:
    current = _current(group)
    standings, disqualified = rank(current)
    best = standings[0] if standings else None
    default_s = _default_s(standings)
    best_s = best.figure_s if best else None
    return SummaryRow(
        workload=key[0],
        target=key[1],
        machine=key[2],
        template=best.record.template if best else None,
        config=best.record.config if best else None,
        record_id=best.record.id if best else None,
        best_s=best_s,
        confirmed=best is not None and best.confirmed,
        gflops=flops / best_s / 1e9 if flops and best_s else None,
        default_s=default_s,
        gain=default_s / best_s if default_s and best_s else None,
        trials=sum(r.purpose is Purpose.SEARCH for r in current),
        failures=_failures(current),
        disqualified=len(disqualified),
        stale=len(group) - len(current),
    )


def _current(group: Sequence[Record]) -> list[Record]:
    """The records of the version of each template that was measured last."""
    latest: dict[str, Record] = {}
    for record in group:
        if record.template not in latest or record.start_s >= latest[record.template].start_s:
            latest[record.template] = record
    return [r for r in group if r.template_version == latest[r.template].template_version]


def _default_s(standings: Sequence[Standing]) -> float | None:
    """Time of the fastest default config."""
    defaults = (s for s in standings if s.record.proposer is Proposer.DEFAULT)
    return min((s.figure_s for s in defaults), default=None)


def _failures(records: Sequence[Record]) -> dict[str, int]:
    """Failed trials by how they ended, after retries."""
    ended = {}
    for record in records:
        if record.purpose is Purpose.SEARCH or (
            record.purpose is Purpose.RETRY and record.config_key in ended
        ):
            ended[record.config_key] = record.status
    return dict(Counter(s.value for s in ended.values() if s is not Status.OK))
