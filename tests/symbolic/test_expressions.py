"""Constructors: plain integers, the normal form, text, and what a symbol refuses."""

from __future__ import annotations

import operator
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tvmtune.errors import SymbolError
from tvmtune.symbolic import (
    IntExpr,
    Substitution,
    Symbolic,
    as_int,
    at_most,
    both,
    ceildiv,
    divides,
    either,
    equal,
    floordiv,
    key_of,
    less,
    maximum,
    minimum,
    mod,
    normal,
    same,
    select,
    substitute,
    symbol,
    symbols_of,
)

TILE = symbol("tile")
LANES = symbol("lanes")
FOUR: Any = np.int64(4)  # not an int to the type checker, but accepted where a user has one


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (ceildiv(7, 2), 4),
        (ceildiv(-7, 2), -3),
        (floordiv(-7, 2), -4),
        (mod(-7, 2), 1),
        (ceildiv(7, 0), 0),
        (floordiv(7, 0), 0),
        (mod(7, 0), 7),
        (minimum(3, 1, 2), 1),
        (maximum(3), 3),
        (select(2, 10, 20), 10),
        (select(0, 10, 20), 20),
        (equal(2, 2), 1),
        (at_most(2, 2), 1),
        (less(2, 2), 0),
        (divides(4, 12), 1),
        (divides(5, 12), 0),
        (divides(0, 12), 0),
        (both(), 1),
        (both(1, 7), 1),
        (both(1, 0), 0),
        (either(), 0),
        (either(0, 7), 1),
        (either(0, 0), 0),
        (normal(True), 1),
        (minimum(FOUR, 6), 4),
        (as_int(FOUR), 4),
    ],
)
def test_with_integers_the_result_is_a_plain_integer(value: IntExpr, expected: int) -> None:
    assert type(value) is int
    assert value == expected


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((TILE + 1) * (LANES - 1), LANES * TILE - TILE + LANES - 1),
        (TILE - TILE, 0),
        (TILE * 0, 0),
        (3 - (3 - TILE), TILE),
        (+TILE, -(0 - TILE)),
        (ceildiv(TILE, 1), TILE),
        (ceildiv(TILE, TILE), 1),
        (ceildiv(6 * TILE * LANES, 2 * TILE), 3 * LANES),
        (floordiv(TILE * LANES + TILE, TILE), LANES + 1),
        (floordiv(0, TILE), 0),
        (floordiv(TILE, 0), 0),
        (mod(TILE * LANES, LANES), 0),
        (mod(0, minimum(TILE, LANES)), 0),
        (mod(TILE, 0), TILE),
        (minimum(TILE, minimum(LANES, 4), 8, TILE), minimum(4, LANES, TILE)),
        (maximum(LANES, TILE), maximum(TILE, LANES)),
        (minimum(TILE, TILE), TILE),
        (select(less(TILE, 4), LANES, LANES), LANES),
        (select(TILE, LANES, 1), select(both(TILE), LANES, 1)),
        (equal(TILE, LANES), equal(LANES, TILE)),
        (less(TILE, LANES), at_most(TILE + 1, LANES)),
        (both(less(TILE, 4), 1, both(less(TILE, 4), LANES)), both(LANES, less(TILE, 4))),
        (both(less(TILE, 4), 0), 0),
        (either(less(TILE, 4), 0), less(TILE, 4)),
        (either(less(TILE, 4), 3), 1),
        (divides(TILE, TILE * LANES), 1),
    ],
)
def test_normal_form(left: IntExpr, right: IntExpr) -> None:
    assert same(left, right)
    assert key_of(left) == key_of(right)


def test_different_expressions_are_not_the_same() -> None:
    different: list[IntExpr] = [
        TILE,
        LANES,
        TILE * TILE,
        TILE + 1,
        -TILE,
        1,
        ceildiv(TILE, 2),
        floordiv(TILE, 2),
        ceildiv(2, TILE),
        minimum(TILE, 2),
        minimum(TILE, LANES),
        minimum(TILE, LANES, 2),
    ]
    assert len({key_of(x) for x in different}) == len(different)


def test_a_quotient_by_what_may_be_zero_stays() -> None:
    blocks = floordiv(TILE, 8)
    whole = floordiv(blocks, blocks)
    assert [substitute(whole, {"tile": t}) for t in (4, 8)] == [0, 1]


def test_text_reads_like_the_formula() -> None:
    assert str(ceildiv(64, TILE) * LANES + 3 - 2 * TILE * TILE) == (
        "ceildiv(64, tile)*lanes + 3 - 2*tile**2"
    )
    assert str(-TILE) == "-tile"
    assert str(at_most(TILE * LANES, 64)) == "(lanes*tile <= 64)"
    assert str(divides(LANES, TILE)) == "(mod(tile, lanes) == 0)"
    assert str(equal(TILE, 4)) == str(equal(4, TILE)) == "(tile == 4)"
    assert repr(TILE + 1) == "tile + 1"
    assert repr(TILE.atom) == "tile"


def test_numpy_integers_leave_arithmetic_to_the_expression() -> None:
    total = FOUR * TILE + FOUR - FOUR * 2
    assert isinstance(total, Symbolic)
    assert same(total, 4 * TILE - 4)


def _index(x: Symbolic) -> object:
    return [1, 2][x]


@pytest.mark.parametrize(
    ("use", "advice"),
    [
        (lambda x: x == 1, "equal"),
        (lambda x: x != 1, "equal"),
        (lambda x: x < 1, "less"),
        (lambda x: x > 1, "less"),
        (lambda x: x <= 1, "at_most"),
        (lambda x: x >= 1, "at_most"),
        (lambda x: x // 2, "floordiv"),
        (lambda x: 64 // x, "floordiv"),
        (lambda x: x % 2, "mod"),
        (lambda x: 64 % x, "mod"),
        (lambda x: 64 / x, "ceildiv"),
        (lambda x: x / 2, "ceildiv"),
        (bool, "select"),
        (int, "constraint"),
        (float, "constraint"),
        (range, "constraint"),
        (operator.index, "constraint"),
        (as_int, "constraint"),
        (_index, "constraint"),
    ],
)
def test_a_symbol_is_no_number(use: Callable[[Any], object], advice: str) -> None:
    with pytest.raises(SymbolError, match=rf"'lanes', 'tile'.*structural.*{advice}"):
        use(TILE * LANES)


def test_other_types_are_refused() -> None:
    with pytest.raises(SymbolError, match=r"1\.5 of type float"):
        _ = TILE + 1.5  # type: ignore[operator]
    with pytest.raises(SymbolError, match="of type str"):
        minimum(TILE, "4")  # type: ignore[arg-type]
    with pytest.raises(SymbolError, match="min of no values"):
        minimum()


def test_expressions_are_dictionary_keys_by_identity_or_key() -> None:
    product = TILE * LANES
    assert {product: 1}[product] == 1
    assert {key_of(product): 1}[key_of(LANES * TILE)] == 1
    with pytest.raises(SymbolError):
        _ = {product: 1}[LANES * TILE]


def test_substitution_takes_expressions_and_leaves_the_rest() -> None:
    value = ceildiv(64, TILE) + minimum(TILE, LANES)
    assert same(
        substitute(value, {"tile": 2 * LANES}), ceildiv(64, 2 * LANES) + minimum(2 * LANES, LANES)
    )
    assert same(substitute(value, {"other": 1}), value)
    assert substitute(value, {"tile": FOUR, "lanes": 8}) == 20
    assert substitute(3, {}) == 3


def test_substitution_shares_what_it_constructed() -> None:
    shared = ceildiv(64, TILE)
    for _ in range(200):  # without sharing, 2 ** 200 steps
        shared = maximum(shared, minimum(shared, LANES) + 1)
    apply = Substitution({"tile": 4, "lanes": 3})
    assert apply(shared) == apply(shared) == 16
    assert symbols_of(shared) == ("lanes", "tile")


def test_symbols_are_sorted() -> None:
    assert symbols_of(TILE * ceildiv(symbol("a.1"), LANES)) == ("a.1", "lanes", "tile")
    assert symbols_of(7) == ()


def test_keys_do_not_depend_on_the_process() -> None:
    program = (
        "from tvmtune.symbolic import *; a, b = symbol('a'), symbol('b');"
        "print(both(less(a, b), divides(b, a), ceildiv(a * b + 3, b)).key.hex())"
    )
    keys = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(keys) == 1
