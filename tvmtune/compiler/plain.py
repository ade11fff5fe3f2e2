"""A schedule for plain arrays from one for blocked ones: inputs and output turned over on the way.

Converting whole arrays moves them through memory twice more.  Here each part of the output is
computed into local storage and turned over from there, and inputs are turned over part by part
where a loop goes through them; the computation itself, and with it every bit of the result, stays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import takewhile
from math import prod

from tvmtune.codegen.module import emit_module
from tvmtune.compiler.request import BuildRequest
from tvmtune.compiler.templates import templates_for
from tvmtune.errors import CodegenError, LayoutError, LoweringError, ScheduleError
from tvmtune.ir.expr import ITEMSIZE
from tvmtune.ir.stmt import Function
from tvmtune.layout import Layout
from tvmtune.passes import lower_schedule
from tvmtune.schedule import Schedule, infer_nest
from tvmtune.schedule.nest import Loop, Region, nodes
from tvmtune.schedule.stage import At, Split
from tvmtune.symbolic import as_int
from tvmtune.target import Target
from tvmtune.te import Placeholder
from tvmtune.te.intrinsics import TRANSPOSE
from tvmtune.workload import parse

PART_BYTES = 32 * 1024
"""Of the part of an output that is computed before it is turned over: it stays in L1.

Measured, 8 to 256 KB: within 15 % of each other on MobileNet's layers and on 1x1 convolutions.
"""

MOST_STREAMS, CACHED_BYTES = 32, 2**20
"""Channels of a part of an output larger than that: prefetchers follow no more pieces of memory.

Measured: a part of 64 channels and one row of 112 pixels takes twice as long to write as the
whole array of 3 MB does afterwards.
"""

MOST_AGAIN = 1.5
"""How often, on average, an element of an input may be turned over, parts overlapping."""


def plain_function(
    request: BuildRequest,
    schedule: Schedule,
    target: Target,
    symbol: str,
    lower: Callable[[Function], Function],
) -> Function | None:
    """The loop IR of a kernel over plain arrays.

    Parameters
    ----------
    request
        What is built.
    schedule
        That of the kernel in own layout.
    target
        What to build for.
    symbol
        The function's name.
    lower
        Runs the passes.

    Returns
    -------
    function
        None where arrays are better converted whole: the template has no schedule for plain
        arrays, and neither has `plain_schedule`.
    """
    try:
        plain = _special(request, schedule, target) or plain_schedule(schedule, target)
        if plain is None:
            return None
        function = lower_schedule(plain, symbol).kernel
        arrays = frozenset((*_inputs(plain), *_outputs(plain)))
        function = lower(replace(function, unaligned=arrays))
        emit_module((function,), target)
    except (ScheduleError, LayoutError, LoweringError, CodegenError):
        return None
    return function


def _special(request: BuildRequest, own: Schedule, target: Target) -> Schedule | None:
    """The schedule over plain arrays that the template gives."""
    workload = parse(request.workload)
    (template,) = templates_for(workload, target, request.template)
    return template.plain(workload, target, own)


def plain_schedule(schedule: Schedule, target: Target) -> Schedule | None:
    """The schedule with plain inputs and a plain output; None where there is no good one.

    That is where a layout rounds up or is not that of blocked channels, or rows are shorter than a
    vector.  Where all are plain already it is the same: code for it may assume less of alignment.
    """
    blocked = [n for n in (*_outputs(schedule), *_inputs(schedule)) if not _is_plain(schedule, n)]
    if not all(_can_turn(schedule, name, target) for name in blocked):
        return None
    for name in blocked:
        turned = _with_output if name in schedule.stages else _with_input
        made = turned(schedule, name, target)
        if made is None:
            return None
        schedule = made
    return schedule


def _inputs(schedule: Schedule) -> list[str]:
    return [
        tensor.name
        for tensor in schedule.inputs.values()
        if not (isinstance(tensor.op, Placeholder) and tensor.op.constant)
    ]


def _outputs(schedule: Schedule) -> list[str]:
    return [t.name for t in schedule.outputs]


def _shape(schedule: Schedule, name: str) -> tuple[int, ...]:
    return tuple(as_int(n) for n in schedule.shape_of(name))


def _is_plain(schedule: Schedule, name: str) -> bool:
    return schedule.layout_of(name).keeps(_shape(schedule, name))


def _can_turn(schedule: Schedule, name: str, target: Target) -> bool:
    """Whether an array is NCHW[x]c of whole blocks, with rows that make the most of vectors."""
    shape, layout = _shape(schedule, name), schedule.layout_of(name)
    if len(shape) != 4 or layout != Layout.blocked(4, [(1, layout.block(1))]):
        return False
    dtype = _dtype(schedule, name)
    lanes = target.vector_bytes // ITEMSIZE[dtype]
    shortest = lanes // 4 if target.has_masks else lanes
    whole = shape[1] % as_int(layout.block(1)) == 0
    return dtype in TRANSPOSE.dtypes and whole and shape[3] >= shortest


def _dtype(schedule: Schedule, name: str) -> str:
    return schedule.inputs[name].dtype if name in schedule.inputs else schedule.stage(name).dtype


def _with_output(schedule: Schedule, name: str, target: Target) -> Schedule | None:
    """Compute parts of the output in local storage; the loops outside of a part are the copy's."""
    stage = schedule.stage(name)
    itemsize = ITEMSIZE[stage.dtype]
    pixels = _made_of(schedule, name, stage.axes[-1].name)
    for leaf in takewhile(lambda leaf: leaf not in pixels, stage.leaves):
        made = schedule.write_back(name, leaf, f"{name}.part")
        extents = [as_int(n) for n in _region(made, f"{name}.part").extents]
        if itemsize * prod(extents) <= PART_BYTES:
            cached = itemsize * prod(_shape(schedule, name)) <= CACHED_BYTES
            if extents[1] > MOST_STREAMS and not cached:
                return None
            return _turned(made, name, target, moved=stage.leaves.index(leaf) + 1)
    return None


def _made_of(schedule: Schedule, stage: str, axis: str) -> set[str]:
    made = {axis}
    for relation in schedule.stage(stage).relations:
        if isinstance(relation, Split) and relation.axis in made:
            made |= {relation.outer, relation.inner}
    return made


def _region(schedule: Schedule, stage: str) -> Region:
    nest = infer_nest(schedule)
    return next(n for n in nodes(nest.roots) if isinstance(n, Region) and n.stage == stage)


def _turned(schedule: Schedule, name: str, target: Target, *, moved: int) -> Schedule:
    """A copy with the loops after the first ``moved`` in tiles that are turned over."""
    stage = schedule.stage(name)
    lanes = target.vector_bytes // ITEMSIZE[stage.dtype]
    outer, rest = stage.leaves[:moved], stage.leaves[moved:]
    channels = [leaf for leaf in rest if leaf in _made_of(schedule, name, stage.axes[1].name)]
    pixel = stage.axes[3].name
    others = [leaf for leaf in rest if leaf not in channels and leaf != pixel]
    inner = channels[-1]
    s = schedule.split(name, inner, lanes, ("turn.co", "turn.ci"), "peel")
    s = s.split(name, pixel, lanes, ("turn.xo", "turn.xi"), "peel")
    reading = stage.reads[0].tensor in schedule.inputs
    tile = ("turn.xi", "turn.ci") if reading else ("turn.ci", "turn.xi")
    s = s.reorder(name, *outer, *channels[:-1], "turn.co", *others, "turn.xo", *tile)
    return s.tensorize(name, tile[0], TRANSPOSE.name)


def _with_input(schedule: Schedule, name: str, target: Target) -> Schedule | None:
    """A copy of an input in its layout, as far inside as little of it is turned over again."""
    layout = schedule.layout_of(name)
    copy = f"{name}.local"
    s = schedule.cache_read(name, "local").layout(copy, layout)
    s = _turned(s.layout(name, Layout.plain(4)), copy, target, moved=0)
    output = schedule.outputs[0].name
    leaves = _leaves_around(schedule, output)
    whole = prod(_shape(schedule, name))
    for count in range(len(leaves), 0, -1):
        try:
            placed = s.compute_at(copy, output, leaves[count - 1])
            extents = _region(placed, copy).extents
        except ScheduleError:
            continue
        times = prod(_extent(placed, output, leaf) for leaf in leaves[:count])
        if times * prod(map(as_int, extents)) <= MOST_AGAIN * whole:
            return placed
    if target.threads > 1:
        s = s.parallel(copy, s.stage(copy).leaves[0])
    return s


def _leaves_around(schedule: Schedule, output: str) -> tuple[str, ...]:
    """Loops of the output's copy around the part that it copies."""
    part = schedule.stages.get(f"{output}.part")
    if part is None or not isinstance(part.place, At):
        return ()
    leaves = schedule.stage(output).leaves
    return leaves[: leaves.index(part.place.axis) + 1]


def _extent(schedule: Schedule, stage: str, leaf: str) -> int:
    nest = infer_nest(schedule)
    loops = (n for n in nodes(nest.roots) if isinstance(n, Loop))
    return next(as_int(n.extent) for n in loops if n.stage == stage and n.axis == leaf)
