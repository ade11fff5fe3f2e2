"""Transforms of Winograd's minimal filtering, and of its polyphase form for stride 2."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

from tvmtune.ir.affine import Affine, Var

Matrix = tuple[tuple[float, ...], ...]

_POINTS = tuple(Fraction(p) for p in ("0", "1", "-1", "2", "-2", "1/2", "-1/2", "4", "-4"))


@dataclass(frozen=True, slots=True)
class Transform:
    """``outputs @ ((weights @ w)[row] * (inputs @ d))``: some outputs of a filter along one axis.

    Attributes
    ----------
    inputs, weights, outputs
        Matrices of shapes (points, window), (rows, taps) and (tile, points).  There are as many
        rows as points, or fewer: the last row then serves all points from there on.
    tile
        Outputs that are computed at a time.
    step
        Inputs from one tile to the next.
    """

    inputs: Matrix
    weights: Matrix
    outputs: Matrix
    tile: int
    step: int

    @property
    def points(self) -> int:
        """Products for a tile."""
        return len(self.inputs)

    @property
    def window(self) -> int:
        """Inputs of a tile."""
        return len(self.inputs[0])

    @property
    def amplification(self) -> float:
        """How much larger rounding errors are than those of as many products summed directly.

        The value at a point is as large as the norms of its rows of ``weights`` and ``inputs``, and
        enters an output by a coefficient; the errors of the points are independent.
        """
        taps = len(self.weights[0])
        sizes = [
            sum(w * w for w in self.weights[min(point, len(self.weights) - 1)])
            * sum(d * d for d in self.inputs[point])
            for point in range(self.points)
        ]
        squares = [
            sum(c * c * size for c, size in zip(row, sizes, strict=True)) for row in self.outputs
        ]
        return sqrt(max(squares) / taps)

    def row(self, point: Var) -> Affine:
        """The row of ``weights`` that serves a point: its number, but at most the last row's.

        ``point // n`` says whether it is at least n, there being fewer than twice as many points.
        """
        rows = len(self.weights)
        return point - sum((point // n for n in range(rows, self.points)), Affine())


def filtering(tile: int, taps: int) -> Transform:
    """Winograd's F(tile, taps): ``tile + taps - 1`` products instead of ``tile * taps``.

    Raises
    ------
    ValueError
        If it needs more points than there are.

    References
    ----------
    A. Lavin and S. Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016, section 4;
    the construction is Toom and Cook's, from the points 0, 1, -1, 2, -2, 1/2, ... and infinity.
    """
    if taps == 1:
        return _pointwise(tile)
    count = tile + taps - 1
    if count - 1 > len(_POINTS):
        raise ValueError(f"F({tile}, {taps}) needs {count} points, there are {len(_POINTS) + 1}")
    points = _POINTS[: count - 1]
    inputs = [_product(p for p in points if p != x) for x in points] + [_product(points)]
    inputs = [[*row, *([Fraction(0)] * (count - len(row)))] for row in inputs]
    scales = [_value(row, x) for row, x in zip(inputs, points, strict=False)]
    weights = [
        [x**i / scale for i in range(taps)] for x, scale in zip(points, scales, strict=True)
    ] + [_unit(taps - 1, taps)]
    columns = [[x**i for i in range(tile)] for x in points] + [_unit(tile - 1, tile)]
    outputs = [list(row) for row in zip(*columns, strict=True)]
    return Transform(_matrix(inputs), _matrix(weights), _matrix(outputs), tile, tile)


def _pointwise(tile: int) -> Transform:
    """A filter of one tap: every output is a product."""
    unit = _matrix([_unit(i, tile) for i in range(tile)])
    return Transform(unit, ((1.0,),) * tile, unit, tile, tile)


def polyphase(tile: int, taps: int) -> Transform:
    """Stride 2: the even taps by F(tile, ceil(taps/2)), the odd ones by F(tile, floor(taps/2)).

    Even taps meet even inputs only and odd taps odd ones, each at stride 1.  Of three taps, the
    odd one is the weight of all its points.
    """
    window = 2 * (tile - 1) + taps
    even, odd = filtering(tile, -(-taps // 2)), filtering(tile, taps // 2)
    odd_weights = _spread(odd.weights, 1, taps)
    return Transform(
        _spread(even.inputs, 0, window) + _spread(odd.inputs, 1, window),
        _spread(even.weights, 0, taps) + (odd_weights[:1] if taps == 3 else odd_weights),
        tuple((*a, *b) for a, b in zip(even.outputs, odd.outputs, strict=True)),
        tile,
        2 * tile,
    )


def _spread(matrix: Matrix, phase: int, width: int) -> Matrix:
    """Columns of one phase, with zeros between them."""
    rows = []
    for row in matrix:
        wide = [0.0] * width
        wide[phase : phase + 2 * len(row) : 2] = row
        rows.append(tuple(wide))
    return tuple(rows)


def _product(roots: Iterable[Fraction]) -> list[Fraction]:
    """Coefficients of the polynomial with these roots, constant first."""
    coefficients = [Fraction(1)]
    for root in roots:
        shifted = [Fraction(0), *coefficients]
        scaled = [root * c for c in coefficients] + [Fraction(0)]
        coefficients = [a - b for a, b in zip(shifted, scaled, strict=True)]
    return coefficients


def _value(coefficients: list[Fraction], x: Fraction) -> Fraction:
    return sum((c * x**i for i, c in enumerate(coefficients)), Fraction(0))


def _unit(index: int, length: int) -> list[Fraction]:
    return [Fraction(int(i == index)) for i in range(length)]


def _matrix(rows: list[list[Fraction]]) -> Matrix:
    return tuple(tuple(float(value) for value in row) for row in rows)
