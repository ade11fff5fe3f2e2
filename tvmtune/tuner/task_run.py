"""One task on its way: proposals out, outcomes in."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isnan

import numpy as np

from tvmtune.errors import GivenUpError, MeasureError, SpaceError
from tvmtune.measure.candidate import Candidate
from tvmtune.outcome import Outcome, Status
from tvmtune.records import Proposer, Purpose, Record
from tvmtune.records.record import config_text
from tvmtune.search.base import Strategy
from tvmtune.search_spaces.config import Config
from tvmtune.search_spaces.domain import TaskDomain
from tvmtune.search_spaces.space import Points
from tvmtune.tuner.equipment import Harness
from tvmtune.tuner.history import ConfigKey, History
from tvmtune.tuner.journal import Journal, Trial
from tvmtune.tuner.task import Task

_FAULTS_IN_A_ROW = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What a trial came to, after its record was written."""

    record: Record
    new_best: bool
    gave_up: bool = False


class TaskRun:
    """A task's strategy and history, and the trials that are under way.

    Records are written before the strategy or anybody hears of them.  Faults of the machinery are
    tried again and never told to the strategy.

    Parameters
    ----------
    task, domain, strategy
        What is searched and by whom; the strategy is told what the history has.
    history
        The task's records so far; the templates of its versions are in the domain's order.
    journal
        Writes records.
    trial_limit, retries
        Search records wanted in all; how often a trial is tried again.
    """

    def __init__(
        self,
        task: Task,
        domain: TaskDomain,
        strategy: Strategy,
        history: History,
        journal: Journal,
        *,
        trial_limit: int | None,
        retries: int,
    ) -> None:
        self.task = task
        self.domain = domain
        self.strategy = strategy
        self.history = history
        self.trials = history.trials
        self.measured = 0
        self.exhausted = False
        self.trial_limit = trial_limit
        self._templates = tuple(history.versions)
        self._journal = journal
        self._retries = retries
        self._waiting: deque[Trial] = deque(map(_retry_of, history.unsettled(retries)))
        self._under_way: dict[str, Trial] = {}
        self._known = {_trial_of(r, Purpose.SEARCH).key for r in history.records}
        self._faults = 0
        measured = history.measured()
        self._meet_failed(measured)
        self._tell(measured)

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to search."""
        full = self.trial_limit is not None and self.trials >= self.trial_limit
        return (full or self.exhausted) and not self._waiting and not self._under_way

    @property
    def under_way(self) -> int:
        """Number of trials that were handed over and have not ended."""
        return len(self._under_way)

    @property
    def pending(self) -> int:
        """Number of search trials that were proposed and have no record yet."""
        trials = (*self._under_way.values(), *self._waiting)
        return sum(trial.purpose is Purpose.SEARCH for trial in trials)

    def next_candidate(self) -> Candidate | None:
        """The next candidate for the harness; None if there is none now."""
        trial = self._waiting.popleft() if self._waiting else self._proposed()
        return None if trial is None else self.launch(trial)

    def launch(self, trial: Trial) -> Candidate:
        """Note that a trial is handed over, and when."""
        trial = replace(trial, start_s=self._journal.equipment.unix_s())
        key = f"{self.task.workload} {self.task.target} {trial.key}"
        self._under_way[key] = trial
        return Candidate(
            key=key,
            request={
                "workload": self.task.workload,
                "target": self.task.target,
                "template": trial.template,
                "config": dict(trial.knobs),
                "keep_sources": False,
            },
        )

    def settle(self, candidate: Candidate, outcome: Outcome, harness: Harness) -> Settled:
        """Take the outcome of a trial of the search.

        Raises
        ------
        MeasureError
            If the machinery failed many times in a row.
        """
        trial = self._under_way.pop(candidate.key)
        outcome = self._as_best_must_be(candidate, outcome, harness)
        before = self.history.best_s
        record = self._write(trial, outcome)
        if trial.purpose is Purpose.SEARCH:
            self.trials += 1
            self.measured += 1
        if record.status is Status.INFRASTRUCTURE:
            return self._fault(trial, record)
        self._faults = 0
        self._tell([(record, record.median_s or float("nan"))])
        return Settled(record=record, new_best=record.ok and self.history.best_s != before)

    def settle_confirmation(self, candidate: Candidate, outcome: Outcome) -> Record:
        """Take the outcome of measuring a leading config again."""
        return self._write(self._under_way.pop(candidate.key), outcome)

    def leaders(self, n: int) -> list[Trial]:
        """Trials that confirm the leading configs, with the defaults if none of them leads."""
        trials = [_trial_of(s.record, Purpose.CONFIRM) for s in self.history.leaders(n)]
        if trials and all(trial.proposer is not Proposer.DEFAULT for trial in trials):
            trials += self._new_defaults()
        return trials

    def needs_confirmation(self, n: int) -> bool:
        """Whether any of the leading configs was not confirmed since the search last measured."""
        confirmed = self.history.confirmed()
        return any(self._config_key(trial) not in confirmed for trial in self.leaders(n))

    def was_checked_harder(self, trial: Trial) -> bool:
        """Whether a trial's config was checked on this model of machine as a best must be."""
        return self.history.was_checked_harder(self._config_key(trial))

    def abandon(self) -> None:
        """Take back trials that the harness did not finish; they come first next time."""
        searches = [t for t in self._under_way.values() if t.purpose is not Purpose.CONFIRM]
        self._waiting.extendleft(reversed(searches))
        self._under_way.clear()

    def _new_defaults(self) -> list[Trial]:
        """Trials that confirm default configs which were never tried here, but might work."""
        trials = [
            Trial(
                template=self._templates[int(point[0])],
                knobs=self.domain.config_of(point).knobs_json(),
                purpose=Purpose.CONFIRM,
                proposer=Proposer.DEFAULT,
            )
            for point in self.domain.defaults()
        ]
        return [t for t in trials if self.history.is_new_here(self._config_key(t))]

    def _config_key(self, trial: Trial) -> ConfigKey:
        version = self.history.versions[trial.template]
        return trial.template, version, config_text(trial.knobs)

    def _proposed(self) -> Trial | None:
        """A config that has no record yet, while trials are left."""
        if self.trial_limit is not None and self.trials + self.pending >= self.trial_limit:
            return None
        while proposals := self.strategy.ask(1):
            config = self.domain.config_of(proposals[0].point)
            trial = Trial(
                template=self._templates[int(proposals[0].point[0])],
                knobs=config.knobs_json(),
                purpose=Purpose.SEARCH,
                proposer=Proposer(proposals[0].proposer),
                predicted=proposals[0].predicted,
            )
            if trial.key not in self._known:
                self._known.add(trial.key)
                return trial
        self.exhausted = True
        return None

    def _as_best_must_be(self, candidate: Candidate, outcome: Outcome, harness: Harness) -> Outcome:
        """Check what would be the best harder; it counts only if it passes.

        Where the check was not waited for, the timing is kept; a confirmation makes up for it.
        """
        if outcome.status is not Status.OK or outcome.truncated:
            return outcome
        if not self.history.improves(outcome.median_s):
            return outcome
        try:
            return merged(outcome, harness.check_harder(candidate))
        except GivenUpError:
            return outcome

    def _write(self, trial: Trial, outcome: Outcome) -> Record:
        version = self.history.versions[trial.template]
        return self.history.add(self._journal.write(self.task, version, trial, outcome))

    def _fault(self, trial: Trial, record: Record) -> Settled:
        self._faults += 1
        if self._faults >= _FAULTS_IN_A_ROW:
            raise MeasureError(
                f"{self._faults} trials in a row failed by the measuring machinery, the last: "
                f"{record.detail}; the log is intact: run the same command to go on"
            )
        tried = sum(r.purpose is Purpose.RETRY for r in self.history.of_config(record))
        if tried < self._retries:
            self._waiting.append(replace(trial, purpose=Purpose.RETRY))
        return Settled(record=record, new_best=False, gave_up=tried >= self._retries)

    def _meet_failed(self, results: Sequence[tuple[Record, float]]) -> None:
        """Show the domain what failed: no other config stands for a structure that cannot be made.

        Of such a structure one config is tried, the first that the domain meets.
        """
        failed = [self._point(record) for record, seconds in results if isnan(seconds)]
        known = [point for point in failed if point is not None]
        if known:
            self.domain.valid(np.stack(known))

    def _tell(self, results: Sequence[tuple[Record, float]]) -> None:
        """Tell the strategy about those results that are in its domain."""
        placed = [(self._point(record), seconds) for record, seconds in results]
        known = [(point, seconds) for point, seconds in placed if point is not None]
        if known:
            points, times = zip(*known, strict=True)
            self.strategy.tell(np.stack(points), np.array(times, np.float64))

    def _point(self, record: Record) -> Points | None:
        """A record's place in the domain; None if the domain does not have it (any more)."""
        space = self.domain.spaces[self._templates.index(record.template)]
        try:
            return self.domain.point(Config(space.template, record.config))
        except SpaceError:
            return None


def merged(outcome: Outcome, harder: Outcome) -> Outcome:
    """A timing and its harder check as one outcome, which fails if the check does."""
    passed = harder.status is Status.OK
    seen = {name: value for name, value in harder.checks.items() if name != "harder"}
    seconds = outcome.seconds.get("checking", 0.0) + harder.seconds.get("checking", 0.0)
    return replace(
        outcome,
        status=harder.status,
        detail=harder.detail,
        where=harder.where,
        median_s=outcome.median_s if passed else None,
        checks={**outcome.checks, "harder": passed and (seen or True)},
        seconds={**outcome.seconds, "checking": seconds},
    )


def _trial_of(record: Record, purpose: Purpose) -> Trial:
    return Trial(
        template=record.template,
        knobs=record.config,
        purpose=purpose,
        proposer=record.proposer,
        predicted=record.predicted,
    )


def _retry_of(record: Record) -> Trial:
    return _trial_of(record, Purpose.RETRY)
