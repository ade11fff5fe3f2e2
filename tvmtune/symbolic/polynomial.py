"""Polynomials over knob symbols: the one normal form of every symbolic integer expression.

Semantics
---------
- A value is a mathematical integer.  What is known is a plain ``int``; only what depends on a knob
  is a `Symbolic`.
- A `Symbolic` is a sum of products with integer coefficients.  The factors of a product are
  *atoms*: a knob symbol, or an operation that is no polynomial (a division, a minimum, a
  comparison, ...) on expressions that are in normal form themselves.
- The normal form is made by the constructors and by nothing else, from rules that hold for all
  values and that commute with substitution: to put integers into an expression gives what
  constructing with these integers would have given.
- Equality of normal forms is decided by a 128-bit digest of their structure, which also orders
  atoms.  It does not depend on the process, on ``PYTHONHASHSEED`` or on the order of construction.
- A symbol has no value.  To compare it, branch on it or index with it is an error that says what to
  do instead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from hashlib import blake2b
from operator import attrgetter, index
from typing import Any, ClassVar, NoReturn, TypeAlias

from tvmtune.errors import SymbolError


class Op(StrEnum):
    """The operations of atoms, a closed set."""

    SYMBOL = "symbol"
    CEILDIV = "ceildiv"
    FLOORDIV = "floordiv"
    MOD = "mod"
    MIN = "min"
    MAX = "max"
    SELECT = "select"
    NONNEGATIVE = "nonnegative"
    """1 where the argument is at least 0, else 0."""
    ZERO = "zero"
    """1 where the argument is 0, else 0."""
    NONZERO = "nonzero"
    BOTH = "both"
    EITHER = "either"


class Atom:
    """An indivisible factor: a symbol, or an operation on expressions.

    Made by the constructors of `tvmtune.symbolic.expressions` only, which normalise the arguments.

    Parameters
    ----------
    op
        The operation.
    args
        Its arguments in normal form; none for a symbol.
    name
        The name of a symbol, empty for operations.
    """

    __slots__ = ("_hash", "args", "key", "name", "op")

    def __init__(self, op: Op, args: tuple[IntExpr, ...] = (), name: str = "") -> None:
        self.op = op
        self.args = args
        self.name = name
        self.key = _digest(f"{op} {name}" if op is Op.SYMBOL else (op, *map(key_of, args)))
        self._hash = hash(self.key)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Atom) and self.key == other.key

    def __str__(self) -> str:
        match self.op:
            case Op.SYMBOL:
                return self.name
            case Op.NONNEGATIVE:
                return "({} <= {})".format(*sides(self.args[0]))
            case Op.ZERO:
                return "({1} == {0})".format(*sides(self.args[0]))
        return f"{self.op}({', '.join(map(str, self.args))})"

    __repr__ = __str__


Monomial: TypeAlias = tuple[Atom, ...]
"""A product of atoms, sorted by their keys; the empty one is 1."""


class Symbolic:
    """An integer that depends on knobs: a polynomial in normal form.

    ``+``, ``-`` and ``*`` work with integers and with one another; everything else is a constructor
    of `tvmtune.symbolic.expressions`.  Comparison operators and conversions raise `SymbolError`.
    In a dictionary, use `key` (or `key_of`, which takes integers too) as the key: the expression
    itself is found there only as the same object, an equal one raises as ``==`` does.

    Parameters
    ----------
    terms
        Coefficient by monomial, none of them 0; not a constant.  Never changed afterwards.
    """

    __slots__ = ("_key", "terms")
    __array_ufunc__: ClassVar[None] = None  # NumPy integers leave the arithmetic to this class

    def __init__(self, terms: Mapping[Monomial, int]) -> None:
        self.terms = terms
        self._key: bytes | None = None

    @property
    def key(self) -> bytes:
        """Digest of the structure: equal exactly for the same normal form."""
        if self._key is None:
            parts = [(b"".join([a.key for a in m]), c) for m, c in self.terms.items()]
            parts.sort()
            self._key = _digest(parts)
        return self._key

    @property
    def atom(self) -> Atom | None:
        """The atom that this expression is, if it is nothing else."""
        if len(self.terms) == 1:
            ((monomial, coefficient),) = self.terms.items()
            if coefficient == 1 and len(monomial) == 1:
                return monomial[0]
        return None

    def __add__(self, other: IntExpr) -> IntExpr:
        return add(self, other)

    __radd__ = __add__

    def __sub__(self, other: IntExpr) -> IntExpr:
        return add(self, multiply(-1, other))

    def __rsub__(self, other: IntExpr) -> IntExpr:
        return add(other, multiply(-1, self))

    def __neg__(self) -> IntExpr:
        return multiply(-1, self)

    def __pos__(self) -> IntExpr:
        return self

    def __mul__(self, other: IntExpr) -> IntExpr:
        return multiply(self, other)

    __rmul__ = __mul__

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        self._refuse("compared with ==", "tvmtune.symbolic.equal, or same for the same expression")

    def __ne__(self, other: object) -> bool:
        self._refuse("compared with !=", "tvmtune.symbolic.equal, or same for the same expression")

    def __lt__(self, other: object) -> bool:
        self._refuse("compared with <", "tvmtune.symbolic.less")

    def __le__(self, other: object) -> bool:
        self._refuse("compared with <=", "tvmtune.symbolic.at_most")

    def __gt__(self, other: object) -> bool:
        self._refuse("compared with >", "tvmtune.symbolic.less")

    def __ge__(self, other: object) -> bool:
        self._refuse("compared with >=", "tvmtune.symbolic.at_most")

    def __bool__(self) -> bool:  # noqa: PLE0304
        self._refuse("used as a truth value", "tvmtune.symbolic.select")

    def __int__(self) -> int:
        self._refuse("turned into a number")

    def __index__(self) -> int:  # noqa: PLE0305
        self._refuse("used as a number")

    def __float__(self) -> float:
        self._refuse("turned into a number")

    def __floordiv__(self, other: object) -> NoReturn:
        self._refuse("divided with //", "tvmtune.symbolic.floordiv")

    __rfloordiv__ = __floordiv__

    def __mod__(self, other: object) -> NoReturn:
        self._refuse("divided with %", "tvmtune.symbolic.mod or divides")

    __rmod__ = __mod__

    def __truediv__(self, other: object) -> NoReturn:
        self._refuse("divided with /", "tvmtune.symbolic.floordiv or ceildiv")

    __rtruediv__ = __truediv__

    def _refuse(self, what: str, constructor: str = "") -> NoReturn:
        names = ", ".join(repr(name) for name in symbols_of(self))
        instead = (
            f", state a constraint, or write it with {constructor}"
            if constructor
            else (" or state a constraint")
        )
        raise SymbolError(
            f"the knob expression {self} is {what}, but the value of {names} is not known while "
            f"scheduling: make the knob structural{instead}"
        )

    def __str__(self) -> str:
        return _sum_text(self.terms)

    __repr__ = __str__


IntExpr: TypeAlias = int | Symbolic
"""An integer, or an expression over knobs that becomes one."""


def normal(value: Any) -> IntExpr:
    """`value` as a plain ``int`` or a `Symbolic`; NumPy integers and bools become ``int``.

    Raises
    ------
    SymbolError
        If it is neither an integer nor an expression.
    """
    if type(value) is int or isinstance(value, Symbolic):
        return value
    try:
        return int(index(value))
    except TypeError as error:
        raise SymbolError(
            f"{value!r} of type {type(value).__name__} in an integer expression: "
            f"give an int or a knob expression"
        ) from error


def add(left: IntExpr, right: IntExpr) -> IntExpr:
    """``left + right``."""
    if type(left) is int and type(right) is int:
        return left + right
    terms = dict(terms_of(left))
    for monomial, coefficient in terms_of(right).items():
        total = terms.get(monomial, 0) + coefficient
        if total:
            terms[monomial] = total
        else:
            del terms[monomial]
    return from_terms(terms)


def multiply(left: IntExpr, right: IntExpr) -> IntExpr:
    """``left * right``, expanded."""
    if type(left) is int and type(right) is int:
        return left * right
    terms: dict[Monomial, int] = {}
    others = terms_of(right).items()
    for monomial, coefficient in terms_of(left).items():
        for other, factor in others:
            product = monomial + other
            if monomial and other:
                product = tuple(sorted(product, key=_ATOM_ORDER))
            terms[product] = terms.get(product, 0) + coefficient * factor
    return from_terms({m: c for m, c in terms.items() if c})


def exact_quotient(dividend: IntExpr, divisor: IntExpr) -> IntExpr | None:
    """The quotient where `divisor` is a product of symbols that is in every term, else ``None``.

    The rule of the normal form for divisions.  It holds because symbols that divide are at least 1,
    and commutes with substitution because such a product stays one.
    """
    terms = terms_of(divisor)
    if len(terms) != 1:
        return None
    ((monomial, coefficient),) = terms.items()
    if any(a.op is not Op.SYMBOL for a in monomial):
        return None
    quotient: dict[Monomial, int] = {}
    for other, factor in terms_of(dividend).items():
        rest = _without(other, monomial)
        if rest is None or factor % coefficient:
            return None
        quotient[rest] = factor // coefficient
    return from_terms(quotient)


def from_terms(terms: dict[Monomial, int]) -> IntExpr:
    """The expression with these nonzero `terms`: an ``int`` if nothing depends on a knob."""
    if not terms:
        return 0
    if len(terms) == 1 and () in terms:
        return terms[()]
    return Symbolic(terms)


def terms_of(value: IntExpr) -> Mapping[Monomial, int]:
    """Coefficient by monomial of any expression; the zero has none."""
    if isinstance(value, Symbolic):
        return value.terms
    number = normal(value)
    assert isinstance(number, int)
    return {(): number} if number else {}


def of_atom(atom: Atom) -> Symbolic:
    """The expression that is just `atom`."""
    return Symbolic({(atom,): 1})


def key_of(value: IntExpr) -> int | bytes:
    """What identifies an expression in a dictionary: an integer itself, else the `Symbolic.key`."""
    return value.key if isinstance(value, Symbolic) else value


def same(left: IntExpr, right: IntExpr) -> bool:
    """Whether two expressions have the same normal form (hence the same value everywhere)."""
    return key_of(left) == key_of(right)


def symbols_of(value: IntExpr) -> tuple[str, ...]:
    """Names of the symbols in an expression, sorted."""
    found: set[str] = set()
    seen: set[bytes] = set()
    waiting = [value]
    while waiting:
        for monomial in terms_of(waiting.pop()):
            for atom in monomial:
                if atom.key in seen:
                    continue
                seen.add(atom.key)
                waiting.extend(atom.args)
                if atom.op is Op.SYMBOL:
                    found.add(atom.name)
    return tuple(sorted(found))


_ATOM_ORDER = attrgetter("key")


def _digest(structure: object) -> bytes:
    return blake2b(repr(structure).encode(), digest_size=16).digest()


def _without(monomial: Monomial, divisor: Monomial) -> Monomial | None:
    """`monomial` without the factors of `divisor`, or ``None`` if one of them is missing."""
    left = list(monomial)
    for atom in divisor:
        if atom not in left:
            return None
        left.remove(atom)
    return tuple(left)


def _product_text(monomial: Monomial, coefficient: int) -> str:
    powers = sorted((str(a), n) for a, n in Counter(monomial).items())
    factors = [text if n == 1 else f"{text}**{n}" for text, n in powers]
    if coefficient != 1 or not factors:
        factors.insert(0, str(coefficient))
    return "*".join(factors)


def _sum_text(terms: Mapping[Monomial, int]) -> str:
    ordered = sorted(
        ((c < 0, -len(m), _product_text(m, abs(c))) for m, c in terms.items()),
    )
    if not ordered:
        return "0"
    text = ""
    for negative, _, product in ordered:
        sign = "-" if negative else "+"
        text += f" {sign} {product}" if text else f"-{product}" if negative else product
    return text


def sides(difference: IntExpr) -> tuple[IntExpr, IntExpr]:
    """The negative terms and the positive ones, without signs: what ``<=`` and ``==`` compare."""
    terms = terms_of(difference)
    left = from_terms({m: -c for m, c in terms.items() if c < 0})
    return left, from_terms({m: c for m, c in terms.items() if c > 0})
