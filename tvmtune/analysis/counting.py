"""Counting the places that boxes cover, as expressions over knobs."""

from __future__ import annotations

from collections.abc import Sequence

from tvmtune.analysis.copies import Copy, Group, times_of
from tvmtune.ir.affine import Var
from tvmtune.symbolic import (
    IntExpr,
    Symbolic,
    at_most,
    ceildiv,
    floordiv,
    maximum,
    minimum,
)


def as_factor(count: IntExpr) -> IntExpr:
    """A count, which is never negative, as one factor: products of sums are not multiplied out."""
    if isinstance(count, Symbolic) and len(count.terms) > 1:
        return maximum(0, count)
    return count


def places(group: Group) -> IntExpr:
    """Places of all boxes of a group, over all loops that move it; nothing is cut."""
    if all(axis in group.tilings for axis in group.axes):
        product: IntExpr = 1
        for axis in group.axes:
            product = product * group.tilings[axis].end
        return product
    total: IntExpr = 0
    for copy in group.copies:
        product = copy.times
        for box in copy.boxes.values():
            product = product * box.extent
        total = total + product
    return as_factor(total)


def places_below(group: Group, axis: str, limit: IntExpr) -> IntExpr | None:
    """Places of an axis below a limit, over all loops that move it.

    None where the boxes move in a way for which no expression is known.
    """
    if axis in group.tilings:
        tiling = group.tilings[axis]
        if isinstance(limit, int) and limit <= tiling.least:
            return max(0, limit)
        return minimum(limit, tiling.end)
    total: IntExpr = 0
    for copy in group.copies:
        below = _copy_below(group, copy, axis, limit)
        if below is None:
            return None
        total = total + below
    return as_factor(total)


def _copy_below(group: Group, copy: Copy, axis: str, limit: IntExpr) -> IntExpr | None:
    box = copy.boxes[axis]
    if group.overlap is None or any(not isinstance(a, Var) for a in box.origin.terms):
        return None
    levels = [(loop.extent, box.origin.terms.get(loop, 0)) for loop in copy.loops]
    moving = [(n, step) for n, step in levels if not (isinstance(step, int) and step == 0)]
    still = times_of(loop for loop in copy.loops if loop not in box.origin.terms)
    below = _sum_below(moving, box.extent, limit - box.origin.const, 1 + group.overlap)
    return as_factor(below) * still


def _sum_below(
    levels: Sequence[tuple[IntExpr, IntExpr]], extent: IntExpr, limit: IntExpr, partial: int
) -> IntExpr:
    """Sum over all iterations of how much of ``[start, start + extent)`` lies below ``limit``.

    ``start`` is the sum of iteration times step over ``levels``, (count, step) outermost first.  Of
    the outermost iterations that start below the limit, all but the last ``partial`` lie below it
    with all that is in them.
    """
    if not levels:
        return maximum(0, minimum(extent, limit))
    (count, step), inner = levels[0], levels[1:]
    if not inner:
        return _arithmetic(count, step, extent, limit)
    begun = maximum(0, minimum(count, ceildiv(limit, step)))
    whole = extent
    for n, _ in inner:
        whole = whole * n
    total = maximum(0, begun - partial) * whole
    for back in range(1, partial + 1):
        rest = _sum_below(inner, extent, limit - step * (begun - back), partial)
        total = total + at_most(back, begun) * as_factor(rest)
    return total


def _arithmetic(count: IntExpr, step: IntExpr, extent: IntExpr, limit: IntExpr) -> IntExpr:
    """`_sum_below` of one level: some iterations whole, then an arithmetic series."""
    begun = maximum(0, minimum(count, ceildiv(limit, step)))
    whole = maximum(0, minimum(count, floordiv(limit - extent, step) + 1))
    pairs = floordiv(begun * (begun - 1) - whole * (whole - 1), 2)
    return whole * extent + (begun - whole) * limit - step * pairs
