"""The parts that stages play, whatever their names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

from tvmtune.ir.affine import Var
from tvmtune.schedule.base import ScheduleState
from tvmtune.schedule.stage import Prepare, Stage
from tvmtune.symbolic import as_int
from tvmtune.te import Reduction


@dataclass(frozen=True, slots=True)
class Roles:
    """Which stage plays which part.

    Parameters
    ----------
    anchor
        The reduction with the most points, or the stage with the most if there is no reduction.
    operands
        The first two tensors that the anchor reads.
    packs
        Stages that it reads, directly or through others; prepared ones are left out.
    epilogues
        Stages that read it, directly or through others.
    """

    anchor: str
    operands: tuple[str, ...]
    packs: tuple[str, ...]
    epilogues: tuple[str, ...]


def roles_of(schedule: ScheduleState) -> Roles:
    """The roles of a schedule's stages: they depend on the tensor expression and no knob."""
    called = [s for s in schedule.stages.values() if not isinstance(s.place, Prepare)]
    stages = called or list(schedule.stages.values())
    anchor = max(stages, key=lambda s: (isinstance(s.body, Reduction), whole_points(s.roots)))
    before, after = {anchor.name}, {anchor.name}
    for stage in reversed(called):
        if any(r.name in before for r in schedule.readers(stage.name)):
            before.add(stage.name)
    for stage in called:
        if any(r.tensor in after for r in stage.reads):
            after.add(stage.name)
    operands = tuple(dict.fromkeys(r.tensor for r in anchor.reads))
    return Roles(
        anchor.name,
        operands[:2],
        tuple(s.name for s in called if s.name in before - {anchor.name}),
        tuple(s.name for s in called if s.name in after - {anchor.name}),
    )


def whole_points(axes: Iterable[Var]) -> int:
    """Points of the tensor expression over some axes."""
    return prod(as_int(a.extent) for a in axes)


def is_single(stage: Stage, leaf: str) -> bool:
    """Whether a loop is an axis of one element, which is there for every config."""
    return any(a.name == leaf and as_int(a.extent) == 1 for a in stage.roots)
