"""Register tiles and lanes that templates share."""

from __future__ import annotations

from collections.abc import Callable

from tvmtune.search_spaces.config import Config
from tvmtune.search_spaces.space import Constraint
from tvmtune.symbolic import IntExpr, at_most, both, either
from tvmtune.target import Target

MAX_STEP_UPDATES = 256
"""Unrolled vector updates of a reduction; larger bodies cost compile time and instruction cache."""

_FLOAT_BYTES = 4


def lanes_of(target: Target, extent: int) -> int:
    """Lanes of a vector over an axis: the target's, or the power of two that covers a short one."""
    lanes = target.vector_bytes // _FLOAT_BYTES
    return min(lanes, 1 << (extent - 1).bit_length())


def counts(extent: int, maximum: int) -> list[int]:
    """Numbers from 1 up to an extent or a maximum."""
    return list(range(1, max(1, min(extent, maximum)) + 1))


def row_blocks(height: int) -> list[int]:
    """Heights of the blocks of output rows that are computed together, and the whole height."""
    return sorted({min(height, r) for r in (1, 2, 4, 7, 8, 14, 16, 28, 32, 56, height)})


def shared_rows(height: int, threads: int) -> int:
    """The tallest row block of which every thread gets one; the whole height for one thread."""
    return max((r for r in row_blocks(height) if -(-height // r) >= threads), default=1)


def tile_constraints(
    points: Callable[[Config], IntExpr], vectors: str, steps: str, target: Target
) -> tuple[Constraint, ...]:
    """What keeps the innermost loop of a register tile small: it spills nothing, and is not long.

    Parameters
    ----------
    points
        How many rows or pixels the tile has.
    vectors, steps
        Knobs: vectors of channels or columns of the tile, and unrolled steps of the reduction.
    target
        What has the registers.
    """
    return (
        Constraint(
            f"the tile fits {target.vector_registers} registers",
            lambda c: _fits_registers(points(c), c[vectors], c[steps], target),
        ),
        Constraint(
            f"at most {MAX_STEP_UPDATES} updates are unrolled",
            lambda c: at_most(points(c) * c[vectors] * c[steps], MAX_STEP_UPDATES),
        ),
    )


def _fits_registers(points: IntExpr, vectors: IntExpr, steps: IntExpr, target: Target) -> IntExpr:
    """Whether accumulators, one vector of each weight and one broadcast fit the registers.

    Measured: with no register to spare, eight unrolled steps of some tiles (14 by 2) spill.
    """
    used = points * vectors + vectors + 1
    sparing = either(at_most(used + 2, target.vector_registers), at_most(steps, 4))
    return both(at_most(used, target.vector_registers), sparing)


def best_tile(points: int, vectors: int, target: Target) -> tuple[int, int]:
    """The register tile (points, vectors) with the fewest loads an update, tails counted.

    Every step loads ``vectors`` vectors and broadcasts ``points`` values for ``points * vectors``
    updates, and at least eight updates must be under way to hide their latency.
    """
    best, best_cost = (1, 1), float("inf")
    for v in counts(vectors, 4):
        for p in counts(points, target.vector_registers):
            if p * v + v + 1 > target.vector_registers:
                continue
            cost = tile_cost(p, points) * tile_cost(v, vectors) * (1 + (p + v) / (2 * p * v))
            cost *= max(1.0, 10 / (p * v))
            if cost < best_cost:
                best, best_cost = (p, v), cost
    return best


def tile_cost(tile: int, extent: int) -> float:
    """Slots over useful elements where an extent is cut into even tiles."""
    return -(-extent // tile) * tile / extent
