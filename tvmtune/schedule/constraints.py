"""What a config must satisfy for its schedule to be lowered: conditions with messages."""

from __future__ import annotations

from tvmtune.ir.affine import Affine
from tvmtune.layout import Layout
from tvmtune.schedule.base import ScheduleState
from tvmtune.schedule.nest import Constraint, open_constraints
from tvmtune.schedule.padding import padding_constraints
from tvmtune.schedule.placed import Placed
from tvmtune.schedule.stage import At, Fuse, Kind, Split, Stage, Tail
from tvmtune.symbolic import IntExpr, at_most, divides, either


def constraints_of(schedule: ScheduleState) -> tuple[Constraint, ...]:
    """Constraints of all stages that do not depend on where they are placed, in order."""
    found: list[Constraint] = []
    for stage in schedule.stages.values():
        found.extend(_lanes(schedule, stage))
    return open_constraints([*found, *padding_constraints(schedule)])


def _vector_split(stage: Stage) -> Split | None:
    """The split whose inner loop is the stage's vectorized one."""
    leaf = stage.leaves[-1] if stage.leaves else ""
    if stage.annotation(leaf).kind is not Kind.VECTORIZED:
        return None
    return next((r for r in stage.relations if isinstance(r, Split) and r.inner == leaf), None)


def _root_of(stage: Stage, axis: str) -> str:
    """The root axis from which splits made ``axis`` ('' where a fused loop lies between)."""
    for r in reversed(stage.relations):
        if isinstance(r, Split) and axis in (r.outer, r.inner):
            axis = r.axis
        elif isinstance(r, Fuse) and axis == r.fused:
            return ""
    return axis


def _lanes(schedule: ScheduleState, stage: Stage) -> list[Constraint]:
    """Lanes divide the block of every layout that they run along."""
    split = _vector_split(stage)
    if split is None:
        return []
    root = _root_of(stage, split.axis)
    found: list[Constraint] = []
    for tensor, axis in _touched(schedule, stage, root):
        block = _block(schedule.layout_of(tensor), axis)
        if block is not None:
            text = f"{stage.name}: lanes {{}} must divide the block {{}} of {tensor}"
            numbers = (split.factor, block)
            found.append(Constraint(divides(split.factor, block), text, numbers))
    return found


def _touched(schedule: ScheduleState, stage: Stage, root: str) -> list[tuple[str, int]]:
    """Tensors that the stage writes or reads along ``root`` with stride one, and their axis."""
    touched = [(stage.name, d) for d, a in enumerate(stage.axes) if a.name == root]
    for read in stage.reads:
        for d, index in enumerate(read.indices):
            if any(getattr(a, "name", "") == root and c == 1 for a, c in _plain(index)):
                touched.append((read.tensor, d))
    return [t for t in touched if _stored_whole(schedule, t[0])]


def _plain(index: Affine) -> list[tuple[object, int]]:
    return [(a, c) for a, c in index.terms.items() if isinstance(c, int)]


def _stored_whole(schedule: ScheduleState, tensor: str) -> bool:
    return tensor in schedule.inputs or not isinstance(schedule.stage(tensor).place, At)


def _block(layout: Layout, axis: int) -> IntExpr | None:
    """Size of the innermost block of an axis, None where it is not blocked."""
    inner = [d.modulus for d in layout.dims if d.axis == axis and d.modulus is not None]
    return inner[-1] if inner else None


def tail_constraints(placed: Placed, leaf: str | None = None) -> list[Constraint]:
    """Factors that must divide, for the loops of a stage at one place to cover what they should.

    Parameters
    ----------
    placed
        The stage, with the leaves opened that run outside.
    leaf
        Only splits of which it is an outer loop; default all.
    """
    found: list[Constraint] = []
    for split in placed.stage.relations:
        if not isinstance(split, Split):
            continue
        outer = leaf is None or leaf in placed.leaves_of(split.outer)
        why = _must_divide(placed, split) if outer else None
        if why is not None:
            extent = placed.extent(split.axis)
            holds = divides(split.factor, extent)
            if split.tail is not Tail.PAD:
                holds = either(holds, at_most(extent, split.factor))
            text = f"{placed.stage.name}: {why}, so {{}} must divide {{}}"
            found.append(Constraint(holds, text, (split.factor, extent)))
    return found


def _must_divide(placed: Placed, split: Split) -> str | None:
    """Why a split must leave no tail; None where it may."""
    stage = placed.stage
    if split.tail is Tail.PAD:
        whole = not isinstance(stage.place, At) or stage.is_reduce_axis(split.axis)
        if whole and _is_outermost(stage, split.axis):
            return None
        return f"{split.axis} is no whole axis, and only those are padded"
    if split.tail is Tail.GUARD:
        return None
    if split.outer not in stage.leaves:
        fused = any(
            isinstance(r, Fuse) and split.outer in (r.outer, r.inner) for r in stage.relations
        )
        return f"{split.outer} is {'fused' if fused else 'split again'}"
    first = min(stage.leaves.index(leaf) for leaf in placed.leaves_of(split.inner))
    if first < stage.leaves.index(split.outer):
        return f"{split.inner} runs outside {split.outer}"
    return None


def _is_outermost(stage: Stage, axis: str) -> bool:
    """Whether an axis is a root axis, or the outer part of one whose own tail allows for more."""
    if any(a.name == axis for a in stage.roots):
        return True
    return any(
        isinstance(r, Split)
        and r.outer == axis
        and r.tail in (Tail.GUARD, Tail.PAD)
        and _is_outermost(stage, r.axis)
        for r in stage.relations
    )
