"""How the configs of one task stand: which is fastest, judged by what, and which are out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from tvmtune.outcome import Status
from tvmtune.records.record import Purpose, Record


@dataclass(frozen=True, slots=True)
class Standing:
    """One config in the order of a task.

    ``figure_s`` is the time that decides: the confirmed one where the config was confirmed, else
    that of the search (``search_s``; None if the search's record is missing).  ``record`` is the
    last good measurement of that kind.
    """

    record: Record
    figure_s: float
    search_s: float | None
    confirmed: bool
    checked_harder: bool

    @property
    def sound(self) -> bool:
        """Whether its output was checked as a best's must be, and its timing was complete."""
        return self.checked_harder and not self.record.truncated


@dataclass(frozen=True, slots=True)
class Disqualified:
    """A config that worked once and is not to be used, and why."""

    record: Record
    reason: str


def rank(records: Iterable[Record]) -> tuple[list[Standing], list[Disqualified]]:
    """Order the configs of one task, best first.

    A config is judged by its confirmed figure if it has one.  Search figures flatter whoever was
    lucky, so a config that was never confirmed comes before the confirmed ones only if its search
    figure beats every search figure among them.  Configs whose output was not checked as that of a
    new best, or whose timing was cut short, come last.

    Parameters
    ----------
    records
        Of one workload and target, measured on machines whose times compare.

    Returns
    -------
    standings, disqualified
        Configs with a usable time; and configs with a time that gave a wrong answer or crashed at
        any time, or failed after their last good measurement.
    """
    groups: dict[tuple[str, str, str], list[Record]] = {}
    for record in records:
        groups.setdefault(record.config_key, []).append(record)
    good, out = [], []
    for group in groups.values():
        group.sort(key=lambda r: r.start_s)
        if not any(r.ok for r in group):
            continue
        if reason := _disqualifies(group):
            out.append(Disqualified(group[-1], reason))
        else:
            good.append(_standing(group))
    return _ordered(good), out


def _disqualifies(group: Sequence[Record]) -> str:
    """Why a config must not be used, from its records in order of time; empty if it may."""
    for record in group:
        if record.status is Status.WRONG_ANSWER:
            return f"gave a wrong answer: {record.detail}"
        if record.status is Status.CRASH and record.where != "builder":
            return f"crashed: {record.detail}"
    last = [r for r in group if r.status is not Status.INFRASTRUCTURE][-1]
    return "" if last.ok else f"failed later ({last.status}): {last.detail}"


def _standing(group: Sequence[Record]) -> Standing:
    good = [r for r in group if r.ok]
    complete = [r for r in good if not r.truncated] or good
    confirms = [r for r in complete if r.purpose is Purpose.CONFIRM]
    searches = [r for r in complete if r.purpose is not Purpose.CONFIRM]
    search_s = _figure(searches) if searches else None
    return Standing(
        record=(confirms or searches)[-1],
        figure_s=_figure(confirms or searches),
        search_s=search_s,
        confirmed=bool(confirms),
        checked_harder=any(r.checked_harder for r in good),
    )


def _figure(records: Sequence[Record]) -> float:
    return median(r.median_s for r in records if r.median_s is not None)


def _ordered(standings: Sequence[Standing]) -> list[Standing]:
    """Best first; equal figures in order of time, so that the same log always says the same."""
    by_figure = sorted(standings, key=lambda s: (s.figure_s, s.record.start_s, s.record.id))
    sound = [s for s in by_figure if s.sound]
    confirmed = [s for s in sound if s.confirmed]
    bar = min((min(s.figure_s, s.search_s or s.figure_s) for s in confirmed), default=float("inf"))
    challengers = [s for s in sound if not s.confirmed and s.figure_s < bar]
    others = [s for s in sound if not s.confirmed and s.figure_s >= bar]
    return challengers + confirmed + others + [s for s in by_figure if not s.sound]
