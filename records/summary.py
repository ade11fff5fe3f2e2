"""What a log says about each of its tasks, as rows of a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tvmtune.outcome import Status
from tvmtune.records.best import NestHash, first_usable, is_reference, unusable
from tvmtune.records.record import Proposer, Purpose, Record
from tvmtune.records.standing import Standing, rank

_CHECKED = 4
"""Leading configs of a task whose nests are made again; where all changed, the rest is not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryRow:
    """One task on one model of machine.

    The best is the first config that is not stale; ``stale_reason`` is empty then, and says why
    where there is none and the best is the one that was.  ``gain`` is the default config's time
    over the best's; ``failures`` counts trials by the status they ended with; ``disqualified``
    configs worked in the search and failed later; ``stale`` counts records of another version of
    their template and leading configs whose nest has changed.  Figures are None where there is
    none.
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
    stale_reason: str

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)


def summarize(
    records: Iterable[Record],
    flops: Callable[[str], float | None],
    templates: Mapping[str, str] | None = None,
    nest_hash: NestHash | None = None,
) -> list[SummaryRow]:
    """Rows in the order in which the tasks appear.

    Parameters
    ----------
    records
        Of any tasks and machines; tasks measured on several models of CPU get a row for each.
    flops
        Floating-point operations of a workload text; None if it is not known.
    templates
        Versions by name of the package's templates; of others, and without it, the version that
        was measured last counts.
    nest_hash
        Called for leading configs, to tell those that are stale; None: none of them is.
    """
    groups: dict[tuple[str, str, str], list[Record]] = {}
    for record in records:
        machine = str(record.fingerprint.get("cpu", ""))
        groups.setdefault((*record.task, machine), []).append(record)
    return [
        _row(key, group, flops(key[0]), _versions(group, templates), nest_hash)
        for key, group in groups.items()
    ]


def _row(
    key: tuple[str, str, str],
    group: Sequence[Record],
    flops: float | None,
    versions: Mapping[str, str],
    nest_hash: NestHash | None,
) -> SummaryRow:
    current = [record for record in group if not unusable(record, versions)]
    shown = current or _last_measured(group)
    standings, disqualified = rank(shown)
    best, changed = first_usable(standings[:_CHECKED] if current else (), nest_hash)
    stale_reason = ""
    if best is None and standings:
        best = standings[0]
        stale_reason = changed[0][0] if changed else unusable(best.record, versions)
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
        trials=sum(r.purpose is Purpose.SEARCH for r in shown),
        failures=_failures(shown),
        disqualified=len(disqualified),
        stale=len(group) - len(current) + len(changed),
        stale_reason=stale_reason,
    )


def _versions(group: Sequence[Record], templates: Mapping[str, str] | None) -> Mapping[str, str]:
    """The version that counts of each template."""
    last = {name: record.template_version for name, record in _last_by_template(group).items()}
    if templates is None:
        return last
    return {name: v for name, v in last.items() if is_reference(name)} | dict(templates)


def _last_measured(group: Sequence[Record]) -> list[Record]:
    """The records of the version of each template that was measured last."""
    last = _last_by_template(group)
    return [r for r in group if r.template_version == last[r.template].template_version]


def _last_by_template(group: Sequence[Record]) -> dict[str, Record]:
    last: dict[str, Record] = {}
    for record in group:
        if record.template not in last or record.start_s >= last[record.template].start_s:
            last[record.template] = record
    return last


def _default_s(standings: Sequence[Standing]) -> float | None:
    """Time of the fastest default config."""
    defaults = (s for s in standings if s.record.proposer is Proposer.DEFAULT)
    return min((s.figure_s for s in defaults), default=None)


def _failures(records: Sequence[Record]) -> dict[str, int]:
    """Failed trials by how they ended, after retries."""
    retried = {r.config_key: r.status for r in records if r.purpose is Purpose.RETRY}
    searched = [r for r in records if r.purpose is Purpose.SEARCH]
    ended = [retried.get(r.config_key, r.status) if retried else r.status for r in searched]
    return dict(Counter(status.value for status in ended if status is not Status.OK))
