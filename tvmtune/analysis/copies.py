"""How often a stage is computed, and over which parts of its axes, with symbols for the knobs.

A stage computed inside a loop of its consumer is computed again in every copy that a tail makes of
the loops around it, each time over another box.  Copies of loops over different axes form a
product, so the boxes are kept in groups of axes that move together: for each group the copies of
the loops that move it.  Everything is an expression over knobs; a copy that is not there for some
configs has a loop of extent 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

from tvmtune.analysis.sources import Source, sources_of
from tvmtune.ir.affine import Affine, Var
from tvmtune.schedule.base import ScheduleState
from tvmtune.schedule.bounds import needed_boxes
from tvmtune.schedule.placed import Box, Piece, Placed
from tvmtune.schedule.stage import At, Fuse, Split, Stage, Tail
from tvmtune.symbolic import IntExpr, same


@dataclass(frozen=True, slots=True, eq=False)
class Copy:
    """Loops around a stage, and the boxes of some of its axes as affine indices of them."""

    loops: tuple[Var, ...]
    boxes: Mapping[str, Box]

    @property
    def times(self) -> IntExpr:
        """Iterations of the loops."""
        return times_of(self.loops)


@dataclass(frozen=True, slots=True, eq=False)
class Tiling:
    """The boxes of an axis tile ``[0, end)``: every place is in one box, and in one iteration.

    ``least`` is an integer that ``end`` never lies below.
    """

    least: int
    end: IntExpr


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Axes of a stage whose boxes move together.

    Parameters
    ----------
    axes
        Their names.
    copies
        All loops that move them, once for each combination of copies.
    tilings
        The axes of which more is known.
    overlap
        The most iterations of a loop that the box of one more may overlap; None: not known.
    """

    axes: tuple[str, ...]
    copies: tuple[Copy, ...]
    tilings: Mapping[str, Tiling]
    overlap: int | None = None

    def guarded(self, axis: str) -> bool:
        """Whether a box of an axis may reach beyond its extent and is cut there."""
        return self.copies[0].boxes[axis].guarded


@dataclass(frozen=True, slots=True, eq=False)
class Instances:
    """All runs of a stage's own loops: ``times`` for each combination of copies of the groups."""

    stage: Stage
    times: IntExpr
    groups: tuple[Group, ...]


def instances_of(schedule: ScheduleState) -> dict[str, Instances]:
    """Where every stage of a schedule is computed, over symbols or integers."""
    found: dict[str, Instances] = {}
    for stage in reversed(list(schedule.stages.values())):
        place = stage.place
        if isinstance(place, At):
            found[stage.name] = _instances_at(schedule, stage, found[place.stage], place.axis)
        else:
            found[stage.name] = Instances(stage, 1, tuple(map(_whole_axis, stage.roots)))
    return found


def times_of(loops: Iterable[Var]) -> IntExpr:
    """Iterations of nested loops."""
    times: IntExpr = 1
    for loop in loops:
        times = times * loop.extent
    return times


def _whole_axis(axis: Var) -> Group:
    box = Box(Affine(), axis.extent)
    return Group((axis.name,), (Copy((), {axis.name: box}),), {axis.name: _tiling(axis)}, 0)


def _tiling(axis: Var) -> Tiling:
    return Tiling(int(axis.extent), axis.extent)


@dataclass(frozen=True, slots=True, eq=False)
class _Opened:
    """A copy of a group of the consumer with the loops opened that lie around the producer."""

    loops: tuple[Var, ...]
    boxes: Mapping[str, Box]
    values: Mapping[str, Affine]
    pieces: Mapping[str, Piece]


def _instances_at(
    schedule: ScheduleState, producer: Stage, consumer: Instances, axis: str
) -> Instances:
    stage = _unfused(consumer.stage)
    place = consumer.stage.leaves.index(axis)
    around = _unfused_leaves(consumer.stage, consumer.stage.leaves[: place + 1])
    groups = _united(consumer.groups, _fused_roots(stage, around))
    opened = tuple(tuple(_opened(stage, g, around)) for g in groups)
    sources = sources_of(schedule, producer, stage)
    there = _Placement(schedule, producer, stage, around, groups, opened, sources)
    parts = _parts(producer, groups, sources)
    made = tuple(g for members, axes in parts for g in _apart(there.group(members, axes)))
    times = consumer.times
    for i, alternatives in enumerate(opened):
        if not any(i in members for members, _ in parts):
            total: IntExpr = 0
            for o in alternatives:
                total = total + times_of(o.loops)
            times = times * total
    return Instances(producer, times, (*made, *map(_whole_axis, producer.reduce_axes)))


def _apart(group: Group) -> Iterator[Group]:
    """A group without those of several axes that nothing moves, and these one by one."""
    moved = [axis for axis in group.axes if not _is_still(group, axis)]
    if len(group.axes) == 1 or len(moved) in (0, len(group.axes)):
        yield group
        return
    copies = tuple(Copy(c.loops, {a: c.boxes[a] for a in moved}) for c in group.copies)
    yield Group(tuple(moved), copies, {})
    for axis in group.axes:
        if axis not in moved:
            yield Group((axis,), (Copy((), {axis: group.copies[0].boxes[axis]}),), {}, 0)


def _is_still(group: Group, axis: str) -> bool:
    """Whether an axis has the same whole box in all copies."""
    boxes = [copy.boxes[axis] for copy in group.copies]
    return all(
        same(box.extent, boxes[0].extent)
        and box.origin.is_constant()
        and same(box.origin.const, boxes[0].origin.const)
        and not (box.guarded or box.guarded_below)
        for box in boxes
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Placement:
    """A producer inside the loops ``around`` of a consumer, whose groups they open."""

    schedule: ScheduleState
    producer: Stage
    stage: Stage
    around: tuple[str, ...]
    groups: tuple[Group, ...]
    opened: tuple[tuple[_Opened, ...], ...]
    sources: Mapping[str, Source]

    def group(self, members: list[int], axes: tuple[str, ...]) -> Group:
        """The group of some axes of the producer that these groups of the consumer move."""
        copies = tuple(self._copies(members, axes))
        if len(axes) > 1:
            return Group(axes, copies, {})
        (axis,) = axes
        whole = [self.groups[i] for i in members]
        indirect = any(r.name != self.stage.name for r in self.schedule.readers(self.producer.name))
        tiling = _tiled(self.stage, whole, self.sources[axis], self.around, indirect=indirect)
        moving = [self.groups[i] for i in members if self.opened[i][0].loops]
        overlap = _overlap(self.stage, moving, self.sources[axis], self.around)
        return Group(axes, copies, {} if tiling is None else {axis: tiling}, overlap)

    def _copies(self, members: list[int], axes: tuple[str, ...]) -> Iterator[Copy]:
        others = [o[0] for i, o in enumerate(self.opened) if i not in members]
        for combined in product(*(self.opened[i] for i in members)):
            placed = _joined(self.stage, [*combined, *others])
            boxes = needed_boxes(self.schedule, self.producer, placed)
            loops = tuple(v for o in combined for v in o.loops)
            yield Copy(loops, {a: boxes[a] for a in axes})


def _joined(stage: Stage, parts: Iterable[_Opened]) -> Placed:
    boxes: dict[str, Box] = {}
    values: dict[str, Affine] = {}
    pieces: dict[str, Piece] = {}
    for part in parts:
        boxes |= part.boxes
        values |= part.values
        pieces |= part.pieces
    return replace(Placed.at(stage, boxes), values=values, pieces=pieces)


def _opened(stage: Stage, group: Group, leaves: tuple[str, ...]) -> Iterator[_Opened]:
    """The copies of a group inside those of ``leaves`` that its axes were made into."""
    for copy in group.copies:
        placed = Placed.at(stage, copy.boxes)
        own = {leaf for axis in group.axes for leaf in placed.leaves_of(axis)}
        inner = tuple(leaf for leaf in leaves if leaf in own)
        order = {leaf: i for axis in group.axes for i, leaf in enumerate(placed.leaves_of(axis))}
        for loops, inside in _pieces(placed, inner):
            outwards = sorted(loops, key=lambda v: order[v.name])
            yield _Opened((*copy.loops, *outwards), copy.boxes, inside.values, inside.pieces)


def _pieces(placed: Placed, leaves: tuple[str, ...]) -> Iterator[tuple[tuple[Var, ...], Placed]]:
    if not leaves:
        yield (), placed
        return
    for piece in placed.possible_pieces(leaves[0]):
        loop = Var(leaves[0], placed.extent(leaves[0]) if piece is None else piece.count)
        if isinstance(loop.extent, int) and not loop.extent:
            continue
        opened = placed.opened(leaves[0], Affine.of(loop), piece)
        for loops, inside in _pieces(opened, leaves[1:]):
            yield (loop, *loops), inside


def _parts(
    producer: Stage, groups: tuple[Group, ...], sources: Mapping[str, Source]
) -> list[tuple[list[int], tuple[str, ...]]]:
    """Axes of the producer that move together, and the groups of the consumer that move them."""
    parts: list[tuple[list[int], tuple[str, ...]]] = []
    for axis in producer.axes:
        members = [i for i, g in enumerate(groups) if set(g.axes) & set(sources[axis.name].roots)]
        axes: tuple[str, ...] = (axis.name,)
        for other in [p for p in parts if set(p[0]) & set(members)]:
            parts.remove(other)
            members, axes = sorted({*members, *other[0]}), (*other[1], *axes)
        parts.append((members, axes))
    return parts


def _united(groups: tuple[Group, ...], together: list[set[str]]) -> tuple[Group, ...]:
    """Groups with those made one that share axes with a set of ``together``."""
    for roots in together:
        joined = [g for g in groups if roots & set(g.axes)]
        if len(joined) > 1:
            copies = tuple(
                Copy(
                    tuple(v for c in combined for v in c.loops),
                    {a: b for c in combined for a, b in c.boxes.items()},
                )
                for combined in product(*(g.copies for g in joined))
            )
            tilings = {a: t for g in joined for a, t in g.tilings.items()}
            one = Group(tuple(a for g in joined for a in g.axes), copies, tilings)
            groups = (*(g for g in groups if g not in joined), one)
    return groups


def _overlap(
    stage: Stage, moving: list[Group], source: Source, around: tuple[str, ...]
) -> int | None:
    """The bound of `Group.overlap` for an axis whose boxes are moved by the loops of one axis.

    Of boxes that begin at a quotient it is none if that has a factor; `places_below` leaves those.
    """
    if not moving:
        return 0
    (group, *others) = moving
    if others or group.overlap is None or len(group.axes) > 1:
        return None
    root = group.axes[0]
    reach, step = source.reach_beside(root), source.roots[root]
    placed = Placed.at(stage, group.copies[0].boxes)
    if reach is None or not _is_tiled(placed, root, frozenset(around)):
        return None
    own = set(placed.leaves_of(root))
    beyond = sum(
        isinstance(r, Split) and r.tail is Tail.GUARD and bool(own & set(placed.leaves_of(r.axis)))
        for r in stage.relations
    )
    return group.overlap + beyond + max(0, -(-(reach + 1 - step) // step))


def _tiled(
    stage: Stage,
    groups: list[Group],
    source: Source,
    around: tuple[str, ...],
    *,
    indirect: bool,
) -> Tiling | None:
    """What an axis tiles that is read at the same place as an axis of the consumer is computed."""
    root = source.identity
    if len(groups) != 1 or root is None or root not in groups[0].tilings:
        return None
    (group,) = groups
    before = group.tilings[root]
    placed = Placed.at(stage, group.copies[0].boxes)
    if indirect:
        if any(isinstance(r, Fuse) for r in stage.relations):
            return None
        placed = placed.overrunning()
    end, exact = _reached(placed, root, frozenset(around))
    if end is None:
        return None
    if exact:
        return before
    return Tiling(before.least, end) if not group.copies[0].loops else None


def _reached(placed: Placed, axis: str, around: frozenset[str]) -> tuple[IntExpr | None, bool]:
    """How far the boxes of an axis reach that lie side by side, and whether not beyond its extent.

    None where they may overlap.
    """
    leaves = placed.leaves_of(axis)
    split = _split_of(placed.stage, axis)
    if not any(leaf in around for leaf in leaves):
        covered = placed.covered(axis)
        return covered, covered is placed.extent(axis)
    if split is None:
        return (placed.extent(axis), True) if leaves == [axis] else (None, False)
    if not _is_tiled(placed, axis, around):
        return None, False
    outer, outer_exact = _reached(placed, split.outer, around)
    inner, inner_exact = _reached(placed, split.inner, around)
    if outer is None or inner is None or not inner_exact:
        return None, False
    if split.tail in (Tail.PEEL, Tail.EVEN):
        return (placed.extent(axis), True) if outer_exact else (None, False)
    return outer * split.factor, False


def _split_of(stage: Stage, axis: str) -> Split | None:
    return next((r for r in stage.relations if isinstance(r, Split) and r.axis == axis), None)


def _is_tiled(placed: Placed, axis: str, around: frozenset[str]) -> bool:
    """Whether no outer part of an axis runs inside the boxes that its inner part moves."""
    split = _split_of(placed.stage, axis)
    if split is None:
        return True
    inner = any(leaf in around for leaf in placed.leaves_of(split.inner))
    outer = all(leaf in around for leaf in placed.leaves_of(split.outer))
    return (outer or not inner) and all(
        _is_tiled(placed, part, around) for part in (split.outer, split.inner)
    )


def _unfused(stage: Stage) -> Stage:
    """The stage with the loops that a fused loop stands for: they run through the same points."""
    split = {r.axis for r in stage.relations if isinstance(r, Split)}
    parts = {r.outer for r in stage.relations if isinstance(r, Fuse)}
    parts |= {r.inner for r in stage.relations if isinstance(r, Fuse)}
    for relation in reversed(stage.relations):
        if isinstance(relation, Fuse) and relation.fused not in split | parts:
            at = stage.leaves.index(relation.fused)
            leaves = (*stage.leaves[:at], relation.outer, relation.inner, *stage.leaves[at + 1 :])
            relations = tuple(r for r in stage.relations if r is not relation)
            return _unfused(replace(stage, leaves=leaves, relations=relations))
    return stage


def _unfused_leaves(stage: Stage, leaves: tuple[str, ...]) -> tuple[str, ...]:
    """The loops of the unfused stage that ``leaves`` stand for."""
    kept = set(leaves)
    unfused = _unfused(stage)
    for leaf in leaves:
        kept |= set(_parts_of(stage, leaf))
    return tuple(leaf for leaf in unfused.leaves if leaf in kept)


def _parts_of(stage: Stage, leaf: str) -> Iterator[str]:
    for r in stage.relations:
        if isinstance(r, Fuse) and r.fused == leaf:
            for part in (r.outer, r.inner):
                yield part
                yield from _parts_of(stage, part)


def _fused_roots(stage: Stage, around: tuple[str, ...]) -> list[set[str]]:
    """Root axes that fused loops tie together, for those fused loops that lie around."""
    tied: list[set[str]] = []
    for r in stage.relations:
        if isinstance(r, Fuse):
            placed = Placed.at(stage, {})
            leaves = set(placed.leaves_of(r.fused))
            if leaves & set(around):
                tied.append({a.name for a in stage.roots if leaves & set(placed.leaves_of(a.name))})
    return tied
