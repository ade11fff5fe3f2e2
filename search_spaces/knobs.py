"""Knobs: the named choices of a template, each with a finite list of values.

A knob is *numeric* where its values are integers that a schedule takes as symbols (split factors,
lanes, limits), or tuples of them (the inner factors of one split into several).  It is *structural*
where its value decides which schedule is made: orders, tail policies, flags.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any, TypeAlias

from tvmtune.errors import SpaceError
from tvmtune.symbolic import Symbolic, symbol

KnobValue: TypeAlias = int | str | bool | tuple[int, ...] | tuple[str, ...]
"""A concrete value of a knob: a JSON value, with tuples for lists."""

TAILS = ("guard", "peel", "even", "pad")
"""What a split may do with a factor that does not divide its extent."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_SHOWN = 8
_MOST_PERMUTED = 6


@dataclass(frozen=True, slots=True)
class Knob:
    """A name and its values, in an order that makes neighbours alike.

    Parameters
    ----------
    name
        An identifier.
    values
        At least one; all different and of one type (tuples: of one length).
    numeric
        Whether a symbolic schedule takes symbols for the value; the values are then integers of at
        least 0, or tuples of such.  Only a knob without the value 0 may be a divisor.
    """

    name: str
    values: tuple[KnobValue, ...]
    numeric: bool
    _digits: Mapping[KnobValue, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not _NAME.match(self.name):
            raise SpaceError(f"knob {self.name!r}: a knob's name is an identifier")
        if not self.values:
            raise SpaceError(f"knob {self.name!r} has no values: give at least one")
        kinds = {_kind(value) for value in self.values}
        if len(kinds) != 1 or None in kinds:
            raise SpaceError(
                f"knob {self.name!r}: values must be all integers, all bools, all strings, or "
                f"tuples of integers or strings of one length, got {_listed(self.values)}"
            )
        if self.numeric and not all(_is_numeric(value) for value in self.values):
            raise SpaceError(
                f"knob {self.name!r}: numeric values are integers of at least 0 or tuples of such, "
                f"got {_listed(self.values)}"
            )
        digits = {value: digit for digit, value in enumerate(self.values)}
        if len(digits) != len(self.values):
            raise SpaceError(f"knob {self.name!r}: a value is listed twice")
        object.__setattr__(self, "_digits", digits)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Names of the symbols for its value: the knob's or one a factor; none if structural."""
        if not self.numeric:
            return ()
        first = self.values[0]
        if isinstance(first, tuple):
            return tuple(f"{self.name}.{part}" for part in range(len(first)))
        return (self.name,)

    @property
    def symbolic(self) -> Symbolic | tuple[Symbolic, ...]:
        """What a symbolic config has for a numeric knob: a symbol, or one for each factor."""
        symbols = tuple(map(symbol, self.symbols))
        return symbols if isinstance(self.values[0], tuple) else symbols[0]

    def digit(self, value: Any) -> int:
        """The place of a value in `values`.

        Raises
        ------
        SpaceError
            If the knob does not have it.
        """
        value = plain(value)
        if _kind(value) == _kind(self.values[0]) and value in self._digits:
            return self._digits[value]
        raise SpaceError(
            f"knob {self.name!r} has no value {value!r}: it has {_listed(self.values)}"
        )

    def restricted(self, allowed: Sequence[Any]) -> Knob:
        """The same knob with some of its values only, in their order.

        Parameters
        ----------
        allowed
            Values, or their texts as `value_text` writes them.

        Raises
        ------
        SpaceError
            If a value is not one of the knob's, or none is given.
        """
        if not allowed:
            raise SpaceError(f"knob {self.name!r} restricted to no value: give at least one")
        by_text = {value_text(value): digit for digit, value in enumerate(self.values)}
        digits = {
            by_text[item] if isinstance(item, str) and item in by_text else self.digit(item)
            for item in allowed
        }
        return Knob(self.name, tuple(self.values[d] for d in sorted(digits)), self.numeric)


def factors(name: str, extent: int, parts: int = 1, maximum: int | None = None) -> Knob:
    """Numeric: all ways to split `extent` by factors that divide it.

    Parameters
    ----------
    name
        The knob's name.
    extent
        What is split, at least 1.
    parts
        Number of inner factors; the outermost is what is left.  With one the values are integers,
        else tuples, outer factors first, whose product divides `extent`.
    maximum
        The largest single factor; default any.
    """
    _check_split(name, extent, parts)
    divisors = [d for d in range(1, extent + 1) if extent % d == 0]

    def inner(product: int) -> list[int]:
        return [d for d in divisors if extent % (product * d) == 0]

    return Knob(name, _split_values(inner, parts, maximum), numeric=True)


def powers_of_two(name: str, extent: int, parts: int = 1, maximum: int | None = None) -> Knob:
    """Numeric: splits of `extent` by powers of two, whether they divide it or not.

    Parameters
    ----------
    name
        The knob's name.
    extent
        What is split, at least 1.
    parts
        Number of inner factors, as in `factors`; their product reaches at most the first power of
        two that covers `extent`.
    maximum
        The largest single factor; default any.
    """
    _check_split(name, extent, parts)
    logarithm = (extent - 1).bit_length()

    def inner(product: int) -> list[int]:
        return [2**e for e in range(logarithm + 1) if product * 2**e <= 2**logarithm]

    return Knob(name, _split_values(inner, parts, maximum), numeric=True)


def candidates(name: str, values: Sequence[int] | Sequence[tuple[int, ...]]) -> Knob:
    """Numeric: explicit values, integers or tuples of integers of one length."""
    return Knob(name, tuple(plain(value) for value in values), numeric=True)


def choice(name: str, values: Sequence[KnobValue]) -> Knob:
    """Structural: explicit values."""
    return Knob(name, tuple(plain(value) for value in values), numeric=False)


def flag(name: str) -> Knob:
    """Structural: ``False`` or ``True``."""
    return Knob(name, (False, True), numeric=False)


def tails(name: str, policies: Sequence[str] = TAILS) -> Knob:
    """Structural: what the splits that use this knob do with a tail.

    Parameters
    ----------
    name
        The knob's name.
    policies
        Some of `TAILS`.
    """
    unknown = [policy for policy in policies if policy not in TAILS]
    if unknown:
        raise SpaceError(f"knob {name!r}: no tail policies {unknown}: choose from {list(TAILS)}")
    return Knob(name, tuple(policies), numeric=False)


def order(name: str, items: Sequence[str], policy: str | Sequence[Sequence[str]] = "all") -> Knob:
    """Structural: orders of some axes, as tuples of their names.

    Parameters
    ----------
    name
        The knob's name.
    items
        Axes to order, in the order that is listed first.
    policy
        ``"all"``: every permutation of at most 6 items; ``"adjacent"``: the given order and those
        with two neighbours exchanged; or the orders themselves, each a permutation of `items`.

    Raises
    ------
    SpaceError
        If there are too many items for ``"all"``, or an order is no permutation of them.
    """
    given = tuple(items)
    if policy == "all":
        if len(given) > _MOST_PERMUTED:
            raise SpaceError(
                f"knob {name!r}: all orders of {len(given)} axes are too many (at most "
                f"{_MOST_PERMUTED} axes): list the orders that are worth trying"
            )
        return Knob(name, tuple(permutations(given)), numeric=False)
    if policy == "adjacent":
        return Knob(name, (given, *_exchanges(given)), numeric=False)
    if isinstance(policy, str):
        raise SpaceError(f"knob {name!r}: no order policy {policy!r}: 'all', 'adjacent' or a list")
    orders = tuple(tuple(one) for one in policy)
    for one in orders:
        if sorted(one) != sorted(given):
            raise SpaceError(f"knob {name!r}: {one} is no permutation of {given}")
    return Knob(name, orders, numeric=False)


def plain(value: Any) -> Any:
    """A knob value in its canonical type: lists as tuples, NumPy scalars as Python's."""
    if isinstance(value, list | tuple):
        return tuple(plain(part) for part in value)
    if hasattr(value, "dtype") and hasattr(value, "item"):
        return value.item()
    return value


def value_text(value: KnobValue) -> str:
    """A value as typed on a command line: ``16``, ``4x16``, ``peel``, ``true``, ``ci.kh.kw``."""
    match value:
        case bool():
            return str(value).lower()
        case tuple():
            separator = "x" if all(isinstance(part, int) for part in value) else "."
            return separator.join(map(str, value))
    return str(value)


def _split_values(
    inner: Callable[[int], list[int]], parts: int, maximum: int | None
) -> tuple[KnobValue, ...]:
    def tuples(product: int, left: int) -> Iterator[tuple[int, ...]]:
        if not left:
            yield ()
            return
        for factor in inner(product):
            if maximum is None or factor <= maximum:
                for rest in tuples(product * factor, left - 1):
                    yield (factor, *rest)

    values = tuple(tuples(1, parts))
    return values if parts > 1 else tuple(value[0] for value in values)


def _check_split(name: str, extent: int, parts: int) -> None:
    if extent < 1 or parts < 1:
        raise SpaceError(
            f"knob {name!r}: cannot split an extent of {extent} into {parts} inner factors: "
            f"both must be at least 1"
        )


def _exchanges(items: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for i in range(len(items) - 1):
        yield (*items[:i], items[i + 1], items[i], *items[i + 2 :])


def _kind(value: object) -> tuple[type, int] | None:
    """What the values of one knob have in common: a type, and the length of tuples."""
    if isinstance(value, tuple):
        kinds = {type(part) for part in value}
        return (kinds.pop(), len(value)) if len(kinds) == 1 and kinds <= {int, str} else None
    return (type(value), -1) if type(value) in (int, str, bool) else None


def _is_numeric(value: KnobValue) -> bool:
    parts = value if isinstance(value, tuple) else (value,)
    return all(type(part) is int and part >= 0 for part in parts)


def _listed(values: Sequence[KnobValue]) -> str:
    shown = ", ".join(repr(value) for value in values[:_SHOWN])
    return shown if len(values) <= _SHOWN else f"{shown}, ... ({len(values)} values)"
