"""Direct convolution in blocked layouts, with packed weights.

Input NCHW[``ci_block``]c, output NCHW[lanes]c, weights in panels of one vector of output channels.
A register tile of ``tile_oy`` x ``tile_ox`` pixels by ``tile_ov`` vectors of output channels
accumulates over all input channels and taps.

References
----------
Georganas et al., "Anatomy of High-Performance Deep Learning Convolutions on SIMD
Architectures", SC 2018; Liu et al., "Optimizing CNN Model Inference on CPUs" (NeoCPU), USENIX
ATC 2019, section 3.1.
"""

from __future__ import annotations

from tvmtune.layout import Layout, StorageDim
from tvmtune.schedule import Schedule, create_schedule
from tvmtune.search_spaces.config import Config
from tvmtune.search_spaces.knobs import Knob, candidates, choice
from tvmtune.search_spaces.plain import pointwise
from tvmtune.search_spaces.space import Constraint, Space
from tvmtune.search_spaces.template import Template
from tvmtune.search_spaces.tiles import (
    best_tile,
    counts,
    lanes_of,
    row_blocks,
    shared_rows,
    tile_constraints,
)
from tvmtune.symbolic import IntExpr, at_most, divides
from tvmtune.target import Target
from tvmtune.te import Compute, Reduction, Tensor
from tvmtune.workload import Conv2d

_ORDERS = ["o.y.x", "y.o.x"]
_REDUCTIONS = ["c.kh.kw", "kh.kw.c"]


def _group_lanes(target: Target, group_out: int, groups: int) -> int:
    """Lanes over output channels; with groups they must divide a group's channels."""
    lanes = lanes_of(target, group_out)
    if groups == 1:
        return lanes
    return max(n for n in range(1, lanes + 1) if group_out % n == 0)


def space(workload: Conv2d, target: Target) -> Space:
    """Knobs of the register tile, channel blocks, unrolling, loop orders and padding."""
    group_out, group_in = workload.co // workload.groups, workload.operands["w"][1]
    lanes = _group_lanes(target, group_out, workload.groups)
    vectors = -(-group_out // lanes)
    height, width = workload.out_shape[2:]
    registers = target.vector_registers
    tile_x, tile_v = best_tile(width, vectors, target)
    tile_y = 1
    if tile_x == width and tile_x * tile_v < registers // 2:
        tile_y = max(1, min(height, 8, (registers - tile_v - 1) // (tile_x * tile_v)))
    blocks = _channel_blocks(group_in, workload.groups)
    knobs: list[Knob] = [
        candidates("tile_ox", counts(width, registers - 2)),
        candidates("tile_oy", counts(height, 8)),
        candidates("tile_ov", counts(vectors, 8)),
        candidates("ci_block", blocks),
        candidates("ci_steps", sorted({s for b in blocks for s in counts(b, b) if b % s == 0})),
        candidates("rows", row_blocks(height)),
        choice("order", _ORDERS),
        choice("reduction", _REDUCTIONS),
    ]
    if any(workload.pads):
        knobs.append(choice("pad", ["inline", "root", "rows"]))
    block = max(b for b in blocks if b <= max(16, blocks[0]))
    rows = shared_rows(height, target.threads)
    return Space(
        "conv2d.direct",
        tuple(knobs),
        _constraints(target),
        {
            "tile_ox": tile_x,
            "tile_oy": min(tile_y, rows),
            "tile_ov": tile_v,
            "ci_block": block,
            "ci_steps": max(s for s in (1, 2, 3, 4) if block % s == 0),
            "rows": rows,
            "order": "o.y.x" if -(-vectors // tile_v) >= target.threads else "y.o.x",
        },
    )


def _channel_blocks(group_in: int, groups: int) -> list[int]:
    """Blocks of input channels; rounded up with zeros, with groups only those that divide."""
    sizes = {b for b in (1, 2, 4, 8, 16, 32) if b < 2 * group_in} | ({group_in} & set(range(1, 9)))
    if groups > 1:
        sizes = {b for b in sizes if group_in % b == 0}
    return sorted(sizes)


def _constraints(target: Target) -> tuple[Constraint, ...]:
    def tile(c: Config) -> IntExpr:
        pixels: IntExpr = c["tile_ox"] * c["tile_oy"]
        return pixels

    return (
        *tile_constraints(tile, "tile_ov", "ci_steps", target),
        Constraint("ci_steps divides ci_block", lambda c: divides(c["ci_steps"], c["ci_block"])),
        Constraint("tile_oy is at most rows", lambda c: at_most(c["tile_oy"], c["rows"])),
    )


def schedule(outputs: tuple[Tensor, ...], target: Target, config: Config) -> Schedule:
    """The direct convolution of a config."""
    (out,) = outputs
    shape = _Shape.of(out)
    lanes = _group_lanes(target, shape.group_out, shape.groups)
    s = create_schedule(out).cache_write("out", "register", "acc")
    s = _layouts(s, config["ci_block"], lanes, grouped=shape.groups > 1)
    s = s.split("out", "o", lanes, ("ob", "ol"), "pad" if shape.groups == 1 else "even")
    s = s.split("out", "ob", config["tile_ov"], ("oo", "ov"), "even")
    s = s.split("out", "x", config["tile_ox"], ("xo", "xi"), "even")
    s = s.split("out", "y", config["rows"], ("yb", "yr"), "even")
    s = s.split("out", "yr", config["tile_oy"], ("yo", "yi"), "even")
    outer = ("oo", "yb", "yo", "xo") if config["order"] == "o.y.x" else ("yb", "oo", "yo", "xo")
    s = s.reorder("out", "n", *outer, "yi", "xi", "ov", "ol")
    s = s.unroll("out", "yi").unroll("out", "xi").unroll("out", "ov").vectorize("out", "ol")
    s = s.compute_at("acc", "out", "xo")
    s = _accumulate(s, config, lanes)
    s = _padding(s, config, lanes)
    if target.threads == 1:
        return s
    if "pad" in s.stages and config["pad"] == "root":
        s = s.parallel("pad", "y")
    return s.parallel("out", "n" if shape.batch >= target.threads else outer[0])


def _layouts(s: Schedule, ci_block: IntExpr, lanes: int, *, grouped: bool) -> Schedule:
    weights = Layout(
        4,
        (
            StorageDim(0, lanes),
            StorageDim(1, ci_block),
            StorageDim(2),
            StorageDim(3),
            StorageDim(1, 1, ci_block),
            StorageDim(0, 1, lanes),
        ),
    )
    channels = Layout.blocked(4, [(1, ci_block)])
    s = s.layout("w", weights).layout("x", channels).layout("out", Layout.blocked(4, [(1, lanes)]))
    return s.layout("pad", channels) if "pad" in s.stages else s


def _accumulate(s: Schedule, config: Config, lanes: int) -> Schedule:
    """Loops of the accumulators: channel blocks and taps outside, the register tile unrolled."""
    s = s.split("acc", "c", config["ci_block"], ("cb", "ci"), "pad")
    s = s.split("acc", "ci", config["ci_steps"], ("cm", "cs"), "even")
    s = s.split("acc", "o", lanes, ("ov", "ol"), "even")
    blocks = ("cb", "kh", "kw") if config["reduction"] == "c.kh.kw" else ("kh", "kw", "cb")
    s = s.reorder("acc", "n", *blocks, "cm", "cs", "y", "x", "ov", "ol")
    s = s.steps("acc", "cs").unroll("acc", "y").unroll("acc", "x").unroll("acc", "ov")
    return s.vectorize("acc", "ol")


def _padding(s: Schedule, config: Config, lanes: int) -> Schedule:
    if "pad" not in s.stages:
        return s
    if config["pad"] == "inline":
        return s.compute_inline("pad")
    s = s.split("pad", "c", config["ci_block"], ("cb", "cl"), "pad")
    s = s.reorder("pad", "n", "cb", "y", "x", "cl").vectorize("pad", "cl")
    return s.compute_at("pad", "out", "yb") if config["pad"] == "rows" else s


class _Shape:
    """Batch and groups of the convolution, read from its tensor expression."""

    def __init__(self, batch: int, groups: int, group_out: int) -> None:
        self.batch = batch
        self.groups = groups
        self.group_out = group_out

    @staticmethod
    def of(out: Tensor) -> _Shape:
        assert isinstance(out.op, Compute)
        assert isinstance(out.op.body, Reduction)
        data, weight = out.op.inputs
        groups = data.shape[1] // weight.shape[1]
        return _Shape(out.shape[0], groups, out.shape[1] // groups)


TEMPLATE = Template(
    name="conv2d.direct",
    version=1,
    operator="conv2d",
    space=space,
    schedule=schedule,
    serves=lambda workload: not workload.is_depthwise,
    plain=pointwise.schedule,
)
