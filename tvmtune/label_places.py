"""Where to write the labels of points so that they cover neither each other nor the points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_DISTANCES = (4.0, 11.0, 19.0, 28.0, 40.0)
_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))
"""Right, left, above, below and between, in the order of preference."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the page; ``y`` grows upwards."""

    left: float
    bottom: float
    right: float
    top: float

    @staticmethod
    def around(x: float, y: float, width: float, height: float) -> Box:
        """The box of a size whose middle is at a place."""
        return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)

    def overlap(self, other: Box) -> float:
        """Area in common."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.top, other.top) - max(self.bottom, other.bottom)
        return max(0.0, wide) * max(0.0, high)

    @property
    def area(self) -> float:
        """Width times height."""
        return (self.right - self.left) * (self.top - self.bottom)


def place_labels(
    points: Sequence[tuple[float, float]],
    sizes: Sequence[tuple[float, float]],
    page: Box,
    taken: Sequence[Box] = (),
) -> list[tuple[float, float]]:
    """Choose the middle of each label: near its point, where it covers least.

    Parameters
    ----------
    points, sizes
        Place of each point; width and height of its label, in the same unit.
    page
        What labels must not leave, as far as that can be.
    taken
        What else they are not to cover.
    """
    covered = list(taken)
    chosen = []
    for (x, y), (width, height) in zip(points, sizes, strict=True):
        candidates = [
            Box.around(
                x + across * (width / 2 + distance), y + up * (height / 2 + distance), width, height
            )
            for distance in _DISTANCES
            for across, up in _SIDES
        ]
        best = min(candidates, key=lambda box: _cost(box, page, covered))
        covered.append(best)
        chosen.append(((best.left + best.right) / 2, (best.bottom + best.top) / 2))
    return chosen


def _cost(box: Box, page: Box, covered: Sequence[Box]) -> float:
    outside = box.area - box.overlap(page)
    return 2 * outside + sum(box.overlap(other) for other in covered)
