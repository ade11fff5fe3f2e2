"""Schedules: immutable, every primitive returns a new one."""

from __future__ import annotations

from collections.abc import Iterable

from tvmtune.errors import ScheduleError
from tvmtune.schedule.base import Step
from tvmtune.schedule.loops import LoopPrimitives
from tvmtune.schedule.placement import PlacementPrimitives
from tvmtune.schedule.stage import Root, Scope, Stage
from tvmtune.schedule.write_back import WriteBackPrimitive
from tvmtune.te import Compute, Tensor

_PRIMITIVES = frozenset(
    name
    for owner in (LoopPrimitives, PlacementPrimitives, WriteBackPrimitive)
    for name in vars(owner)
    if not name.startswith("_")
)


class Schedule(LoopPrimitives, PlacementPrimitives, WriteBackPrimitive):
    """Stages, how they are computed, and the trace of primitives that says so.

    Make one with `create_schedule`; call primitives on it, each returns a new schedule::

        s = create_schedule(c)
        s = s.split("c", "i", 6, tail="even").vectorize("c", "j")
    """

    __slots__ = ()

    def __str__(self) -> str:
        return "\n".join(map(str, self.trace))

    def replay(self, trace: Iterable[Step]) -> Schedule:
        """Apply the steps of another schedule's trace to this one.

        Raises
        ------
        ScheduleError
            If a step is no primitive or not legal here.
        """
        schedule = self
        for step in trace:
            if step.primitive not in _PRIMITIVES:
                raise ScheduleError(f"replay: {step.primitive!r} is no schedule primitive")
            schedule = getattr(schedule, step.primitive)(*step.arguments)
        return schedule


def create_schedule(*outputs: Tensor) -> Schedule:
    """The schedule that computes every stage whole, with loops in the order of its axes.

    Raises
    ------
    ScheduleError
        If an output is an input, or two tensors have the same name.
    """
    inputs: dict[str, Tensor] = {}
    stages: dict[str, Stage] = {}

    def add(tensor: Tensor) -> None:
        known = inputs.get(tensor.name)
        if known is tensor or (tensor.name in stages and seen[tensor.name] is tensor):
            return
        if known is not None or tensor.name in stages:
            raise ScheduleError(f"two tensors are named {tensor.name}; names must be unique")
        if isinstance(tensor.op, Compute):
            for source in tensor.op.inputs:
                add(source)
            stages[tensor.name] = _stage_of(tensor, tensor.op)
            seen[tensor.name] = tensor
        else:
            inputs[tensor.name] = tensor

    seen: dict[str, Tensor] = {}
    for output in outputs:
        if not isinstance(output.op, Compute):
            raise ScheduleError(f"{output.name} is an input; there is nothing to schedule")
        add(output)
    return Schedule(tuple(outputs), inputs, stages, {})


def _stage_of(tensor: Tensor, op: Compute) -> Stage:
    roots = op.axes + getattr(op.body, "axes", ())
    leaves = tuple(a.name for a in roots)
    return Stage(
        tensor.name, tensor.dtype, op.axes, op.body, (), leaves, {}, Root(), Scope.GLOBAL, None
    )
