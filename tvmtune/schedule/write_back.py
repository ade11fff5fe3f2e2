"""The primitive that lets a scheduled stage compute elsewhere and copies its values out."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

from tvmtune.errors import ScheduleError
from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import Read
from tvmtune.schedule.base import ScheduleState
from tvmtune.schedule.placed import Placed
from tvmtune.schedule.stage import At, Fuse, Scope, Stage


class WriteBackPrimitive(ScheduleState):
    """The counterpart of ``cache_write`` for a stage that has its loops already."""

    __slots__ = ()

    def write_back(self, stage: str, axis: str, name: str) -> Self:
        """Compute a stage into local storage, and copy that out in every iteration of a loop.

        rewrite:  for i: for j: C[i, j] = e   -->   for i: for j: T[i, j] = e
                                                           for j: C[i, j] = T[i, j]

        The loops down to ``axis`` become those of the copy, with the stages computed at them; the
        new stage ``name`` keeps the others, and the layout.

        Raises
        ------
        ScheduleError
            If the stage or the loop does not exist, the name is taken, or a loop down to ``axis``
            is reduced over or made by ``fuse``.
        """
        found = self.leaf("write_back", stage, axis)
        if name in self.stages or name in self.inputs:
            raise ScheduleError(f"write_back: {name} exists already")
        moved = found.leaves[: found.leaves.index(axis) + 1]
        if any(found.is_reduce_axis(leaf) for leaf in moved):
            raise ScheduleError(
                f"write_back: {stage}: a loop of {', '.join(moved)} is reduced over"
            )
        if any(isinstance(relation, Fuse) for relation in found.relations):
            raise ScheduleError(f"write_back: {stage} has fused loops")
        inner = replace(
            found,
            name=name,
            place=At(stage, axis),
            scope=Scope.LOCAL,
            annotations={a: n for a, n in found.annotations.items() if a not in moved},
        )
        stages: dict[str, Stage] = {}
        for key, s in self.stages.items():
            if key == stage:
                stages[name] = inner
                stages[key] = _copy_of(found, name, moved)
            elif isinstance(s.place, At) and s.place.stage == stage and s.place.axis not in moved:
                stages[key] = replace(s, place=At(name, s.place.axis))
            else:
                stages[key] = s
        return self.with_stages(stages, "write_back", stage, axis, name)


def _copy_of(stage: Stage, source: str, moved: tuple[str, ...]) -> Stage:
    """The copy of a stage, with the relations that make ``moved`` and the rest as it comes."""
    axes = tuple(Var(a.name, a.extent) for a in stage.axes)
    placed = Placed.at(stage, {})
    relations = tuple(
        r
        for r in stage.relations
        if not isinstance(r, Fuse)
        and not stage.is_reduce_axis(r.axis)
        and set(placed.leaves_of(r.axis)) & set(moved)
    )
    copy = replace(
        stage,
        axes=axes,
        body=Read(source, tuple(map(Affine.of, axes)), stage.dtype),
        relations=relations,
        leaves=(),
        annotations={a: n for a, n in stage.annotations.items() if a in moved},
        layout=None,
    )
    made = Placed.at(copy, {})
    leaves = [leaf for a in axes for leaf in made.leaves_of(a.name) if leaf not in moved]
    return replace(copy, leaves=(*moved, *leaves))
