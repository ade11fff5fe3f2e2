"""Points of a mixed-radix space: rows of digits, without ever listing the space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tvmtune.errors import SpaceError

_LARGEST = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """The points among others that agree in all structural knobs.

    Parameters
    ----------
    key
        Their structural digits.
    rows
        Their row numbers, ascending, shape ``(n,)`` with n at least 1.
    """

    key: tuple[int, ...]
    rows: NDArray[np.intp]


def index_of(digits: Sequence[int], counts: Sequence[int]) -> int:
    """The index of a point: the first digit is the lowest.  Any size; a Python integer."""
    index = 0
    for digit, count in zip(reversed(digits), reversed(counts), strict=True):
        index = index * count + digit
    return index


def digits_of(index: int, counts: Sequence[int]) -> list[int]:
    """The digits of an index: the inverse of `index_of`."""
    digits = []
    for count in counts:
        index, digit = divmod(index, count)
        digits.append(digit)
    if index:
        raise SpaceError("an index beyond the end of its space")
    return digits


def consecutive(start: int, n: int, counts: Sequence[int]) -> NDArray[np.int64]:
    """The points of `n` consecutive indices, int64 of shape ``(n, len(counts))``.

    `start` may be any Python integer; the last index must be in the space.
    """
    points = np.empty((n, len(counts)), np.int64)
    carry = np.arange(n, dtype=np.int64)
    for i, (first, count) in enumerate(zip(digits_of(start, counts), counts, strict=True)):
        carry += first
        points[:, i] = carry % count
        carry //= count
    return points


def structures(
    points: NDArray[np.int64], places: Sequence[int], counts: Sequence[int]
) -> list[Structure]:
    """Group points by some of their digits.

    Parameters
    ----------
    points
        Digits, shape ``(n, width)``.
    places
        Columns that decide.
    counts
        Number of values of each column, shape ``(width,)``.

    Returns
    -------
    list[Structure]
        In ascending order of their keys read from the last digit to the first; none if n is 0.
    """
    if not len(points):
        return []
    label = np.zeros(len(points), np.int64)
    bound = 1
    for place in reversed(places):
        if bound * counts[place] >= _LARGEST:
            values, label = np.unique(label, return_inverse=True)
            bound = len(values)
        label = label * counts[place] + points[:, place]
        bound *= counts[place]
    by_label = np.argsort(label, kind="stable")
    borders = np.flatnonzero(np.diff(label[by_label])) + 1
    return [
        Structure(tuple(points[rows[0], list(places)].tolist()), rows)
        for rows in np.split(by_label, borders)
    ]
