"""Bounds inference: from a schedule to its nest.

`infer_nest` keeps one copy of every loop and works over symbols.  `infer_copies` needs integers:
loops fall into the copies that their tails ask for, and the bounds of stages computed inside are
inferred again in each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tvmtune.errors import LoweringError, ScheduleError
from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import identity_of
from tvmtune.ir.traverse import map_indices
from tvmtune.schedule.base import ScheduleState
from tvmtune.schedule.constraints import constraints_of, tail_constraints
from tvmtune.schedule.nest import (
    Action,
    Constraint,
    Loop,
    Nest,
    Node,
    Point,
    Region,
    open_constraints,
)
from tvmtune.schedule.placed import Box, Piece, Placed
from tvmtune.schedule.stage import At, Kind, Prepare, Stage
from tvmtune.symbolic import IntExpr, as_int, maximum, minimum, same
from tvmtune.te import Reduction

PieceRule = Callable[[Placed, str], "list[Piece | None]"]


def infer_nest(schedule: ScheduleState) -> Nest:
    """The nest of a schedule, over symbols or integers, with its constraints.

    Raises
    ------
    ScheduleError
        If loops are in an order that their kinds do not allow.
    """
    check_kinds(schedule)
    expander = _Expander(schedule, lambda placed, leaf: [placed.whole_piece(leaf)])
    roots, prepare = expander.expand()
    return Nest(roots, prepare, open_constraints([*constraints_of(schedule), *expander.found]))


def infer_copies(schedule: ScheduleState, *, checked: bool = False) -> Nest:
    """The nest with tails expanded into copies of their loops; integers only.

    Parameters
    ----------
    schedule
        Over integers.
    checked
        The constraints that `infer_nest` finds are known to hold.

    Raises
    ------
    ScheduleError
        If loops are in an order that their kinds do not allow.
    LoweringError
        If a constraint does not hold, or a tail cannot be expanded where its loop stands.
    """
    check_kinds(schedule)
    expander = _Expander(schedule, _tail_pieces)
    roots, prepare = expander.expand()
    for constraint in (*expander.found, *(() if checked else constraints_of(schedule))):
        if as_int(constraint.condition) == 0:
            raise LoweringError(constraint.message)
    return Nest(roots, prepare, ())


def _tail_pieces(placed: Placed, leaf: str) -> list[Piece | None]:
    for constraint in tail_constraints(placed, leaf):
        if as_int(constraint.condition) == 0:
            raise LoweringError(constraint.message)
    return placed.tail_pieces(leaf)


def check_kinds(schedule: ScheduleState) -> None:
    """Raise `ScheduleError` where vectorized loops are not innermost."""
    for stage in schedule.stages.values():
        for leaf, annotation in stage.annotations.items():
            if annotation.kind is Kind.VECTORIZED and stage.leaves[-1] != leaf:
                raise ScheduleError(
                    f"{stage.name}: vectorized loop {leaf} must be the innermost; the order is "
                    f"{', '.join(stage.leaves)}"
                )
        place = stage.place
        if isinstance(place, At):
            kind = schedule.stage(place.stage).annotation(place.axis).kind
            if kind is Kind.VECTORIZED:
                raise ScheduleError(
                    f"{stage.name} is computed at {place.stage}.{place.axis}, which is vectorized"
                )


@dataclass(slots=True)
class _Expander:
    """Builds the nest, consumers first, asking ``pieces`` how each loop falls into copies."""

    schedule: ScheduleState
    pieces: PieceRule
    found: list[Constraint] = field(default_factory=list)
    """What the factors must satisfy for the loops to be what the nest says."""

    def expand(self) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
        """Nodes of the call, and those of preparation."""
        stages = self.schedule.stages.values()
        prepared = [s for s in stages if isinstance(s.place, Prepare)]
        called = [s for s in stages if not isinstance(s.place, (At, Prepare))]
        return self._sequence(called), self._sequence(prepared)

    def _sequence(self, stages: list[Stage]) -> tuple[Node, ...]:
        rest: tuple[Node, ...] = ()
        for stage in reversed(stages):
            boxes = {a.name: Box(Affine(), a.extent) for a in stage.axes}
            rest = self._with_region(stage, boxes, rest, whole=True)
        return rest

    def _with_region(
        self, stage: Stage, boxes: dict[str, Box], rest: tuple[Node, ...], *, whole: bool
    ) -> tuple[Node, ...]:
        """The stage's loops, then ``rest``; inside the region they share unless stored outside."""
        every = {**boxes, **{r.name: Box(Affine(), r.extent) for r in stage.reduce_axes}}
        placed = Placed.at(stage, every)
        self.found += tail_constraints(placed)
        made = self._loops(placed, stage.leaves, pending=isinstance(stage.body, Reduction))
        if self.schedule.is_output(stage.name) or isinstance(stage.place, Prepare):
            return made + rest
        extents = tuple(
            placed.covered(a.name) if whole else boxes[a.name].extent for a in stage.axes
        )
        origin = tuple(boxes[a.name].origin for a in stage.axes)
        return (Region(stage.name, origin, extents, stage.scope, made + rest),)

    def _loops(self, placed: Placed, leaves: tuple[str, ...], *, pending: bool) -> tuple[Node, ...]:
        """Loops over ``leaves``; ``pending`` while a reduction still has to be initialised."""
        stage = placed.stage
        if not leaves:
            action: Action = "value" if not isinstance(stage.body, Reduction) else "update"
            return (self._point(placed, action),)
        leaf = leaves[0]
        if pending and stage.is_reduce_axis(leaf):
            spatial = tuple(a for a in leaves if not stage.is_reduce_axis(a))
            return self._init(placed, spatial) + self._loops(placed, leaves, pending=False)
        return self._each_piece(
            placed, leaf, lambda inside: self._body(inside, leaf, leaves[1:], pending=pending)
        )

    def _body(
        self, placed: Placed, leaf: str, rest: tuple[str, ...], *, pending: bool
    ) -> tuple[Node, ...]:
        """What runs inside ``leaf``: stages computed there, then the remaining loops."""
        body = self._loops(placed, rest, pending=pending)
        here = At(placed.stage.name, leaf)
        for producer in reversed([s for s in self.schedule.stages.values() if s.place == here]):
            boxes = needed_boxes(self.schedule, producer, placed)
            body = self._with_region(producer, boxes, body, whole=False)
        return body

    def _init(self, placed: Placed, leaves: tuple[str, ...]) -> tuple[Node, ...]:
        if not leaves:
            return (self._point(placed, "init"),)
        return self._each_piece(placed, leaves[0], lambda inside: self._init(inside, leaves[1:]))

    def _each_piece(
        self, placed: Placed, leaf: str, body: Callable[[Placed], tuple[Node, ...]]
    ) -> tuple[Node, ...]:
        stage = placed.stage
        loops: list[Node] = []
        for piece in self.pieces(placed, leaf):
            var = Var(leaf, placed.extent(leaf) if piece is None else piece.count)
            inside = placed.opened(leaf, Affine.of(var), piece)
            reduce = stage.is_reduce_axis(leaf)
            annotation = stage.annotation(leaf)
            loops.append(Loop(stage.name, leaf, var, annotation, body(inside), reduce))
        return tuple(loops)

    def _point(self, placed: Placed, action: Action) -> Point:
        stage = placed.stage
        values = placed.substitution()
        indices = tuple(placed.index(a.name) for a in stage.axes)
        axes = stage.axes if action == "init" else stage.roots
        guards = tuple(placed.guards([a.name for a in axes]))
        if action == "init" and isinstance(stage.body, Reduction):
            return Point(
                stage.name, action, indices, identity_of(stage.body.op, stage.dtype), guards
            )
        value = map_indices(stage.value, lambda i: i.substitute(values))
        return Point(stage.name, action, indices, value, guards)


def needed_boxes(schedule: ScheduleState, producer: Stage, at: Placed) -> dict[str, Box]:
    """What the leaves of ``at`` that are not opened read of a stage, by its axes.

    Reads through stages in between count; those are computed inside ``at``, too.
    """
    boxes: list[list[Box]] = []
    for reader in schedule.readers(producer.name):
        placed = at
        if reader.name != at.stage.name:
            inner = needed_boxes(schedule, reader, at.overrunning())
            reduce = {r.name: Box(Affine(), r.extent) for r in reader.reduce_axes}
            placed = Placed.at(reader, {**inner, **reduce})
            placed = placed.overrunning() if at.overrun else placed
        for read in reader.reads:
            if read.tensor == producer.name:
                pairs = zip(read.indices, producer.axes, strict=True)
                boxes.append([placed.box_of(index, axis.extent) for index, axis in pairs])
    return {
        axis.name: _inside(union_box([b[d] for b in boxes], axis.extent), axis.extent)
        for d, axis in enumerate(producer.axes)
    }


def _inside(box: Box, whole: IntExpr) -> Box:
    """The part of a box that lies on its axis, where the box does not move: it needs no guards."""
    if not box.origin.is_constant() or not (box.guarded or box.guarded_below):
        return box
    begin = box.origin.const
    low, high = maximum(0, begin), minimum(whole, begin + box.extent)
    extent = high - low
    return box if isinstance(extent, int) and extent < 1 else Box(Affine(low), extent)


def union_box(boxes: list[Box], whole: IntExpr) -> Box:
    """The smallest box around several; the whole axis where their origins move differently."""
    first = boxes[0]
    for box in boxes[1:]:
        shift = box.origin - first.origin
        if not shift.is_constant():
            return Box(Affine(), whole)
        ends = first.guarded or box.guarded, first.guarded_below or box.guarded_below
        if same(shift.const, 0) and same(box.extent, first.extent):
            first = Box(first.origin, first.extent, *ends)
            continue
        low = minimum(0, shift.const)
        high = maximum(first.extent, shift.const + box.extent)
        first = Box(first.origin + low, high - low, *ends)
    return first
