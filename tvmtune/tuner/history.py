"""What the log says of one task: how far it is, what its strategy must know, who leads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from tvmtune.artifact import Status
from tvmtune.records import Here, Proposer, Purpose, Record, Standing, rank


@dataclass(slots=True)
class History:
    """The usable records of one task, in the order of the log.

    Parameters
    ----------
    versions
        Version by name of the templates in use; records of others do not belong here.
    here
        The machine that tunes: times of other models of CPU do not compare with its own.
    records
        Grows as the run goes on.
    """

    versions: Mapping[str, str]
    here: Here
    records: list[Record] = field(default_factory=list)
    _by_config: dict[tuple[str, str, str], list[Record]] = field(default_factory=dict)
    _best_s: float | None = None

    @staticmethod
    def of(records: Iterable[Record], versions: Mapping[str, str], here: Here) -> History:
        """Keep the records of templates in use, in the versions in use."""
        history = History(versions, here)
        for record in records:
            if versions.get(record.template) == record.template_version:
                history._keep(record)
        history._find_best()
        return history

    @property
    def trials(self) -> int:
        """Number of search records."""
        return sum(record.purpose is Purpose.SEARCH for record in self.records)

    @property
    def best_s(self) -> float | None:
        """The fastest time of a search on this model of machine, checked as a best must be."""
        return self._best_s

    def add(self, record: Record) -> None:
        """Take a record that was just written; a config that failed can no longer be the best."""
        self._keep(record)
        if record.ok and self.improves(record.median_s) and _counts(record):
            self._best_s = record.median_s
        elif not record.ok and len(self.of_config(record)) > 1:
            self._find_best()

    def improves(self, seconds: float | None) -> bool:
        """Whether a time would be a new best."""
        return seconds is not None and (self._best_s is None or seconds < self._best_s)

    def of_config(self, record: Record) -> Sequence[Record]:
        """The records of a record's config."""
        return self._by_config.get(record.config_key, ())

    def measured(self) -> list[tuple[Record, float]]:
        """A record of each config that was settled, and its time; nan if it failed.

        In the order in which they were first tried.
        """
        _, disqualified = rank(self.records)
        out = {d.record.config_key for d in disqualified}
        settled = []
        for key, group in self._by_config.items():
            ends = [r for r in group if r.status is not Status.INFRASTRUCTURE]
            good = [r.median_s for r in ends if r.ok and r.purpose is not Purpose.CONFIRM]
            good = good or [r.median_s for r in ends if r.ok]
            time_s = good[-1] if good and key not in out else None
            if ends:
                settled.append((ends[0], time_s or float("nan")))
        return settled

    def unsettled(self, retries: int) -> list[Record]:
        """A record of each config that only the machinery failed, and that may be tried again."""
        return [
            group[0]
            for group in self._by_config.values()
            if all(r.status is Status.INFRASTRUCTURE for r in group)
            and sum(r.purpose is Purpose.RETRY for r in group) < retries
        ]

    def standings(self) -> list[Standing]:
        """Configs measured on this model of machine, best first."""
        return rank(r for r in self.records if self._compares(r))[0]

    def leaders(self, n: int) -> list[Standing]:
        """Who is confirmed: the ``n`` fastest, the fastest default, and the best from elsewhere.

        Their outputs need not be checked as a best's must be.
        """
        here = sorted(self.standings(), key=lambda s: (s.record.truncated, s.figure_s))
        defaults = [s for s in here if s.record.proposer is Proposer.DEFAULT]
        elsewhere, _ = rank(r for r in self.records if not self._compares(r))
        chosen = [*here[:n], *defaults[:1], *elsewhere[:1]]
        return list({s.record.config_key: s for s in reversed(chosen)}.values())[::-1]

    def needs_confirmation(self) -> bool:
        """Whether anything was measured since the leading configs were last confirmed."""
        confirmed = searched = float("-inf")
        for record in self.records:
            if record.ok and self._compares(record):
                if record.purpose is Purpose.CONFIRM:
                    confirmed = max(confirmed, record.start_s)
                else:
                    searched = max(searched, record.start_s)
        return searched > confirmed

    def failures(self) -> dict[str, int]:
        """Failed trials by how they ended, after retries."""
        ended = [
            [r.status for r in group if r.purpose is not Purpose.CONFIRM]
            for group in self._by_config.values()
        ]
        return dict(Counter(s[-1].value for s in ended if s and s[-1] is not Status.OK))

    def _keep(self, record: Record) -> None:
        self.records.append(record)
        self._by_config.setdefault(record.config_key, []).append(record)

    def _compares(self, record: Record) -> bool:
        return str(record.fingerprint.get("cpu", "")) == self.here.model

    def _find_best(self) -> None:
        times = (s.search_s or s.figure_s for s in self.standings() if s.sound)
        self._best_s = min(times, default=None)


def _counts(record: Record) -> bool:
    return record.checked_harder and not record.truncated


def by_task(records: Iterable[Record]) -> dict[tuple[str, str], list[Record]]:
    """Records by workload and target, in order."""
    ordered = sorted(records, key=lambda record: record.task)
    return {task: list(group) for task, group in groupby(ordered, key=lambda r: r.task)}
