"""What running a schedule amounts to: executions, bytes, floating-point operations.

All figures are those of the final code, tails and padding taken into account, and are expressions
over knobs if the schedule has any.  A vector of ``n`` lanes counts ``n``, also where one element is
repeated in all lanes; lanes that a padding leaves out of a vector are not counted, though they add
zeros.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tvmtune.analysis.conditions import Conditions, parts_of, value_of
from tvmtune.analysis.copies import Instances, instances_of
from tvmtune.analysis.footprints import Footprints
from tvmtune.analysis.points import Count, count_points
from tvmtune.ir.expr import FLOATS, ITEMSIZE
from tvmtune.schedule.base import ScheduleState
from tvmtune.schedule.nest import Action
from tvmtune.schedule.stage import At
from tvmtune.symbolic import IntExpr
from tvmtune.te import Reduction

Operand = tuple[str, str]
"""A stage, and the name of a tensor that it loads from or stores to."""


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """Figures of a schedule, prepared stages included.

    Parameters
    ----------
    executions
        Elements stored, by stage and action.
    loaded_bytes, stored_bytes
        By stage and tensor.
    flops
        Operations on floats, by stage; a reduction's own counts as one.
    bounds
        Stages for which figures are upper bounds: conditions that are none on indices cut them, or
        loops move their boxes in a way that has no expression.
    """

    executions: Mapping[tuple[str, Action], IntExpr]
    loaded_bytes: Mapping[Operand, IntExpr]
    stored_bytes: Mapping[Operand, IntExpr]
    flops: Mapping[str, IntExpr]
    bounds: frozenset[str]

    def stored_elements(self, stage: str) -> IntExpr:
        """Elements that a stage stores."""
        total: IntExpr = 0
        for (name, _), count in self.executions.items():
            total = total + (count if name == stage else 0)
        return total


def figures_of(
    schedule: ScheduleState, instances: Mapping[str, Instances] | None = None
) -> Figures:
    """The figures of a schedule over symbols or integers.

    Parameters
    ----------
    schedule
        Whose constraints are satisfied; for other configs the figures mean nothing.
    instances
        What `instances_of` gives for the schedule, if it is known already.
    """
    executions: dict[tuple[str, Action], IntExpr] = {}
    loaded: dict[Operand, IntExpr] = {}
    stored: dict[Operand, IntExpr] = {}
    flops: dict[str, IntExpr] = {}
    bounds: set[str] = set()
    for name, placed in (instances or instances_of(schedule)).items():
        stage = placed.stage
        itemsize = ITEMSIZE[stage.dtype]
        counts = _executions(placed)
        for action, count in counts.items():
            executions[name, action] = count.number
            stored[name, name] = stored.get((name, name), 0) + count.number * itemsize
        value, when = value_of(stage)
        main = counts["update" if isinstance(stage.body, Reduction) else "value"]
        flops[name] = main.number * (isinstance(stage.body, Reduction) and stage.dtype in FLOATS)
        if isinstance(stage.body, Reduction):
            loaded[name, name] = main.number * itemsize
        exact = all(c.exact for c in counts.values())
        for part in parts_of(value, when):
            if not part.reads and not part.operations:
                continue
            count = count_points(placed, part.when, reduce=True, unless=part.unless)
            flops[name] = flops[name] + count.number * part.operations
            exact = exact and count.exact
            for read in part.reads:
                operand = (name, read.tensor)
                loaded[operand] = loaded.get(operand, 0) + count.number * ITEMSIZE[read.dtype]
        if not exact:
            bounds.add(name)
    return Figures(executions, loaded, stored, flops, frozenset(bounds))


def distinct_elements(schedule: ScheduleState) -> dict[tuple[str, str, str], IntExpr]:
    """The most elements of a tensor that one run of a loop touches, by loads and stores together.

    Returns
    -------
    dict
        For each (loop, stage, tensor) where the stage runs in the loop; loops are named
        ``stage.axis``, and ``""`` is all there is.
    """
    footprints = Footprints(schedule, bounding=True)
    found: dict[tuple[str, str, str], IntExpr] = {}
    for stage in schedule.stages.values():
        for leaf in stage.leaves:
            for inner in schedule.stages:
                if inner == stage.name or footprints.runs_in(inner, stage.name, leaf):
                    for tensor, elements in touched(footprints, inner, stage.name, leaf).items():
                        found[f"{stage.name}.{leaf}", inner, tensor] = elements
        for tensor, elements in touched(footprints, stage.name).items():
            found["", stage.name, tensor] = elements
    return found


def touched(
    footprints: Footprints, stage: str, loop_stage: str = "", loop: str = ""
) -> dict[str, IntExpr]:
    """Distinct elements of each tensor that a stage touches in one run of a loop around it.

    Parameters
    ----------
    footprints
        Of the schedule.
    stage
        The stage that reads and writes.
    loop_stage, loop
        The loop, of the stage itself or of one inside of which it is computed; default everything.
    """
    schedule = footprints.schedule
    if not loop:
        loop_stage = stage
        while isinstance(place := schedule.stage(loop_stage).place, At):
            loop_stage = place.stage
        loop = schedule.stage(loop_stage).leaves[0]
    at = footprints.stage_boxes(stage, loop_stage, loop)
    found: dict[str, IntExpr] = {}
    for read in schedule.stage(stage).reads:
        if read.tensor not in found:
            inside = footprints.runs_in(read.tensor, loop_stage, loop)
            found[read.tensor] = (
                footprints.region(read.tensor) if inside else footprints.read(read.tensor, at)
            )
    inside = footprints.runs_in(stage, loop_stage, loop)
    found[stage] = footprints.region(stage) if inside else footprints.written(stage, at)
    return found


def _executions(instances: Instances) -> dict[Action, Count]:
    stage = instances.stage
    if not isinstance(stage.body, Reduction):
        return {"value": count_points(instances, Conditions(), reduce=True)}
    _, when = value_of(stage)
    return {
        "init": count_points(instances, Conditions(), reduce=False),
        "update": count_points(instances, when, reduce=True),
    }
