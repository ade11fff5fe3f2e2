"""What the log says of one task: how far it is, what its strategy must know, who leads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from statistics import median

from tvmtune.outcome import Status
from tvmtune.records import Here, Proposer, Purpose, Record, Standing, inexact, rank

ConfigKey = tuple[str, str, str]
"""`Record.config_key`."""


@dataclass(slots=True)
class History:
    """The usable records of one task, in the order of the log.

    Parameters
    ----------
    versions
        Version by name of the templates in use; records of others do not belong here.
    here
        The machine that tunes: times of other models of CPU do not compare with its own.
    max_rel_error
        A config whose measured error is larger counts as one that gave a wrong answer.
    records
        Grows as the run goes on.
    """

    versions: Mapping[str, str]
    here: Here
    max_rel_error: float | None = None
    records: list[Record] = field(default_factory=list)
    _by_config: dict[ConfigKey, list[Record]] = field(default_factory=dict)
    _best_s: float | None = None

    @staticmethod
    def of(
        records: Iterable[Record],
        versions: Mapping[str, str],
        here: Here,
        max_rel_error: float | None = None,
    ) -> History:
        """Keep the records of templates in use, in the versions in use."""
        history = History(versions, here, max_rel_error)
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

    def add(self, record: Record) -> Record:
        """Take a record that was just written; a config that failed can no longer be the best.

        Returns
        -------
        Record
            As it counts here.
        """
        record = self._keep(record)
        if record.ok and self.improves(record.median_s) and _counts(record):
            self._best_s = record.median_s
        elif not record.ok and len(self.of_config(record)) > 1:
            self._find_best()
        return record

    def improves(self, seconds: float | None) -> bool:
        """Whether a time would be a new best."""
        return seconds is not None and (self._best_s is None or seconds < self._best_s)

    def of_config(self, record: Record) -> Sequence[Record]:
        """The records of a record's config."""
        return self._by_config.get(record.config_key, ())

    @property
    def foreign_trials(self) -> Counter[str]:
        """Number of search records from other models of CPU, by model."""
        return Counter(
            _model(record)
            for record in self.records
            if record.purpose is Purpose.SEARCH and not self._compares(record)
        )

    def measured(self) -> list[tuple[Record, float]]:
        """A record of each config that was settled, and its time here; nan if it failed.

        In the order in which they were first tried.  Times of another model of CPU are scaled by
        what its default configs take here, and left out while none of them was measured on both.
        """
        _, disqualified = rank(self.records)
        out = {d.record.config_key for d in disqualified}
        scales = self._scales()
        settled = []
        for key, group in self._by_config.items():
            ends = [r for r in group if r.status is not Status.INFRASTRUCTURE]
            good = [r for r in ends if r.ok and r.median_s]
            if ends and (key in out or not good):
                settled.append((ends[0], float("nan")))
            elif good and (time_s := self._time_here_s(good, scales)) is not None:
                settled.append((ends[0], time_s))
        return settled

    def search_times(self, start: int = 0) -> list[float | None]:
        """Times of the trials and retries from a record on; None where it says nothing of a best.

        That is where it failed, was cut short, or is of another model of CPU.
        """
        return [
            r.median_s if r.ok and not r.truncated and self._compares(r) else None
            for r in self.records[start:]
            if r.purpose is not Purpose.CONFIRM
        ]

    def unsettled(self, retries: int) -> list[Record]:
        """A record of each config that only the machinery failed, and that may be tried again."""
        return [
            group[0]
            for group in self._by_config.values()
            if all(r.status is Status.INFRASTRUCTURE for r in group)
            and sum(r.purpose is Purpose.RETRY for r in group) < retries
        ]

    def standings(self) -> list[Standing]:
        """Configs measured on this model of machine, best first.

        With a limit of errors, only those whose error is known from several inputs.
        """
        found, _ = rank(r for r in self.records if self._compares(r))
        if self.max_rel_error is None:
            return found
        return [s for s in found if self._has_known_error(s.record.config_key)]

    def leaders(self, n: int) -> list[Standing]:
        """Who is confirmed: the ``n`` fastest, the fastest default, and the best from elsewhere.

        From elsewhere come ``n`` while nothing is confirmed here, and the default if there is none
        here.  Judged by what was known when the search last measured something: confirmations
        since then are parts of the one that is asked about, and only tell who is out.  Their
        outputs need not be checked as a best's must be.
        """
        known = self._until_confirming()
        here, _ = rank(r for r in known if self._compares(r))
        here.sort(key=lambda s: (s.record.truncated, s.figure_s))
        elsewhere, _ = rank(r for r in known if not self._compares(r))
        defaults = [s for s in (*here, *elsewhere) if s.record.proposer is Proposer.DEFAULT]
        wanted = 1 if any(s.confirmed for s in here) else n
        chosen = [*here[:n], *defaults[:1], *elsewhere[:wanted]]
        by_key = {s.record.config_key: s for s in reversed(chosen)}
        return [s for key, s in reversed(by_key.items()) if not self._failed_here(key)]

    def is_new_here(self, key: ConfigKey) -> bool:
        """Whether a config can be confirmed that no search of this model of machine has tried."""
        tried = {r.config_key for r in self._until_confirming() if self._compares(r)}
        return key not in tried and not self._failed_here(key)

    def confirmed(self) -> set[ConfigKey]:
        """Configs that a confirmation here has settled since the last search record."""
        since = self.records[len(self._until_last_search()) :]
        settled = (r for r in since if r.status is not Status.INFRASTRUCTURE)
        return {r.config_key for r in settled if self._confirms_here(r)}

    def was_checked_harder(self, key: ConfigKey) -> bool:
        """Whether a config was checked on this model of machine as a best must be.

        With a limit of errors, its error has to be known from that.
        """
        if self.max_rel_error is not None:
            return self._has_known_error(key)
        return any(r.ok and r.checked_harder for r in self._here(key))

    def failures(self) -> dict[str, int]:
        """Failed trials by how they ended, after retries."""
        ended = [
            [r.status for r in group if r.purpose is not Purpose.CONFIRM]
            for group in self._by_config.values()
        ]
        return dict(Counter(s[-1].value for s in ended if s and s[-1] is not Status.OK))

    def _has_known_error(self, key: ConfigKey) -> bool:
        return any(r.ok and r.harder_error is not None for r in self._here(key))

    def _keep(self, record: Record) -> Record:
        if record.ok and (reason := inexact(record, self.max_rel_error)):
            record = replace(record, status=Status.WRONG_ANSWER, detail=reason, median_s=None)
        self.records.append(record)
        self._by_config.setdefault(record.config_key, []).append(record)
        return record

    def _here(self, key: ConfigKey) -> list[Record]:
        return [r for r in self._by_config.get(key, ()) if self._compares(r)]

    def _failed_here(self, key: ConfigKey) -> bool:
        own = [r for r in self._here(key) if r.status is not Status.INFRASTRUCTURE]
        return bool(own) and not rank(own)[0]

    def _time_here_s(self, good: Sequence[Record], scales: Mapping[str, float]) -> float | None:
        """The time of good records of a config: this machine's, or the newest that compares."""
        for model in (self.here.model, *map(_model, reversed(good))):
            own = [r for r in good if _model(r) == model]
            if own and model in scales:
                return _search_s(own) * scales[model]
        return None

    def _until_last_search(self) -> list[Record]:
        """The records up to the last that a search made here."""
        ends = (
            i + 1
            for i, r in enumerate(self.records)
            if r.ok and r.purpose is not Purpose.CONFIRM and self._compares(r)
        )
        return self.records[: max(ends, default=0)]

    def _until_confirming(self) -> list[Record]:
        """The records without the confirmations here since the last search."""
        known = self._until_last_search()
        return known + [r for r in self.records[len(known) :] if not self._confirms_here(r)]

    def _confirms_here(self, record: Record) -> bool:
        return record.purpose is Purpose.CONFIRM and self._compares(record)

    def _scales(self) -> dict[str, float]:
        """What a second of each model of CPU is here, by the defaults measured on both."""
        by_model: dict[str, dict[ConfigKey, list[Record]]] = {}
        for record in self.records:
            if record.ok and record.median_s and record.proposer is Proposer.DEFAULT:
                own = by_model.setdefault(_model(record), {})
                own.setdefault(record.config_key, []).append(record)
        here = by_model.pop(self.here.model, {})
        scales = {self.here.model: 1.0}
        for model, there in by_model.items():
            if both := [key for key in there if key in here]:
                scales[model] = median(_search_s(here[k]) / _search_s(there[k]) for k in both)
        return scales

    def _compares(self, record: Record) -> bool:
        return _model(record) == self.here.model

    def _find_best(self) -> None:
        times = (s.search_s or s.figure_s for s in self.standings() if s.sound)
        self._best_s = min(times, default=None)


def _counts(record: Record) -> bool:
    return record.checked_harder and not record.truncated


def _model(record: Record) -> str:
    return str(record.fingerprint.get("cpu", ""))


def _search_s(good: Sequence[Record]) -> float:
    """The last time of a search among good records of one config, or else the last."""
    searches = [r for r in good if r.purpose is not Purpose.CONFIRM] or good
    assert searches[-1].median_s is not None
    return searches[-1].median_s


def by_task(records: Iterable[Record]) -> dict[tuple[str, str], list[Record]]:
    """Records by workload and target, in order."""
    ordered = sorted(records, key=lambda record: record.task)
    return {task: list(group) for task, group in groupby(ordered, key=lambda r: r.task)}
