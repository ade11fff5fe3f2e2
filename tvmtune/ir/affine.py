"""Quasi-affine index expressions: ``constant + sum of coefficient * atom``.

An atom is a loop variable, or the quotient or remainder of another index by a positive number.
Coefficients are integers, or knob expressions while a schedule is symbolic.  Division rounds
towards minus infinity, arithmetic is exact.  Values are immutable; two indices are compared by
:meth:`Affine.same`, never by ``==``.

Range arithmetic (:meth:`Affine.low`, :meth:`Affine.high`) and division need integer extents, which
loop IR always has; a nest over symbols keeps divisions as atoms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isqrt
from typing import NoReturn

from tvmtune.errors import ExpressionError
from tvmtune.symbolic import IntExpr, Symbolic, as_int, floordiv


class Var:
    """A loop variable or axis that runs through ``[0, extent)``; compared by identity."""

    __slots__ = ("extent", "name")

    def __init__(self, name: str, extent: IntExpr) -> None:
        self.name = name
        self.extent = extent

    def __repr__(self) -> str:
        return self.name

    def __bool__(self) -> NoReturn:
        raise ExpressionError(f"axis {self.name} used as a truth value; compare it with te.less")

    def __add__(self, other: IndexLike) -> Affine:
        return Affine.of(self) + other

    __radd__ = __add__

    def __sub__(self, other: IndexLike) -> Affine:
        return Affine.of(self) - other

    def __rsub__(self, other: IndexLike) -> Affine:
        return Affine.of(other) - self

    def __mul__(self, factor: IntExpr) -> Affine:
        return Affine.of(self) * factor

    __rmul__ = __mul__

    def __neg__(self) -> Affine:
        return Affine.of(self) * -1

    def __floordiv__(self, divisor: IntExpr) -> Affine:
        return Affine.of(self) // divisor

    def __mod__(self, divisor: IntExpr) -> Affine:
        return Affine.of(self) % divisor


class Quotient:
    """``index // divisor`` as an atom, kept where it does not simplify; equal if written alike."""

    __slots__ = ("divisor", "index")

    def __init__(self, index: Affine, divisor: IntExpr) -> None:
        self.index = index
        self.divisor = divisor

    def __repr__(self) -> str:
        return f"({self.index!r}) // {self.divisor}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quotient) and _atom_key(self) == _atom_key(other)

    def __hash__(self) -> int:
        return hash(_atom_key(self))

    @property
    def extent(self) -> IntExpr:
        """One more than the largest value, for an index that is never negative."""
        return floordiv(self.index.high(), self.divisor) + 1


class Remainder:
    """``index % divisor`` as an atom, kept where it does not simplify; equal if written alike."""

    __slots__ = ("divisor", "index")

    def __init__(self, index: Affine, divisor: IntExpr) -> None:
        self.index = index
        self.divisor = divisor

    def __repr__(self) -> str:
        return f"({self.index!r}) % {self.divisor}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Remainder) and _atom_key(self) == _atom_key(other)

    def __hash__(self) -> int:
        return hash(_atom_key(self))

    @property
    def extent(self) -> IntExpr:
        """The divisor."""
        return self.divisor


Atom = Var | Quotient | Remainder


def is_zero(value: IntExpr) -> bool:
    """Whether a coefficient is the integer 0 (an expression over knobs never counts as 0)."""
    return type(value) is int and value == 0


class Affine:
    """``const + sum(coefficient * atom)``; zero coefficients are never stored."""

    __slots__ = ("const", "terms")

    def __init__(self, const: IntExpr = 0, terms: Mapping[Atom, IntExpr] | None = None) -> None:
        self.const = const
        self.terms: dict[Atom, IntExpr] = dict(terms) if terms else {}

    @staticmethod
    def of(value: IndexLike) -> Affine:
        """An index from anything that can be one; raises `ExpressionError` otherwise."""
        if isinstance(value, Affine):
            return value
        if isinstance(value, Var):
            return Affine(0, {value: 1})
        if isinstance(value, (int, Symbolic)) and not isinstance(value, bool):
            return Affine(value)
        raise ExpressionError(
            f"{value!r} is no index: an index is affine in axes (sums, products with integers, "
            "// and % by integers)"
        )

    def __repr__(self) -> str:
        parts = [
            repr(a) if type(c) is int and c == 1 else f"{_factor(c)}*{_atom(a)}"
            for a, c in self.terms.items()
        ]
        if not parts or not is_zero(self.const):
            parts.append(str(self.const))
        return " + ".join(parts).replace("+ -", "- ")

    def __bool__(self) -> NoReturn:
        raise ExpressionError(f"index {self!r} used as a truth value; compare it with te.less")

    def __add__(self, other: IndexLike) -> Affine:
        if type(other) is int:
            return Affine(self.const + other, self.terms) if other else self
        right = Affine.of(other)
        out = Affine(self.const + right.const, self.terms)
        _add_terms(out.terms, right.terms, 1)
        return out

    __radd__ = __add__

    def __mul__(self, factor: IntExpr) -> Affine:
        if not isinstance(factor, (int, Symbolic)):
            raise ExpressionError(f"index ({self!r}) * ({factor!r}) is not affine in its axes")
        if is_zero(factor):
            return Affine()
        if type(factor) is int and factor == 1:
            return self
        out = Affine(self.const * factor)
        out.terms = {a: c * factor for a, c in self.terms.items()}
        return out

    __rmul__ = __mul__

    def __neg__(self) -> Affine:
        return self * -1

    def __sub__(self, other: IndexLike) -> Affine:
        right = Affine.of(other)
        out = Affine(self.const - right.const, self.terms)
        _add_terms(out.terms, right.terms, -1)
        return out

    def __rsub__(self, other: IndexLike) -> Affine:
        return Affine.of(other) + self * -1

    def __floordiv__(self, divisor: IntExpr) -> Affine:
        return self.divmod(divisor)[0]

    def __mod__(self, divisor: IntExpr) -> Affine:
        return self.divmod(divisor)[1]

    def same(self, other: Affine) -> bool:
        """Whether both are written the same way."""
        return self.key() == other.key()

    def key(self) -> tuple[object, ...]:
        """A hashable description: equal for indices that are written the same way."""
        terms = sorted(
            ((_atom_key(a), c if type(c) is int else str(c)) for a, c in self.terms.items()),
            key=repr,
        )
        return (self.const if type(self.const) is int else str(self.const), *terms)

    def is_constant(self) -> bool:
        """Whether no variable is left."""
        return not self.terms

    def low(self) -> int:
        """Smallest value over the ranges of the atoms (integers only)."""
        total = as_int(self.const)
        for a, c in _int_terms(self):
            total += c * (_smallest(a) if c > 0 else _largest(a))
        return total

    def high(self) -> int:
        """Largest value over the ranges of the atoms (integers only)."""
        total = as_int(self.const)
        for a, c in _int_terms(self):
            total += c * (_largest(a) if c > 0 else _smallest(a))
        return total

    def divmod(self, divisor: IntExpr) -> tuple[Affine, Affine]:
        """Quotient and remainder, exact where the terms separate, else as atoms."""
        if type(divisor) is int and divisor < 1:
            raise ExpressionError(f"index ({self!r}) divided by {divisor}: divisors are positive")
        if (type(divisor) is int and divisor == 1) or (not self.terms and is_zero(self.const)):
            return self, Affine()
        if not _all_int(self, divisor):
            return Affine(0, {Quotient(self, divisor): 1}), Affine(0, {Remainder(self, divisor): 1})
        return self._int_divmod(as_int(divisor))

    def _int_divmod(self, n: int) -> tuple[Affine, Affine]:
        const = as_int(self.const)
        high = Affine(const // n * n, {a: c for a, c in _int_terms(self) if c % n == 0})
        low = self - high
        if low.low() >= 0 and low.high() < n:
            return _exactly_divided(high, n), low
        for g in _proper_divisors(n):
            part = Affine(const % g, {a: c for a, c in _int_terms(self) if c % g})
            if part.low() >= 0 and part.high() < g:
                quotient, rest = _exactly_divided(self - part, g)._int_divmod(n // g)
                return quotient, rest * g + part
        quotient = _exactly_divided(high, n) + Affine(0, {Quotient(low, n): 1})
        return quotient, Affine(0, {Remainder(low, n): 1})

    def substitute(self, values: Mapping[Var, Affine | int]) -> Affine:
        """Replace variables and simplify divisions again; the same object if nothing changes."""
        const = self.const
        kept: dict[Atom, IntExpr] = {}
        put: dict[Atom, IntExpr] = {}
        for atom, c in self.terms.items():
            if isinstance(atom, Var):
                value = values.get(atom)
                if value is None:
                    kept[atom] = c
                elif isinstance(value, int):
                    const = const + c * value
                else:
                    const = const + value.const * c
                    _add_terms(put, value.terms, c)
            elif not _mentions(atom, values):
                kept[atom] = c
            else:
                quotient, rest = atom.index.substitute(values).divmod(atom.divisor)
                part = quotient if isinstance(atom, Quotient) else rest
                const = const + part.const * c
                _add_terms(put, part.terms, c)
        if len(kept) == len(self.terms):
            return self
        _add_terms(kept, put, 1)
        out = Affine(const)
        out.terms = kept
        return out

    def recombined(self) -> Affine:
        """The index with quotients and remainders that make up a whole put together again.

        ``n * (i // n) + i % n`` is ``i``.
        """
        for atom, c in self.terms.items():
            if not isinstance(atom, Quotient) or type(c) is not int:
                continue
            rest, n = Remainder(atom.index, atom.divisor), as_int(atom.divisor)
            part = self.terms.get(rest)
            if part is not None and type(part) is int and part * n == c:
                kept = {a: k for a, k in self.terms.items() if a not in (atom, rest)}
                return (Affine(self.const, kept) + atom.index * part).recombined()
        return self

    def variables(self) -> set[Var]:
        """Variables that occur, inside divisions too."""
        found: set[Var] = set()
        for atom in self.terms:
            if isinstance(atom, Var):
                found.add(atom)
            else:
                found |= atom.index.variables()
        return found

    def map_coefficients(self, change: Callable[[IntExpr], IntExpr]) -> Affine:
        """The index with every coefficient, divisor and constant rewritten."""
        out = Affine(change(self.const))
        for atom, c in self.terms.items():
            part = Affine(0, {atom: 1})
            if isinstance(atom, (Quotient, Remainder)):
                parts = atom.index.map_coefficients(change).divmod(change(atom.divisor))
                part = parts[0] if isinstance(atom, Quotient) else parts[1]
            out = out + part * change(c)
        return out


def _add_terms(terms: dict[Atom, IntExpr], added: Mapping[Atom, IntExpr], factor: IntExpr) -> None:
    """Add ``factor`` times other terms to ``terms``; what becomes 0 goes."""
    for atom, c in added.items():
        part = c * factor
        if atom not in terms:
            terms[atom] = part
        elif is_zero(total := terms[atom] + part):
            del terms[atom]
        else:
            terms[atom] = total


def _factor(c: IntExpr) -> str:
    return str(c) if type(c) is int else f"({c})"


def _atom(atom: Atom) -> str:
    return atom.name if isinstance(atom, Var) else f"({atom!r})"


def _atom_key(atom: Atom) -> tuple[object, ...]:
    if isinstance(atom, Var):
        return ("var", atom.name, id(atom))
    kind = "div" if isinstance(atom, Quotient) else "mod"
    return (kind, str(atom.divisor), atom.index.key())


def _int_terms(index: Affine) -> list[tuple[Atom, int]]:
    return [(a, c if type(c) is int else as_int(c)) for a, c in index.terms.items()]


def _all_int(index: Affine, divisor: IntExpr) -> bool:
    return (
        type(divisor) is int
        and type(index.const) is int
        and all(type(c) is int and _is_int_atom(a) for a, c in index.terms.items())
    )


def _is_int_atom(atom: Atom) -> bool:
    if isinstance(atom, Var):
        return type(atom.extent) is int
    return _all_int(atom.index, atom.divisor)


def _smallest(atom: Atom) -> int:
    if isinstance(atom, Quotient):
        return atom.index.low() // as_int(atom.divisor)
    return 0


def _largest(atom: Atom) -> int:
    return as_int(atom.extent) - 1


def _proper_divisors(n: int) -> list[int]:
    """Divisors of ``n`` between 1 and ``n``, largest first."""
    small = [d for d in range(2, isqrt(n) + 1) if n % d == 0]
    return sorted({*small, *(n // d for d in small)}, reverse=True)


def _exactly_divided(index: Affine, n: int) -> Affine:
    return Affine(as_int(index.const) // n, {a: c // n for a, c in _int_terms(index)})


def _mentions(atom: Atom, values: Mapping[Var, Affine | int]) -> bool:
    if isinstance(atom, Var):
        return atom in values
    return any(_mentions(a, values) for a in atom.index.terms)


IndexLike = Affine | Var | int | Symbolic
