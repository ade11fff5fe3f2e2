"""What padded tails compute beyond the extents, and what that asks of storage and of values.

A padded tail computes for real up to a multiple of its factor.  What it stores there must have
room, what it reads must be inside storage, and what a reduction adds must be zero, for arguments of
any value: a sum of products is padded where every factor that may be infinite is padding, too.  All
of it holds where the factor divides.
"""

from __future__ import annotations

from collections.abc import Iterator

from tvmtune.ir.affine import Affine, Atom, Quotient, Remainder, Var
from tvmtune.ir.expr import FLOATS, Binary, Expr, Read
from tvmtune.ir.traverse import indices_of, values_of
from tvmtune.schedule.base import ScheduleState
from tvmtune.schedule.magnitude import UNKNOWN, Magnitude, any_integer, magnitude
from tvmtune.schedule.nest import Constraint
from tvmtune.schedule.placed import Box, Placed
from tvmtune.schedule.stage import At, Fuse, Prepare, Stage
from tvmtune.symbolic import IntExpr, as_int, at_most, both, ceildiv, either, floordiv, maximum
from tvmtune.te import Reduction

Overhang = dict[Var, IntExpr]
"""Axes that run beyond their extent, and how far: one more than the largest index."""


def padding_constraints(schedule: ScheduleState) -> list[Constraint]:
    """What must hold where padded tails run beyond the extents, for all stages in order."""
    padding = _Padding(schedule)
    return [c for stage in schedule.stages.values() for c in padding.constraints(stage)]


class _Padding:
    def __init__(self, schedule: ScheduleState) -> None:
        self._schedule = schedule
        self._overhangs: dict[str, Overhang] = {}
        self._held_back: dict[tuple[str, int], bool] = {}

    def constraints(self, stage: Stage) -> Iterator[Constraint]:
        over = self.overhang(stage)
        if not over:
            return
        yield from self._stores(stage, over)
        for read in stage.reads:
            yield from self._reads(stage, over, read)
        for axis in stage.reduce_axes:
            if axis in over:
                zero = self._beyond(stage.value, axis, over[axis]).is_zero
                text = (
                    f"{stage.name}: padded loop {axis.name} runs to {{}} of {{}}, and what it adds "
                    "beyond is not known to be zero"
                )
                condition = either(_is_whole(axis, over), zero)
                yield Constraint(condition, text, (over[axis], axis.extent))
        for axis in _divisors(stage.value) & over.keys():
            text = (
                f"{stage.name}: padded loop {axis.name} runs to {{}} of {{}} and divides integers"
            )
            yield Constraint(_is_whole(axis, over), text, (over[axis], axis.extent))

    def overhang(self, stage: Stage) -> Overhang:
        """Axes of a stage that run beyond their extent."""
        if stage.name not in self._overhangs:
            self._overhangs[stage.name] = self._overhang(stage)
        return self._overhangs[stage.name]

    def _overhang(self, stage: Stage) -> Overhang:
        placed = Placed.at(stage, {a.name: Box(Affine(), a.extent) for a in stage.roots})
        own = stage.reduce_axes if isinstance(stage.place, At) else stage.roots
        over = {a: placed.covered(a.name) for a in own if placed.is_padded(a.name)}
        if isinstance(stage.place, At):
            for reader, read in self._reads_of(stage.name):
                outer = self.overhang(reader)
                for axis, index in zip(stage.axes, read.indices, strict=True):
                    if index.variables() & outer.keys():
                        reach = _high(index, outer) + 1
                        over[axis] = maximum(over.get(axis, reach), reach)
        return over

    def _reads_of(self, tensor: str) -> Iterator[tuple[Stage, Read]]:
        for reader in self._schedule.readers(tensor):
            yield from ((reader, r) for r in reader.reads if r.tensor == tensor)

    def _stores(self, stage: Stage, over: Overhang) -> Iterator[Constraint]:
        """An argument has room for what its layout rounds up; other storage is made to fit."""
        if not (self._schedule.is_output(stage.name) or isinstance(stage.place, Prepare)):
            return
        for dim, axis in enumerate(stage.axes):
            if axis in over:
                room = self._rounded(stage.name, dim, axis.extent)
                text = f"{stage.name}: padded loop {axis.name} runs to {{}}, it is stored to {{}}"
                yield Constraint(at_most(over[axis], room), text, (over[axis], room))

    def _reads(self, stage: Stage, over: Overhang, read: Read) -> Iterator[Constraint]:
        for dim, index in enumerate(read.indices):
            padded = sorted(index.variables() & over.keys(), key=lambda a: a.name)
            if not padded:
                continue
            whole = both(*(_is_whole(a, over) for a in padded))
            extent = self._schedule.shape_of(read.tensor)[dim]
            adds = any(a in stage.reduce_axes for a in padded)
            limit = self._limit(read.tensor, dim, adds=adds)
            reach, start = _high(index, over) + 1, _low(index, over)
            known = index.low() >= 0 and index.high() < as_int(extent)
            fits = 1 if limit is None else at_most(reach, limit)
            padding = f"{stage.name}: padded loop {padded[0].name} reads {read.tensor}"
            yield Constraint(
                either(whole, both(int(known), fits)),
                f"{padding} up to {{}}, it is there up to {{}}",
                (reach, extent if limit is None else limit),
            )
            if known:
                text = f"{padding} from {{}} on, it is there from 0 on"
                yield Constraint(either(whole, at_most(0, start)), text, (start,))

    def _limit(self, tensor: str, dim: int, *, adds: bool) -> IntExpr | None:
        """How far a tensor can be read; None where it is made to fit.

        What is added up must have been computed; elsewhere it is enough that there is storage.
        """
        extent = self._schedule.shape_of(tensor)[dim]
        if tensor in self._schedule.inputs:
            return self._rounded(tensor, dim, extent)
        stage = self._schedule.stage(tensor)
        if isinstance(stage.place, At):
            held_back = adds and self._is_held_back(tensor, dim)
            return None if self._is_boxed(tensor, dim) and not held_back else extent
        computed = self.overhang(stage).get(stage.axes[dim], extent)
        return computed if adds else self._rounded(tensor, dim, computed)

    def _is_boxed(self, tensor: str, dim: int) -> bool:
        """Whether a stage that is computed inside holds just what is read, and not a whole axis."""
        reads = list(self._reads_of(tensor))
        first = reads[0][1].indices[dim]
        return all(
            reader is reads[0][0]
            and (read.indices[dim] - first).is_constant()
            and not any(isinstance(a, (Quotient, Remainder)) for a in read.indices[dim].terms)
            and not any(_is_fused(reader, a) for a in read.indices[dim].variables())
            for reader, read in reads
        )

    def _rounded(self, tensor: str, dim: int, extent: IntExpr) -> IntExpr:
        block = self._schedule.layout_of(tensor).block(dim)
        return ceildiv(extent, block) * block

    def _is_held_back(self, tensor: str, dim: int) -> bool:
        """Whether guards stop a stage that is computed inside at its extent (`Placed.box_of`)."""
        key = tensor, dim
        if key not in self._held_back:
            self._held_back[key] = self._is_reader_guarded(tensor, dim)
        return self._held_back[key]

    def _is_reader_guarded(self, tensor: str, dim: int) -> bool:
        for reader, read in self._reads_of(tensor):
            placed = Placed.at(reader, {a.name: Box(Affine(), a.extent) for a in reader.roots})
            for axis in read.indices[dim].variables():
                if placed.guarded(axis.name):
                    return True
                inside = isinstance(reader.place, At) and axis in reader.axes
                if inside and self._is_held_back(reader.name, reader.axes.index(axis)):
                    return True
        return False

    def _beyond(self, value: Expr, axis: Var, reach: IntExpr) -> Magnitude:
        """What is known of a value where an axis lies between its extent and ``reach``."""
        known: dict[tuple[str, int], Magnitude] = {}
        return magnitude(value, lambda read: self._read_beyond(read, axis, reach, known))

    def _read_beyond(
        self, read: Read, axis: Var, reach: IntExpr, known: dict[tuple[str, int], Magnitude]
    ) -> Magnitude:
        shape = self._schedule.shape_of(read.tensor)
        varying = [d for d, index in enumerate(read.indices) if axis in index.variables()]
        along = [
            d
            for d in varying
            if read.indices[d].same(Affine.of(axis)) and as_int(shape[d]) == as_int(axis.extent)
        ]
        if read.tensor in self._schedule.inputs:
            if along:
                rooms = (self._rounded(read.tensor, d, shape[d]) for d in along)
                return Magnitude(either(*(at_most(reach, room) for room in rooms)), 0.0)
            return UNKNOWN if read.dtype in FLOATS else any_integer(read.dtype)
        if along and len(varying) == 1:
            key = read.tensor, along[0]
            if key not in known:
                known[key] = self._computed_beyond(*key, reach)
            return known[key]
        return UNKNOWN if varying or read.dtype in FLOATS else any_integer(read.dtype)

    def _computed_beyond(self, tensor: str, dim: int, reach: IntExpr) -> Magnitude:
        stage = self._schedule.stage(tensor)
        limit = self._limit(tensor, dim, adds=True)
        computed: IntExpr = 1 if limit is None else at_most(reach, limit)
        found = self._beyond(stage.value, stage.axes[dim], reach)
        if isinstance(stage.body, Reduction) and found.size:
            return UNKNOWN
        return Magnitude(both(computed, found.condition), found.size)


def _is_whole(axis: Var, over: Overhang) -> IntExpr:
    return at_most(over[axis], axis.extent)


def _high(index: Affine, over: Overhang) -> IntExpr:
    total = index.const
    for atom, c in index.terms.items():
        total = total + (_largest(atom, over) if as_int(c) > 0 else _smallest(atom, over)) * c
    return total


def _low(index: Affine, over: Overhang) -> IntExpr:
    total = index.const
    for atom, c in index.terms.items():
        total = total + (_smallest(atom, over) if as_int(c) > 0 else _largest(atom, over)) * c
    return total


def _largest(atom: Atom, over: Overhang) -> IntExpr:
    if isinstance(atom, Var):
        return over.get(atom, atom.extent) - 1
    if isinstance(atom, Quotient):
        return floordiv(_high(atom.index, over), atom.divisor)
    return atom.divisor - 1


def _smallest(atom: Atom, over: Overhang) -> IntExpr:
    """An overhang may take what is divided below 0."""
    return floordiv(_low(atom.index, over), atom.divisor) if isinstance(atom, Quotient) else 0


def _is_fused(stage: Stage, axis: Var) -> bool:
    fused = {part for r in stage.relations if isinstance(r, Fuse) for part in (r.outer, r.inner)}
    placed = Placed.at(stage, {})
    return not fused.isdisjoint(placed.parts_of(axis.name))


def _axes_in(value: Expr) -> set[Var]:
    return {v for i in indices_of(value) for v in i.variables()}


def _divisors(value: Expr) -> set[Var]:
    """Axes on which the divisors of integer divisions depend."""
    found: set[Var] = set()
    for v in values_of(value):
        if isinstance(v, Binary) and v.op == "div" and v.dtype == "int32":
            found |= _axes_in(v.b)
    return found
