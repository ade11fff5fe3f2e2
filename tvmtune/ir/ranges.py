"""What is known about the loop variables at one place of a program.

Loops and conditions around a statement say that some indices are not negative.  `Facts` keeps an
interval for each variable and the statements that relate several; from both it bounds indices and
proves them non-negative.  What it says is true; not all that is true can be proved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce

from tvmtune.ir.affine import Affine, Atom, Quotient, Var
from tvmtune.ir.expr import Expr, NonNegative
from tvmtune.ir.stmt import For
from tvmtune.ir.traverse import conjuncts
from tvmtune.symbolic import as_int

Interval = tuple[int, int]

_PROOF_STEPS = 4
"""Statements used at most in one proof: an access has seldom more than four guarded axes."""


class Facts:
    """Intervals of variables and indices known not to be negative; immutable.

    Parameters
    ----------
    intervals
        Smallest and largest value of a variable; others run through ``[0, extent)``.
    relations
        Indices that are never negative here and say more than the intervals.
    impossible
        Whether the place is known never to be reached; an empty interval says so, too.
    """

    __slots__ = ("_intervals", "_relations", "impossible")

    def __init__(
        self,
        intervals: Mapping[Var, Interval] | None = None,
        relations: tuple[Affine, ...] = (),
        impossible: bool = False,
    ) -> None:
        self._intervals = dict(intervals or {})
        self._relations = relations
        self.impossible = impossible or any(a > b for a, b in self._intervals.values())

    def entering(self, loop: For) -> Facts:
        """What holds in the body of a loop."""
        bounds = [loop.var - b for b in loop.begin] + [e - 1 - loop.var for e in loop.end]
        return reduce(Facts.assuming_nonnegative, bounds, self)

    def assuming(self, condition: Expr) -> Facts:
        """What holds where ``condition`` does."""
        parts = [c.index for c in conjuncts(condition) if isinstance(c, NonNegative)]
        return reduce(Facts.assuming_nonnegative, parts, self)

    def assuming_not(self, condition: Expr) -> Facts:
        """What holds where ``condition`` does not."""
        if isinstance(condition, NonNegative):
            return self.assuming_nonnegative(-condition.index - 1)
        return self

    def assuming_nonnegative(self, index: Affine) -> Facts:
        """What holds where ``index >= 0``."""
        intervals = dict(self._intervals)
        for atom, c in index.terms.items():
            if isinstance(atom, Var):
                others = self.high(index - Affine(0, {atom: c}))
                intervals[atom] = _narrowed(self._interval(atom), as_int(c), others)
        plain = len(index.terms) == 1 and isinstance(next(iter(index.terms)), Var)
        relations = self._relations if plain else (*self._relations, index)
        return Facts(intervals, relations, self.impossible or self.high(index) < 0)

    def low(self, index: Affine) -> int:
        """A lower bound of an index."""
        terms = [(self._interval(a), as_int(c)) for a, c in index.terms.items()]
        return as_int(index.const) + sum(c * (i[0] if c > 0 else i[1]) for i, c in terms)

    def high(self, index: Affine) -> int:
        """An upper bound of an index."""
        terms = [(self._interval(a), as_int(c)) for a, c in index.terms.items()]
        return as_int(index.const) + sum(c * (i[1] if c > 0 else i[0]) for i, c in terms)

    def proves(self, index: Affine) -> bool:
        """Whether ``index >= 0`` is known to hold here."""
        return self.impossible or self._proves(index, self._relations, _PROOF_STEPS)

    def _proves(self, index: Affine, relations: tuple[Affine, ...], steps: int) -> bool:
        if self.low(index) >= 0:
            return True
        return steps > 0 and any(
            self._proves(index - relation * times, relations[:i] + relations[i + 1 :], steps - 1)
            for i, relation in enumerate(relations)
            for times in _cancelling(index, relation)
        )

    def _interval(self, atom: Atom) -> Interval:
        if isinstance(atom, Var):
            known = self._intervals.get(atom)
            return (0, as_int(atom.extent) - 1) if known is None else known
        low, high, n = self.low(atom.index), self.high(atom.index), as_int(atom.divisor)
        if isinstance(atom, Quotient):
            return low // n, high // n
        return (low % n, high % n) if low // n == high // n else (0, n - 1)


def _narrowed(interval: Interval, c: int, others: int) -> Interval:
    """Values ``v`` of an interval for which ``c * v + others`` can reach 0."""
    low, high = interval
    if c > 0:
        return max(low, -(others // c)), high
    return low, min(high, others // -c)


def _cancelling(index: Affine, relation: Affine) -> Iterator[int]:
    """Positive multiples of ``relation`` that take a term out of ``index``."""
    found = set()
    for atom, c in relation.terms.items():
        given = as_int(index.terms.get(atom, 0))
        times, rest = divmod(given, as_int(c))
        if times > 0 and rest == 0 and times not in found:
            found.add(times)
            yield times
