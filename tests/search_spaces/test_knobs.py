"""Knobs: what values the constructors list, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvmtune.errors import SpaceError
from tvmtune.search_spaces.knobs import (
    TAILS,
    Knob,
    candidates,
    choice,
    factors,
    flag,
    order,
    powers_of_two,
    tails,
    value_text,
)


def untyped(value: Any) -> Any:
    """What a caller without a type checker may pass."""
    return value


def test_factors_are_the_divisors() -> None:
    assert factors("tile", 12).values == (1, 2, 3, 4, 6, 12)
    assert factors("tile", 12, maximum=4).values == (1, 2, 3, 4)
    assert factors("tile", 13).values == (1, 13)
    assert factors("tile", 1).values == (1,)


def test_factors_of_several_parts_have_products_that_divide() -> None:
    assert factors("tile", 6, parts=2).values == (
        (1, 1), (1, 2), (1, 3), (1, 6), (2, 1), (2, 3), (3, 1), (3, 2), (6, 1)
    )  # fmt: skip
    assert factors("tile", 4, parts=2, maximum=2).values == ((1, 1), (1, 2), (2, 1), (2, 2))


@given(st.integers(1, 60), st.integers(1, 3), st.integers(1, 60) | st.none())
def test_factors_are_all_there_are(extent: int, parts: int, maximum: int | None) -> None:
    values = factors("tile", extent, parts, maximum).values
    tuples = [v if isinstance(v, tuple) else (v,) for v in values]
    assert tuples == sorted(set(tuples))
    limit = extent if maximum is None else min(extent, maximum)
    grid = np.indices((limit,) * parts).reshape(parts, -1).T + 1
    assert len(tuples) == sum(extent % prod(row) == 0 for row in grid.tolist())


def test_powers_of_two_cover_the_extent() -> None:
    assert powers_of_two("tile", 8).values == (1, 2, 4, 8)
    assert powers_of_two("tile", 9).values == (1, 2, 4, 8, 16)
    assert powers_of_two("tile", 1).values == (1,)
    assert powers_of_two("tile", 9, maximum=4).values == (1, 2, 4)
    assert powers_of_two("tile", 3, parts=2).values == (
        (1, 1),
        (1, 2),
        (1, 4),
        (2, 1),
        (2, 2),
        (4, 1),
    )


def test_explicit_values() -> None:
    assert candidates("prefetch", [0, 8, 16]).numeric
    assert candidates("tile", untyped([[4, 16], (6, 16)])).values == ((4, 16), (6, 16))
    assert candidates("lanes", untyped(np.array([4, 8]))).values == (4, 8)
    assert not choice("kind", ["blocked", "plain"]).numeric
    assert flag("unroll").values == (False, True)
    assert tails("tail").values == TAILS
    assert tails("tail", ["even", "pad"]).values == ("even", "pad")


def test_orders() -> None:
    assert order("outer", "ab").values == (("a", "b"), ("b", "a"))
    assert len(order("outer", "abcd").values) == 24
    assert order("outer", "abc", "adjacent").values == (
        ("a", "b", "c"), ("b", "a", "c"), ("a", "c", "b")
    )  # fmt: skip
    assert order("outer", "abc", ["cab", "abc"]).values == (("c", "a", "b"), ("a", "b", "c"))


def test_symbols_are_named_by_the_knob() -> None:
    assert factors("tile", 4).symbols == ("tile",)
    assert factors("tile", 4, parts=2).symbols == ("tile.0", "tile.1")
    assert flag("unroll").symbols == ()
    assert str(factors("tile", 4).symbolic) == "tile"
    assert str(factors("tile", 4, parts=2).symbolic) == "(tile.0, tile.1)"


def test_digits_are_found_by_value() -> None:
    tile = factors("tile", 4, parts=2)
    assert tile.digit([1, 4]) == tile.digit((1, 4)) == 2
    assert candidates("lanes", [4, 8]).digit(np.int64(8)) == 1
    assert flag("unroll").digit(True) == 1


@pytest.mark.parametrize("value", [3, True, "4", (4,), None, {}, 4.0])
def test_other_values_are_refused_with_those_there_are(value: object) -> None:
    knob = candidates("lanes", [1, 4, 8])
    with pytest.raises(SpaceError, match=r"'lanes' has no value .*: it has 1, 4, 8$"):
        knob.digit(value)


def test_long_lists_of_values_are_cut() -> None:
    with pytest.raises(SpaceError, match=r"it has 1, 2, 3, 4, 6, 8, 9, 12, \.\.\. \(15 values\)"):
        factors("tile", 144).digit(5)


def test_restricted_knobs_keep_the_order_of_their_values() -> None:
    knob = factors("tile", 12, parts=2)
    assert knob.restricted(["6x2", (1, 1), "1x1"]).values == ((1, 1), (6, 2))
    assert flag("unroll").restricted(["true"]).values == (True,)
    assert order("outer", ["ci", "kh"]).restricted(["kh.ci"]).values == (("kh", "ci"),)
    assert choice("kind", ["plain", "blocked"]).restricted(["blocked"]).values == ("blocked",)
    with pytest.raises(SpaceError, match="'tile' has no value '5x2'"):
        knob.restricted(["5x2"])
    with pytest.raises(SpaceError, match="restricted to no value"):
        knob.restricted([])


def test_texts_of_values_are_different() -> None:
    for knob in (factors("a", 12, 3), order("b", "xyz"), flag("c"), candidates("d", [1, 11])):
        assert len({value_text(value) for value in knob.values}) == len(knob.values)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: flag("a.b"), "identifier"),
        (lambda: choice("kind", []), "no values"),
        (lambda: choice("kind", [1, True]), "all integers, all bools"),
        (lambda: choice("kind", [(1, 2), (1,)]), "tuples of integers or strings of one length"),
        (lambda: choice("kind", untyped([1.5])), "all integers"),
        (lambda: choice("kind", untyped([(1, "a")])), "all integers"),
        (lambda: choice("kind", ["a", "a"]), "listed twice"),
        (lambda: candidates("tile", [4, -1]), "at least 0"),
        (lambda: candidates("tile", untyped(["a"])), "numeric values"),
        (lambda: Knob("tile", (True,), numeric=True), "numeric values"),
        (lambda: factors("tile", 0), "extent of 0"),
        (lambda: powers_of_two("tile", 4, parts=0), "0 inner factors"),
        (lambda: tails("tail", ["guard", "clip"]), r"\['clip'\]: choose from"),
        (lambda: order("outer", "abcdefg"), "all orders of 7 axes are too many"),
        (lambda: order("outer", "abc", "random"), "no order policy 'random'"),
        (lambda: order("outer", "abc", ["abd"]), "no permutation"),
    ],
)
def test_malformed_knobs_are_refused(make: Callable[[], Knob], message: str) -> None:
    with pytest.raises(SpaceError, match=message):
        make()
