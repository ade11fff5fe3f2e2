"""How many points of a stage run, under conditions on its indices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from math import prod

from tvmtune.analysis.conditions import Conditions
from tvmtune.analysis.copies import Copy, Group, Instances, Tiling
from tvmtune.analysis.counting import places, places_below
from tvmtune.ir.affine import Affine, Var
from tvmtune.schedule.placed import Placed
from tvmtune.schedule.stage import At, Split, Stage, Tail
from tvmtune.symbolic import IntExpr, as_int

_MOST_ENUMERATED = 4096
"""Combinations of other axes for which a condition is solved, one by one."""


@dataclass(frozen=True, slots=True, eq=False)
class Count:
    """A number of points; an upper bound where it is not ``exact``."""

    number: IntExpr
    exact: bool = True


def count_points(
    instances: Instances, when: Conditions, *, reduce: bool, unless: tuple[Conditions, ...] = ()
) -> Count:
    """Points of a stage that run, over all of its instances.

    Parameters
    ----------
    instances
        Where the stage is computed.
    when
        Conditions under which a point counts.
    reduce
        Whether the loops over reduction axes run (an ``init`` runs outside of them).
    unless
        Points that do not count: sets without a point in common, each a part of ``when``.
    """
    total = _count(instances, when, reduce=reduce)
    for part in unless:
        cut = _count(instances, part, reduce=reduce)
        exact = total.exact and cut.exact
        total = Count(total.number - cut.number if exact else total.number, exact)
    return total


def _count(instances: Instances, when: Conditions, *, reduce: bool) -> Count:
    stage = instances.stage
    number, exact = instances.times, when.exact
    for groups, conditions in _components(_own_groups(instances, reduce=reduce), when.indices):
        found = _solved(stage, groups, conditions) if conditions else None
        if conditions and found is None:
            exact = False
        for group in groups if found is None else ():
            count = _unconditional(stage, group)
            found, exact = _times(found, count.number), exact and count.exact
        number = number * (1 if found is None else found)
    if any(not c.terms and as_int(c.const) < 0 for c in when.indices):
        return Count(0)
    return Count(number, exact)


def _times(number: IntExpr | None, factor: IntExpr) -> IntExpr:
    return factor if number is None else number * factor


def _own_groups(instances: Instances, *, reduce: bool) -> list[Group]:
    """Groups of axes with what padded tails add."""
    stage = instances.stage
    inner = {a.name for a in stage.reduce_axes}
    groups = [g for g in instances.groups if reduce or not set(g.axes) <= inner]
    whole = not isinstance(stage.place, At)
    return [_padded(stage, g) if whole or set(g.axes) <= inner else g for g in groups]


def _padded(stage: Stage, group: Group) -> Group:
    (axis,) = group.axes
    covered = Placed.at(stage, group.copies[0].boxes).covered(axis)
    box = replace(group.copies[0].boxes[axis], extent=covered)
    tiling = Tiling(group.tilings[axis].least, covered)
    return Group(group.axes, (Copy((), {axis: box}),), {axis: tiling}, 0)


def _components(
    groups: list[Group], conditions: tuple[Affine, ...]
) -> Iterator[tuple[list[Group], list[Affine]]]:
    """Groups that conditions tie together, with these conditions."""
    rest = list(groups)
    while rest:
        members, own = [rest.pop(0)], list[Affine]()
        grown = True
        while grown:
            axes = {a for g in members for a in g.axes}
            own = [c for c in conditions if axes & {v.name for v in c.variables()}]
            wanted = {v.name for c in own for v in c.variables()}
            more = [g for g in rest if wanted & set(g.axes)]
            members, rest = members + more, [g for g in rest if g not in more]
            grown = bool(more)
        yield members, own


def _unconditional(stage: Stage, group: Group) -> Count:
    guarded = [axis for axis in group.axes if group.guarded(axis)]
    if not guarded:
        return Count(places(group))
    if all(axis in group.tilings for axis in group.axes):
        number: IntExpr = 1
        for axis in group.axes:
            end = group.tilings[axis].end
            cut = places_below(group, axis, _extent(stage, axis)) if axis in guarded else end
            number = _times(cut, number)
        return Count(number)
    if len(group.axes) == 1:
        below = places_below(group, group.axes[0], _extent(stage, group.axes[0]))
        if below is not None:
            return Count(below)
    return Count(places(group), exact=False)


def _extent(stage: Stage, axis: str) -> int:
    return next(as_int(a.extent) for a in stage.roots if a.name == axis)


def _solved(stage: Stage, groups: list[Group], conditions: list[Affine]) -> IntExpr | None:
    """Points of tied axes under their conditions: one axis is solved for, the others enumerated.

    None where that does not work.
    """
    if any(len(g.axes) > 1 for g in groups):
        return None
    if any(not isinstance(a, Var) for c in conditions for a in c.terms):
        return _enumerated(stage, groups, conditions)
    groups = sorted(groups, key=lambda g: (_is_plain(stage, g), -_extent(stage, g.axes[0])))
    solved, others = groups[0], groups[1:]
    extents = [_extent(stage, g.axes[0]) for g in others]
    if not all(_is_plain(stage, g) for g in others) or prod(extents) > _MOST_ENUMERATED:
        return None
    names = [g.axes[0] for g in others]
    total: IntExpr = 0
    for values in product(*map(range, extents)):
        known = dict(zip(names, values, strict=True))
        low, high = _interval(conditions, solved.axes[0], known)
        below = [_below(stage, solved, limit) for limit in (low, high)]
        if high is not None and high <= low:
            continue
        if below[0] is None or below[1] is None:
            return None
        total = total + below[1] - below[0]
    return total


def _enumerated(stage: Stage, groups: list[Group], conditions: list[Affine]) -> IntExpr | None:
    """Points of tied axes, one by one; None where they are many, or their boxes cut."""
    axes = [next(a for a in stage.roots if a.name == g.axes[0]) for g in groups]
    extents = [as_int(axis.extent) for axis in axes]
    if not all(_is_plain(stage, g) for g in groups) or prod(extents) > _MOST_ENUMERATED:
        return None
    points = (dict(zip(axes, values, strict=True)) for values in product(*map(range, extents)))
    return sum(all(as_int(c.substitute(point).const) >= 0 for c in conditions) for point in points)


def _is_plain(stage: Stage, group: Group) -> bool:
    """Whether an axis runs through its extent once, no more and no less."""
    if group.copies[0].loops or len(group.copies) > 1:
        return False
    box = group.copies[0].boxes[group.axes[0]]
    padded = _has_padded_tail(stage, group.axes[0])
    whole = not isinstance(stage.place, At) or stage.is_reduce_axis(group.axes[0])
    return whole and not box.guarded and not padded


def _has_padded_tail(stage: Stage, axis: str) -> bool:
    placed = Placed.at(stage, {})
    own = set(placed.leaves_of(axis))
    return any(
        isinstance(r, Split) and r.tail is Tail.PAD and own & set(placed.leaves_of(r.axis))
        for r in stage.relations
    )


def _interval(conditions: list[Affine], axis: str, known: dict[str, int]) -> tuple[int, int | None]:
    """Values of an axis for which all conditions hold, the others being known; None: no end."""
    low, high = 0, None
    for condition in conditions:
        step, rest = 0, as_int(condition.const)
        for atom, c in condition.terms.items():
            assert isinstance(atom, Var)
            if atom.name == axis:
                step += as_int(c)
            else:
                rest += as_int(c) * known[atom.name]
        if step > 0:
            low = max(low, -(rest // step))
        elif step < 0:
            last = rest // -step
            high = last + 1 if high is None else min(high, last + 1)
        elif rest < 0:
            return 0, 0
    return low, high


def _below(stage: Stage, group: Group, limit: int | None) -> IntExpr | None:
    (axis,) = group.axes
    if group.guarded(axis):
        extent = _extent(stage, axis)
        limit = extent if limit is None else min(limit, extent)
    if limit is None:
        return places(group)
    return places_below(group, axis, limit)
