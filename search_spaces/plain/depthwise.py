"""Depthwise convolution over NCHW arrays: a vector is a piece of a row of pixels."""

from __future__ import annotations

from tvmtune.layout import Layout, StorageDim
from tvmtune.operators.conv2d import define
from tvmtune.schedule import Schedule, create_schedule
from tvmtune.search_spaces.tiles import MAX_STEP_UPDATES
from tvmtune.target import Target
from tvmtune.workload import Conv2d

SHORTEST_ROW, SHORTEST_MASKED_ROW = 8, 5
"""Pixels below which converting whole arrays is faster; the latter where vectors have masks."""

_FLOAT_BYTES = 4

_COPY_BYTES = 16 * 1024
"""Padded planes that are copied before they are read: vectors of what was stored piecemeal a
moment ago have to wait for it."""


def schedule(workload: Conv2d, target: Target, own: Schedule) -> Schedule | None:
    """Rows of pixels, each channel's input padded, and sorted by phase where strides skip pixels.

    Parameters
    ----------
    workload
        What to compute, of one output channel for each input channel.
    target
        What to build for.
    own
        The schedule in own layout: weights are stored as it wants them.

    Returns
    -------
    schedule
        None where rows are short or strides long.
    """
    height, width = workload.out_shape[2:]
    shortest = SHORTEST_MASKED_ROW if target.has_masks else SHORTEST_ROW
    if width < shortest or workload.strides[1] > 2:
        return None
    lanes = target.vector_bytes // _FLOAT_BYTES
    across = min(4, -(-width // lanes))
    rows = max(1, min(height, target.vector_registers // (4 * across)))
    s = create_schedule(define(workload)).layout("w", own.layout_of("w"))
    s = s.cache_write("out", "register", "acc")
    s = s.split("out", "x", lanes * across, ("xo", "xr"), "peel")
    s = s.split("out", "xr", lanes, ("xi", "xl"), "peel")
    s = s.split("out", "y", rows, ("yo", "yi"), "even")
    s = s.split("out", "o", _channels(workload, target), ("ob", "oi"), "even")
    s = s.reorder("out", "n", "ob", "oi", "yo", "xo", "yi", "xi", "xl")
    s = s.unroll("out", "yi").unroll("out", "xi").vectorize("out", "xl")
    s = s.compute_at("acc", "out", "xo").split("acc", "x", lanes, ("xi", "xl"), "peel")
    s = s.reorder("acc", "n", "o", "c", "kh", "kw", "y", "xi", "xl")
    if workload.k * workload.kw * rows * across <= MAX_STEP_UPDATES:
        s = s.unroll("acc", "kh")
    s = s.unroll("acc", "kw").unroll("acc", "y").unroll("acc", "xi").vectorize("acc", "xl")
    s = _input(s, workload.strides[1], lanes)
    return s.parallel("out", "ob") if target.threads > 1 else s


def _channels(workload: Conv2d, target: Target) -> int:
    """Planes that are copied at once."""
    top, left, below, right = workload.pads
    high, wide = workload.operands["x"][2:]
    plane = (top + high + below) * (left + wide + right) * _FLOAT_BYTES
    return max(1, min(_COPY_BYTES // plane, workload.co // target.threads))


def _input(s: Schedule, stride: int, lanes: int) -> Schedule:
    """Copies of the input where it is padded or pixels are skipped: even ones first."""
    if "pad" not in s.stages:
        if stride == 1:
            return s
        s = s.cache_read("x", "local")
    copy = "pad" if "pad" in s.stages else "x.local"
    *outer, x = (axis.name for axis in s.stage(copy).axes)
    phases = (StorageDim(3, 1, stride), StorageDim(3, stride))
    s = s.layout(copy, Layout(4, (StorageDim(0), StorageDim(1), StorageDim(2), *phases)))
    s = s.split(copy, x, stride, ("steps", "phase"), "guard")
    s = s.split(copy, "steps", lanes, ("vectors", "step"), "peel")
    s = s.reorder(copy, *outer, "vectors", "phase", "step")
    return s.unroll(copy, "phase").vectorize(copy, "step").compute_at(copy, "out", "ob")
