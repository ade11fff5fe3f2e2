"""Primitives on where a stage is computed and stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

from tvmtune.errors import ScheduleError
from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import Expr, Read
from tvmtune.ir.traverse import map_expr, map_indices
from tvmtune.layout import Layout
from tvmtune.schedule.base import ScheduleState
from tvmtune.schedule.stage import CPU_SCOPES, At, Prepare, Root, Scope, Stage
from tvmtune.te import Placeholder, Reduction, Tensor


class PlacementPrimitives(ScheduleState):
    """Primitives that move stages, add cached copies, and choose storage."""

    __slots__ = ()

    def compute_at(self, stage: str, consumer: str, axis: str) -> Self:
        """Compute a stage inside a loop of a stage that uses it.

        rewrite:  P; for i: C   -->   for i: (what C reads of P in iteration i); C

        Raises
        ------
        ScheduleError
            If the stage is an output, a reader or what it reads itself is not inside the loop, the
            consumer is (through others) computed inside the stage, or a parallel loop would run
            inside another.
        """
        found = self._movable("compute_at", stage)
        self.leaf("compute_at", consumer, axis)
        if consumer in self._nested_in(stage):
            raise ScheduleError(f"compute_at: {stage} at {consumer}: {consumer} is inside {stage}")
        return self.with_stage(
            replace(found, place=At(consumer, axis)), "compute_at", stage, consumer, axis
        )

    def compute_root(self, stage: str) -> Self:
        """Compute a stage whole, before everything that reads it.

        Raises
        ------
        ScheduleError
            If the stage does not exist, what it reads is computed inside a loop, or what reads it
            is prepared.
        """
        return self.with_stage(replace(self.stage(stage), place=Root()), "compute_root", stage)

    def compute_inline(self, stage: str) -> Self:
        """Compute a stage's values where they are read; the stage is gone.

        rewrite:  P[i] = e(i); C = g(P[f(j)])   -->   C = g(e(f(j)))

        Raises
        ------
        ScheduleError
            If the stage is an output, a reduction, has been split, or is not read.
        """
        found = self._movable("compute_inline", stage)
        if isinstance(found.body, Reduction):
            raise ScheduleError(f"compute_inline: {stage} is a reduction; use compute_at")
        if found.relations:
            raise ScheduleError(f"compute_inline: {stage} has been split; inline it first")
        if any(isinstance(s.place, At) and s.place.stage == stage for s in self.stages.values()):
            raise ScheduleError(f"compute_inline: another stage is computed at {stage}")
        body, axes = found.body, found.axes

        def inlined(e: Expr) -> Expr | None:
            if not isinstance(e, Read) or e.tensor != stage:
                return None
            values = dict(zip(axes, e.indices, strict=True))
            return map_indices(body, lambda i: i.substitute(values))

        stages = {
            name: _with_value(s, map_expr(s.value, inlined)) if s.reads_tensor(stage) else s
            for name, s in self.stages.items()
            if name != stage
        }
        return self.with_stages(stages, "compute_inline", stage)

    def prepare(self, stage: str) -> Self:
        """Compute a stage once, when the kernel is bound to its constants.

        Raises
        ------
        ScheduleError
            If the stage, through others, reads anything but constants and prepared stages.
        """
        found = self._movable("prepare", stage)
        for read in found.reads:
            source = self.inputs.get(read.tensor)
            constant = source is not None and _is_constant(source)
            prepared = source is None and isinstance(self.stage(read.tensor).place, Prepare)
            if not constant and not prepared:
                raise ScheduleError(
                    f"prepare: {stage} reads {read.tensor}, "
                    "which is neither a constant nor prepared"
                )
        return self.with_stage(replace(found, place=Prepare()), "prepare", stage)

    def cache_read(self, tensor: str, scope: Scope | str, readers: tuple[str, ...] = ()) -> Self:
        """Add a copy of a tensor in another scope; ``readers`` (default all) read the copy.

        rewrite:  C = g(A[..])   -->   A.local[i] = A[i]; C = g(A.local[..])

        Raises
        ------
        ScheduleError
            If the tensor or a reader does not exist, a reader is prepared, or the scope is not the
            target's.
        """
        where = _scope("cache_read", scope)
        name = self._new_stage("cache_read", tensor, where)
        users = [self.stage(r) for r in readers] or self.readers(tensor)
        for user in users:
            if not user.reads_tensor(tensor):
                raise ScheduleError(f"cache_read: {user.name} does not read {tensor}")
        if not users:
            raise ScheduleError(f"cache_read: nothing reads {tensor}")
        dtype = self.inputs[tensor].dtype if tensor in self.inputs else self.stage(tensor).dtype
        copy = _copy_stage(name, tensor, self._axes_like(tensor), dtype, where)
        if tensor in self.stages and isinstance(self.stages[tensor].place, At):
            copy = replace(copy, place=self.stages[tensor].place)
        first = min(list(self.stages).index(u.name) for u in users)
        stages: dict[str, Stage] = {}
        for i, (key, s) in enumerate(self.stages.items()):
            if i == first:
                stages[name] = copy
            renamed = any(u.name == key for u in users)
            stages[key] = _with_value(s, _renamed(s.value, tensor, name)) if renamed else s
        return self.with_stages(stages, "cache_read", tensor, where.value, tuple(readers))

    def cache_write(self, stage: str, scope: Scope | str, name: str | None = None) -> Self:
        """Compute a stage in another scope and copy the result out.

        rewrite:  C[i] = e   -->   C.register[i] = e; C[i] = C.register[i]

        The new stage is named ``name``, by default ``stage.scope``; it comes before ``stage`` and
        is computed where ``stage`` is.

        Raises
        ------
        ScheduleError
            If the stage has been split or marked already, another is computed at its loops, the
            name is taken or no identifier, or the scope is not the target's.
        """
        where = _scope("cache_write", scope)
        found = self.stage(stage)
        if found.relations or found.annotations:
            raise ScheduleError(f"cache_write: {stage} has been scheduled; cache it first")
        self.check_not_used("cache_write", stage, *found.leaves)
        cached = self._new_stage("cache_write", stage, where, name)
        inner = replace(found, name=cached, scope=where, layout=None)
        axes = tuple(Var(a.name, a.extent) for a in found.axes)
        outer = replace(
            _copy_stage(stage, cached, axes, found.dtype, found.scope),
            layout=found.layout,
            place=found.place,
        )
        stages: dict[str, Stage] = {}
        for key, s in self.stages.items():
            if key == stage:
                stages[cached] = inner
            stages[key] = outer if key == stage else s
        return self.with_stages(stages, "cache_write", stage, where.value, cached)

    def set_scope(self, stage: str, scope: Scope | str) -> Self:
        """Choose where a stage is stored.

        Raises
        ------
        ScheduleError
            If the stage is an output, or the scope is not the target's.
        """
        found = self._movable("set_scope", stage)
        where = _scope("set_scope", scope)
        return self.with_stage(replace(found, scope=where), "set_scope", stage, where.value)

    def layout(self, tensor: str, layout: Layout) -> Self:
        """Choose how an input or a stage is stored.

        Raises
        ------
        ScheduleError
            If the tensor does not exist or has another rank.
        """
        rank = len(self.shape_of(tensor))
        if layout.rank != rank:
            raise ScheduleError(f"layout: {tensor} has rank {rank}, the layout {layout.rank}")
        if tensor in self.inputs:
            stored = replace(self, layouts={**self.layouts, tensor: layout})
            return stored.with_stages(self.stages, "layout", tensor, layout)
        return self.with_stage(replace(self.stage(tensor), layout=layout), "layout", tensor, layout)

    def _movable(self, primitive: str, stage: str) -> Stage:
        found = self.stage(stage)
        if self.is_output(stage):
            raise ScheduleError(f"{primitive}: {stage} is an output, which is stored whole")
        return found

    def _new_stage(self, primitive: str, tensor: str, scope: Scope, name: str | None = None) -> str:
        self.shape_of(tensor)
        new = name or f"{tensor}.{scope.value}"
        if not (new.isascii() and new.replace(".", "_").isidentifier()):
            raise ScheduleError(
                f"{primitive}: name {new!r} is no identifier: use letters, digits and _"
            )
        if new in self.stages or new in self.inputs:
            raise ScheduleError(f"{primitive}: {new} exists already")
        return new

    def _axes_like(self, tensor: str) -> tuple[Var, ...]:
        if tensor in self.stages:
            return tuple(Var(a.name, a.extent) for a in self.stages[tensor].axes)
        return tuple(Var(f"i{d}", e) for d, e in enumerate(self.inputs[tensor].shape))

    def _nested_in(self, stage: str) -> set[str]:
        """The stage and those computed, directly or through others, inside its loops."""
        found = {stage}
        for s in reversed(list(self.stages.values())):
            if isinstance(s.place, At) and s.place.stage in found:
                found.add(s.name)
        return found


def _is_constant(tensor: Tensor) -> bool:
    return isinstance(tensor.op, Placeholder) and tensor.op.constant


def _scope(primitive: str, scope: Scope | str) -> Scope:
    known = ", ".join(s.value for s in CPU_SCOPES)
    try:
        found = Scope(scope)
    except ValueError as error:
        raise ScheduleError(
            f"{primitive}: scope {scope!r} is unknown; a CPU has {known}"
        ) from error
    if found not in CPU_SCOPES:
        raise ScheduleError(f"{primitive}: a CPU has no scope {found.value}; it has {known}")
    return found


def _copy_stage(name: str, source: str, axes: tuple[Var, ...], dtype: str, scope: Scope) -> Stage:
    read = Read(source, tuple(Affine.of(a) for a in axes), dtype)
    leaves = tuple(a.name for a in axes)
    return Stage(name, dtype, axes, read, (), leaves, {}, Root(), scope, None)


def _with_value(stage: Stage, value: Expr) -> Stage:
    if isinstance(stage.body, Reduction):
        return replace(stage, body=replace(stage.body, body=value))
    return replace(stage, body=value)


def _renamed(value: Expr, tensor: str, name: str) -> Expr:
    def renamed(e: Expr) -> Expr | None:
        if isinstance(e, Read) and e.tensor == tensor:
            return Read(name, e.indices, e.dtype, e.lanes)
        return None

    return map_expr(value, renamed)
