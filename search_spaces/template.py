"""Templates: which schedules of an operator are worth trying."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tvmtune.errors import TemplateError
from tvmtune.operators import OPERATORS
from tvmtune.schedule import Schedule
from tvmtune.search_spaces.accuracy import direct_error
from tvmtune.search_spaces.config import Config
from tvmtune.search_spaces.space import Space
from tvmtune.target import Target
from tvmtune.te import Tensor
from tvmtune.workload import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """Two pure functions: what may be chosen, and what a choice means.

    Parameters
    ----------
    name
        The key in logs; unique.
    version
        Raised whenever the same config comes to mean another schedule.
    operator
        Kind of the workloads it serves.
    serves
        Whether it serves a workload of that kind.
    space
        ``space(workload, target)``: the knobs, their constraints, the default config.
    schedule
        ``schedule(outputs, target, config)``: the schedule that a config means.  Numeric knobs may
        be symbols: branch on structural ones only.
    define
        A tensor expression of its own, where it is not the operator's.
    error
        ``error(workload)``: a bound of max|y - y64| / max|y64| on standard normal operands, for
        whatever config.  By default that of a direct algorithm with one chain of additions for
        each output; an algorithm that rounds worse has to state its own.  A kernel may err as
        much without being called wrong, and users may exclude what errs more than they like.
    plain
        ``plain(workload, target, own)``: a schedule over plain arrays that gives the bits of the
        schedule ``own`` and takes its constants as they are stored there; None where converting
        arrays is better, as it is by default.
    """

    name: str
    version: int
    operator: str
    space: Callable[[Any, Target], Space]
    schedule: Callable[[tuple[Tensor, ...], Target, Config], Schedule]
    serves: Callable[[Any], bool] = lambda _: True
    define: Callable[[Any], Tensor] | None = None
    error: Callable[[Any], float] = direct_error
    plain: Callable[[Any, Target, Schedule], Schedule | None] = lambda *_: None

    def outputs(self, workload: Workload) -> tuple[Tensor, ...]:
        """The tensor expression of a workload."""
        define = self.define or OPERATORS[workload.kind].define
        return (define(workload),)

    def schedule_of(self, workload: Workload, target: Target, config: Config) -> Schedule:
        """The schedule of a workload for a config, in integers or symbols."""
        return self.schedule(self.outputs(workload), target, config)

    def can_serve(self, workload: Workload) -> bool:
        """Whether it has schedules for a workload."""
        return workload.kind == self.operator and self.serves(workload)

    def promised_error(self, workload: Workload) -> float:
        """The bound of the relative error for a workload, as the field ``error`` states it.

        Raises
        ------
        TemplateError
            If that is no number of at least 0 and below 1, or fails.
        """
        try:
            bound = float(self.error(workload))
        except Exception as error:
            raise TemplateError(
                f"template {self.name}: error() failed: {type(error).__name__}: {error}"
            ) from error
        if not 0 <= bound < 1:
            raise TemplateError(
                f"template {self.name}: error() of {workload.text} is {bound:g}: it has to be a "
                "number of at least 0 and below 1"
            )
        return bound
