"""What a cost model sees of a schedule: named columns, the same for every template.

The columns describe the *anchor*, the stage with the most work, by the loops around it counted from
the innermost, and the stages before it (``pack``) and after it (``epilogue``) as a whole.  Each is
an expression over knobs, or a ratio of two; the model gets ``log2(1 + x)`` of it, of a ratio the
difference of the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tvmtune.analysis.copies import Instances, instances_of
from tvmtune.analysis.counting import as_factor
from tvmtune.analysis.figures import figures_of
from tvmtune.analysis.footprints import Footprints
from tvmtune.analysis.loops import AnchorLoop, anchor_loops, unrolled_body, vector_lanes
from tvmtune.analysis.roles import Roles, roles_of, whole_points
from tvmtune.analysis.strides import lane_stride
from tvmtune.ir.expr import ITEMSIZE
from tvmtune.schedule.base import ScheduleState
from tvmtune.schedule.nest import Action
from tvmtune.schedule.stage import Kind, Scope, Stage
from tvmtune.symbolic import IntExpr, at_most, ceildiv, minimum, select
from tvmtune.target import Target
from tvmtune.te import Reduction

FEATURE_VERSION = "1"
"""Raised whenever a column comes to mean something else."""

LOOPS = 9
"""Loops around the anchor that have columns of their own."""

_OF_A_LOOP = (
    "extent",
    "reduce",
    "unrolled",
    "topdown",
    "bottomup",
    "out",
    "a",
    "b",
    "reuse",
)

FEATURE_NAMES: tuple[str, ...] = (
    *(f"loop{i}.{name}" for i in range(LOOPS) for name in _OF_A_LOOP),
    "loops",
    "work.points",
    "work.reduction",
    "work.out",
    "work.a",
    "work.b",
    "anchor.updates",
    "anchor.waste",
    "tile.elements",
    "tile.vectors",
    "tile.pressure",
    "tile.intensity",
    "vector.lanes",
    "vector.fill",
    "stride.a",
    "stride.b",
    "code.body",
    "code.copies",
    "code.total",
    "parallel.extent",
    "parallel.balance",
    "traffic.l1",
    "traffic.l2",
    "traffic.l3",
    "fit.l1",
    "fit.l2",
    "fit.l3",
    "pack.executions",
    "pack.repeats",
    "pack.lanes",
    "pack.stored",
    "epilogue.executions",
    "epilogue.bytes",
    "epilogue.lanes",
    "epilogue.body",
)
"""Names of the columns, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureLimits:
    """What of a machine the columns are relative to.

    Parameters
    ----------
    vector_bytes, vector_registers
        Size and number of vector registers.
    threads
        Threads of a kernel.
    cache_bytes
        Sizes of the first, second and third level of cache that a thread sees.
    """

    vector_bytes: int = 32
    vector_registers: int = 16
    threads: int = 1
    cache_bytes: tuple[int, int, int] = (32 * 2**10, 512 * 2**10, 16 * 2**20)

    @staticmethod
    def of(target: Target) -> FeatureLimits:
        """The limits of a target, with caches of a common size."""
        return FeatureLimits(
            vector_bytes=target.vector_bytes,
            vector_registers=target.vector_registers,
            threads=target.threads,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Ratio:
    """A column that is the quotient of two figures."""

    above: IntExpr
    below: IntExpr


Column = IntExpr | Ratio


def features_of(schedule: ScheduleState, limits: FeatureLimits) -> dict[str, Column]:
    """The columns of a schedule over symbols or integers, in the order of `FEATURE_NAMES`."""
    view = _View(schedule, limits, roles_of(schedule), Footprints(schedule, bounding=False))
    instances = instances_of(schedule)
    loops = anchor_loops(view.footprints, view.roles)
    columns: dict[str, Column] = {}
    for i in range(LOOPS):
        found = _loop_columns(loops[-1 - i]) if i < len(loops) else dict.fromkeys(_OF_A_LOOP, 0)
        columns |= {f"loop{i}.{name}": value for name, value in found.items()}
    columns |= _work(view, loops)
    columns |= _tile(view)
    columns |= _code(view, instances[view.roles.anchor])
    columns |= _parallel(view, loops)
    columns |= _caches(view, loops)
    columns |= _others(view, instances)
    return {name: columns[name] for name in FEATURE_NAMES}


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """A schedule as the columns see it."""

    schedule: ScheduleState
    limits: FeatureLimits
    roles: Roles
    footprints: Footprints

    @property
    def anchor(self) -> Stage:
        return self.schedule.stage(self.roles.anchor)

    @property
    def machine_lanes(self) -> int:
        """Elements of the anchor's type in a vector register."""
        return max(1, self.limits.vector_bytes // ITEMSIZE[self.anchor.dtype])


def _loop_columns(loop: AnchorLoop) -> dict[str, Column]:
    out, a, b = loop.touched
    return {
        "extent": loop.extent,
        "reduce": int(loop.reduce),
        "unrolled": loop.unrolled,
        "topdown": loop.entries * loop.extent,
        "bottomup": loop.points,
        "out": out,
        "a": a,
        "b": b,
        "reuse": Ratio(loop.points, out + a + b),
    }


def _work(view: _View, loops: list[AnchorLoop]) -> dict[str, Column]:
    """What the tensor expression asks for, and how much more is done."""
    stage, schedule = view.anchor, view.schedule
    points = whole_points(stage.roots)
    operands = [1, 0, 0]
    for i, tensor in enumerate(view.roles.operands):
        for extent in schedule.shape_of(tensor):
            operands[i + 1] = (operands[i + 1] or 1) * int(extent)
    return {
        "loops": len(loops),
        "work.points": points,
        "work.reduction": whole_points(stage.reduce_axes),
        "work.out": whole_points(stage.axes),
        "work.a": operands[1],
        "work.b": operands[2],
        "anchor.waste": Ratio(loops[0].points if loops else 1, points),
    }


def _tile(view: _View) -> dict[str, Column]:
    """What is kept in registers, and what a step of the reduction loads for it."""
    footprints, stage, width = view.footprints, view.anchor, view.machine_lanes
    elements: IntExpr = 0
    vectors: IntExpr = 0
    for held in view.schedule.stages.values():
        if held.scope is Scope.REGISTER:
            region = footprints.region(held.name)
            lanes = vector_lanes(footprints, held)
            elements = elements + region
            vectors = vectors + ceildiv(region, minimum(lanes, width))
    reduce = [leaf for leaf in stage.leaves if stage.is_reduce_axis(leaf)]
    at = footprints.inside(stage.name, reduce[-1]) if reduce else footprints.placed(stage.name)
    loaded: IntExpr = 0
    for tensor in view.roles.operands:
        loaded = loaded + footprints.read(tensor, at)
    lanes = vector_lanes(footprints, stage)
    strides = [lane_stride(view.schedule, footprints, stage, t) for t in view.roles.operands]
    return {
        "tile.elements": elements,
        "tile.vectors": vectors,
        "tile.pressure": Ratio(vectors, view.limits.vector_registers),
        "tile.intensity": Ratio(footprints.written(stage.name, at), loaded),
        "vector.lanes": lanes,
        "vector.fill": Ratio(lanes, width),
        "stride.a": strides[0] if strides else 0,
        "stride.b": strides[1] if len(strides) > 1 else 0,
    }


def _code(view: _View, anchor: Instances) -> dict[str, Column]:
    """How long the code is: what is unrolled, and the copies that tails make."""
    width = view.machine_lanes
    body = {
        name: unrolled_body(view.footprints, stage, width)
        for name, stage in view.schedule.stages.items()
    }
    copies: IntExpr = 1
    for group in anchor.groups:
        there: IntExpr = 0
        for copy in group.copies:
            once: IntExpr = 1
            for loop in copy.loops:
                once = once * minimum(1, loop.extent)
            there = there + once
        copies = copies * as_factor(there)
    total: IntExpr = 0
    for name, size in body.items():
        total = total + (size * copies if name == anchor.stage.name else size)
    own = body[anchor.stage.name]
    return {"code.body": own, "code.copies": copies, "code.total": total}


def _parallel(view: _View, loops: list[AnchorLoop]) -> dict[str, Column]:
    extent: IntExpr = 1
    for loop in loops:
        if loop.kind is Kind.PARALLEL:
            extent = extent * loop.extent
    threads = view.limits.threads
    slots = ceildiv(extent, threads) * threads
    return {"parallel.extent": extent, "parallel.balance": Ratio(slots, extent)}


def _caches(view: _View, loops: list[AnchorLoop]) -> dict[str, Column]:
    """Bytes that come from beyond each cache, and how loops fill them.

    Of the loops whose data fit into a cache the outermost counts: its data come in once for each
    time that it runs.
    """
    itemsize = ITEMSIZE[view.anchor.dtype]
    held = [as_factor(sum(loop.touched, start=0) * itemsize) for loop in loops]
    columns: dict[str, Column] = {}
    for level, size in enumerate(view.limits.cache_bytes, start=1):
        traffic = 3 * itemsize * loops[0].points if loops else 0
        for loop, bytes_held in zip(reversed(loops), reversed(held), strict=True):
            traffic = select(at_most(bytes_held, size), loop.entries * bytes_held, traffic)
        columns[f"traffic.l{level}"] = traffic
    own = [i for i, loop in enumerate(loops) if loop.stage == view.roles.anchor]
    tile = own[0] if own else 0
    marks = (tile, max(0, tile - 1), 0)
    for level, (mark, size) in enumerate(zip(marks, view.limits.cache_bytes, strict=True), start=1):
        columns[f"fit.l{level}"] = Ratio(held[mark] if loops else 0, size)
    return columns


def _others(view: _View, instances: Mapping[str, Instances]) -> dict[str, Column]:
    """Stages before and after the anchor, as a whole."""
    figures = figures_of(view.schedule, instances)
    anchor, roles = view.anchor, view.roles
    action: Action = "update" if isinstance(anchor.body, Reduction) else "value"
    ran = {
        role: sum((figures.stored_elements(name) for name in names), start=0)
        for role, names in (("pack", roles.packs), ("epilogue", roles.epilogues))
    }
    moved = [f for o, f in figures.loaded_bytes.items() if o[0] in roles.epilogues]
    moved += [f for o, f in figures.stored_bytes.items() if o[0] in roles.epilogues]
    stages = view.schedule.stages
    once = sum(whole_points(stages[name].roots) for name in roles.packs)
    return {
        "anchor.updates": figures.executions[roles.anchor, action],
        "pack.executions": ran["pack"],
        "pack.repeats": Ratio(ran["pack"], once),
        "pack.lanes": _lanes(view, roles.packs),
        "pack.stored": sum((_stored(view, stages[name]) for name in roles.packs), start=0),
        "epilogue.executions": ran["epilogue"],
        "epilogue.bytes": sum(moved, start=0),
        "epilogue.lanes": _lanes(view, roles.epilogues),
        "epilogue.body": sum(
            (
                unrolled_body(view.footprints, stages[name], view.machine_lanes)
                for name in roles.epilogues
            ),
            start=0,
        ),
    }


def _lanes(view: _View, names: tuple[str, ...]) -> IntExpr:
    stages = view.schedule.stages
    return sum((vector_lanes(view.footprints, stages[name]) for name in names), start=0)


def _stored(view: _View, stage: Stage) -> IntExpr:
    """Bytes of a stage that are kept at a time."""
    return view.footprints.region(stage.name) * ITEMSIZE[stage.dtype]
