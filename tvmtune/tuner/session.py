"""What is done with a harness: a slice of a task's search, and its confirmation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tvmtune.errors import GivenUpError
from tvmtune.measure.candidate import Candidate
from tvmtune.outcome import Outcome, Status
from tvmtune.search.model_guided import ModelGuidedSearch
from tvmtune.tuner.equipment import Harness
from tvmtune.tuner.events import (
    Confirmed,
    Confirming,
    Event,
    PlanProposed,
    TrialFinished,
    Warned,
)
from tvmtune.tuner.journal import Trial
from tvmtune.tuner.task_run import TaskRun, merged


@dataclass(frozen=True, slots=True)
class Session:
    """A task with its harness, while it is its turn.

    Parameters
    ----------
    run, harness
        The task, and what measures it.
    emit
        Takes events.
    stop
        Whether the user wants to end; asked from other threads too.
    """

    run: TaskRun
    harness: Harness
    emit: Callable[[Event], None]
    stop: Callable[[], bool]

    def search(self, may_go_on: Callable[[int], bool]) -> None:
        """Measure candidates while ``may_go_on(handed over)``; those under way are finished."""
        run = self.run
        candidates = self._candidates(may_go_on)
        for candidate, outcome in self.harness.measure(candidates, lambda: run.history.best_s):
            settled = run.settle(candidate, outcome, self.harness)
            self.emit(
                TrialFinished(
                    task=run.task,
                    record=settled.record,
                    trials=run.trials,
                    best_s=run.history.best_s,
                    new_best=settled.new_best,
                )
            )
            if settled.gave_up:
                detail = settled.record.detail
                self.emit(Warned(message=f"{candidate.key} was given up, not measured: {detail}"))
            if self.stop():
                break
        run.abandon()

    def confirm(self, leaders: int, seconds: float) -> None:
        """Measure the leading configs against each other; a stop keeps what was measured."""
        run = self.run
        chosen = run.leaders(leaders)
        self.emit(Confirming(task=run.task, configs=len(chosen), seconds=seconds))
        ready, newly_checked = self._checked(chosen)
        for candidate, outcome in self.harness.confirm(ready, seconds, self.stop) if ready else ():
            harder = newly_checked.get(candidate.key)
            if harder is None or outcome.status is not Status.OK:
                self._confirmed(candidate, outcome)
            else:
                self._confirmed(candidate, merged(outcome, harder))
        run.abandon()

    def _candidates(self, may_go_on: Callable[[int], bool]) -> Iterator[Candidate]:
        handed_over = 0
        while not self.stop() and may_go_on(handed_over):
            plans = self._plans()
            candidate = self.run.next_candidate()
            self._report_plans(plans)
            if candidate is None:
                return
            handed_over += 1
            yield candidate

    def _checked(self, chosen: list[Trial]) -> tuple[list[Candidate], dict[str, Outcome]]:
        """Candidates whose output is right beyond doubt here, and the checks made now, by key."""
        ready: list[Candidate] = []
        newly_checked: dict[str, Outcome] = {}
        for trial in chosen:
            if self.stop():
                break
            candidate = self.run.launch(trial)
            if not self.run.was_checked_harder(trial):
                try:
                    harder = self.harness.check_harder(candidate)
                except GivenUpError:
                    break
                if harder.status is not Status.OK:
                    self._confirmed(candidate, merged(harder, harder))
                    continue
                newly_checked[candidate.key] = harder
            ready.append(candidate)
        return ready, newly_checked

    def _confirmed(self, candidate: Candidate, outcome: Outcome) -> None:
        record = self.run.settle_confirmation(candidate, outcome)
        self.emit(Confirmed(task=self.run.task, record=record))

    def _plans(self) -> int:
        strategy = self.run.strategy
        return len(strategy.rounds) if isinstance(strategy, ModelGuidedSearch) else 0

    def _report_plans(self, known: int) -> None:
        strategy = self.run.strategy
        if isinstance(strategy, ModelGuidedSearch):
            for quality in strategy.rounds[known:]:
                self.emit(
                    PlanProposed(
                        task=self.run.task,
                        plan=quality.index + 1,
                        results=quality.results,
                        spearman=quality.spearman,
                        recall=quality.recall,
                    )
                )
