"""What a user decides about tuning."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tvmtune.deploy.arguments import check_max_rel_error
from tvmtune.errors import UsageError
from tvmtune.tuner.task import Task

DEFAULT_TRIALS = 200
DIVISIONS = ("gain", "even")

_ASSUMED_TRIALS_PER_S = 4.0
_PLANS_PER_BUDGET = 12
_SMALLEST_PLAN, _LARGEST_PLAN = 8, 64
_SHORTEST_MINUTES = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneOptions:
    """Budget and manner of tuning.

    Parameters
    ----------
    trials
        Search records that a task is to have in the log, earlier ones included.
    minutes
        Time for this invocation, all tasks and their confirmation together.  Whichever of the two
        comes first ends it; with neither there are 200 trials.
    search, seed
        Name of the strategy, and what seeds it.
    template, restrict
        Use this template only; allow knobs only these values.
    max_rel_error
        Leave out templates and configs of a larger error, max|y - y64| / max|y64| on standard
        normal operands; None: none is.
    plan_size
        Proposals of a plan; None: from the budget, so that the model is refitted about a dozen
        times.
    leaders
        How many configs are confirmed beside the default.
    confirm_s
        Seconds of confirmation for a task; None: a tenth of its time, between 0.5 and 3.
    retries
        How often a trial is measured again after a fault of the machinery.
    divide
        How several tasks share the budget: ``"gain"``, by what each is expected to save of the
        whole model's time, or ``"even"``.  By gain, the trials of all tasks together are
        ``trials`` times their number.
    min_gain
        Stop when a minute is expected to save less of the whole model's time, in per cent.

    Raises
    ------
    UsageError
        If a number is out of range.
    """

    trials: int | None = None
    minutes: float | None = None
    search: str = "sa-xgb"
    seed: int = 0
    template: str | None = None
    restrict: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    max_rel_error: float | None = None
    plan_size: int | None = None
    leaders: int = 5
    confirm_s: float | None = None
    retries: int = 2
    divide: str = "gain"
    min_gain: float | None = None

    def __post_init__(self) -> None:
        if self.trials is not None and self.trials < 1:
            raise UsageError(f"{self.trials} trials: give at least 1 (--trials N)")
        if self.minutes is not None and not 0 < self.minutes < math.inf:
            raise UsageError(f"{self.minutes} minutes: give a positive number (--minutes M)")
        if self.seed < 0:
            raise UsageError(f"seed {self.seed}: give 0 or more (--seed S)")
        check_max_rel_error(self.max_rel_error)
        self._check_division()
        for name, least in (("plan_size", 1), ("leaders", 1), ("confirm_s", 0), ("retries", 0)):
            value = getattr(self, name)
            if value is not None and not least <= value < math.inf:
                raise UsageError(f"{name} {value}: give at least {least}")

    def _check_division(self) -> None:
        if self.divide not in DIVISIONS:
            raise UsageError(f"divide {self.divide!r}: give {' or '.join(DIVISIONS)} (--divide D)")
        if self.min_gain is None:
            return
        if not 0 < self.min_gain < math.inf:
            raise UsageError(
                f"an expected gain of {self.min_gain} % a minute: give a positive number "
                "(--min-gain PERCENT)"
            )
        if self.divide == "even":
            raise UsageError(
                "--min-gain needs expected gains, which a budget divided evenly does without: "
                "leave out --divide even"
            )

    def by_gain(self, tasks: int) -> bool:
        """Whether as many tasks are searched by expected gain; one alone only with a limit."""
        return self.divide == "gain" and (tasks > 1 or self.min_gain is not None)

    @property
    def trial_limit(self) -> int | None:
        """Search records per task; None: time alone ends it."""
        if self.trials is None and self.minutes is None:
            return DEFAULT_TRIALS
        return self.trials

    def with_time_left(self, spent_s: float) -> TuneOptions:
        """These options when a part of the minutes, or all of them, is spent."""
        if self.minutes is None:
            return self
        return replace(self, minutes=max(self.minutes - spent_s / 60, _SHORTEST_MINUTES))

    def seconds_per_task(self, tasks: int) -> float | None:
        """Each task's part of the minutes."""
        return None if self.minutes is None else self.minutes * 60 / tasks

    def proposals_per_plan(self, tasks: int) -> int:
        """Proposals of a plan when as many tasks share the budget; never from measured speed."""
        if self.plan_size is not None:
            return self.plan_size
        seconds = self.seconds_per_task(tasks)
        expected = min(
            self.trial_limit or math.inf,
            math.inf if seconds is None else seconds * _ASSUMED_TRIALS_PER_S,
        )
        return min(max(int(expected / _PLANS_PER_BUDGET), _SMALLEST_PLAN), _LARGEST_PLAN)

    def confirm_seconds(self, tasks: int) -> float:
        """Seconds of confirmation for a task."""
        if self.confirm_s is not None:
            return self.confirm_s
        seconds = self.seconds_per_task(tasks)
        return 3.0 if seconds is None else min(max(0.1 * seconds, 0.5), 3.0)

    def seed_for(self, task: Task) -> int:
        """A seed of its own for each task, the same in every process."""
        text = f"{self.seed} {task.workload} {task.target}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "little")
