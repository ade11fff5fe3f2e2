"""Which of several tasks should be searched next, and what that is expected to gain.

The rule, for tasks that occur w times in a model, have a best time of b seconds after N trials, and
take c seconds a trial:

- Among independent draws, trial t is a record with a chance of 1/t, and records of a distribution
  with an exponential tail (here: of the logarithm of the time) are all equally large on average.
  So trial t lowers ln b by s/t on average, and s, the slope of ln b over ln N, is what the mean of
  t d_t over the trials estimates without bias, where d_t is by how much trial t lowered ln b.
- Tasks of few trials say little of s: a prior stands for some more trials, with the slope that the
  other tasks had up to twice as many trials, itself with a prior of the same weight.
- The next n trials are expected to save w b (1 - (1 + n/N)^-s) seconds of the model's time, in n c
  seconds of tuning.  Without improvements this falls as 1/N^2.

Everything here is a pure function of values.

References
----------
Arnold, Balakrishnan, Nagaraja, Records, 1998, sections 2.2 and 2.5: the chance of a record, and its
size in exponential tails.  Zheng et al., Ansor, OSDI 2020, section 6: slices by the gradient of the
model's time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_PRIOR_SLOPE = 0.1
_PRIOR_TRIALS = 8
_UNKNOWN_SLOPE = 1.0
"""Of a task none of whose configs worked yet, before its first trial."""


@dataclass(frozen=True, slots=True)
class Curve:
    """The best so far of a search, by its number of trials.

    Parameters
    ----------
    trials
        How many there were.
    steps
        Trial, counted from 1, and seconds of each new best.
    """

    trials: int = 0
    steps: tuple[tuple[int, float], ...] = ()

    @property
    def best_s(self) -> float | None:
        """The best time; None if no config worked."""
        return self.steps[-1][1] if self.steps else None

    def extended(self, times_s: Iterable[float | None]) -> Curve:
        """The curve after some more trials; None and nan are trials that failed."""
        trials, steps = self.trials, list(self.steps)
        for time_s in times_s:
            trials += 1
            if time_s is not None and time_s < (steps[-1][1] if steps else math.inf):
                steps.append((trials, time_s))
        return Curve(trials, tuple(steps))

    def slope_sum(self, until: float = math.inf) -> float:
        """The sum of t d_t over the trials up to one; d_t is the fall of the logarithm at t."""
        return sum(
            trial * math.log(before_s / best_s)
            for (_, before_s), (trial, best_s) in zip(self.steps, self.steps[1:], strict=False)
            if trial <= until
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """What is known of a task when it is decided who is next.

    Parameters
    ----------
    weight
        How often it occurs in the model.
    curve
        How far its search is.
    trial_s
        Seconds that a trial takes, building and running.
    remaining
        Trials that are left at most; 0: it is exhausted.
    """

    weight: float
    curve: Curve
    trial_s: float
    remaining: float = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a budget is divided.

    Parameters
    ----------
    slice_trials
        Trials that the next task gets.
    warm_up
        Trials that every task gets before any expectation counts.
    noise
        A task is dead when as many trials again as it had are expected to make it faster by a
        smaller part than this.
    """

    slice_trials: int
    warm_up: int
    noise: float = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who is next.

    Parameters
    ----------
    task
        Its index; None: everybody is dead or exhausted.
    warming
        Whether tasks are still warmed up.
    model_s
        Estimated time of the whole model: the sum of weight times best.
    gains
        For each task, expected seconds of model time saved per second of tuning.
    dead
        For each task, whether it is left alone.
    """

    task: int | None
    warming: bool
    model_s: float
    gains: tuple[float, ...]
    dead: tuple[bool, ...]

    @property
    def gain_per_minute(self) -> float:
        """The part of the model's time that a minute for the next task is expected to save."""
        return 0.0 if self.task is None else self.task_gain_per_minute(self.task)

    def task_gain_per_minute(self, task: int) -> float:
        """The part of the model's time that a minute for one task is expected to save."""
        return 60 * self.gains[task] / self.model_s if self.model_s else 0.0


def decide(states: Sequence[TaskState], manner: Manner) -> Decision:
    """Choose the task of the next slice: one to warm up, or that of the largest expected gain.

    Of equals the first.
    """
    bests = _expected_bests(states)
    slopes = [expected_slope(states, i) for i in range(len(states))]
    gains = tuple(map(_gain_per_second, states, bests, slopes, [manner] * len(states)))
    dead = tuple(map(_is_dead, states, slopes, [manner] * len(states)))
    cold = [i for i, s in enumerate(states) if s.remaining and s.curve.trials < manner.warm_up]
    alive = [i for i in range(len(states)) if not dead[i]]
    task = (
        min(cold, key=lambda i: (states[i].curve.trials, -states[i].weight))
        if cold
        else max(alive, key=lambda i: gains[i], default=None)
    )
    return Decision(
        task=task,
        warming=bool(cold),
        model_s=sum(s.weight * best for s, best in zip(states, bests, strict=True)),
        gains=gains,
        dead=dead,
    )


def expected_slope(states: Sequence[TaskState], task: int) -> float:
    """The slope s of ln(best) over ln(trials) of one of some tasks, from its own and the others."""
    curve = states[task].curve
    if curve.best_s is None:
        return _with_prior(_UNKNOWN_SLOPE, 0.0, curve.trials)
    until = 2 * curve.trials
    others = [s.curve for i, s in enumerate(states) if i != task and s.curve.steps]
    seen = sum(min(other.trials, until) for other in others)
    prior = _with_prior(_PRIOR_SLOPE, math.fsum(o.slope_sum(until) for o in others), seen)
    return _with_prior(prior, curve.slope_sum(), curve.trials)


def expected_fall(slope: float, trials: int, more: float) -> float:
    """The part of the best time that some more trials are expected to save: 1 - (1 + n/N)^-s."""
    return -math.expm1(-slope * math.log1p(more / max(trials, 1)))


def _with_prior(prior: float, total: float, trials: int) -> float:
    return (_PRIOR_TRIALS * prior + total) / (_PRIOR_TRIALS + trials)


def _expected_bests(states: Sequence[TaskState]) -> list[float]:
    """Best times; where no config worked yet, the mean of the other tasks' stands for it."""
    known = [s.curve.best_s for s in states if s.curve.best_s is not None]
    typical = math.fsum(known) / len(known) if known else 1.0
    return [typical if s.curve.best_s is None else s.curve.best_s for s in states]


def _gain_per_second(state: TaskState, best_s: float, slope: float, manner: Manner) -> float:
    trials = min(manner.slice_trials, state.remaining)
    if not trials:
        return 0.0
    fall = expected_fall(slope, state.curve.trials, trials)
    return state.weight * best_s * fall / (trials * state.trial_s)


def _is_dead(state: TaskState, slope: float, manner: Manner) -> bool:
    more = min(max(state.curve.trials, 1), state.remaining)
    return expected_fall(slope, state.curve.trials, more) < manner.noise
