"""Which axes of a consumer decide what is needed of a producer's axis, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tvmtune.ir.affine import Affine, Var
from tvmtune.schedule.base import ScheduleState
from tvmtune.schedule.stage import Stage
from tvmtune.symbolic import as_int


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Where the places of a producer's axis come from.

    Parameters
    ----------
    roots
        The consumer's root axes, each with the step by which one iteration moves the places (0
        where it is not known).
    halo
        How far the other axes of the readers in between reach; None where it is not known.
    extents
        The extents of the roots in the tensor expression.
    identity
        The root axis that has the same places, if the places are those of one axis.
    """

    roots: Mapping[str, int]
    halo: int | None
    extents: Mapping[str, int]
    identity: str | None = None

    def reach_beside(self, root: str | None) -> int | None:
        """How far all axes but one reach from the place where they are 0."""
        if self.halo is None or any(step <= 0 for step in self.roots.values()):
            return None
        others = [r for r in self.roots if r != root]
        return self.halo + sum(self.roots[r] * (self.extents[r] - 1) for r in others)


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
    return Source({axis.name: 1}, 0, {axis.name: as_int(axis.extent)}, axis.name)


def _inside(axis: Var) -> Source:
    return Source({}, as_int(axis.extent) - 1, {})


def _through(index: Affine, inner: Mapping[str, Source]) -> Source:
    roots: dict[str, int] = {}
    extents: dict[str, int] = {}
    halo: int | None = 0
    for atom, c in index.terms.items():
        step = c if isinstance(c, int) and isinstance(atom, Var) else 0
        for variable in (atom,) if isinstance(atom, Var) else sorted_variables(atom.index):
            source = inner[variable.name]
            extents |= source.extents
            for root, own in source.roots.items():
                roots[root] = 0 if root in roots else step * own
            known = step > 0 and source.halo is not None and halo is not None
            halo = halo + step * source.halo if known else None  # type: ignore[operator]
    identity = None
    moving = [(a, c) for a, c in index.terms.items() if a.extent != 1] or [*index.terms.items()]
    if len(moving) == 1 and type(index.const) is int and index.const == 0:
        ((atom, c),) = moving
        if isinstance(atom, Var) and c == 1:
            identity = inner[atom.name].identity
    return Source(roots, halo, extents, identity)


def sorted_variables(index: Affine) -> list[Var]:
    """Variables of an index in a fixed order."""
    return sorted(index.variables(), key=lambda v: v.name)


def _both(a: Source, b: Source) -> Source:
    """The source of what two reads need together."""
    same = a.identity is not None and a.identity == b.identity
    if same and dict(a.roots) == dict(b.roots) and a.halo == b.halo:
        return a
    return Source(dict.fromkeys({**a.roots, **b.roots}, 0), None, {**a.extents, **b.extents})
