"""Winograd convolution: fewer products, between transforms of the input and of the output.

A tile of ``tile`` x ``tile`` outputs takes ``points**2`` products instead of ``(tile * taps)**2``;
with stride 2, even and odd inputs are filtered apart (polyphase).  Weights are transformed when
the kernel is bound.  The products are a batch of matrix products, one for each pair of points,
over the tiles of some rows.

References
----------
A. Lavin and S. Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016; A. Zlateski
et al., "The anatomy of efficient FFT and Winograd convolutions on modern CPUs", ICS 2019.
"""

from __future__ import annotations

from functools import partial
from math import prod, sqrt

from tvmtune import te
from tvmtune.layout import Layout, StorageDim
from tvmtune.schedule import Schedule, create_schedule
from tvmtune.search_spaces.config import Config
from tvmtune.search_spaces.knobs import Knob, candidates, choice
from tvmtune.search_spaces.space import Constraint, Space
from tvmtune.search_spaces.template import Template
from tvmtune.search_spaces.threads import SHARED, sharing
from tvmtune.search_spaces.tiles import (
    best_tile,
    counts,
    lanes_of,
    row_blocks,
    shared_rows,
    tile_constraints,
)
from tvmtune.search_spaces.winograd import Transform, filtering, polyphase
from tvmtune.symbolic import IntExpr, as_int, at_most, divides
from tvmtune.target import Target
from tvmtune.te import Tensor
from tvmtune.workload import Conv2d

_LARGEST_SUM = 9
"""Of tile and taps together: beyond, errors are too large for any use."""

_MANY_OUTPUTS = 4096
"""Of so many outputs the largest is as large as is expected."""


def _error_factor(channels: int, outputs: int) -> float:
    """What the largest error may be, over what `Transform.amplification` expects.

    The fewer products a sum has, the further its largest values are from the typical one; the
    fewer outputs there are, the smaller their largest may be, by which errors are divided.

    Measured: 0.4 to 0.6 on ResNet-18's layers.  Of 12,000 errors of small images, filtered along
    one axis or two, 0.7 for 99 in a hundred and 1.2 at most with 3 to 64 channels, 2.2 at most with
    one or two.  Of 1,000 errors of 4,096 outputs: at most 1.4 with 1 to 3 channels, 1.0 with 8,
    0.75 with 32, 0.6 with 128.
    """
    few = 1.2 * (1 + 2 / channels)
    return few if outputs < _MANY_OUTPUTS else min(few, 0.8 * (1 + 6 / channels))


def _transforms(workload: Conv2d, tile: int) -> tuple[Transform, Transform]:
    """Those along y and x; a single tap needs none."""
    down, across = (
        filtering(1, 1) if taps == 1 else (filtering, polyphase)[stride - 1](tile, taps)
        for taps, stride in zip(workload.taps_shape, workload.strides, strict=True)
    )
    return down, across


def _tiles(workload: Conv2d, transforms: tuple[Transform, Transform]) -> tuple[int, int]:
    """Tiles along y and x."""
    high, wide = (
        -(-size // f.tile) for size, f in zip(workload.out_shape[2:], transforms, strict=True)
    )
    return high, wide


def serves(workload: Conv2d, tile: int) -> bool:
    """Whether it saves products: several taps, stride 1 or 2, no dilation, no groups."""
    if workload.groups != 1 or workload.dilations != (1, 1):
        return False
    axes = list(zip(workload.taps_shape, workload.strides, workload.out_shape[2:], strict=True))
    if any(stride > min(taps, 2) for taps, stride, _ in axes):
        return False
    filtered = [(taps, size) for taps, _, size in axes if taps > 1]
    return bool(filtered) and all(
        tile + taps <= _LARGEST_SUM and 2 * size > tile for taps, size in filtered
    )


def error(workload: Conv2d, tile: int) -> float:
    """Bound the error: that of sums over channels and in transforms, amplified by the latter.

    It is statistical, as that of `direct_error` is.
    """
    down, across = _transforms(workload, tile)
    growth = down.amplification * across.amplification
    terms = workload.ci + down.window + across.window
    factor = _error_factor(workload.ci, prod(workload.out_shape))
    return factor * 2.0**-24 * sqrt(terms) * growth


def define(workload: Conv2d, tile: int) -> Tensor:
    """The tensor expression.

    ``data[a, b, n, c, ty, tx]`` is the transformed input of a tile, at the points ``a`` along y and
    ``b`` along x; ``u[a, b, o, c]`` the transformed weight; ``prod`` their product summed over
    channels.  ``rows``, ``wrows`` and ``cols`` are halfway: transformed along one axis.
    """
    down, across = _transforms(workload, tile)
    x = te.placeholder(workload.operands["x"], "x")
    w = te.placeholder(workload.operands["w"], "w", constant=True)
    data, u = _data(workload, x, down, across), _weight(w, down, across)
    n, co, height, width = workload.out_shape
    c = te.reduce_axis(workload.ci, "c")
    prod = te.compute(
        (*data.shape[:2], n, co, *data.shape[4:]),
        lambda a, b, n, o, ty, tx: te.sum(
            data[a, b, n, c, ty, tx] * u[down.row(a), across.row(b), o, c], c
        ),
        "prod",
    )
    cols = te.compute(
        (down.tile, *prod.shape[1:]),
        lambda i, b, n, o, ty, tx: te.combine(
            i, down.outputs, [prod[a, b, n, o, ty, tx] for a in range(down.points)]
        ),
        "cols",
    )
    return te.compute(
        (n, co, height, width),
        lambda n, o, y, x: te.combine(
            x % across.tile,
            across.outputs,
            [
                cols[y % down.tile, b, n, o, y // down.tile, x // across.tile]
                for b in range(across.points)
            ],
        ),
        "out",
    )


def _data(workload: Conv2d, x: Tensor, down: Transform, across: Transform) -> Tensor:
    """The transformed input; its border reaches to the end of the last tiles."""
    n, ci, *sizes = x.shape
    high, wide = _tiles(workload, (down, across))
    needed = [(t - 1) * f.step + f.window for t, f in ((high, down), (wide, across))]
    top, left, *_ = workload.pads
    below, right = (
        max(0, all_of - before - size)
        for all_of, before, size in zip(needed, (top, left), sizes, strict=True)
    )
    axes = ("n", "c", "y", "x")
    source = te.pad(x, (0, 0, top, left), (0, 0, below, right), "pad", axes=axes)
    rows = te.compute(
        (down.points, n, ci, high, needed[1]),
        lambda a, n, c, ty, x: te.combine(
            a, down.inputs, [source[n, c, ty * down.step + i, x] for i in range(down.window)]
        ),
        "rows",
    )
    return te.compute(
        (down.points, across.points, n, ci, high, wide),
        lambda a, b, n, c, ty, tx: te.combine(
            b,
            across.inputs,
            [rows[a, n, c, ty, tx * across.step + i] for i in range(across.window)],
        ),
        "data",
    )


def _weight(w: Tensor, down: Transform, across: Transform) -> Tensor:
    co, ci, taps, wide_taps = w.shape
    wrows = te.compute(
        (len(down.weights), wide_taps, co, ci),
        lambda a, kw, o, c: te.combine(a, down.weights, [w[o, c, i, kw] for i in range(taps)]),
        "wrows",
    )
    return te.compute(
        (len(down.weights), len(across.weights), co, ci),
        lambda a, b, o, c: te.combine(
            b, across.weights, [wrows[a, i, o, c] for i in range(wide_taps)]
        ),
        "u",
    )


def space(workload: Conv2d, target: Target, tile: int) -> Space:
    """Knobs of the rows of tiles, the register tile of the products and where padding happens."""
    lanes = lanes_of(target, workload.co)
    vectors = -(-workload.co // lanes)
    height, width = _tiles(workload, _transforms(workload, tile))
    registers = target.vector_registers
    tile_x, tile_v = best_tile(width, vectors, target)
    shared, chosen = sharing({"n": workload.n, "tb": height, "oo": vectors}, target)
    rows = shared_rows(height, target.threads if chosen.get(SHARED) == "tb" else 1)
    tile_y = 1
    if tile_x == width and tile_x * tile_v < registers // 2:
        tile_y = max(1, min(rows, 8, (registers - tile_v - 1) // (tile_x * tile_v)))
    blocks = [b for b in (1, 2, 4, 8, 16, 32) if b < 2 * workload.ci]
    block = max(b for b in blocks if b <= 16)
    steps = sorted({s for b in blocks for s in counts(b, b) if b % s == 0})
    knobs: tuple[Knob, ...] = (
        candidates("tile_x", counts(width, registers - 2)),
        candidates("tile_y", counts(height, 8)),
        candidates("tile_v", counts(vectors, 8)),
        candidates("panel", counts(vectors, vectors)),
        candidates("ci_block", blocks),
        candidates("ci_steps", steps),
        candidates("rows", row_blocks(height)),
        choice("pad", ["rows", "root", "tile"]),
        *shared,
    )
    return Space(
        f"conv2d.winograd{tile}",
        knobs,
        _constraints(target),
        {
            "tile_x": tile_x,
            "tile_y": tile_y,
            "tile_v": tile_v,
            "panel": tile_v,
            "ci_block": block,
            "ci_steps": max(s for s in (1, 2, 4) if block % s == 0),
            "rows": rows,
            **chosen,
        },
    )


def _constraints(target: Target) -> tuple[Constraint, ...]:
    def tiles(c: Config) -> IntExpr:
        count: IntExpr = c["tile_x"] * c["tile_y"]
        return count

    return (
        *tile_constraints(tiles, "tile_v", "ci_steps", target),
        Constraint("ci_steps divides ci_block", lambda c: divides(c["ci_steps"], c["ci_block"])),
        Constraint("tile_y is at most rows", lambda c: at_most(c["tile_y"], c["rows"])),
        Constraint("tile_v is at most panel", lambda c: at_most(c["tile_v"], c["panel"])),
    )


def schedule(outputs: tuple[Tensor, ...], target: Target, config: Config, tile: int) -> Schedule:
    """The Winograd convolution of a config."""
    (out,) = outputs
    lanes = lanes_of(target, out.shape[1])
    s = _output(create_schedule(out), config, lanes, tile)
    s = _products(s, config, lanes)
    s = _inputs(s, config)
    s = _weights(s, config["ci_block"], lanes)
    s = _transforms_unrolled(s, target)
    return _shared(s, config) if target.threads > 1 else s


def _shared(s: Schedule, config: Config) -> Schedule:
    """Threads share images, rows of tiles or panels of channels, and what is made before those."""
    s = s.parallel("out", config[SHARED])
    if config["pad"] == "root" or (config["pad"] == "rows" and config[SHARED] == "oo"):
        s = s.parallel("pad", "y")
    return s.parallel("data", "cb") if config[SHARED] == "oo" else s


def _output(s: Schedule, config: Config, lanes: int, tile: int) -> Schedule:
    """Loops over rows of tiles, panels of channels and tiles; the inverse transform in each."""
    points = s.shape_of("prod")[:2]
    tiles = [1 if n == 1 else tile for n in points]
    s = s.layout("out", Layout.blocked(4, [(1, lanes)]))
    s = s.split("out", "o", lanes, ("ob", "ol"), "pad")
    s = s.split("out", "ob", config["panel"], ("oo", "ov"), "even")
    s = s.split("out", "y", tiles[0], ("ty", "yi"), "guard")
    s = s.split("out", "x", tiles[1], ("tx", "xi"), "guard")
    s = s.split("out", "ty", config["rows"], ("tb", "tr"), "even")
    s = s.reorder("out", "n", "tb", "oo", "ov", "tr", "tx", "yi", "xi", "ol")
    s = s.unroll("out", "yi").unroll("out", "xi").vectorize("out", "ol")
    s = s.compute_at("cols", "out", "tx")
    s = s.split("cols", "o", lanes, ("ob", "ol"), "even")
    s = s.reorder("cols", "n", "ob", "ty", "tx", "b", "i", "ol")
    return s.unroll("cols", "i").vectorize("cols", "ol")


def _products(s: Schedule, config: Config, lanes: int) -> Schedule:
    """The matrix products of a panel, one pair of points after the other."""
    s = s.cache_write("prod", "register", "acc").layout("prod", Layout.blocked(6, [(3, lanes)]))
    s = s.split("prod", "o", lanes, ("ob", "ol"), "pad")
    s = s.split("prod", "ob", config["tile_v"], ("oo", "ov"), "even")
    s = s.split("prod", "ty", config["tile_y"], ("tyo", "tyi"), "even")
    s = s.split("prod", "tx", config["tile_x"], ("txo", "txi"), "even")
    s = s.reorder("prod", "n", "a", "b", "oo", "tyo", "txo", "tyi", "txi", "ov", "ol")
    s = s.unroll("prod", "tyi").unroll("prod", "txi").unroll("prod", "ov").vectorize("prod", "ol")
    s = s.compute_at("prod", "out", "oo").compute_at("acc", "prod", "txo")
    s = s.split("acc", "c", config["ci_block"], ("cb", "ci"), "pad")
    s = s.split("acc", "ci", config["ci_steps"], ("cm", "cs"), "even")
    s = s.split("acc", "o", lanes, ("ov", "ol"), "even")
    s = s.reorder("acc", "n", "a", "b", "cb", "cm", "cs", "ty", "tx", "ov", "ol")
    s = s.steps("acc", "cs").unroll("acc", "ty").unroll("acc", "tx").unroll("acc", "ov")
    return s.vectorize("acc", "ol")


def _inputs(s: Schedule, config: Config) -> Schedule:
    """The transformed input of some rows of tiles; a vector is a block of channels."""
    block = config["ci_block"]
    channels = Layout.blocked(4, [(1, block)])
    s = (
        s.layout("x", channels)
        .layout("pad", channels)
        .layout("data", Layout.blocked(6, [(3, block)]))
    )
    s = s.layout("rows", Layout.blocked(5, [(2, block)]))
    s = s.split("data", "c", block, ("cb", "cl"), "pad")
    s = s.reorder("data", "n", "cb", "ty", "tx", "a", "b", "cl")
    s = s.unroll("data", "b").vectorize("data", "cl")
    s = s.compute_at("data", "out", "tb")
    s = s.split("rows", "c", block, ("cb", "cl"), "even")
    s = s.reorder("rows", "n", "cb", "ty", "x", "a", "cl")
    s = s.unroll("rows", "a").vectorize("rows", "cl")
    s = s.compute_at("rows", "data", "tx")
    s = s.split("pad", "c", block, ("cb", "cl"), "pad")
    s = s.reorder("pad", "n", "cb", "y", "x", "cl").vectorize("pad", "cl")
    if config["pad"] == "tile":
        return s.unroll("pad", "x").compute_at("pad", "data", "tx")
    return s.compute_at("pad", "out", "tb") if config["pad"] == "rows" else s


def _transforms_unrolled(s: Schedule, target: Target) -> Schedule:
    """Both axes of small transforms unrolled; of others one is a loop, or registers are spilled."""
    if prod(map(as_int, s.shape_of("prod")[:2])) > target.vector_registers + 4:
        return s
    return s.unroll("cols", "b").unroll("data", "a").unroll("rows", "x")


def _weights(s: Schedule, block: IntExpr, lanes: int) -> Schedule:
    """Weights in panels of one vector of output channels, transformed when they are bound."""
    inner, o = StorageDim(1, 1, block), StorageDim(0)
    s = s.layout("w", Layout(4, (StorageDim(1, block), StorageDim(2), StorageDim(3), inner, o)))
    points, channels = (
        (StorageDim(0), StorageDim(1)),
        (StorageDim(3, block), StorageDim(3, 1, block)),
    )
    s = s.layout("wrows", Layout(4, (*points, *channels, StorageDim(2))))
    panels = (*points, StorageDim(2, lanes), *channels, StorageDim(2, 1, lanes))
    s = s.layout("u", Layout(4, panels))
    for stage, point, other in (("wrows", "a", "kw"), ("u", "b", "a")):
        s = s.split(stage, "o", lanes, ("ob", "ol"), "guard")
        s = s.split(stage, "c", block, ("cb", "cl"), "pad")
        s = s.reorder(stage, "ob", "cb", "cl", other, point, "ol")
        s = s.unroll(stage, point).vectorize(stage, "ol")
    return s.prepare("wrows").prepare("u")


def _template(tile: int) -> Template:
    return Template(
        name=f"conv2d.winograd{tile}",
        version=2,
        operator="conv2d",
        space=partial(space, tile=tile),
        schedule=partial(schedule, tile=tile),
        serves=partial(serves, tile=tile),
        define=partial(define, tile=tile),
        error=partial(error, tile=tile),
    )


TEMPLATES = tuple(map(_template, (2, 4, 6)))
