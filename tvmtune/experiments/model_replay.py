"""A model replayed: searches of recorded spaces that share a budget in virtual time.

Confirmations are left out: nothing is measured twice here, and they are alike however the budget is
divided.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tvmtune.experiments.recorded_domain import RecordedDomain
from tvmtune.experiments.replay import ReplayedSearch
from tvmtune.tuner.allocation import Curve, Decision, Manner, TaskState, decide
from tvmtune.tuner.equipment import make_named_strategy
from tvmtune.tuner.options import TuneOptions
from tvmtune.tuner.pace import Pace
from tvmtune.tuner.task import Task

_TRIAL_S = 0.25
"""What a trial is expected to take before there was one."""


@dataclass(frozen=True, slots=True)
class ModelTask:
    """A recorded space, and how often its task occurs in the model."""

    domain: RecordedDomain
    count: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelTrace:
    """What searching the tasks of a model came to.

    Parameters
    ----------
    at_s
        Shape (t,), float64: when the model's estimated time fell, ascending, the first 0.
    model_s
        Shape (t,): the sum of count times best from then on.  A task without a result counts with
        its default config, or the median of its space where that was not measured.
    trials
        Trials of each task.
    spent_s
        When the last result was there.
    """

    at_s: NDArray[np.float64]
    model_s: NDArray[np.float64]
    trials: tuple[int, ...]
    spent_s: float

    def model_s_at(self, seconds: float) -> float:
        """The estimated time of the model after some seconds."""
        return float(self.model_s[np.searchsorted(self.at_s, seconds, side="right") - 1])


def replay_model(
    tasks: Sequence[ModelTask],
    options: TuneOptions,
    *,
    now_s: Callable[[], float] = time.perf_counter,
) -> ModelTrace:
    """Search the tasks of a model one at a time, in turns, within one budget.

    Parameters
    ----------
    tasks
        The model.
    options
        Budget, strategy, seed, and how the budget is divided, as for tuning.
    now_s
        The clock by which the strategies' thinking is charged.
    """
    runs = [_Run.of(task, options, now_s) for task in tasks]
    turns = _Turns(runs, options)
    if options.by_gain(len(runs)):
        turns.by_gain()
    else:
        turns.evenly()
    return _trace(runs, turns.at_s, turns.end_s)


@dataclass(slots=True)
class _Run:
    task: ModelTask
    search: ReplayedSearch
    curve: Curve = field(default_factory=Curve)
    spent_s: float = 0.0

    @staticmethod
    def of(task: ModelTask, options: TuneOptions, now_s: Callable[[], float]) -> _Run:
        space = task.domain.space
        seed = options.seed_for(Task(f"{space.workload} {space.template.name}", space.target))
        strategy = make_named_strategy(options, task.domain, seed)
        return _Run(task, ReplayedSearch(task.domain, strategy, now_s=now_s))

    def turn(self, at_s: float, may_go_on: Callable[[float], bool]) -> float:
        end_s = self.search.search(at_s, may_go_on)
        self.spent_s += end_s - at_s
        return end_s

    def state(self) -> TaskState:
        self.curve = self.curve.extended(self.search.times_s(self.curve.trials).tolist())
        left = self.task.domain.size - self.search.proposed
        return TaskState(
            weight=self.task.count,
            curve=self.curve,
            trial_s=self.spent_s / self.search.told if self.spent_s else _TRIAL_S,
            remaining=0 if self.search.exhausted else max(left, 0),
        )


class _Turns:
    """The turns of the tasks, as `tvmtune.tuner` gives them."""

    def __init__(self, runs: Sequence[_Run], options: TuneOptions) -> None:
        self._runs = runs
        self._limit = options.trial_limit
        self._plan = options.proposals_per_plan(len(runs))
        self._seconds = None if options.minutes is None else 60 * options.minutes
        self._manner = Manner.of(self._plan, self._limit, per_trial=options.minutes is None)
        self.end_s = float("inf") if self._seconds is None else self._seconds
        self.at_s = 0.0

    def evenly(self) -> None:
        """Rounds, in each of which every task has a slice."""
        pace = Pace.plan(0.0, self._seconds, len(self._runs), 0.0)
        active, round_index = list(self._runs), 0
        while active and self.at_s < self.end_s:
            for place, run in enumerate(active):
                left = len(active) - place
                end_s = pace.slice_end_s(self.at_s, round_index, len(active), left, 0.0)
                self._slice(run, end_s)
            active = [run for run in active if not self._finished(run)]
            round_index += 1

    def _slice(self, run: _Run, end_s: float) -> None:
        until = float("inf") if self._limit is None else self._limit
        if self._seconds is None:
            until = min(until, run.search.proposed + self._plan)
        self.at_s = run.turn(self.at_s, lambda at_s: run.search.proposed < until and at_s < end_s)

    def _finished(self, run: _Run) -> bool:
        full = self._limit is not None and run.search.proposed >= self._limit
        return full or run.search.exhausted

    def by_gain(self) -> None:
        """Slices for the task that is expected to gain most."""
        while self.at_s < self.end_s and self._left():
            decision = self._decision()
            if decision.task is None:
                return
            self._turn_by_gain(decision.task)

    def _turn_by_gain(self, task: int) -> None:
        run = self._runs[task]
        granted = run.search.proposed + self._granted()
        self.at_s = run.turn(
            self.at_s, lambda at_s: at_s < self.end_s and run.search.proposed < granted
        )

    def _decision(self) -> Decision:
        return decide([run.state() for run in self._runs], self._manner)

    def _granted(self) -> int:
        return int(min(self._manner.slice_trials, self._left()))

    def _left(self) -> float:
        """Trials that the budget still has."""
        if self._limit is None:
            return float("inf")
        return self._limit * len(self._runs) - sum(run.search.proposed for run in self._runs)


def _trace(runs: Sequence[_Run], spent_s: float, end_s: float) -> ModelTrace:
    """The model's time, by the results that were there within the budget."""
    start_s = [run.task.count * _untuned_s(run.task.domain) for run in runs]
    falls: list[tuple[float, float]] = []
    for run, first_s in zip(runs, start_s, strict=True):
        trace = run.search.trace()
        best_s = np.minimum(run.task.count * trace.best_so_far_s, first_s)
        saved = -np.diff(best_s, prepend=first_s)
        falls += [(trace.told_s[i], saved[i]) for i in np.flatnonzero(saved)]
    falls = sorted(fall for fall in falls if fall[0] <= end_s)
    at_s, saved_s = (np.array([one[i] for one in falls], np.float64) for i in (0, 1))
    return ModelTrace(
        at_s=np.concatenate([[0.0], at_s]),
        model_s=sum(start_s) - np.concatenate([[0.0], np.cumsum(saved_s)]),
        trials=tuple(run.search.told for run in runs),
        spent_s=spent_s,
    )


def _untuned_s(domain: RecordedDomain) -> float:
    """The time of the default config, or the median of those that ran."""
    times_s = domain.space.times_s
    defaults = times_s[domain.rows(domain.defaults())] if len(domain.defaults()) else times_s[:0]
    known = defaults[~np.isnan(defaults)]
    return float(known.min() if len(known) else np.nanmedian(times_s))
