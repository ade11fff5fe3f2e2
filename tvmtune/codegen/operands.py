"""What an intrinsic works on: its extents, and where its operands lie."""

from __future__ import annotations

from dataclasses import dataclass

from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import Buffer, Load
from tvmtune.ir.stmt import For, Stmt, Store, Tensorized
from tvmtune.ir.traverse import values_of
from tvmtune.symbolic import as_int


@dataclass(frozen=True, slots=True, eq=False)
class Operand:
    """A tensor of an intrinsic: the place of its first element, and its stride along every axis."""

    buffer: Buffer
    base: Affine
    strides: tuple[int, ...]

    @staticmethod
    def of(buffer: Buffer, offset: Affine, axes: tuple[Var, ...]) -> Operand:
        """What an offset over the axes of an intrinsic says."""
        base = Affine(offset.const, {a: c for a, c in offset.terms.items() if a not in axes})
        return Operand(buffer, base, tuple(as_int(offset.terms.get(a, 0)) for a in axes))

    def at(self, *indices: int) -> Affine:
        """The offset of an element."""
        return self.base + sum(i * s for i, s in zip(indices, self.strides, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Operands:
    """All of an intrinsic: extents of its axes, its result, and what it reads, in order."""

    extents: tuple[int, ...]
    result: Operand
    sources: tuple[Operand, ...]

    @staticmethod
    def of(tensorized: Tensorized) -> Operands:
        """The operands in an intrinsic's declared behaviour."""
        axes: list[Var] = []
        inner: Stmt = tensorized.body
        while isinstance(inner, For):
            axes.append(inner.var)
            inner = inner.body
        assert isinstance(inner, Store), "a behaviour is a nest of loops around a store"
        over = tuple(axes)
        loads = [v for v in values_of(inner.value) if isinstance(v, Load)]
        return Operands(
            tuple(as_int(a.extent) for a in over),
            Operand.of(inner.buffer, inner.offset, over),
            tuple(Operand.of(v.buffer, v.offset, over) for v in loads),
        )
