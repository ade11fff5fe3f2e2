"""A budget divided by expected gain: whose next slice saves the most of the model's time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tvmtune.tuner.allocation import Curve, Decision, Manner, TaskState, decide
from tvmtune.tuner.pace import Average
from tvmtune.tuner.task import Ending, Expectation
from tvmtune.tuner.task_run import TaskRun
from tvmtune.tuner.turns import Turns, has_nothing


class TurnsByGain(Turns):
    """Slices of a plan, each for the task that is expected to gain most; then all confirmations.

    A task keeps its strategy, and goes on in its plan when it is its turn again.  One whose configs
    were all tried is confirmed at once.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        limit, tasks = self._options.trial_limit, len(self._runs)
        self._courses = [_Course(run) for run in self._runs]
        self._total = None if limit is None else limit * tasks
        self._manner = Manner.of(
            self._options.proposals_per_plan(tasks),
            limit,
            per_trial=self._options.minutes is None,
        )
        if len(self._runs) > 1:
            for run in self._runs:
                run.trial_limit = None  # of all of them together there is one

    def _take_turns(self) -> None:
        while self._open:
            decision = self._decision()
            ending = self._ended(decision)
            if ending is Ending.TIME:
                self._end_least(ending)
            elif ending is not None:
                self._end_all(ending)
            else:
                assert decision.task is not None
                self._slice(self._courses[decision.task], decision)

    def _end_all(self, ending: Ending) -> None:
        expected = self._expected()
        for course in self._open:
            self._end(course, ending, expected[course])

    def _end_least(self, ending: Ending) -> None:
        """End the task that gains least; time that its confirmation leaves goes to the others."""
        expected = self._expected()
        least = min(self._open, key=lambda course: expected[course].gain_per_minute)
        self._end(least, ending, expected[least])
        for course in self._open:
            course.idle = False

    @property
    def _open(self) -> list[_Course]:
        return [course for course in self._courses if course.run.task not in self._reports]

    def _decision(self) -> Decision:
        """Whose turn it is.

        When the time to search is over, only what has no time at all yet is searched.
        """
        over, usual_s = self._is_over, self._trial_s.value
        states = [
            course.state(usual_s, course.idle or (over and not has_nothing(course.run)))
            for course in self._courses
        ]
        return decide(states, self._manner)

    def _expected(self) -> dict[_Course, Expectation]:
        """What going on with each task would gain, were there time."""
        states = [course.state(self._trial_s.value, False) for course in self._courses]
        decision = decide(states, self._manner)
        return {
            course: Expectation(
                gain_per_minute=decision.task_gain_per_minute(i), dead=decision.dead[i]
            )
            for i, course in enumerate(self._courses)
        }

    def _ended(self, decision: Decision) -> Ending | None:
        """Why the search of all tasks is over; None: it is not."""
        if self._stop():
            return Ending.STOPPED
        if self._total is not None and self._trials >= self._total:
            return Ending.TRIALS
        if self._left_s() <= 0:
            return Ending.TIME
        if decision.task is None and (self._is_over or any(c.idle for c in self._open)):
            return Ending.TIME
        self.reason = self._too_little(decision)
        return Ending.GAIN if self.reason else None

    def _too_little(self, decision: Decision) -> str:
        """What to say where the expected gain is too small to go on; empty where it is not."""
        if decision.task is None:
            noise = 100 * self._manner.noise
            return f"stopped: no task is expected to get faster by {noise:g} % any more"
        least = self._options.min_gain
        if least is None or decision.warming or 100 * decision.gain_per_minute >= least:
            return ""
        return f"stopped: the expected gain is under {least:g} % a minute"

    def _slice(self, course: _Course, decision: Decision) -> None:
        """Search a task for a plan, whose results are all there before the next decision."""
        run = course.run
        self._grant(run)
        before = run.measured
        trial_s = self._search(run, self._limit(run, self._slice_end_s(decision)))
        course.catch_up()
        course.note(trial_s)
        if run.exhausted:
            self._end(course, Ending.EXHAUSTED)
        course.idle = run.measured == before or self._is_over

    def _limit(self, run: TaskRun, end_s: float) -> Callable[[int], bool]:
        """While trials fit, where time is short; what was granted ends a slice in any case."""
        if self._pace.deadline_s is None:
            return lambda handed_over: True
        return self._while_time(run, end_s)

    def _grant(self, run: TaskRun) -> None:
        """Allow a task the trials of a slice, as far as the budget has them."""
        trials = self._manner.slice_trials
        if self._total is not None:
            trials = min(trials, self._total - self._trials - run.pending)
        run.trial_limit = run.trials + run.pending + max(trials, 0)

    @property
    def _trials(self) -> int:
        return sum(run.trials for run in self._runs)

    @property
    def _is_over(self) -> bool:
        return self._now_s() >= self._search_end_s()

    def _search_end_s(self) -> float:
        """When the confirmations of the tasks that are not finished must begin."""
        reserve_s = len(self._open) * self._confirmed_s.value
        end_s: float = self._now_s() + self._left_s() - reserve_s
        return end_s

    def _slice_end_s(self, decision: Decision) -> float:
        """When a slice ends at the latest: while tasks are warmed up, each has its part of time."""
        if not decision.warming:
            return self._search_end_s()
        cold = sum(course.run.trials < self._manner.warm_up for course in self._open)
        now_s = self._now_s()
        return now_s + (self._search_end_s() - now_s) / max(cold, 1)

    def _end(self, course: _Course, ending: Ending, expectation: Expectation | None = None) -> None:
        """Retry what the machinery failed, confirm, and report."""
        run = course.run
        run.trial_limit = run.trials
        for _ in range(self._options.retries):
            if not run.finished and not self._stop():
                self._search(run, self._while_time(run, self._search_end_s()))
        self._confirm(run, len(self._open))
        self._finish(run, Ending.STOPPED if self._stop() else ending, expectation)


class _Course:
    """How far the search of a task is, as the allocation sees it."""

    def __init__(self, run: TaskRun) -> None:
        self.run = run
        self.idle = False
        self._curve = Curve()
        self._read = 0
        self._trial_s: Average | None = None
        self.catch_up()

    def catch_up(self) -> None:
        """Take the records that are new."""
        self._curve = self._curve.extended(self.run.history.search_times(self._read))
        self._read = len(self.run.history.records)

    def note(self, trial_s: float | None) -> None:
        """Take the seconds of a trial in a slice."""
        if trial_s is not None and self._trial_s is None:
            self._trial_s = Average(trial_s)
        elif trial_s is not None and self._trial_s is not None:
            self._trial_s.add(trial_s)

    def state(self, usual_s: float, closed: bool) -> TaskState:
        """As the allocation has it; ``usual_s`` is what trials of other tasks take.

        The size of its space bounds what is left, until its strategy finds nothing any more.
        """
        left = max(1, self.run.domain.size - self._curve.trials)
        return TaskState(
            weight=self.run.task.weight,
            curve=self._curve,
            trial_s=self._trial_s.value if self._trial_s else usual_s,
            remaining=0 if closed or self.run.exhausted else left,
        )
