"""Which axes of a consumer decide what is needed of a producer's axis, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from tvmtune.ir.affine import Affine, Atom, Quotient, Var
from tvmtune.schedule.base import ScheduleState
from tvmtune.schedule.stage import Stage
from tvmtune.symbolic import as_int


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Where the places of a producer's axis come from.

    Parameters
    ----------
    roots
        The consumer's root axes, each with the step by which one iteration moves the places, less
        than 1 where several have the same place (0 where it is not known).
    halo
        How far the other axes of the readers in between reach; None where it is not known.
    extents
        The extents of the roots in the tensor expression.
    identity
        The root axis that has the same places, if the places are those of one axis.
    first
        The place where all axes are 0.
    """

    roots: Mapping[str, Fraction]
    halo: int | None
    extents: Mapping[str, int]
    identity: str | None = None
    first: int = 0

    def reach_beside(self, root: str | None) -> int | None:
        """How far all axes but one reach from the place where they are 0."""
        if self.halo is None or any(step <= 0 for step in self.roots.values()):
            return None
        others = [r for r in self.roots if r != root]
        return ceil(self.halo + sum(self.roots[r] * (self.extents[r] - 1) for r in others))


def sources_of(schedule: ScheduleState, producer: Stage, consumer: Stage) -> dict[str, Source]:
    """The source of every axis of a producer, read by the consumer or by stages in between."""
    found: dict[str, Source] = {}
    for reader in schedule.readers(producer.name):
        if reader.name == consumer.name:
            inner = {a.name: _of_root(consumer, a) for a in consumer.roots}
        else:
            inner = sources_of(schedule, reader, consumer)
            inner |= {r.name: _inside(r) for r in reader.reduce_axes}
        for read in reader.reads:
            if read.tensor != producer.name:
                continue
            for axis, index in zip(producer.axes, read.indices, strict=True):
                source = _through(index, inner)
                known = found.get(axis.name)
                found[axis.name] = source if known is None else _both(known, source)
    return found


def _of_root(consumer: Stage, axis: Var) -> Source:
    if axis.extent == 1 and axis.name in consumer.leaves:
        return _inside(axis)
    return Source({axis.name: Fraction(1)}, 0, {axis.name: as_int(axis.extent)}, axis.name)


def _inside(axis: Var) -> Source:
    return Source({}, as_int(axis.extent) - 1, {})


def _through(index: Affine, inner: Mapping[str, Source]) -> Source:
    roots: dict[str, Fraction] = {}
    extents: dict[str, int] = {}
    halo: int | None = 0
    first = index.const if isinstance(index.const, int) else 0
    for atom, c in index.terms.items():
        step = _step(atom, inner) * c if isinstance(c, int) else Fraction(0)
        for variable in (atom,) if isinstance(atom, Var) else sorted_variables(atom.index):
            source = inner[variable.name]
            extents |= source.extents
            for root, own in source.roots.items():
                roots[root] = Fraction(0) if root in roots else step * own
            if step <= 0 or source.halo is None or halo is None:
                halo = None
            else:
                halo, first = halo + int(step * source.halo), first + int(step * source.first)
    if not isinstance(index.const, int):
        halo = None
    identity = None
    moving = [(a, c) for a, c in index.terms.items() if a.extent != 1] or [*index.terms.items()]
    if len(moving) == 1 and type(index.const) is int and index.const == 0:
        ((atom, c),) = moving
        if isinstance(atom, Var) and c == 1:
            identity = inner[atom.name].identity
    return Source(roots, halo, extents, identity, first)


def _step(atom: Atom, inner: Mapping[str, Source]) -> Fraction:
    """How far an atom moves with its variable; 0 where that is not known."""
    if isinstance(atom, Var):
        return Fraction(1)
    if isinstance(atom, Quotient) and isinstance(atom.divisor, int):
        (inside,) = atom.index.terms if len(atom.index.terms) == 1 else (None,)
        if isinstance(inside, Var) and atom.index.same(Affine.of(inside)):
            source = inner[inside.name]
            if source.halo == source.first == 0:
                return Fraction(1, atom.divisor)
    return Fraction(0)


def sorted_variables(index: Affine) -> list[Var]:
    """Variables of an index in a fixed order."""
    return sorted(index.variables(), key=lambda v: v.name)


def _both(a: Source, b: Source) -> Source:
    """The source of what two reads need together."""
    extents = {**a.extents, **b.extents}
    if dict(a.roots) != dict(b.roots) or a.halo is None or b.halo is None:
        return Source(dict.fromkeys({**a.roots, **b.roots}, Fraction(0)), None, extents)
    first = min(a.first, b.first)
    last = max(a.first + a.halo, b.first + b.halo)
    alike = (a.identity, a.halo, a.first) == (b.identity, b.halo, b.first)
    return Source(a.roots, last - first, extents, a.identity if alike else None, first)
