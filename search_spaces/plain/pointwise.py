"""Convolution by 1x1 over NCHW arrays: a product of the weights and a matrix of pixels."""

from __future__ import annotations

from tvmtune import te
from tvmtune.schedule import Schedule, create_schedule
from tvmtune.target import Target
from tvmtune.te import Tensor
from tvmtune.workload import Conv2d

FEWEST_VECTORS = 6
"""Of pixels in a plane; below, the last of them wastes much."""

_FLOAT_BYTES = 4

_VECTORS = 3
"""Of pixels in a register tile."""

_STEPS = 4


def schedule(workload: Conv2d, target: Target, own: Schedule) -> Schedule | None:
    """Tiles of output channels and vectors of pixels; a panel of pixels stays in cache.

    Parameters
    ----------
    workload
        What to compute.
    target
        What to build for.
    own
        The schedule in own layout: weights are stored as it wants them.

    Returns
    -------
    schedule
        None where there are several taps, pads or groups, or few pixels.
    """
    lanes = target.vector_bytes // _FLOAT_BYTES
    height, width = workload.out_shape[2:]
    single = (workload.k, workload.kw, workload.groups) == (1, 1, 1) and not any(workload.pads)
    if not single or height * width < FEWEST_VECTORS * lanes:
        return None
    s = create_schedule(_define(workload)).layout("w", own.layout_of("w"))
    s = s.cache_write("out", "register", "acc")
    channels = target.vector_registers // (_VECTORS + 1)
    s = s.split("out", "p", lanes * _VECTORS, ("po", "pr"), "peel")
    s = s.split("out", "pr", lanes, ("pi", "pl"), "peel")
    s = s.split("out", "o", channels, ("oo", "oi"), "even")
    s = s.reorder("out", "n", "po", "oo", "oi", "pi", "pl")
    s = s.unroll("out", "oi").unroll("out", "pi").vectorize("out", "pl")
    s = s.compute_at("acc", "out", "oo").split("acc", "p", lanes, ("pi", "pl"), "peel")
    s = s.split("acc", "c", _STEPS, ("co", "cs"), "peel")
    s = s.reorder("acc", "n", "co", "cs", "o", "pi", "pl").steps("acc", "cs")
    s = s.unroll("acc", "o").unroll("acc", "pi").vectorize("acc", "pl")
    s = _input(s, lanes)
    return _shared(s) if target.threads > 1 else s


def _input(s: Schedule, lanes: int) -> Schedule:
    """Copies of the input: all pixels that strides keep, else a panel before it is read.

    In NCHW the rows of a panel lie a whole plane apart, where many of them fall into the same few
    sets of a cache and put each other out.
    """
    if "kept" in s.stages:
        return s.split("kept", "x", lanes, ("xo", "xi"), "peel").vectorize("kept", "xi")
    s = s.cache_read("x", "local").compute_at("x.local", "out", "po")
    pixels = s.stage("x.local").axes[-1].name
    return s.split("x.local", pixels, lanes, ("xo", "xi"), "peel").vectorize("x.local", "xi")


def _shared(s: Schedule) -> Schedule:
    s = s.parallel("out", "po")
    return s.parallel("kept", "c") if "kept" in s.stages else s


def _define(workload: Conv2d) -> Tensor:
    """Output planes as rows of pixels: ``out[n, o, p]``, the memory being that of NCHW.

    ``kept`` are the pixels that strides do not skip.
    """
    n, ci, height, width = workload.operands["x"]
    high, wide = workload.out_shape[2:]
    w = te.placeholder(workload.operands["w"], "w", constant=True)
    c = te.reduce_axis(ci, "c")
    if workload.strides == (1, 1):
        x = te.placeholder((n, ci, height * width), "x")
        return te.compute(
            (n, workload.co, high * wide),
            lambda n, o, p: te.sum(x[n, c, p] * w[o, c, 0, 0], c),
            "out",
        )
    down, across = workload.strides
    whole = te.placeholder((n, ci, height, width), "x")
    kept = te.compute(
        (n, ci, high, wide), lambda n, c, y, x: whole[n, c, y * down, x * across], "kept"
    )
    return te.compute(
        (n, workload.co, high * wide),
        lambda n, o, p: te.sum(kept[n, c, p // wide, p % wide] * w[o, c, 0, 0], c),
        "out",
    )
