"""The state of a schedule, and what all primitives share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from tvmtune.errors import ScheduleError
from tvmtune.layout import Layout
from tvmtune.schedule.intrinsics import unmatched
from tvmtune.schedule.places import misplaced, nested_parallel
from tvmtune.schedule.stage import At, Stage
from tvmtune.symbolic import IntExpr
from tvmtune.te import Tensor


@dataclass(frozen=True, slots=True)
class Step:
    """One primitive of a trace, with the arguments it was called with."""

    primitive: str
    arguments: tuple[Any, ...]

    def __str__(self) -> str:
        return f"{self.primitive}({', '.join(_argument(a) for a in self.arguments)})"


def _argument(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_argument, value)) + "]"
    return repr(value) if isinstance(value, str) else str(value)


@dataclass(frozen=True, slots=True, eq=False)
class ScheduleState:
    """Stages in order, producers first, and the steps that made them.

    ``inputs`` are the placeholders; ``layouts`` their storage where it is not plain.
    """

    outputs: tuple[Tensor, ...]
    inputs: Mapping[str, Tensor]
    stages: Mapping[str, Stage]
    layouts: Mapping[str, Layout]
    trace: tuple[Step, ...] = ()

    def stage(self, name: str) -> Stage:
        """The stage of that name; raises `ScheduleError`."""
        if name not in self.stages:
            raise ScheduleError(
                f"no stage {name!r}: the schedule has {', '.join(self.stages)}"
                + (f" ({name} is an input)" if name in self.inputs else "")
            )
        return self.stages[name]

    def leaf(self, primitive: str, stage: str, *axes: str) -> Stage:
        """The stage, after checking that each of ``axes`` is one of its loops."""
        found = self.stage(stage)
        for axis in axes:
            if axis not in found.leaves:
                raise ScheduleError(
                    f"{primitive}: {stage} has no loop {axis!r}; "
                    f"its loops are {', '.join(found.leaves)}"
                )
        if len(set(axes)) != len(axes):
            raise ScheduleError(
                f"{primitive}: {stage}: an axis is named twice in {', '.join(axes)}"
            )
        return found

    def with_stage(self, stage: Stage, primitive: str, *arguments: Any) -> Self:
        """A schedule with one stage replaced, and one step more."""
        return self.with_stages({**self.stages, stage.name: stage}, primitive, *arguments)

    def with_stages(self, stages: Mapping[str, Stage], primitive: str, *arguments: Any) -> Self:
        """A schedule with other stages, and one step more.

        Raises
        ------
        ScheduleError
            If a stage would run where what it reads is not there, a parallel loop would run inside
            another, or an intrinsic would replace what it does not do.
        """
        wrong = misplaced(stages) or nested_parallel(stages) or unmatched(stages)
        if wrong is not None:
            raise ScheduleError(f"{primitive}: {wrong}")
        return replace(self, stages=stages, trace=(*self.trace, Step(primitive, arguments)))

    def check_not_used(self, primitive: str, stage: str, *axes: str) -> None:
        """Raise `ScheduleError` if other stages are computed at one of these loops."""
        for s in self.stages.values():
            if isinstance(s.place, At) and s.place.stage == stage and s.place.axis in axes:
                raise ScheduleError(
                    f"{primitive}: {s.name} is computed at {stage}.{s.place.axis}; "
                    f"{primitive} first, then compute it at one of the new loops"
                )

    def readers(self, tensor: str) -> list[Stage]:
        """Stages that read ``tensor``."""
        return [s for s in self.stages.values() if s.reads_tensor(tensor)]

    def is_output(self, name: str) -> bool:
        """Whether a stage is one of the results."""
        return any(t.name == name for t in self.outputs)

    def layout_of(self, name: str) -> Layout:
        """Storage of an input or a stage."""
        if name in self.inputs:
            return self.layouts.get(name) or Layout.plain(len(self.inputs[name].shape))
        stage = self.stage(name)
        return stage.layout or Layout.plain(len(stage.axes))

    def shape_of(self, name: str) -> tuple[IntExpr, ...]:
        """Plain extents of an input or a stage."""
        return self.inputs[name].shape if name in self.inputs else self.stage(name).shape


def check_factor(primitive: str, where: str, factor: IntExpr) -> None:
    """Raise `ScheduleError` unless a factor is a positive integer or a knob."""
    if isinstance(factor, bool) or (isinstance(factor, int) and factor < 1):
        raise ScheduleError(f"{primitive}: {where}: factor {factor} must be at least 1")
