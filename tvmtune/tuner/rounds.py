"""A budget divided evenly: rounds in which every task has a turn."""

from __future__ import annotations

from collections.abc import Callable

from tvmtune.tuner.task import Ending
from tvmtune.tuner.task_run import TaskRun
from tvmtune.tuner.turns import Turns, has_nothing


class Rounds(Turns):
    """Turns in rounds, each a slice of search, the last one with the confirmation."""

    def _take_turns(self) -> None:
        active, round_index = list(self._runs), 0
        while active:
            for place, run in enumerate(active):
                still = len(self._runs) - len(self._reports)
                end_s = self._slice_end_s(round_index, still, len(active) - place)
                ending = self._turn(run, end_s, self._pace.is_last(round_index), still)
                if ending is not None:
                    self._finish(run, ending)
            active = [run for run in active if run.task not in self._reports]
            round_index += 1

    def _turn(self, run: TaskRun, end_s: float, is_last: bool, still: int) -> Ending | None:
        """One turn of a task; why it ended for good, or None when there is another to come."""
        if not self._stop() and self._has_work(run):
            if not run.finished and (self._now_s() < end_s or has_nothing(run)):
                self._search(run, self._limit(run, end_s, still > 1))
            if run.finished or is_last:
                self._confirm(run, still)
        if self._stop():
            return Ending.STOPPED
        if run.finished:
            return Ending.EXHAUSTED if run.exhausted else Ending.TRIALS
        return Ending.TIME if is_last or self._left_s() <= 0 else None

    def _has_work(self, run: TaskRun) -> bool:
        return self._left_s() > 0 and (not run.finished or run.needs_confirmation(self._leaders))

    def _slice_end_s(self, round_index: int, still: int, waiting: int) -> float:
        reserve_s = self._confirmed_s.value
        return self._pace.slice_end_s(self._now_s(), round_index, still, waiting, reserve_s)

    def _limit(self, run: TaskRun, end_s: float, shared: bool) -> Callable[[int], bool]:
        """Until when a slice goes on: for a plan where time is free, else while trials fit."""
        if self._pace.deadline_s is not None:
            return self._while_time(run, end_s)
        trials = self._options.proposals_per_plan(len(self._runs))
        return lambda handed_over: not shared or handed_over < trials
