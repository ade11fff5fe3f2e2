"""Turns a tile over in registers: vectors in, shuffles, vectors out.

Rows are loaded in pieces of 128 bits, which most CPUs insert into a wider register on the way from
memory: then every shuffle stays inside of its 128 bits, where it is fastest, and a tile takes half
as many of them as one that is loaded row by row.  Rows shorter than a piece that follow each other
in memory are loaded or stored as whole vectors instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tvmtune.codegen.operands import Operands
from tvmtune.codegen.storage import Storage
from tvmtune.codegen.types import intrinsic_suffix, stored_type
from tvmtune.ir.expr import ITEMSIZE

PIECE_BYTES = 16

_Pick = tuple[int, int]
"""A vector among several, and one of its lanes."""


def emit_transposition(storage: Storage, declarations: set[str], operands: Operands) -> None:
    """Emit ``result[i, j] = source[j, i]``; rows of both are contiguous, of any extents."""
    (source,) = operands.sources
    tile = _Tile(storage, declarations, operands, source.buffer.dtype)
    rows, columns = operands.extents
    if 1 < columns < tile.piece and operands.result.strides[0] == columns and rows > 1:
        tile.woven()
    elif 1 < rows < tile.piece and source.strides[1] == rows and columns > 1:
        tile.unwoven()
    else:
        for row in range(0, rows, tile.piece):
            tile.band(row, min(tile.piece, rows - row))


@dataclass(frozen=True, slots=True, eq=False)
class _Tile:
    """A transposition that is being emitted."""

    storage: Storage
    declarations: set[str]
    operands: Operands
    dtype: str

    @property
    def piece(self) -> int:
        """Elements of 128 bits."""
        return PIECE_BYTES // ITEMSIZE[self.dtype]

    def band(self, row: int, height: int) -> None:
        """Rows ``row`` to ``row + height`` of the result, at most as many as a piece is long."""
        columns = self.operands.extents[1]
        parts = -(-columns // self.piece)
        width = self.piece << (parts - 1).bit_length()
        vectors = [
            self._assembled(row, height, range(first, columns, self.piece), width)
            for first in range(min(self.piece, columns))
        ]
        turned = self._turned(vectors, width)
        for i in range(height):
            self._store(row + i, self._resized(turned[i], width, columns), columns)

    def _assembled(self, row: int, height: int, columns: range, width: int) -> str:
        """One piece of each of some columns, side by side."""
        (source,) = self.operands.sources
        pieces = [
            self._resized(
                self.storage.read(source.buffer, source.at(row, j), height), height, self.piece
            )
            for j in columns
        ]
        if width == self.piece:
            return pieces[0]
        whole, part = stored_type(self.dtype, width), stored_type(self.dtype, self.piece)
        suffixes = (intrinsic_suffix(self.dtype, n) for n in (width, self.piece))
        insert = f"@llvm.vector.insert.{'.'.join(suffixes)}"
        self.declarations.add(f"declare {whole} {insert}({whole}, {part}, i64 immarg)")
        vector = "poison"
        for k, value in enumerate(pieces):
            arguments = f"{whole} {vector}, {part} {value}, i64 {k * self.piece}"
            vector = self.storage.text.value(f"call {whole} {insert}({arguments})", "s")
        return vector

    def _turned(self, vectors: Sequence[str], width: int) -> list[str]:
        """Vectors with element ``i`` of every piece of vector ``j`` at ``j`` of vector ``i``."""
        padded = [*vectors, *["poison"] * (self.piece - len(vectors))]
        distance = 1
        while distance < self.piece:
            padded = self._interleaved(padded, width, distance)
            distance *= 2
        return padded

    def _interleaved(self, vectors: Sequence[str], width: int, group: int) -> list[str]:
        """One stage: groups of elements of two vectors in turns, low halves and high halves.

        In the first, vectors 0, 1 become the elements that end in rows 0, 1 and 2, 3; in the
        second, 0, 2 become rows 0 and 1, and 1, 3 rows 2 and 3.
        """
        half = self.piece // 2
        result: list[str] = []
        pairs = [(k, k + group) for k in range(self.piece) if k // group % 2 == 0]
        for a, b in pairs:
            for start in (0, half):
                mask = [
                    base + start + g * group + e + side * width
                    for base in range(0, width, self.piece)
                    for g in range(half // group)
                    for side in (0, 1)
                    for e in range(group)
                ]
                result.append(self._shuffled(vectors[a], vectors[b], width, mask))
        return result

    def woven(self) -> None:
        """Few columns, one row of the result after the other: stored as whole vectors."""
        rows, columns = self.operands.extents
        result, (source,) = self.operands.result, self.operands.sources
        vectors = [self.storage.read(source.buffer, source.at(0, j), rows) for j in range(columns)]
        for v in range(columns):
            places = [divmod(v * rows + lane, columns) for lane in range(rows)]
            value = self._picked(vectors, rows, [(j, i) for i, j in places])
            self.storage.write(result.buffer, result.at(0, 0) + v * rows, rows, value)

    def unwoven(self) -> None:
        """Few rows, one column of the source after the other: loaded as whole vectors."""
        rows, columns = self.operands.extents
        (source,) = self.operands.sources
        vectors = [
            self.storage.read(source.buffer, source.at(0, 0) + v * columns, columns)
            for v in range(rows)
        ]
        for i in range(rows):
            picks = [divmod(j * rows + i, columns) for j in range(columns)]
            self._store(i, self._picked(vectors, columns, picks), columns)

    def _picked(self, vectors: Sequence[str], lanes: int, picks: Sequence[_Pick]) -> str:
        """A vector of lanes of others."""
        used = sorted({vector for vector, _ in picks})
        value, known = vectors[used[0]], {used[0]}
        if len(used) == 1:
            return self._shuffled(value, "poison", lanes, [lane for _, lane in picks])
        for step, vector in enumerate(used[1:]):
            mask: list[int | None] = []
            for place, (of, lane) in enumerate(picks):
                here = lane if step == 0 else place
                mask.append(here if of in known else lanes + lane if of == vector else None)
            value = self._shuffled(value, vectors[vector], lanes, mask)
            known.add(vector)
        return value

    def _shuffled(self, a: str, b: str, lanes: int, mask: Sequence[int | None]) -> str:
        kind = stored_type(self.dtype, lanes)
        indices = ", ".join("i32 poison" if m is None else f"i32 {m}" for m in mask)
        return self.storage.text.value(
            f"shufflevector {kind} {a}, {kind} {b}, <{len(mask)} x i32> <{indices}>", "s"
        )

    def _resized(self, value: str, lanes: int, wanted: int) -> str:
        """The first lanes of a vector, or more that hold nothing."""
        if lanes == wanted:
            return value
        if lanes == 1:
            kind = stored_type(self.dtype, wanted)
            scalar = stored_type(self.dtype, 1)
            return self.storage.text.value(
                f"insertelement {kind} poison, {scalar} {value}, i64 0", "s"
            )
        if wanted == 1:
            kind = stored_type(self.dtype, lanes)
            return self.storage.text.value(f"extractelement {kind} {value}, i64 0", "s")
        mask = [i if i < lanes else None for i in range(wanted)]
        return self._shuffled(value, "poison", lanes, mask)

    def _store(self, row: int, value: str, columns: int) -> None:
        result = self.operands.result
        self.storage.write(result.buffer, result.at(row, 0), columns, value)
