"""Small schedules for several tests; the texts of two are compared with golden files."""

from __future__ import annotations

from tvmtune import te
from tvmtune.layout import Layout, StorageDim
from tvmtune.operators import OPERATORS
from tvmtune.schedule import Schedule, create_schedule
from tvmtune.workload import Conv2d


def matmul() -> Schedule:
    """A (13, 10) x (10, 20) product in even and peeled register tiles."""
    x, w = te.placeholder((13, 10), "x"), te.placeholder((10, 20), "w", constant=True)
    k = te.reduce_axis(10, "k")
    out = te.compute((13, 20), lambda m, n: te.sum(x[m, k] * w[k, n], k), "out")
    s = create_schedule(out).cache_write("out", "register", "acc")
    s = s.layout("w", Layout.blocked(2, [(1, 8)], order=(1, 0)))
    s = s.split("out", "m", 4, ("mo", "mi"), "even").split("out", "n", 8, ("no", "nl"), "peel")
    s = s.reorder("out", "mo", "no", "mi", "nl").unroll("out", "mi").vectorize("out", "nl")
    s = s.compute_at("acc", "out", "no").split("acc", "k", 4, ("ko", "ki"), "peel")
    s = s.reorder("acc", "ko", "ki", "m", "n").steps("acc", "ki").unroll("acc", "m")
    return s.vectorize("acc", "n")


def conv() -> Schedule:
    """A padded 3x3 convolution with stride 2 in NCHW4c, its padding inlined."""
    x, w = te.placeholder((1, 6, 9, 9), "x"), te.placeholder((6, 6, 3, 3), "w", constant=True)
    data = te.pad(x, (0, 0, 1, 1), (0, 0, 1, 1), "pad", axes=("n", "c", "y", "x"))
    c, kh, kw = te.reduce_axis(6, "c"), te.reduce_axis(3, "kh"), te.reduce_axis(3, "kw")
    out = te.compute(
        (1, 6, 5, 5),
        lambda n, o, y, x: te.sum(
            data[n, c, y * 2 + kh, x * 2 + kw] * w[o, c, kh, kw], (c, kh, kw)
        ),
        "out",
    )
    s = create_schedule(out).cache_write("out", "register", "acc")
    blocked = Layout.blocked(4, [(1, 4)])
    panels = (StorageDim(0, 4), StorageDim(1), StorageDim(2), StorageDim(3), StorageDim(0, 1, 4))
    s = s.layout("x", blocked).layout("out", blocked).layout("w", Layout(4, panels))
    s = s.split("out", "o", 4, ("ob", "ol"), "pad").split("out", "x", 3, ("xo", "xi"), "even")
    s = s.reorder("out", "n", "ob", "y", "xo", "xi", "ol").unroll("out", "xi")
    s = s.vectorize("out", "ol").compute_at("acc", "out", "xo")
    s = s.split("acc", "c", 4, ("cb", "ci"), "guard")
    s = s.reorder("acc", "n", "cb", "kh", "kw", "ci", "y", "x", "o").unroll("acc", "x")
    return s.vectorize("acc", "o").compute_inline("pad").parallel("out", "y")


def depthwise(workload: Conv2d, lanes: int, rows: int) -> Schedule:
    """A depthwise convolution with NCHW in and out, turned over in the cache, rows by rows."""
    out = OPERATORS["conv2d"].define(workload)
    s = (
        create_schedule(out)
        .cache_write("out", "local", "tile")
        .cache_write("tile", "register", "acc")
    )
    blocked = Layout.blocked(4, [(1, lanes)])
    s = s.compute_inline("pad").cache_read("x", "local").layout("x.local", blocked)
    s = s.layout("tile", blocked).layout("w", Layout.blocked(4, [(0, lanes)]))
    s = s.split("out", "o", lanes, ("ob", "ol"), "even").split(
        "out", "y", rows, ("yb", "yr"), "even"
    )
    s = s.split("out", "x", lanes, ("xo", "xi"), "peel")
    s = s.reorder("out", "n", "ob", "yb", "yr", "xo", "ol", "xi")
    s = s.tensorize("out", "ol", "transpose").compute_at("tile", "out", "yb")
    s = s.split("tile", "x", 3, ("xo", "xi"), "even")
    s = s.reorder("tile", "n", "y", "xo", "xi", "o").unroll("tile", "xi").vectorize("tile", "o")
    s = s.compute_at("acc", "tile", "xo").reorder("acc", "n", "c", "kh", "kw", "y", "x", "o")
    s = s.unroll("acc", "kh").unroll("acc", "kw").unroll("acc", "x").vectorize("acc", "o")
    s = s.split("x.local", "i3", lanes, ("po", "pi"), "peel")
    s = s.reorder("x.local", "i0", "i2", "po", "pi", "i1").compute_at("x.local", "out", "yb")
    return s.tensorize("x.local", "pi", "transpose")


SMALL = {"matmul": matmul, "conv": conv}
