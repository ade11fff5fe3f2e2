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
        plan, limit = self._options.proposals_per_plan(len(self._runs)), self._options.trial_limit
        self._courses = [_Course(run) for run in self._runs]
        self._total = None if limit is None else limit * len(self._runs)
        self._manner = _manner(plan, limit)

    def _take_turns(self) -> None:
        while open_courses := self._open:
            decision = self._decision()
            ending = self._ended(decision)
            if ending is not None:
                for course, expectation in zip(self._courses, _expected(decision), strict=True):
                    if course in open_courses:
                        self._end(course, ending, expectation)
                return
            assert decision.task is not None
            self._slice(self._courses[decision.task], decision)

    @property
    def _open(self) -> list[_Course]:
        return [course for course in self._courses if course.run.task not in self._reports]

    def _decision(self) -> Decision:
        """Whose turn it is.

        When the time to search is over, only what has no time at all yet is searched.
        """
        over = self._now_s() >= self._search_end_s()
        states = [
            course.state(self._trial_s.value, over and not has_nothing(course.run))
            for course in self._courses
        ]
        return decide(states, self._manner)

    def _ended(self, decision: Decision) -> Ending | None:
        """Why the search of all tasks is over; None: it is not."""
        if self._stop():
            return Ending.STOPPED
        if self._total is not None and self._trials >= self._total:
            return Ending.TRIALS
        if self._left_s() <= 0 or any(course.idle for course in self._open):
            return Ending.TIME if self._left_s() <= 0 or decision.task is None else None
        if decision.task is None:
            return self._over_or_dead()
        least = self._options.min_gain
        if least is None or decision.warming or 100 * decision.gain_per_minute >= least:
            return None
        self.reason = f"stopped: the expected gain is under {least:g} % a minute"
        return Ending.GAIN

    def _over_or_dead(self) -> Ending:
        if self._now_s() >= self._search_end_s():
            return Ending.TIME
        noise = 100 * self._manner.noise
        self.reason = (
            f"stopped: no task is expected to get {noise:g} % faster by as many trials again"
        )
        return Ending.GAIN

    def _slice(self, course: _Course, decision: Decision) -> None:
        """Search a task for a plan, and on while it would be its turn again."""
        run = course.run
        self._grant(run)
        before = run.measured
        trial_s = self._search(run, self._limit(course, self._slice_end_s(decision)))
        course.catch_up()
        course.note(trial_s)
        if run.exhausted:
            self._end(course, Ending.EXHAUSTED)
        course.idle = run.measured == before or self._now_s() >= self._search_end_s()

    def _limit(self, course: _Course, end_s: float) -> Callable[[int], bool]:
        in_time = self._while_time(course.run, end_s)

        def may_go_on(handed_over: int) -> bool:
            if self._pace.deadline_s is not None and not in_time(handed_over):
                return False
            limit = course.run.trial_limit
            if limit is not None and course.run.trials + course.run.under_way >= limit:
                self._prolong(course)
            return True

        return may_go_on

    def _prolong(self, course: _Course) -> None:
        """Grant a task another plan before the last trials of this one are back, if it is best."""
        course.catch_up()
        decision = self._decision()
        if decision.warming or self._ended(decision) is not None or decision.task is None:
            return
        if self._courses[decision.task] is course:
            self._grant(course.run)

    def _grant(self, run: TaskRun) -> None:
        """Allow a task the trials of a slice, as far as the budget has them."""
        trials = self._manner.slice_trials
        if self._total is not None:
            trials = min(trials, self._total - self._trials - run.under_way)
        run.trial_limit = run.trials + run.under_way + max(trials, 0)

    @property
    def _trials(self) -> int:
        return sum(run.trials for run in self._runs)

    def _search_end_s(self) -> float:
        """When the confirmations of the tasks that are not finished must begin."""
        return self._now_s() + self._left_s() - len(self._open) * self._confirmed_s.value

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

    def state(self, usual_s: float, over: bool) -> TaskState:
        """As the allocation has it; ``usual_s`` is what trials of other tasks take."""
        size = self.run.domain.size
        remaining = 0 if over or self.idle or self.run.exhausted else size - self._curve.trials
        return TaskState(
            weight=self.run.task.weight,
            curve=self._curve,
            trial_s=self._trial_s.value if self._trial_s else usual_s,
            remaining=max(remaining, int(not (over or self.idle or self.run.exhausted))),
        )


def _manner(plan: int, limit: int | None) -> Manner:
    """Slices of a plan, less where the trials of a task would be two or three of them."""
    if limit is None:
        return Manner(slice_trials=plan, warm_up=plan)
    return Manner(
        slice_trials=min(plan, max(1, limit // 4)), warm_up=min(plan, max(1, limit // 2))
    )


def _expected(decision: Decision) -> list[Expectation]:
    return [
        Expectation(gain_per_minute=decision.task_gain_per_minute(i), dead=decision.dead[i])
        for i in range(len(decision.dead))
    ]
