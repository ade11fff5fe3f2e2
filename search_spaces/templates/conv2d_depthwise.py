"""Depthwise convolution in NCHW[lanes]c: one vector of channels, a tile of pixels in registers."""

from __future__ import annotations

from tvmtune.layout import Layout
from tvmtune.schedule import Schedule, create_schedule
from tvmtune.search_spaces.config import Config
from tvmtune.search_spaces.knobs import Knob, candidates, choice
from tvmtune.search_spaces.plain import depthwise
from tvmtune.search_spaces.space import Constraint, Space
from tvmtune.search_spaces.template import Template
from tvmtune.search_spaces.threads import SHARED, sharing
from tvmtune.search_spaces.tiles import (
    MAX_STEP_UPDATES,
    counts,
    lanes_of,
    row_blocks,
    shared_rows,
)
from tvmtune.symbolic import IntExpr, at_most, both, either
from tvmtune.target import Target
from tvmtune.te import Tensor
from tvmtune.workload import Conv2d


def space(workload: Conv2d, target: Target) -> Space:
    """Knobs of the pixel tile, the unrolled taps and where padding happens."""
    height, width = workload.out_shape[2:]
    registers = target.vector_registers
    taps = workload.k * workload.kw
    knobs: list[Knob] = [
        candidates("tile_ox", counts(width, registers - 2)),
        candidates("tile_oy", counts(height, 4)),
        candidates("rows", row_blocks(height)),
        choice("taps", ["unrolled", "kw", "loops"]),
    ]
    if any(workload.pads):
        knobs.append(choice("pad", ["inline", "root", "block", "rows"]))
    blocks = -(-workload.co // lanes_of(target, workload.co))
    shared, chosen = sharing({"n": workload.n, "ob": blocks, "yb": height}, target)
    rows = max(r for r in row_blocks(height) if r <= 8 or r == min(row_blocks(height)))
    if chosen.get(SHARED) == "yb":
        rows = min(rows, shared_rows(height, target.threads))
    tile = min(width, 7, registers // 2 - 2)
    unrolled = min(tile, _widest(workload.kw, registers), MAX_STEP_UPDATES // taps)
    default = {
        "tile_ox": unrolled if 2 * unrolled >= tile else tile,
        "rows": min(rows, shared_rows(height, target.threads))
        if chosen.get(SHARED) == "yb"
        else rows,
        "taps": "unrolled" if 2 * unrolled >= tile else "loops",
        **chosen,
    }

    def pixels(c: Config) -> IntExpr:
        count: IntExpr = c["tile_ox"] * c["tile_oy"]
        return count

    def updates(c: Config) -> IntExpr:
        return pixels(c) * {"unrolled": taps, "kw": workload.kw, "loops": 1}[c["taps"]]

    return Space(
        "conv2d.depthwise",
        (*knobs, *shared),
        (
            Constraint(
                f"the tile and what its taps share fit {registers} registers",
                lambda c: _fits_registers(workload, c, registers),
            ),
            Constraint(
                f"at most {MAX_STEP_UPDATES} updates are unrolled",
                lambda c: at_most(updates(c), MAX_STEP_UPDATES),
            ),
            Constraint("tile_oy is at most rows", lambda c: at_most(c["tile_oy"], c["rows"])),
        ),
        default,
    )


def _fits_registers(workload: Conv2d, config: Config, registers: int) -> IntExpr:
    """Whether nothing is spilled: unrolled taps keep the pixels that they share in registers.

    A row of pixels is kept from one row of taps to that which shares it.  What may be used was
    measured: with 3x3 and 5x5 taps, strides 1 and 2, 16 and 32 registers, the innermost loops of
    such tiles spill nothing wherever the padding happens.  Nor do loops over taps, but where both
    borders are in one tile of several rows, whose conditions differ from row to row.
    """
    wide, high = config["tile_ox"], config["tile_oy"]
    if config["taps"] == "loops":
        fits = at_most(wide * high + 2, registers)
        inline = any(workload.pads) and config["pad"] == "inline"
        within = either(at_most(high, 1), at_most(wide + 1, workload.out_shape[3]))
        return both(fits, within) if inline else fits
    if config["taps"] == "kw":
        return at_most(2 * wide * high + 2, registers)
    down, across = workload.strides
    kept = max(0, min(down, workload.k - down)) * (high - 1) * ((wide - 1) * across + workload.kw)
    return either(
        both(at_most(high, 1), at_most(wide, _widest(workload.kw, registers))),
        both(at_most(2, high), at_most((wide + 1) * high + kept, registers - registers // 5)),
    )


def _widest(taps: int, registers: int) -> int:
    """Pixels of a tile of one row, with some taps of a row, that spill nothing.

    Measured for 3 and 5 taps, and in proportion for others.
    """
    return max(1, registers // 4 + 11 - 2 * taps)


def schedule(outputs: tuple[Tensor, ...], target: Target, config: Config) -> Schedule:
    """The depthwise convolution of a config."""
    (out,) = outputs
    lanes = lanes_of(target, out.shape[1])
    s = create_schedule(out).cache_write("out", "register", "acc")
    blocked = Layout.blocked(4, [(1, lanes)])
    s = s.layout("x", blocked).layout("out", blocked).layout("w", Layout.blocked(4, [(0, lanes)]))
    s = s.split("out", "o", lanes, ("ob", "ol"), "pad")
    s = s.split("out", "x", config["tile_ox"], ("xo", "xi"), "even")
    s = s.split("out", "y", config["rows"], ("yb", "yr"), "even")
    s = s.split("out", "yr", config["tile_oy"], ("yo", "yi"), "even")
    s = s.reorder("out", "n", "ob", "yb", "yo", "xo", "yi", "xi", "ol")
    s = s.unroll("out", "yi").unroll("out", "xi").vectorize("out", "ol")
    s = s.compute_at("acc", "out", "xo")
    s = s.reorder("acc", "n", "c", "kh", "kw", "y", "x", "o")
    for axis in {"unrolled": ("kh", "kw"), "kw": ("kw",), "loops": ()}[config["taps"]]:
        s = s.unroll("acc", axis)
    s = s.unroll("acc", "y").unroll("acc", "x").vectorize("acc", "o")
    if "pad" in s.stages:
        s = _padding(s.layout("pad", blocked), config["pad"], lanes, target)
    return s.parallel("out", config[SHARED]) if target.threads > 1 else s


def _padding(s: Schedule, place: str, lanes: int, target: Target) -> Schedule:
    if place == "inline":
        return s.compute_inline("pad")
    s = s.split("pad", "c", lanes, ("cb", "cl"), "pad")
    s = s.reorder("pad", "n", "cb", "y", "x", "cl").vectorize("pad", "cl")
    if place == "root":
        return s.parallel("pad", "cb") if target.threads > 1 else s
    return s.compute_at("pad", "out", "ob" if place == "block" else "yb")


TEMPLATE = Template(
    name="conv2d.depthwise",
    version=1,
    operator="conv2d",
    space=space,
    schedule=schedule,
    serves=lambda workload: workload.is_depthwise,
    plain=depthwise.schedule,
)
