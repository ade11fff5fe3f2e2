"""What a log says is best for a task, here and now, and how sure it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tvmtune.records.accuracy import Exactness
from tvmtune.records.record import SCHEMA_VERSION, Record
from tvmtune.records.standing import Standing, rank


class MatchKind(StrEnum):
    """How well a log answers."""

    EXACT = "exact"
    """Measured on this model of machine with these versions."""
    SAME_MODEL = "same model"
    """Measured on this model of CPU; cores, kernel or versions differ."""
    OTHER_MACHINE = "other machine"
    DEFAULT = "default"
    """Nothing usable: the template's default config."""


@dataclass(frozen=True, slots=True)
class Here:
    """The machine and the versions that ask: what records call fingerprint and toolchain."""

    fingerprint: Mapping[str, Any] = field(default_factory=dict)
    toolchain: Mapping[str, Any] = field(default_factory=dict)

    @property
    def model(self) -> str:
        """Model of the CPU: between machines of one model, times compare."""
        return str(self.fingerprint.get("cpu", ""))


@dataclass(frozen=True, slots=True)
class Refusal:
    """Records of the task that were not used, for one reason."""

    reason: str
    count: int
    example: Record


@dataclass(frozen=True, slots=True)
class Match:
    """The answer of a log.

    ``record`` is None where ``kind`` is DEFAULT; ``standing`` has the figure that decided;
    ``refused`` says what was left out and why.
    """

    kind: MatchKind
    record: Record | None
    reason: str
    standing: Standing | None = None
    refused: tuple[Refusal, ...] = ()


NestHash = Callable[[Record], str | None]
"""The hash of the nest that a record's config makes today; None if it makes none any more."""

Stale = tuple[str, Record]
"""A record that is not to be used, and why."""


def find_best(
    records: Iterable[Record],
    task: tuple[str, str],
    templates: Mapping[str, str],
    here: Here,
    *,
    nest_hash: NestHash | None = None,
    exactness: Exactness | None = None,
) -> Match:
    """Look up the best config of a task.

    Parameters
    ----------
    records
        Of any tasks, in any order.
    task
        Workload and target, as canonical texts.
    templates
        Versions by name of the templates that may be used; records of others are refused.
    here
        The machine and versions that ask.
    nest_hash
        Called for the leading configs only; a record whose nest has changed is stale.
    exactness
        What error is tolerated; None: any that counts as a right answer.
    """
    refusals = _Refusals()
    usable = []
    for record in records:
        if record.task != task:
            continue
        if reason := unusable(record, templates):
            refusals.add(reason, record)
        else:
            usable.append(record)
    if exactness is not None:
        usable = _exact_enough(usable, exactness, refusals)
    for pool in _pools(usable, here.model):
        standings, disqualified = rank(pool)
        for out in disqualified:
            refusals.add(out.reason, out.record)
        best, stale = first_usable(standings, nest_hash)
        for reason, record in stale:
            refusals.add(reason, record)
        if best is not None:
            kind, why = match_kind(best.record, here)
            return Match(kind, best.record, why, best, refusals.listed())
    return Match(MatchKind.DEFAULT, None, _why_default(task, refusals), None, refusals.listed())


def first_usable(
    standings: Iterable[Standing], nest_hash: NestHash | None
) -> tuple[Standing | None, list[Stale]]:
    """The first config whose nest is still the one that was measured, and those before it.

    Parameters
    ----------
    standings
        Best first; what follows the one that is found is not looked at.
    nest_hash
        None: every nest counts as unchanged.
    """
    stale: list[Stale] = []
    for standing in standings:
        reason = _changed(standing.record, nest_hash)
        if not reason:
            return standing, stale
        stale.append((reason, standing.record))
    return None, stale


def unusable(record: Record, templates: Mapping[str, str]) -> str:
    """Which hard key of a record does not agree; empty if all do.

    Parameters
    ----------
    record
        Of the task in question.
    templates
        Versions by name of the templates that may be used.
    """
    name = record.template
    if record.schema != SCHEMA_VERSION:
        return f"stale: schema {record.schema}, now {SCHEMA_VERSION}"
    if name not in templates:
        hint = f"; give --template {name} to use it" if is_reference(name) else ""
        return f"not usable: template {name} is not among those in use{hint}"
    if record.template_version != templates[name]:
        return f"stale: {name} version {record.template_version}, now {templates[name]}"
    return ""


def is_reference(template: str) -> bool:
    """Whether a record's template is one outside the package, which only the user may name."""
    return ":" in template


def match_kind(record: Record, here: Here) -> tuple[MatchKind, str]:
    """How well a usable record fits the machine and versions that ask, and why."""
    if _model(record) != here.model:
        return (
            MatchKind.OTHER_MACHINE,
            f"measured on {_model(record) or 'an unknown machine'}, this is {here.model}",
        )
    differ = _differences(record.fingerprint, here.fingerprint)
    differ += _differences(record.toolchain, here.toolchain)
    if differ:
        return MatchKind.SAME_MODEL, "measured on this model of CPU with " + ", ".join(differ)
    return MatchKind.EXACT, "measured on this model of machine with these versions"


class _Refusals:
    """Refused records, counted by reason."""

    def __init__(self) -> None:
        self._by_reason: dict[str, list[Record]] = {}

    def add(self, reason: str, record: Record) -> None:
        self._by_reason.setdefault(reason, []).append(record)

    def listed(self) -> tuple[Refusal, ...]:
        return tuple(Refusal(why, len(rs), rs[0]) for why, rs in self._by_reason.items())


def _exact_enough(
    records: Sequence[Record], exactness: Exactness, refusals: _Refusals
) -> list[Record]:
    refused = exactness.refusals(records)
    for record in records:
        if record.config_key in refused:
            refusals.add(refused[record.config_key], record)
    return [record for record in records if record.config_key not in refused]


def _changed(record: Record, nest_hash: NestHash | None) -> str:
    if nest_hash is None:
        return ""
    current = nest_hash(record)
    if current is None:
        return f"stale: {record.template} no longer accepts the config"
    return "" if current == record.nest_hash else f"stale: {record.template} makes another nest now"


def _pools(records: Sequence[Record], model: str) -> list[list[Record]]:
    """Records whose times compare, by model of CPU: that of here first, then the best measured."""
    by_model: dict[str, list[Record]] = {}
    for record in records:
        by_model.setdefault(_model(record), []).append(record)
    order = sorted(by_model, key=lambda m: (m != model, -len(by_model[m]), m))
    return [by_model[m] for m in order]


def _model(record: Record) -> str:
    return str(record.fingerprint.get("cpu", ""))


def _differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    names = sorted({*then, *now})
    return [
        f"{name} {then.get(name)} (now {now.get(name)})"
        for name in names
        if then.get(name) != now.get(name)
    ]


def _why_default(task: tuple[str, str], refusals: _Refusals) -> str:
    refused = refusals.listed()
    if not refused:
        return f"no usable record of {task[0]} on {task[1]}"
    first = refused[0]
    more = f" and {len(refused) - 1} other reasons" if len(refused) > 1 else ""
    return f"no usable record of {task[0]} on {task[1]}: {first.reason} ({first.count}){more}"
