"""Storage maps: where the elements of a tensor lie in memory.

A layout permutes and blocks the axes of a tensor and does nothing else; blocked axes are rounded
up with zeros.  It belongs to the schedule, not to the algorithm: indices stay those of the plain
tensor.
Divisors and moduli may be symbolic while a schedule is symbolic; packing needs integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from reprlib import repr as shown
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tvmtune.errors import LayoutError
from tvmtune.symbolic import IntExpr, as_int, ceildiv, same


@dataclass(frozen=True, slots=True)
class StorageDim:
    """A physical dimension: ``index // divisor``, or ``index // divisor % modulus`` if given."""

    axis: int
    divisor: IntExpr = 1
    modulus: IntExpr | None = None


def _whole(value: Any) -> int:
    """A value that is an integer already."""
    if type(value) is not int:
        raise TypeError(f"{shown(value)} is not an integer")
    return value


def _joined(dims: list[StorageDim], shape: Sequence[int]) -> list[StorageDim]:
    """Dimensions without blocks that follow the next larger one, where none is rounded up."""
    result: list[StorageDim] = []
    for dim in dims:
        outer = result[-1] if result else None
        if (
            outer is not None
            and dim.modulus is not None
            and outer.axis == dim.axis
            and as_int(outer.divisor) == as_int(dim.divisor) * as_int(dim.modulus)
            and (outer.modulus is not None or shape[dim.axis] % as_int(outer.divisor) == 0)
        ):
            whole = None if outer.modulus is None else outer.modulus * dim.modulus
            result[-1] = StorageDim(dim.axis, dim.divisor, whole)
        else:
            result.append(dim)
    return result


def _by_size(dim: StorageDim) -> int:
    """Blocks of one element come first, dimensions without a modulus last."""
    return 2 if dim.modulus is None else int(not same(dim.modulus, 1))


@dataclass(frozen=True, slots=True)
class Layout:
    """Physical dimensions of a tensor, outermost first.

    Parameters
    ----------
    rank
        Number of axes of the plain tensor.
    dims
        Physical dimensions; every axis has exactly one without modulus, and its blocks nest:
        the divisor of each is the product of the smaller blocks.

    Raises
    ------
    LayoutError
        For anything else.
    """

    rank: int
    dims: tuple[StorageDim, ...]

    def __post_init__(self) -> None:
        unknown = sorted({d.axis for d in self.dims} - set(range(self.rank)))
        if unknown:
            raise LayoutError(
                f"layout {self} of a rank-{self.rank} tensor: it has no axes {unknown}"
            )
        whole = sorted(d.axis for d in self.dims if d.modulus is None)
        if whole != list(range(self.rank)):
            raise LayoutError(
                f"layout {self} of a rank-{self.rank} tensor: every axis must appear once without "
                f"a modulus, found axes {whole}"
            )
        for axis in range(self.rank):
            self._check_blocks(axis)

    def _check_blocks(self, axis: int) -> None:
        """Each dimension of an axis goes on where the next smaller one ends."""
        left = sorted((d for d in self.dims if d.axis == axis), key=_by_size)
        reached: IntExpr = 1
        while left:
            found = next((d for d in left if same(d.divisor, reached)), None)
            if found is None or (found.modulus is None and len(left) > 1):
                raise LayoutError(f"layout {self}: the blocks of axis {axis} do not nest")
            left = [d for d in left if d is not found]
            reached = reached if found.modulus is None else reached * found.modulus

    @staticmethod
    def plain(rank: int) -> Layout:
        """Row-major storage."""
        return Layout(rank, tuple(StorageDim(a) for a in range(rank)))

    @staticmethod
    def blocked(
        rank: int, blocks: Sequence[tuple[int, IntExpr]], order: Sequence[int] | None = None
    ) -> Layout:
        """Blocks of some axes innermost: ``blocked(4, [(1, 16)])`` is NCHW16c.

        Parameters
        ----------
        rank
            Number of axes.
        blocks
            ``(axis, size)`` from the outermost block to the innermost; an axis at most once.
        order
            Order of the outer dimensions; default that of the axes.
        """
        size = dict(blocks)
        if len(size) != len(blocks):
            raise LayoutError(f"layout with blocks {list(blocks)}: an axis is blocked twice")
        outer = tuple(StorageDim(a, size.get(a, 1)) for a in (order or range(rank)))
        return Layout(rank, outer + tuple(StorageDim(a, 1, b) for a, b in blocks))

    def __str__(self) -> str:
        parts = [
            f"{d.axis}"
            + (f"/{d.divisor}" if str(d.divisor) != "1" else "")
            + (f"%{d.modulus}" if d.modulus is not None else "")
            for d in self.dims
        ]
        return "[" + " ".join(parts) + "]"

    def storage_shape(self, shape: Sequence[IntExpr]) -> tuple[IntExpr, ...]:
        """Extents of the physical dimensions for a tensor of ``shape``, blocks rounded up."""
        return tuple(
            d.modulus if d.modulus is not None else ceildiv(shape[d.axis], d.divisor)
            for d in self.dims
        )

    def block(self, axis: int) -> IntExpr:
        """How many elements of ``axis`` are rounded up together (1 where it is not blocked)."""
        return next(d.divisor for d in self.dims if d.axis == axis and d.modulus is None)

    def to_json(self) -> list[list[int | None]]:
        """Physical dimensions as lists ``[axis, divisor, modulus]``; integers only."""
        return [
            [d.axis, as_int(d.divisor), None if d.modulus is None else as_int(d.modulus)]
            for d in self.dims
        ]

    @staticmethod
    def from_json(rank: int, value: Any) -> Layout:
        """The layout that :meth:`to_json` wrote; raises `LayoutError` on anything else."""
        try:
            dims = tuple(
                StorageDim(_whole(a), _whole(d), None if m is None else _whole(m))
                for a, d, m in value
            )
        except (TypeError, ValueError) as error:
            raise LayoutError(
                f"layout {shown(value)}: expected a list of [axis, divisor, modulus]"
            ) from error
        if any(
            as_int(d.divisor) < 1 or (d.modulus is not None and as_int(d.modulus) < 1) for d in dims
        ):
            raise LayoutError(f"layout {shown(value)}: divisors and moduli must be positive")
        return Layout(rank, dims)

    def size(self, shape: Sequence[int]) -> int:
        """Elements of storage for a tensor of ``shape``."""
        return prod(as_int(e) for e in self.storage_shape(shape))

    def merged(self, shape: Sequence[int]) -> tuple[tuple[int, ...], Layout]:
        """The same storage of the same array with as few axes and blocks as can be.

        Axes that follow each other in the plain array and in storage become one; axes and blocks
        of one element are gone.  NCHW[x]c of one image has two axes and three dimensions.

        Parameters
        ----------
        shape
            Of the plain array; the layout's divisors and moduli must be integers.

        Returns
        -------
        shape, layout
            Of the plain array with fewer axes, and of its storage.
        """
        dims = [d for d in self.dims if d.modulus is None or d.modulus != 1]
        blocked = {d.axis for d in dims if d.modulus is not None}
        dims = _joined([d for d in dims if d.axis in blocked or shape[d.axis] != 1], shape)
        blocked = {d.axis for d in dims if d.modulus is not None}
        place = {d.axis: i for i, d in enumerate(dims)}
        groups: list[list[int]] = []
        for axis in sorted(place):
            last = groups[-1][-1] if groups else -1
            alone = not blocked & {axis, last}
            if groups and alone and place[axis] == place[last] + 1:
                groups[-1].append(axis)
            else:
                groups.append([axis])
        number = {group[0]: i for i, group in enumerate(groups)}
        merged = [
            StorageDim(number[d.axis], d.divisor, d.modulus) for d in dims if d.axis in number
        ]
        return tuple(prod(shape[a] for a in group) for group in groups), Layout(
            len(groups), tuple(merged)
        )

    def keeps(self, shape: Sequence[int]) -> bool:
        """Whether an array of ``shape`` is stored as it is."""
        _, layout = self.merged(shape)
        return layout == Layout.plain(layout.rank)

    def pack(self, array: NDArray[Any], out: NDArray[Any]) -> None:
        """Write a plain array into storage order.

        Parameters
        ----------
        array
            Plain array, shape ``(d0, ..., d[rank-1])``.
        out
            Flat array of :meth:`size` elements; rounded-up places become zero.
        """
        grouped, rounded = self._grouped(out, array.shape)
        if rounded == array.shape:
            grouped[...] = array.reshape(grouped.shape)
            return
        padded = np.zeros(rounded, out.dtype)
        padded[tuple(slice(n) for n in array.shape)] = array
        grouped[...] = padded.reshape(grouped.shape)

    def unpack(self, storage: NDArray[Any], out: NDArray[Any]) -> None:
        """Write storage into a plain array: the inverse of :meth:`pack`."""
        grouped, rounded = self._grouped(storage, out.shape)
        if rounded == out.shape and out.flags.c_contiguous:
            out.reshape(grouped.shape)[...] = grouped
            return
        out[...] = grouped.reshape(rounded)[tuple(slice(n) for n in out.shape)]

    def _grouped(
        self, storage: NDArray[Any], shape: Sequence[int]
    ) -> tuple[NDArray[Any], tuple[int, ...]]:
        """A view of storage with the parts of each axis side by side, and the rounded-up shape."""
        physical = tuple(as_int(e) for e in self.storage_shape(shape))
        places = sorted(
            range(len(self.dims)), key=lambda i: (self.dims[i].axis, -as_int(self.dims[i].divisor))
        )
        rounded = [1] * self.rank
        for i in reversed(places):
            rounded[self.dims[i].axis] *= physical[i]
        return storage.reshape(physical).transpose(places), tuple(rounded)
