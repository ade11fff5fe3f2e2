"""Constructors of integer expressions over knobs.

All of them take and return `IntExpr`; with integers they return plain integers.  Schedules, bounds,
features and constraints are written with them once and work for one config in integers as well as
for all configs of a structure at once.

Semantics
---------
- Division rounds towards minus infinity (`floordiv`, `mod`) or plus infinity (`ceildiv`); negative
  operands are allowed.  Dividing by 0 gives 0 and ``mod(a, 0)`` is ``a``: an expression has a value
  for every config, also for one that a constraint forbids.
- Conditions are integers: 0 is false, everything else true; comparisons give 0 or 1.
- Symbols are at least 1 wherever they divide; elsewhere a knob may be 0.
- Nothing is proved about a symbol.  The rules are: polynomials are expanded; integers are computed;
  a division by a product of symbols that is in every term is carried out; minimum, maximum, `both`
  and `either` are flattened, sorted and without duplicates; a `select` between equals is either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from tvmtune.errors import SymbolError
from tvmtune.symbolic.polynomial import (
    Atom,
    IntExpr,
    Op,
    Symbolic,
    add,
    exact_quotient,
    multiply,
    normal,
    of_atom,
    same,
)


def symbol(name: str) -> Symbolic:
    """The value of a knob that is not known yet.

    Parameters
    ----------
    name
        The knob's name, or ``"knob.0"`` for the first of several factors.
    """
    return of_atom(Atom(Op.SYMBOL, name=name))


def as_int(value: IntExpr) -> int:
    """The integer that `value` is.

    Raises
    ------
    SymbolError
        If it depends on a knob.
    """
    return value if type(value) is int else int(normal(value))


def floordiv(dividend: IntExpr, divisor: IntExpr) -> IntExpr:
    """``dividend / divisor`` rounded down; 0 where `divisor` is 0."""
    dividend, divisor = normal(dividend), normal(divisor)
    if isinstance(dividend, int) and isinstance(divisor, int):
        return dividend // divisor if divisor else 0
    return _divided(Op.FLOORDIV, dividend, divisor)


def ceildiv(dividend: IntExpr, divisor: IntExpr) -> IntExpr:
    """``dividend / divisor`` rounded up; 0 where `divisor` is 0."""
    dividend, divisor = normal(dividend), normal(divisor)
    if isinstance(dividend, int) and isinstance(divisor, int):
        return -(-dividend // divisor) if divisor else 0
    return _divided(Op.CEILDIV, dividend, divisor)


def mod(dividend: IntExpr, divisor: IntExpr) -> IntExpr:
    """``dividend - floordiv(dividend, divisor) * divisor``: it has the sign of `divisor`."""
    dividend, divisor = normal(dividend), normal(divisor)
    if isinstance(divisor, int) and (divisor == 0 or isinstance(dividend, int)):
        return dividend % divisor if divisor and isinstance(dividend, int) else dividend
    if same(dividend, 0) or exact_quotient(dividend, divisor) is not None:
        return 0
    return of_atom(Atom(Op.MOD, (dividend, divisor)))


def minimum(*values: IntExpr) -> IntExpr:
    """The least of one value or more."""
    return _extreme(Op.MIN, min, values)


def maximum(*values: IntExpr) -> IntExpr:
    """The greatest of one value or more."""
    return _extreme(Op.MAX, max, values)


def select(condition: IntExpr, then: IntExpr, otherwise: IntExpr) -> IntExpr:
    """`then` where `condition` holds, else `otherwise`."""
    condition, then, otherwise = normal(condition), normal(then), normal(otherwise)
    if isinstance(condition, int):
        return then if condition else otherwise
    if same(then, otherwise):
        return then
    return of_atom(Atom(Op.SELECT, (_truth(condition), then, otherwise)))


def equal(left: IntExpr, right: IntExpr) -> IntExpr:
    """1 where ``left == right``, else 0; ``equal(condition, 0)`` negates a condition."""
    return _zero(add(left, multiply(-1, right)))


def at_most(left: IntExpr, right: IntExpr) -> IntExpr:
    """1 where ``left <= right``, else 0."""
    return _nonnegative(add(right, multiply(-1, left)))


def less(left: IntExpr, right: IntExpr) -> IntExpr:
    """1 where ``left < right``, else 0."""
    return at_most(add(left, 1), right)


def divides(divisor: IntExpr, dividend: IntExpr) -> IntExpr:
    """1 where `divisor` divides `dividend` without remainder, else 0."""
    return equal(mod(dividend, divisor), 0)


def both(*conditions: IntExpr) -> IntExpr:
    """1 where all conditions hold, else 0; 1 for none."""
    return _joined(Op.BOTH, conditions, neutral=1)


def either(*conditions: IntExpr) -> IntExpr:
    """1 where at least one of the conditions holds, else 0; 0 for none."""
    return _joined(Op.EITHER, conditions, neutral=0)


def substitute(value: IntExpr, env: Mapping[str, IntExpr]) -> IntExpr:
    """`value` with expressions put in the place of symbols, constructed anew.

    Parameters
    ----------
    value
        Any expression.
    env
        What to put for a symbol, by its name; symbols that it does not name stay.
    """
    return Substitution(env)(value)


class Substitution:
    """`substitute` for many expressions that share parts: each part is constructed once.

    Parameters
    ----------
    env
        What to put for a symbol, by its name.
    """

    def __init__(self, env: Mapping[str, IntExpr]) -> None:
        self._env = env
        self._done: dict[bytes, IntExpr] = {}

    def __call__(self, value: IntExpr) -> IntExpr:
        """`value` after the substitution."""
        if not isinstance(value, Symbolic):
            return normal(value)
        total: IntExpr = 0
        for monomial, coefficient in value.terms.items():
            product: IntExpr = coefficient
            for atom in monomial:
                product = product * self._atom(atom)
            total = total + product
        return total

    def _atom(self, atom: Atom) -> IntExpr:
        done = self._done.get(atom.key)
        if done is None:
            if atom.op is Op.SYMBOL:
                done = normal(self._env.get(atom.name, of_atom(atom)))
            else:
                done = _CONSTRUCTORS[atom.op](*[self(a) for a in atom.args])
            self._done[atom.key] = done
        return done


_BOOLEAN = frozenset({Op.NONNEGATIVE, Op.ZERO, Op.NONZERO, Op.BOTH, Op.EITHER})


def _divided(op: Op, dividend: IntExpr, divisor: IntExpr) -> IntExpr:
    if same(dividend, 0) or same(divisor, 0):
        return 0
    quotient = exact_quotient(dividend, divisor)
    return quotient if quotient is not None else of_atom(Atom(op, (dividend, divisor)))


def _extreme(op: Op, fold: Callable[[list[int]], int], values: Sequence[IntExpr]) -> IntExpr:
    if not values:
        raise SymbolError(f"{op} of no values: give at least one")
    numbers, others = _flattened(op, values)
    if numbers:
        others[b""] = fold(numbers)
    return _commutative(op, others)


def _joined(op: Op, conditions: Iterable[IntExpr], *, neutral: int) -> IntExpr:
    numbers, others = _flattened(op, [_truth(c) for c in conditions])
    if 1 - neutral in numbers:
        return 1 - neutral
    return _commutative(op, others) if others else neutral


def _flattened(op: Op, values: Iterable[IntExpr]) -> tuple[list[int], dict[bytes, IntExpr]]:
    """The integers among `values`, and by key the others; nested `op` is taken apart."""
    numbers: list[int] = []
    others: dict[bytes, IntExpr] = {}
    for value in map(normal, values):
        if isinstance(value, int):
            numbers.append(value)
        elif (atom := value.atom) is not None and atom.op is op:
            inner_numbers, inner = _flattened(op, atom.args)
            numbers.extend(inner_numbers)
            others.update(inner)
        else:
            others[value.key] = value
    return numbers, others


def _commutative(op: Op, arguments: Mapping[bytes, IntExpr]) -> IntExpr:
    ordered = tuple(arguments[key] for key in sorted(arguments))
    return ordered[0] if len(ordered) == 1 else of_atom(Atom(op, ordered))


def _truth(condition: IntExpr) -> IntExpr:
    """A condition as 0 or 1."""
    condition = normal(condition)
    if isinstance(condition, int):
        return int(condition != 0)
    atom = condition.atom
    if atom is not None and atom.op in _BOOLEAN:
        return condition
    return of_atom(Atom(Op.NONZERO, (condition,)))


def _nonnegative(difference: IntExpr) -> IntExpr:
    if isinstance(difference, int):
        return int(difference >= 0)
    return of_atom(Atom(Op.NONNEGATIVE, (difference,)))


def _zero(difference: IntExpr) -> IntExpr:
    if isinstance(difference, int):
        return int(difference == 0)
    monomial, coefficient = min(difference.terms.items(), key=lambda t: [a.key for a in t[0]])
    if (coefficient < 0) == bool(monomial):  # one of the two signs, by the constant if there is one
        difference = multiply(-1, difference)
    return of_atom(Atom(Op.ZERO, (difference,)))


_CONSTRUCTORS: Mapping[Op, Callable[..., IntExpr]] = {
    Op.CEILDIV: ceildiv,
    Op.FLOORDIV: floordiv,
    Op.MOD: mod,
    Op.MIN: minimum,
    Op.MAX: maximum,
    Op.SELECT: select,
    Op.NONNEGATIVE: _nonnegative,
    Op.ZERO: _zero,
    Op.NONZERO: _truth,
    Op.BOTH: both,
    Op.EITHER: either,
}
