"""Under which conditions on indices a stage updates its value, and reads what it reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tvmtune.ir.affine import Affine
from tvmtune.ir.expr import ARITHMETIC, FLOATS, Binary, Expr, NonNegative, Read, Select, Unary
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
class Part:
    """What a value reads and computes at the points of ``when`` that are not among ``unless``.

    ``operations`` are those on floats.
    """

    reads: tuple[Read, ...]
    operations: int
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


def parts_of(value: Expr, when: Conditions) -> Iterator[Part]:
    """A value in parts, each with its conditions; of a choice, the side that is chosen."""
    yield from _parts(value, when, ())


def _parts(value: Expr, when: Conditions, unless: tuple[Conditions, ...]) -> Iterator[Part]:
    reads: list[Read] = []
    operations = 0
    choices: list[Select] = []
    pending: list[Expr] = [value]
    while pending:
        e = pending.pop()
        if isinstance(e, Select):
            choices.append(e)
            pending.append(e.condition)
            continue
        if isinstance(e, Read):
            reads.append(e)
        elif isinstance(e, Unary) or (isinstance(e, Binary) and e.op in ARITHMETIC):
            operations += e.dtype in FLOATS
        pending.extend(reversed(children(e)))
    yield Part(tuple(reads), operations, when, unless)
    for choice in choices:
        chosen = when.and_also(choice.condition)
        yield from _parts(choice.a, chosen, unless)
        if isinstance(choice.condition, NonNegative):
            other = NonNegative(-choice.condition.index - 1)
            yield from _parts(choice.b, when.and_also(other), unless)
        else:
            yield from _parts(choice.b, when, (*unless, chosen))
