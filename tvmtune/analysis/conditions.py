"""Under which conditions on indices a stage updates its value, and reads what it reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tvmtune.ir.affine import Affine
from tvmtune.ir.expr import Expr, NonNegative, Read, Select
from tvmtune.ir.neutral import without_neutral_choices
from tvmtune.ir.traverse import children, conjuncts
from tvmtune.schedule.stage import Stage
from tvmtune.te import Reduction


@dataclass(frozen=True, slots=True, eq=False)
class Conditions:
    """Indices that are not negative, all at once.

    ``exact`` is False where there are other conditions too: then they hold at some of the points
    that these allow.
    """

    indices: tuple[Affine, ...] = ()
    exact: bool = True

    def and_also(self, condition: Expr) -> Conditions:
        """These, and a condition of a program."""
        parts = conjuncts(condition)
        indices = tuple(p.index for p in parts if isinstance(p, NonNegative))
        return Conditions(self.indices + indices, self.exact and len(indices) == len(parts))


@dataclass(frozen=True, slots=True, eq=False)
class GuardedRead:
    """A read, and when it happens: at the points of ``when`` that are not among ``unless``."""

    read: Read
    when: Conditions
    unless: tuple[Conditions, ...] = ()


def value_of(stage: Stage) -> tuple[Expr, Conditions]:
    """What a stage computes at a point, and when.

    A reduction leaves out updates by the neutral element, as lowering does: a sum in which a factor
    is chosen to be 0 is updated only where it is not.
    """
    if not isinstance(stage.body, Reduction):
        return stage.value, Conditions()
    value, found = without_neutral_choices(stage.value, stage.body.op)
    when = Conditions()
    for condition in found:
        when = when.and_also(condition)
    return value, when


def guarded_reads(value: Expr, when: Conditions) -> Iterator[GuardedRead]:
    """Every read of a value; of a choice, those of the side that is chosen."""
    yield from _reads(value, when, ())


def _reads(value: Expr, when: Conditions, unless: tuple[Conditions, ...]) -> Iterator[GuardedRead]:
    if isinstance(value, Read):
        yield GuardedRead(value, when, unless)
    elif isinstance(value, Select):
        chosen = when.and_also(value.condition)
        yield from _reads(value.condition, when, unless)
        yield from _reads(value.a, chosen, unless)
        yield from _reads(value.b, when, (*unless, chosen))
    else:
        for child in children(value):
            yield from _reads(child, when, unless)
