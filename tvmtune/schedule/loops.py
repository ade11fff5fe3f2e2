"""Primitives on the loops of one stage: split, tile, fuse, reorder, and how loops run."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

from tvmtune.errors import ScheduleError
from tvmtune.ir.affine import Affine
from tvmtune.schedule.base import ScheduleState, check_factor
from tvmtune.schedule.constraints import tail_constraints
from tvmtune.schedule.placed import Box, Placed
from tvmtune.schedule.stage import Annotation, At, Fuse, Kind, Split, Stage, Tail
from tvmtune.symbolic import IntExpr
from tvmtune.te.intrinsics import INTRINSICS


class LoopPrimitives(ScheduleState):
    """Primitives that rearrange and mark loops."""

    __slots__ = ()

    def split(
        self,
        stage: str,
        axis: str,
        factor: IntExpr,
        names: tuple[str, str] | None = None,
        tail: Tail | str = Tail.GUARD,
    ) -> Self:
        """Split a loop in two.

        rewrite:  for i in range(n): S   -->   for io in range(ceil(n / f)):
                                                   for ii in range(f): S[i := io*f + ii]

        ``names`` defaults to the axis with ``o`` and ``i`` appended; ``tail`` says what happens
        where the factor does not divide (see `Tail`).

        Raises
        ------
        ScheduleError
            If the loop does not exist, a name is taken, the factor is below 1, a stage is computed
            at the loop, a padded tail is asked of a reduction that is no sum or of a part of an
            axis, or the loop is the outer part of a split whose tail makes copies of it.
        """
        found = self.leaf("split", stage, axis)
        self.check_not_used("split", stage, axis)
        outer, inner = names or (f"{axis}o", f"{axis}i")
        check_factor("split", f"{stage}.{axis}", factor)
        _free_names("split", found, outer, inner)
        policy = _tail(tail)
        if policy is Tail.PAD and found.is_reduce_axis(axis) and not _is_sum(found):
            raise ScheduleError(
                f"split: {stage}.{axis} with a padded tail: zeros change a max or min reduction; "
                "use guard, peel or even"
            )
        at = found.leaves.index(axis)
        new = replace(
            found,
            relations=(*found.relations, Split(axis, factor, outer, inner, policy)),
            leaves=(*found.leaves[:at], outer, inner, *found.leaves[at + 1 :]),
            annotations={k: v for k, v in found.annotations.items() if k != axis},
        )
        _check_tails("split", new)
        return self.with_stage(new, "split", stage, axis, factor, (outer, inner), policy.value)

    def tile(
        self,
        stage: str,
        first: str,
        second: str,
        factors: tuple[IntExpr, IntExpr],
        tail: Tail | str = Tail.GUARD,
    ) -> Self:
        """Split two adjacent loops and bring both outer parts outside.

        rewrite:  for i: for j: S   -->   for io: for jo: for ii: for ji: S

        Raises
        ------
        ScheduleError
            As `split`; also if ``second`` does not directly follow ``first``.
        """
        found = self.leaf("tile", stage, first, second)
        at = found.leaves.index(first)
        if found.leaves[at + 1 : at + 2] != (second,):
            raise ScheduleError(
                f"tile: {stage}: {second} must directly follow {first}; the order is "
                f"{', '.join(found.leaves)}"
            )
        halves = self.split(stage, first, factors[0], tail=tail).split(
            stage, second, factors[1], tail=tail
        )
        new = (f"{first}o", f"{second}o", f"{first}i", f"{second}i")
        return halves.reorder(stage, *found.leaves[:at], *new, *found.leaves[at + 2 :])

    def fuse(self, stage: str, outer: str, inner: str, name: str | None = None) -> Self:
        """Make one loop of two adjacent ones.

        rewrite:  for i in range(n): for j in range(m): S   -->   for f in range(n*m):
                                                                      S[i := f // m, j := f % m]

        Raises
        ------
        ScheduleError
            If the loops do not exist, are not adjacent, one is reduced over and the other not, a
            stage is computed at one of them, or one is the outer part of a split whose tail makes
            copies of it.
        """
        found = self.leaf("fuse", stage, outer, inner)
        self.check_not_used("fuse", stage, outer, inner)
        at = found.leaves.index(outer)
        if found.leaves[at + 1 : at + 2] != (inner,):
            raise ScheduleError(
                f"fuse: {stage}: {inner} must directly follow {outer}; the order is "
                f"{', '.join(found.leaves)}"
            )
        if found.is_reduce_axis(outer) != found.is_reduce_axis(inner):
            raise ScheduleError(f"fuse: {stage}: one of {outer} and {inner} is reduced over")
        fused = name or f"{outer}_{inner}"
        _free_names("fuse", found, fused)
        new = replace(
            found,
            relations=(*found.relations, Fuse(outer, inner, fused)),
            leaves=(*found.leaves[:at], fused, *found.leaves[at + 2 :]),
            annotations={k: v for k, v in found.annotations.items() if k not in (outer, inner)},
        )
        _check_tails("fuse", new)
        return self.with_stage(new, "fuse", stage, outer, inner, fused)

    def reorder(self, stage: str, *axes: str) -> Self:
        """Put loops in this order; those not named keep their places.

        rewrite:  for i: for j: S   -->   for j: for i: S

        Raises
        ------
        ScheduleError
            If a loop does not exist or is named twice, or a stage that is computed at one of them
            would be outside of what it reads.
        """
        found = self.leaf("reorder", stage, *axes)
        order = iter(axes)
        leaves = tuple(next(order) if a in axes else a for a in found.leaves)
        return self.with_stage(replace(found, leaves=leaves), "reorder", stage, *axes)

    def vectorize(self, stage: str, axis: str) -> Self:
        """Turn the innermost loop into the lanes of vectors.

        rewrite:  for i in range(n): S   -->   S[i := (0, ..., n-1)]

        Raises
        ------
        ScheduleError
            If the loop is not the innermost, or is reduced over.
        """
        found = self.leaf("vectorize", stage, axis)
        if found.leaves[-1] != axis:
            raise ScheduleError(
                f"vectorize: {stage}.{axis} is not the innermost loop; the order is "
                f"{', '.join(found.leaves)}"
            )
        if found.is_reduce_axis(axis):
            raise ScheduleError(f"vectorize: {stage}.{axis} is reduced over")
        return self._annotate("vectorize", found, axis, Annotation(Kind.VECTORIZED))

    def unroll(self, stage: str, axis: str, limit: int | None = None) -> Self:
        """Repeat the body of a loop, once for each iteration.

        rewrite:  for i in range(n): S   -->   S[i:=0]; ...; S[i:=n-1]     when n <= limit

        Raises
        ------
        ScheduleError
            If the loop does not exist or the limit is below 1.
        """
        found = self.leaf("unroll", stage, axis)
        if limit is not None and limit < 1:
            raise ScheduleError(f"unroll: {stage}.{axis}: limit {limit} must be at least 1")
        return self._annotate("unroll", found, axis, Annotation(Kind.UNROLLED, limit), limit)

    def steps(self, stage: str, axis: str) -> Self:
        """Unroll a loop with a fence between the copies.

        Nothing is moved or merged across the fence, which keeps few values live at a time.

        rewrite:  for i in range(n): S   -->   S[i:=0]; fence; ...; S[i:=n-1]; fence
        """
        found = self.leaf("steps", stage, axis)
        return self._annotate("steps", found, axis, Annotation(Kind.STEPS))

    def parallel(self, stage: str, axis: str) -> Self:
        """Share the iterations of a loop among threads.

        rewrite:  for i in range(n): S   -->   for i in parallel(n): S

        Raises
        ------
        ScheduleError
            If the loop is reduced over, another loop of the stage is parallel already, or one runs
            inside or outside of it through `compute_at`.
        """
        found = self.leaf("parallel", stage, axis)
        if found.is_reduce_axis(axis):
            raise ScheduleError(f"parallel: {stage}.{axis} is reduced over")
        others = [a for a, n in found.annotations.items() if n.kind is Kind.PARALLEL and a != axis]
        if others:
            raise ScheduleError(f"parallel: {stage}.{axis}: loop {others[0]} is parallel already")
        return self._annotate("parallel", found, axis, Annotation(Kind.PARALLEL))

    def bind(self, stage: str, axis: str, thread: str) -> Self:
        """Refuse to bind a loop to a thread axis: no target of this version has any.

        Raises
        ------
        ScheduleError
            Always.
        """
        self.leaf("bind", stage, axis)
        raise ScheduleError(
            f"bind: {stage}.{axis} to {thread}: CPU targets have no thread axes; use parallel"
        )

    def virtual_thread(self, stage: str, axis: str) -> Self:
        """Refuse a virtual thread: no target of this version interleaves any.

        Raises
        ------
        ScheduleError
            Always.
        """
        self.leaf("virtual_thread", stage, axis)
        raise ScheduleError(
            f"virtual_thread: {stage}.{axis}: CPU targets have none; use unroll or steps"
        )

    def tensorize(self, stage: str, axis: str, intrinsic: str) -> Self:
        """Replace the loops from one inwards by an intrinsic that does what they do.

        The stage's body must be the intrinsic's behaviour, with one plain loop for each axis of
        it.  What depends on extents and layouts is checked when the schedule is lowered.

        rewrite:  for i: for j: S[i, j]   -->   intrinsic()     when it is declared as S

        Raises
        ------
        ScheduleError
            If the intrinsic does not exist, or the nest inside the loop is not what it does.
        """
        found = self.leaf("tensorize", stage, axis)
        if intrinsic not in INTRINSICS:
            raise ScheduleError(
                f"tensorize: {stage}.{axis} by {intrinsic!r}: no such intrinsic; "
                f"known are {', '.join(INTRINSICS)}"
            )
        annotation = Annotation(intrinsic=intrinsic)
        new = replace(found, annotations={**found.annotations, axis: annotation})
        return self.with_stage(new, "tensorize", stage, axis, intrinsic)

    def _annotate(
        self, primitive: str, stage: Stage, axis: str, annotation: Annotation, *extra: int | None
    ) -> Self:
        new = replace(stage, annotations={**stage.annotations, axis: annotation})
        return self.with_stage(new, primitive, stage.name, axis, *extra)


def _tail(tail: Tail | str) -> Tail:
    try:
        return Tail(tail)
    except ValueError as error:
        known = ", ".join(t.value for t in Tail)
        raise ScheduleError(f"split: tail {tail!r} is unknown; known are {known}") from error


def _free_names(primitive: str, stage: Stage, *names: str) -> None:
    taken = stage.axis_names() & set(names)
    if taken or len(set(names)) != len(names):
        raise ScheduleError(
            f"{primitive}: {stage.name}: the names {', '.join(names)} must be new; "
            f"taken are {', '.join(sorted(stage.axis_names()))}"
        )


def _check_tails(primitive: str, stage: Stage) -> None:
    """Refuse factors that must divide and do not; constraints say it where that is not known yet.

    A stage that is computed inside another has extents that depend on where.
    """
    if isinstance(stage.place, At):
        return
    placed = Placed.at(stage, {a.name: Box(Affine(), a.extent) for a in stage.roots})
    for constraint in tail_constraints(placed):
        if isinstance(constraint.condition, int) and not constraint.condition:
            raise ScheduleError(f"{primitive}: {constraint.message}")


def _is_sum(stage: Stage) -> bool:
    return getattr(stage.body, "op", None) == "add"
