"""Which of several tasks should be searched next, and what that is expected to gain.

The rule, for tasks that occur w times in a model, have a best time of b seconds after N trials, and
take c seconds a trial.  The gap R is the part of b that is still to be saved:

- A search that learns starts blindly, with some trials N0, and closes the gap from then on as
  R(N) = g min(1, (N0/N)^p), p = 2.  So of what one doubling of the trials saves, the next saves
  2^-p.  (Draws at random have as many records in each doubling; the exponent scales what is
  expected of them, and does not change their order.)
- g is what the other tasks have saved since their first N0 trials, over 1 - (N0/N)^p; a typical
  gap counts as one more task.
- A task's own say: it saved D from N/2 to N, which leaves R = D / (2^p - 1).  The prior has a
  weight of N0/N in the mean of the two, at most 1.
- The gain per second is the largest over n of w b (R(N) - R(N + n)) / (n c): who has not
  learned yet is judged by what that will bring.  It falls with every trial that improves nothing.

Everything here is a pure function of values.

References
----------
Zheng et al., Ansor, OSDI 2020, section 6: slices by the gradient of the model's time, estimated
from a backward window and an optimistic guess.  Arnold, Balakrishnan, Nagaraja, Records, 1998,
section 2.2: trial t of random draws is a record with a chance of 1/t.  The exponent and the typical
gap are those of the default strategy on the recorded spaces of the benchmarks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_EXPONENT = 2.0
_TYPICAL_GAP = 0.08
_UNKNOWN_GAP = 1.0
"""Of a task none of whose configs worked yet."""


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

    def best_after(self, trials: float) -> float | None:
        """The best time after the first trials; None if none of them worked."""
        return next((best for trial, best in reversed(self.steps) if trial <= trials), None)

    def fall(self, since: float) -> float:
        """By how much ln(best) has fallen after the first trials, or since there was a time."""
        if not self.steps:
            return 0.0
        return math.log((self.best_after(since) or self.steps[0][1]) / self.steps[-1][1])


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
    start
        Trials after which a search has learned: N0.
    per_trial
        Whether trials are what is scarce, however long they take.
    noise
        A task is dead when all that is still expected of it is a smaller part of its time.
    """

    slice_trials: int
    warm_up: int
    start: int
    per_trial: bool = False
    noise: float = 0.0002

    @staticmethod
    def of(plan_size: int, trial_limit: int | None, *, per_trial: bool) -> Manner:
        """The usual slices of searches that plan so much at a time: a plan.

        When all its results are there before the next one is made, that learns from all of them.
        Where a task's part of the trials is only a few, slices are smaller.  The strategies that
        learn do so from their second plan on.

        Parameters
        ----------
        plan_size
            Proposals of a plan.
        trial_limit
            Trials per task; None: no limit.
        per_trial
            Whether trials are what is scarce.
        """
        trials = max(1, min(plan_size, (trial_limit or 2 * plan_size) // 2))
        return Manner(slice_trials=trials, warm_up=trials, start=2 * plan_size, per_trial=per_trial)


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
    left_s
        For each task, all seconds of model time that are expected to be saved.
    dead
        For each task, whether it is left alone.
    """

    task: int | None
    warming: bool
    model_s: float
    gains: tuple[float, ...]
    left_s: tuple[float, ...]
    dead: tuple[bool, ...]

    @property
    def gain_per_minute(self) -> float:
        """The part of the model's time that a minute for the next task is expected to save."""
        return 0.0 if self.task is None else self.task_gain_per_minute(self.task)

    def task_gain_per_minute(self, task: int) -> float:
        """The part of the model's time that a minute for one task is expected to save."""
        saved_s = min(60 * self.gains[task], self.left_s[task])
        return saved_s / self.model_s if self.model_s else 0.0


def decide(states: Sequence[TaskState], manner: Manner) -> Decision:
    """Choose the task of the next slice: one to warm up, or that of the largest expected gain.

    Of equals the first.
    """
    bests = _expected_bests(states)
    gaps = [expected_gap(states, i, manner.start) for i in range(len(states))]
    gains = [_gain_per_trial(*each, manner) for each in zip(states, bests, gaps, strict=True)]
    per_second = tuple(g / s.trial_s for g, s in zip(gains, states, strict=True))
    dead = tuple(not s.remaining or g < manner.noise for s, g in zip(states, gaps, strict=True))
    scores = gains if manner.per_trial else per_second
    cold = [i for i, s in enumerate(states) if s.remaining and s.curve.trials < manner.warm_up]
    alive = [i for i in range(len(states)) if not dead[i]]
    task = (
        min(cold, key=lambda i: (states[i].curve.trials, -states[i].weight))
        if cold
        else max(alive, key=lambda i: scores[i], default=None)
    )
    return Decision(
        task=task,
        warming=bool(cold),
        model_s=math.fsum(s.weight * best for s, best in zip(states, bests, strict=True)),
        gains=per_second,
        left_s=tuple(s.weight * b * g for s, b, g in zip(states, bests, gaps, strict=True)),
        dead=dead,
    )


def expected_gap(states: Sequence[TaskState], task: int, start: int) -> float:
    """The part of a task's best time that is still to be saved, R(N)."""
    curve = states[task].curve
    if curve.best_s is None:
        return _UNKNOWN_GAP * _left(curve.trials, start)
    prior = _first_gap(states, task, start) * _left(curve.trials, start)
    own = curve.fall(curve.trials / 2) / (2**_EXPONENT - 1)
    weight = min(1.0, start / max(curve.trials, 1))
    return weight * prior + (1 - weight) * own


def _first_gap(states: Sequence[TaskState], task: int, start: int) -> float:
    """The gap g after the blind trials, by the other tasks."""
    others = [s.curve for i, s in enumerate(states) if i != task and s.curve.trials > start]
    seen = math.fsum(other.fall(start) for other in others)
    tasks = math.fsum(1 - _left(other.trials, start) for other in others)
    return (_TYPICAL_GAP + seen) / (1 + tasks)


def _left(trials: float, start: int) -> float:
    """The part of the first gap that is left after some trials."""
    return min(1.0, math.pow(start / max(trials, 1), _EXPONENT))


def _gain_per_trial(state: TaskState, best_s: float, gap: float, manner: Manner) -> float:
    """Expected seconds of model time that a trial saves, over the best number of trials."""
    trials = max(state.curve.trials, 1)
    now = _left(trials, manner.start)
    most = min(state.remaining, max(manner.slice_trials, 2 * manner.start - trials))
    if not most:
        return 0.0
    ahead = {min(most, n * manner.slice_trials) for n in range(1, _slices(most, manner) + 1)}
    fall = max(gap * (1 - _left(trials + n, manner.start) / now) / n for n in ahead)
    return state.weight * best_s * fall


def _slices(trials: float, manner: Manner) -> int:
    return math.ceil(trials / manner.slice_trials)


def _expected_bests(states: Sequence[TaskState]) -> list[float]:
    """Best times; where no config worked yet, the mean of the other tasks' stands for it."""
    known = [s.curve.best_s for s in states if s.curve.best_s is not None]
    typical = math.fsum(known) / len(known) if known else 1.0
    return [typical if s.curve.best_s is None else s.curve.best_s for s in states]
