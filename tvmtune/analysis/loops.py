"""The loops around a stage, and how they run."""

from __future__ import annotations

from dataclasses import dataclass

from tvmtune.analysis.figures import touched
from tvmtune.analysis.footprints import Footprints
from tvmtune.analysis.roles import Roles, is_single
from tvmtune.schedule.stage import At, Kind, Stage
from tvmtune.symbolic import IntExpr, at_most, ceildiv, select


@dataclass(frozen=True, slots=True, eq=False)
class AnchorLoop:
    """A loop around the anchor's point.

    Parameters
    ----------
    stage, axis
        Whose loop it is.
    extent
        Iterations, in the first of the copies that tails make.
    kind
        How it runs.
    unrolled
        1 where it is unrolled, else 0.
    reduce
        Whether it runs over a reduction axis.
    entries
        How often it runs: the iterations of the loops outside.
    points
        Iterations of it and the loops inside.
    touched
        Distinct elements of the result and of the two operands in one run of it.
    """

    stage: str
    axis: str
    extent: IntExpr
    kind: Kind
    unrolled: IntExpr
    reduce: bool
    entries: IntExpr
    points: IntExpr
    touched: tuple[IntExpr, IntExpr, IntExpr]


def anchor_loops(footprints: Footprints, roles: Roles) -> list[AnchorLoop]:
    """Loops around the anchor's point, outermost first; those over one element are left out."""
    path = [
        (stage, leaf)
        for stage, leaf in _path(footprints, roles.anchor)
        if not is_single(stage, leaf)
    ]
    extents = [loop_extent(footprints, stage, leaf) for stage, leaf in path]
    entries: list[IntExpr] = [1]
    for extent in extents:
        entries.append(entries[-1] * extent)
    points: IntExpr = 1
    loops: list[AnchorLoop] = []
    for i in reversed(range(len(path))):
        stage, leaf = path[i]
        points = points * extents[i]
        elements = touched(footprints, roles.anchor, stage.name, leaf)
        held = [elements[roles.anchor], *(elements[t] for t in roles.operands), 0, 0]
        loops.append(
            AnchorLoop(
                stage.name,
                leaf,
                extents[i],
                stage.annotation(leaf).kind,
                _is_unrolled(stage, leaf, extents[i]),
                stage.is_reduce_axis(leaf),
                entries[i],
                points,
                (held[0], held[1], held[2]),
            )
        )
    return loops[::-1]


def loop_extent(footprints: Footprints, stage: Stage, leaf: str) -> IntExpr:
    """Iterations of a loop, in the first of its copies."""
    return footprints.outside(stage.name, leaf).extent(leaf)


def vector_lanes(footprints: Footprints, stage: Stage) -> IntExpr:
    """Lanes of a stage's vectors; 1 where it is not vectorized."""
    last = stage.leaves[-1] if stage.leaves else ""
    if stage.annotation(last).kind is not Kind.VECTORIZED:
        return 1
    return loop_extent(footprints, stage, last)


def unrolled_body(footprints: Footprints, stage: Stage, machine_lanes: int) -> IntExpr:
    """Statements that a stage's unrolled loops make of its one, in vectors of the machine."""
    size: IntExpr = ceildiv(vector_lanes(footprints, stage), machine_lanes)
    for leaf in stage.leaves:
        if stage.annotation(leaf).kind in (Kind.UNROLLED, Kind.STEPS):
            extent = loop_extent(footprints, stage, leaf)
            size = size * select(_is_unrolled(stage, leaf, extent), extent, 1)
    return size


def _is_unrolled(stage: Stage, leaf: str, extent: IntExpr) -> IntExpr:
    annotation = stage.annotation(leaf)
    if annotation.kind not in (Kind.UNROLLED, Kind.STEPS):
        return 0
    return 1 if annotation.limit is None else at_most(extent, annotation.limit)


def _path(footprints: Footprints, name: str) -> list[tuple[Stage, str]]:
    """Loops around a stage's point, outermost first, those of its consumers included."""
    stage = footprints.schedule.stage(name)
    own = [(stage, leaf) for leaf in stage.leaves]
    if not isinstance(stage.place, At):
        return own
    outer = _path(footprints, stage.place.stage)
    at = [(s.name, leaf) for s, leaf in outer].index((stage.place.stage, stage.place.axis))
    return outer[: at + 1] + own
