"""How far apart in memory neighbouring iterations read."""

from __future__ import annotations

from tvmtune.analysis.footprints import Footprints
from tvmtune.schedule.base import ScheduleState
from tvmtune.schedule.stage import At, Stage
from tvmtune.symbolic import IntExpr


def lane_stride(
    schedule: ScheduleState, footprints: Footprints, stage: Stage, tensor: str
) -> IntExpr:
    """Elements between what neighbouring iterations of a stage's innermost loop read of a tensor.

    0 where they read the same one.  Inside a block of the tensor's layout; where an index is
    divided, only what is outside of the division counts.
    """
    innermost = stage.leaves[-1]
    at = footprints.inside(stage.name, innermost)
    (loop,) = at.values[innermost].terms
    read = next(r for r in stage.reads if r.tensor == tensor)
    steps = _steps(schedule, footprints, tensor)
    values = at.substitution()
    total: IntExpr = 0
    for index, step in zip(read.indices, steps, strict=True):
        total = total + index.substitute(values).terms.get(loop, 0) * step
    return total


def _steps(schedule: ScheduleState, footprints: Footprints, tensor: str) -> list[IntExpr]:
    """Elements between neighbours along each axis of a tensor, inside a block."""
    layout = schedule.layout_of(tensor)
    shape: tuple[IntExpr, ...] = schedule.shape_of(tensor)
    if tensor in schedule.stages and isinstance(schedule.stage(tensor).place, At):
        placed = footprints.placed(tensor)
        shape = tuple(placed.boxes[a.name].extent for a in placed.stage.axes)
    steps: dict[int, IntExpr] = {}
    step: IntExpr = 1
    for dim, extent in zip(
        reversed(layout.dims), reversed(layout.storage_shape(shape)), strict=True
    ):
        steps.setdefault(dim.axis, step)
        step = step * extent
    return [steps[axis] for axis in range(layout.rank)]
