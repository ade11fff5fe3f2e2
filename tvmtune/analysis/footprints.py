"""Distinct elements that the loops of a schedule touch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tvmtune.analysis.counting import as_factor
from tvmtune.ir.affine import Affine, Atom, Var, is_zero
from tvmtune.ir.expr import Read
from tvmtune.schedule.base import ScheduleState
from tvmtune.schedule.bounds import needed_boxes, union_box
from tvmtune.schedule.placed import Box, Placed
from tvmtune.schedule.stage import At, Fuse, Split, Stage
from tvmtune.symbolic import IntExpr, ceildiv, maximum, minimum


class Footprints:
    """What loops touch.

    Parameters
    ----------
    schedule
        Over integers or symbols.
    bounding
        Whether no copy of a loop touches more.  The figures are then exact where reads are dense
        and nothing is cut off by tails or padding.  Otherwise they are those of the nest, which
        shows the first copy of every loop.
    """

    def __init__(self, schedule: ScheduleState, *, bounding: bool) -> None:
        self.schedule = schedule
        self._bounding = bounding
        self._whole_axes = bounding and any(map(_splits_fused, schedule.stages.values()))
        self._piece = Placed.widest_piece if bounding else Placed.whole_piece
        self._placed: dict[str, Placed] = {}
        self._opened: dict[tuple[str, int], Placed] = {}
        for stage in reversed(list(schedule.stages.values())):
            self._placed[stage.name] = self._place(stage)

    def placed(self, stage: str) -> Placed:
        """A stage where it is computed, with no loop opened."""
        return self._placed[stage]

    def outside(self, stage: str, loop: str) -> Placed:
        """A stage with the loops opened that run around ``loop``."""
        return self._at(stage, self.schedule.stage(stage).leaves.index(loop))

    def inside(self, stage: str, loop: str) -> Placed:
        """A stage within an iteration of ``loop``."""
        return self._at(stage, self.schedule.stage(stage).leaves.index(loop) + 1)

    def runs_in(self, stage: str, loop_stage: str, loop: str) -> bool:
        """Whether a stage (not an input) is computed inside a loop of another."""
        place = self.schedule.stages[stage].place if stage in self.schedule.stages else None
        if not isinstance(place, At):
            return False
        if place.stage != loop_stage:
            return self.runs_in(place.stage, loop_stage, loop)
        leaves = self.schedule.stage(loop_stage).leaves
        return leaves.index(place.axis) >= leaves.index(loop)

    def stage_boxes(self, stage: str, loop_stage: str, loop: str) -> Placed:
        """What one run of a loop (all its iterations) computes of a stage that runs in it."""
        if stage == loop_stage:
            return self.outside(loop_stage, loop)
        found = self.schedule.stage(stage)
        assert isinstance(found.place, At)
        consumer = self.stage_boxes(found.place.stage, loop_stage, loop)
        if self._bounding:
            consumer = consumer.overrunning()
        boxes = needed_boxes(self.schedule, found, consumer)
        if self._whole_axes:
            boxes = {a: _at_least(b, self._placed[stage].boxes[a].extent) for a, b in boxes.items()}
        reduce = {r.name: Box(Affine(), r.extent) for r in found.reduce_axes}
        return Placed.at(found, {**boxes, **reduce})

    def region(self, stage: str) -> IntExpr:
        """Elements of a stage that are stored at a time."""
        placed = self._placed[stage]
        elements: IntExpr = 1
        for axis in placed.stage.axes:
            elements = elements * as_factor(placed.covered(axis.name))
        return elements

    def written(self, stage: str, at: Placed) -> IntExpr:
        """Distinct elements that a stage writes in the loops of ``at`` that are not opened."""
        elements: IntExpr = 1
        for axis, room in zip(at.stage.axes, self._rooms(stage), strict=True):
            elements = elements * as_factor(_span(at, axis.name, room))
        return elements

    def read(self, tensor: str, at: Placed) -> IntExpr:
        """Distinct elements of a tensor that a stage reads in the loops that are not opened."""
        reads = [r for r in at.stage.reads if r.tensor == tensor]
        elements: IntExpr = 1
        for d, room in enumerate(self._rooms(tensor)):
            elements = elements * as_factor(_distinct(at, reads, d, room))
        return elements

    def _rooms(self, tensor: str) -> Iterator[IntExpr]:
        """Stored extents of a tensor: blocks are rounded up."""
        layout = self.schedule.layout_of(tensor)
        for d, extent in enumerate(self.schedule.shape_of(tensor)):
            block = layout.block(d)
            yield (
                extent if isinstance(block, int) and block == 1 else ceildiv(extent, block) * block
            )

    def _place(self, stage: Stage) -> Placed:
        place = stage.place
        boxes = {a.name: Box(Affine(), a.extent) for a in stage.roots}
        if isinstance(place, At):
            at = self.inside(place.stage, place.axis)
            boxes |= needed_boxes(self.schedule, stage, at)
        return Placed.at(stage, boxes)

    def _at(self, stage: str, opened: int) -> Placed:
        if not opened:
            return self._placed[stage]
        key = (stage, opened)
        if key not in self._opened:
            outer = self._at(stage, opened - 1)
            leaf = outer.stage.leaves[opened - 1]
            value = Affine.of(Var(leaf, outer.extent(leaf)))
            self._opened[key] = outer.opened(leaf, value, self._piece(outer, leaf))
        return self._opened[key]


def _splits_fused(stage: Stage) -> bool:
    """Whether a fused loop is split again: inside its outer part whole axes are computed."""
    split = {r.axis for r in stage.relations if isinstance(r, Split)}
    return any(isinstance(r, Fuse) and r.fused in split for r in stage.relations)


def _at_least(box: Box, extent: IntExpr) -> Box:
    return replace(box, extent=maximum(box.extent, extent))


def _span(at: Placed, axis: str, room: IntExpr) -> IntExpr:
    """Places of an axis that the loops not opened run through, at most ``room``."""
    span = at.span(axis)
    if span is None:
        return room
    return minimum(span, room) if at.guarded(axis) else span


def _distinct(at: Placed, reads: list[Read], dim: int, room: IntExpr) -> IntExpr:
    """Distinct places of one dimension that some reads touch."""
    if len(reads) == 1:
        moving = [a for a in reads[0].indices[dim].terms if not _stands(at, a)]
        if not moving:
            return 1
        if len(moving) == 1 and isinstance(moving[0], Var):
            span = _span(at, moving[0].name, room)
            return span if _is_plain(reads[0].indices[dim]) else minimum(span, room)
    box = union_box([at.box_of(r.indices[dim], room) for r in reads], room)
    return box.extent if box.extent is room else minimum(box.extent, room)


def _is_plain(index: Affine) -> bool:
    """Whether an index is just an axis."""
    return is_zero(index.const) and list(index.terms.values()) == [1]


def _stands(at: Placed, atom: Atom) -> bool:
    """Whether the part of an index is the same in all iterations of the loops not opened."""
    if isinstance(atom, Var):
        return at.is_open(atom.name) or (isinstance(atom.extent, int) and atom.extent == 1)
    return all(at.is_open(v.name) for v in atom.index.variables())
