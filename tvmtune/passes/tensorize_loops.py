"""Replace lowered loops by an intrinsic that is declared to do the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from tvmtune.errors import LoweringError
from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import Buffer, Expr, Load, NonNegative, Read
from tvmtune.ir.printer import print_stmt
from tvmtune.ir.stmt import For, If, Stmt, Store, Tensorized, constant_range
from tvmtune.ir.traverse import children, conjunction, conjuncts, map_expr
from tvmtune.te import Reduction
from tvmtune.te.intrinsics import INTRINSICS, Intrinsic


def tensorize_loops(nest: Stmt, name: str) -> Stmt:
    """The intrinsic over what a nest of loops works on.

    The nest is matched with the declared behaviour; what comes back is made of the declaration.
    A guard that does not depend on the loops is tested before all of it.

    rewrite:  for i in range(n): for j in range(m): y[16*i + j] = x[i + 49*j]
                -->  with transpose(): for i in range(n): ...

    Raises
    ------
    LoweringError
        If the nest is guarded, does something else, or lies in memory as the intrinsic cannot
        use it.
    """
    intrinsic = INTRINSICS[name]
    loops: list[For] = []
    inner: Stmt = nest
    while isinstance(inner, For):
        loops.append(inner)
        inner = inner.body
    guard: Expr | None = None
    if isinstance(inner, If) and inner.otherwise is None:
        guard, inner = _outside(inner, {loop.var for loop in loops})
    if not isinstance(inner, Store) or len(loops) != intrinsic.rank:
        _refuse(
            nest,
            name,
            "it replaces loops around one value, without guards: use a factor that divides, or a "
            "peeled or even tail",
        )
    tensorized = Tensorized(name, _Match(intrinsic, nest, tuple(loops)).rebuilt(inner))
    return tensorized if guard is None else If(guard, tensorized)


def _outside(branch: If, loops: set[Var]) -> tuple[Expr | None, Stmt]:
    """What of a guard can be tested outside of loops, and what is guarded; itself if not all."""
    parts: list[Expr] = []
    for part in conjuncts(branch.condition):
        if not isinstance(part, NonNegative):
            return None, branch
        if part.index.low() >= 0:
            continue
        if loops & part.index.variables():
            return None, branch
        parts.append(part)
    return conjunction(parts), branch.then


def _refuse(nest: Stmt, name: str, why: str) -> NoReturn:
    where = nest.label if isinstance(nest, For) else "a nest"
    raise LoweringError(f"tensorize: {where} by {name}: {why}", print_stmt(nest))


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """Where a tensor of the behaviour lies: the element at its origin, and a stride an axis."""

    buffer: Buffer
    base: Affine
    strides: Mapping[Var, int]

    def offset(self, indices: tuple[Affine, ...]) -> Affine:
        total = self.base
        for index in indices:
            (axis,) = index.variables()
            total = total + Affine.of(axis) * self.strides[axis]
        return total


@dataclass(frozen=True, slots=True, eq=False)
class _Match:
    """A nest on the way to its intrinsic."""

    intrinsic: Intrinsic
    nest: Stmt
    loops: tuple[For, ...]
    places: dict[str, _Place] = field(default_factory=dict)

    def rebuilt(self, store: Store) -> For:
        """The declared behaviour over the buffers of the nest."""
        extents = [self._extent(loop) for loop in self.loops]
        result, declared = self.intrinsic.compute(extents, store.buffer.dtype)
        assert not isinstance(declared.body, Reduction)
        axes = dict(zip((loop.var for loop in self.loops), declared.axes, strict=True))
        indices = tuple(map(Affine.of, declared.axes))
        self._put(result, store.buffer, store.offset, indices, axes)
        self._walk(store.value, declared.body, axes)
        value = map_expr(declared.body, self._load)
        offset = self.places[result].offset(indices)
        body: Stmt = Store(store.buffer, offset, value, store.stage, store.action)
        for loop, axis in reversed(list(zip(self.loops, declared.axes, strict=True))):
            ends = (Affine(0),), (Affine.of(axis.extent),)
            body = For(axis, *ends, "serial", body, loop.label)
        assert isinstance(body, For)
        return body

    def _extent(self, loop: For) -> int:
        bounds = constant_range(loop)
        if loop.kind != "serial" or bounds is None or bounds[0] != 0:
            self._no(f"loop {loop.label} does not run from 0 to a constant")
        return bounds[1]

    def _walk(self, value: Expr, declared: Expr, axes: Mapping[Var, Var]) -> None:
        """Find the tensors of the behaviour; the schedule has compared what is computed."""
        if isinstance(declared, Read):
            if not isinstance(value, Load):
                self._no("it reads a tensor where the nest computes a value")
            self._put(declared.tensor, value.buffer, value.offset, declared.indices, axes)
            return
        parts, wanted = children(value), children(declared)
        if type(value) is not type(declared) or len(parts) != len(wanted):
            self._no("the nest computes something else")
        for a, b in zip(parts, wanted, strict=True):
            self._walk(a, b, axes)

    def _put(
        self, tensor: str, buffer: Buffer, offset: Affine, indices: tuple[Affine, ...],
        axes: Mapping[Var, Var],
    ) -> None:  # fmt: skip
        """Note where a tensor lies, and whether it may lie there."""
        strides: dict[Var, int] = {}
        base = offset
        for var, axis in axes.items():
            stride = offset.terms.get(var, 0)
            rest = Affine(offset.const, {a: c for a, c in base.terms.items() if a is not var})
            if var in rest.variables() or not isinstance(stride, int):
                self._no(f"{buffer.name} does not lie in even steps along {var.name}")
            strides[axis], base = stride, rest
        used = [v for index in indices for v in index.variables()]
        if any(strides[axis] for axis in axes.values() if axis not in used):
            self._no(f"{buffer.name} moves along a loop that {tensor} does not have")
        if tensor in self.intrinsic.contiguous and self._extent_of(used[-1]) > 1:
            step = strides[used[-1]]
            if step != 1:
                self._no(
                    f"rows of {tensor} must be contiguous, and {buffer.name} is stored in steps "
                    f"of {step} elements along {used[-1].name}; choose another layout or order"
                )
        self.places[tensor] = _Place(buffer, base, strides)

    @staticmethod
    def _extent_of(axis: Var) -> int:
        return int(axis.extent)

    def _load(self, e: Expr) -> Expr | None:
        if not isinstance(e, Read):
            return None
        place = self.places[e.tensor]
        return Load(place.buffer, place.offset(e.indices))

    def _no(self, why: str) -> NoReturn:
        _refuse(self.nest, self.intrinsic.name, why)
