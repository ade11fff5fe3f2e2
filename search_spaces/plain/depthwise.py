"""Depthwise convolution over NCHW arrays: a vector is a piece of a row of pixels."""

from __future__ import annotations

from tvmtune.operators.conv2d import define
from tvmtune.schedule import Schedule, create_schedule
from tvmtune.search_spaces.tiles import MAX_STEP_UPDATES
from tvmtune.target import Target
from tvmtune.workload import Conv2d

SHORTEST_ROW, SHORTEST_EASY_ROW = 8, 5
"""Pixels below which converting whole arrays is faster; the latter for up to 3x3 taps side by side,
since half a vector is enough for what little these compute."""

_FLOAT_BYTES = 4

_MOST_ROWS = 4


def schedule(workload: Conv2d, target: Target, own: Schedule) -> Schedule | None:
    """Rows of pixels; where the border is padded, vectors are read in part.

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
        None where rows are short, strides long or borders wider than two tiles.
    """
    height, width = workload.out_shape[2:]
    stride, taps = workload.strides[1], workload.k * workload.kw
    easy = stride == 1 and taps <= 9
    if width < (SHORTEST_EASY_ROW if easy else SHORTEST_ROW) or stride > 2:
        return None
    lanes = _lanes(width, target)
    across = 2 if workload.kw <= 3 and width > lanes else 1
    if max(workload.padw, workload.padr) > 2 * lanes * across * stride:
        return None
    rows = min(height, _rows(workload.kw, target.vector_registers // across))
    s = create_schedule(define(workload)).layout("w", own.layout_of("w"))
    s = s.cache_write("out", "register", "acc")
    s = s.split("out", "x", lanes * across, ("xo", "xr"), "peel")
    s = s.split("out", "xr", lanes, ("xi", "xl"), "peel")
    s = s.split("out", "y", rows, ("yo", "yi"), "even")
    s = s.reorder("out", "n", "o", "yo", "xo", "yi", "xi", "xl")
    s = s.unroll("out", "yi").unroll("out", "xi").vectorize("out", "xl")
    s = s.compute_at("acc", "out", "xo").split("acc", "x", lanes, ("xi", "xl"), "peel")
    s = s.reorder("acc", "n", "o", "c", "kh", "kw", "y", "xi", "xl")
    if taps * rows * across <= MAX_STEP_UPDATES:
        s = s.unroll("acc", "kh")
    s = s.unroll("acc", "kw").unroll("acc", "y").unroll("acc", "xi").vectorize("acc", "xl")
    if "pad" in s.stages:
        s = s.compute_inline("pad")
    return s.parallel("out", "o") if target.threads > 1 else s


def _rows(taps: int, registers: int) -> int:
    """Of a tile whose pixels at a row of taps stay in registers until the next row of them."""
    return min(_MOST_ROWS, registers // (taps + 1) + 1)


def _lanes(width: int, target: Target) -> int:
    """Of the shortest vector that holds a row, or else the longest."""
    lanes = target.vector_bytes // _FLOAT_BYTES
    while lanes // 2 >= width:
        lanes //= 2
    return lanes
