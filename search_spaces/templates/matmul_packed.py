"""Matrix product with the right-hand side packed into panels of vectors.

A register tile of ``tile_m`` rows by ``tile_v`` vectors accumulates over all of ``k``; a block of
``block_m`` rows stays hot while a panel of the right-hand side passes by.

References
----------
Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008, section 4.
"""

from __future__ import annotations

from tvmtune.layout import Layout
from tvmtune.schedule import Schedule, create_schedule
from tvmtune.search_spaces.config import Config
from tvmtune.search_spaces.knobs import candidates, choice
from tvmtune.search_spaces.space import Constraint, Space
from tvmtune.search_spaces.template import Template
from tvmtune.search_spaces.tiles import (
    best_tile,
    counts,
    lanes_of,
    tile_constraints,
)
from tvmtune.symbolic import at_most
from tvmtune.target import Target
from tvmtune.te import Tensor
from tvmtune.workload import Matmul


def space(workload: Matmul, target: Target) -> Space:
    """Knobs of the register tile, the row block, the unrolled steps and the order of the blocks."""
    lanes = lanes_of(target, workload.n)
    vectors = -(-workload.n // lanes)
    rows = counts(workload.m, target.vector_registers - 2)
    tile_m, tile_v = best_tile(workload.m, vectors, target)
    blocks = sorted({min(workload.m, b) for b in (8, 16, 24, 32, 48, 64, 96, 128, 256, 512)})
    block = min((b for b in blocks if b >= min(64, workload.m)), default=blocks[-1])
    return Space(
        "matmul.packed",
        (
            candidates("tile_m", rows),
            candidates("tile_v", counts(vectors, 8)),
            candidates("block_m", blocks),
            candidates("steps", [s for s in (1, 2, 4, 8, 16) if s <= workload.k]),
            choice("tail_m", ["even", "peel"]),
            choice("order", ["m_outer", "n_outer"]),
        ),
        (
            *tile_constraints(lambda c: c["tile_m"], "tile_v", "steps", target),
            Constraint("tile_m is at most block_m", lambda c: at_most(c["tile_m"], c["block_m"])),
        ),
        {
            "tile_m": tile_m,
            "tile_v": tile_v,
            "block_m": max(block, tile_m),
            "steps": min(4, 1 << (workload.k.bit_length() - 1)),
            "order": "n_outer",
        },
    )


def schedule(outputs: tuple[Tensor, ...], target: Target, config: Config) -> Schedule:
    """The packed product of a config."""
    (out,) = outputs
    lanes = lanes_of(target, out.shape[1])
    s = create_schedule(out).cache_write("out", "register", "acc")
    s = s.layout("w", Layout.blocked(2, [(1, lanes)], order=(1, 0)))
    s = s.split("out", "m", config["block_m"], ("mo", "mi"), config["tail_m"])
    s = s.split("out", "mi", config["tile_m"], ("mt", "mr"), config["tail_m"])
    s = s.split("out", "n", config["tile_v"] * lanes, ("no", "nt"), "peel")
    s = s.split("out", "nt", lanes, ("nv", "nl"), "peel")
    outer = ("mo", "no") if config["order"] == "m_outer" else ("no", "mo")
    s = s.reorder("out", *outer, "mt", "mr", "nv", "nl")
    s = s.compute_at("acc", "out", "mt")
    s = s.split("acc", "k", config["steps"], ("ko", "ki"), "peel")
    s = s.split("acc", "n", lanes, ("nv", "nl"), "peel")
    s = s.reorder("acc", "ko", "ki", "m", "nv", "nl")
    s = s.steps("acc", "ki").unroll("acc", "m").unroll("acc", "nv").vectorize("acc", "nl")
    s = s.unroll("out", "mr").unroll("out", "nv").vectorize("out", "nl")
    return s.parallel("out", outer[0]) if target.threads > 1 else s


TEMPLATE = Template(
    name="matmul.packed", version=1, operator="matmul", space=space, schedule=schedule
)
