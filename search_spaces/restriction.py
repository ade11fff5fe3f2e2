"""A valid point near to a wanted one when some digits are no longer allowed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

import numpy as np

from tvmtune.search_spaces.digits import consecutive
from tvmtune.search_spaces.protocols import Points, Predicate

_LISTED = 2**12
_DRAWN = 2**16
_ROUNDS = 8


def nearest_valid(
    wanted: Points, allowed: Sequence[Sequence[int]], valid: Predicate
) -> Points | None:
    """Look for a valid point that differs little from a wanted one; deterministic.

    First only the digits that are not allowed are changed, then all, nearest ones first.  Each time
    some thousand points are listed, then some hundred thousand drawn: a space in which nearly
    nothing is valid may be given up.

    Parameters
    ----------
    wanted
        A point, shape ``(width,)``.
    allowed
        For each column the digits to choose from, at least one.
    valid
        Which points satisfy the constraints.

    Returns
    -------
    NDArray[np.int64] or None
        A point of allowed digits, shape ``(width,)``; ``None`` if none was found.
    """
    nearest = [_by_distance(d, w) for d, w in zip(allowed, wanted, strict=True)]
    kept = [d[:1] if d[0] == w else d for d, w in zip(nearest, wanted, strict=True)]
    for tables in (kept, nearest):
        for places in _places([len(digits) for digits in tables]):
            points = np.empty_like(places)
            for column, table in enumerate(tables):
                points[:, column] = table[places[:, column]]
            found = np.flatnonzero(valid(points))
            if len(found):
                first: Points = points[found[0]]
                return first
    return None


def _by_distance(digits: Sequence[int], wanted: np.int64) -> Points:
    ascending = np.sort(np.array(digits, np.int64))
    return ascending[np.argsort(np.abs(ascending - wanted), kind="stable")]


def _places(counts: Sequence[int]) -> Iterator[Points]:
    """Blocks of points of a mixed-radix space: its beginning, then random ones if it is larger."""
    size = prod(counts)
    yield consecutive(0, min(size, _LISTED), counts)
    if size > _LISTED:
        rng = np.random.default_rng(0)
        for _ in range(_ROUNDS):
            yield rng.integers(0, np.array(counts, np.int64), (_DRAWN, len(counts)))
