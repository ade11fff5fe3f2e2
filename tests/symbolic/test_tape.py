"""Random expressions: substituting, constructing with integers and the tape agree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tvmtune.errors import SymbolError
from tvmtune.symbolic import (
    IntExpr,
    at_most,
    both,
    ceildiv,
    compile_tape,
    divides,
    either,
    equal,
    floordiv,
    less,
    maximum,
    minimum,
    mod,
    same,
    select,
    substitute,
    symbol,
)

NAMES = ("a", "b.0", "b.1")
MANY = settings().max_examples

CONSTRUCTORS: dict[str, tuple[Callable[..., IntExpr], Callable[..., int], int]] = {
    "add": (lambda x, y: x + y, lambda x, y: x + y, 2),
    "subtract": (lambda x, y: x - y, lambda x, y: x - y, 2),
    "multiply": (lambda x, y: x * y, lambda x, y: x * y, 2),
    "ceildiv": (ceildiv, lambda x, y: -(-x // y) if y else 0, 2),
    "floordiv": (floordiv, lambda x, y: x // y if y else 0, 2),
    "mod": (mod, lambda x, y: x % y if y else x, 2),
    "minimum": (minimum, min, 3),
    "maximum": (maximum, max, 3),
    "select": (select, lambda c, x, y: x if c else y, 3),
    "equal": (equal, lambda x, y: int(x == y), 2),
    "at_most": (at_most, lambda x, y: int(x <= y), 2),
    "less": (less, lambda x, y: int(x < y), 2),
    "divides": (divides, lambda x, y: int((y % x if x else y) == 0), 2),
    "both": (both, lambda *c: int(all(c)), 3),
    "either": (either, lambda *c: int(any(c)), 3),
}


@dataclass(frozen=True)
class Tree:
    """An operation by name with its arguments: names of symbols, integers, trees."""

    name: str
    args: tuple[Any, ...]


def construct(tree: Any, env: Mapping[str, IntExpr]) -> IntExpr:
    if isinstance(tree, Tree):
        return CONSTRUCTORS[tree.name][0](*[construct(a, env) for a in tree.args])
    return env[tree] if isinstance(tree, str) else int(tree)


def compute(tree: Any, env: Mapping[str, int]) -> int:
    """The meaning of a tree, in Python's own integers."""
    if isinstance(tree, Tree):
        return CONSTRUCTORS[tree.name][1](*[compute(a, env) for a in tree.args])
    return env[tree] if isinstance(tree, str) else int(tree)


def operations(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.sampled_from(sorted(CONSTRUCTORS)).flatmap(
        lambda name: st.tuples(*[children] * CONSTRUCTORS[name][2]).map(
            lambda args: Tree(name, args)
        )
    )


TREES = st.recursive(st.sampled_from(NAMES) | st.integers(-4, 12), operations, max_leaves=12)
VALUES = st.fixed_dictionaries({name: st.integers(1, 9) for name in NAMES})
SYMBOLS: dict[str, IntExpr] = {name: symbol(name) for name in NAMES}


@settings(max_examples=2 * MANY, deadline=None)
@given(TREES, VALUES, st.sets(st.sampled_from(NAMES)))
def test_substituting_is_constructing(tree: Any, values: dict[str, int], known: set[str]) -> None:
    expected = compute(tree, values)
    assert construct(tree, values) == expected
    symbolic = construct(tree, SYMBOLS)
    assert substitute(symbolic, values) == expected
    partial = {name: values[name] for name in known}
    partly = substitute(symbolic, partial)
    assert same(partly, construct(tree, {**SYMBOLS, **partial}))
    assert substitute(partly, values) == expected


@settings(max_examples=MANY, deadline=None)
@given(st.lists(TREES, min_size=1, max_size=4), st.lists(VALUES, min_size=1, max_size=5))
def test_the_tape_computes_the_same(trees: list[Any], rows: list[dict[str, int]]) -> None:
    tape = compile_tape([construct(t, SYMBOLS) for t in trees])
    columns = {name: np.array([r[name] for r in rows], np.int64) for name in NAMES}
    expected = [[float(compute(t, r)) for t in trees] for r in rows]
    np.testing.assert_array_equal(tape(columns), expected)


def test_many_rows_and_shared_parts() -> None:
    a, b = symbol("a"), symbol("b.0")
    outer = ceildiv(1000, a)
    expressions = [outer * b, outer * b + 3, outer * b - a, 7, mod(1000, a), floordiv(1000, a)]
    tape = compile_tape(expressions)
    assert len(tape.steps) < 14
    rng = np.random.default_rng(0)
    columns = {"a": rng.integers(1, 50, 5000), "b.0": rng.integers(1, 50, 5000)}
    out = tape(columns)
    assert out.shape == (5000, 6)
    assert out.dtype == np.float64
    for row in (0, 2047, 2048, 4999):
        env = {name: int(column[row]) for name, column in columns.items()}
        assert out[row].tolist() == [substitute(e, env) for e in expressions]


def test_a_tape_of_constants_needs_the_number_of_rows() -> None:
    tape = compile_tape([4, 5])
    assert tape({}, rows=2).tolist() == [[4, 5], [4, 5]]
    assert tape({}, rows=0).shape == (0, 2)
    with pytest.raises(SymbolError, match="at least one"):
        tape({})


def test_no_expressions_give_no_columns() -> None:
    assert compile_tape([])({"a": np.ones(3, np.int64)}).shape == (3, 0)


def test_missing_and_unequal_columns_are_named() -> None:
    tape = compile_tape([symbol("a") + symbol("b")])
    column = np.ones(3, np.int64)
    with pytest.raises(SymbolError, match=r"\['b'\]: given \['a'\]"):
        tape({"a": column})
    with pytest.raises(SymbolError, match=r"\[2, 3\] rows"):
        tape({"a": column, "b": column[:2]})


def test_constants_that_float64_would_round_are_refused() -> None:
    compile_tape([symbol("a") + 2**53])
    with pytest.raises(SymbolError, match="does not fit 53 bits"):
        compile_tape([symbol("a") + 2**53 + 1])


def test_quotients_next_to_an_integer_are_exact() -> None:
    a, b = symbol("a"), symbol("b.0")
    tape = compile_tape([floordiv(a, b), ceildiv(a, b), mod(a, b)])
    divisors = np.array([3, 7, 94906265, 2**26 - 1, 2**20 + 1], np.int64)
    dividends = (2**53 - 1) // divisors * divisors
    for shift in (-1, 0, 1):
        out = tape({"a": dividends + shift, "b.0": divisors})
        for row, dividend, divisor in zip(out, dividends + shift, divisors, strict=True):
            down, rest = divmod(int(dividend), int(divisor))
            assert row.tolist() == [down, down + (rest > 0), rest]


def test_conditions_are_numbers() -> None:
    a, b = symbol("a"), symbol("b.0")
    yes, also = at_most(a, 5), less(b, 3)
    tape = compile_tape([yes + also, yes * also, yes - also, 1 - yes, maximum(yes, also) + yes])
    out = tape({"a": np.array([1, 1, 9]), "b.0": np.array([1, 7, 1])})
    assert out.tolist() == [[2, 1, 0, 0, 2], [1, 0, 1, 0, 2], [1, 0, -1, 1, 1]]


def test_a_tape_is_not_changed_by_who_reads_its_blocks() -> None:
    tape = compile_tape([7, symbol("a")])
    for _, values in tape.blocks({"a": np.array([1, 2])}):
        with pytest.raises(ValueError, match="read-only"):
            np.add(values[0], 1, out=values[0])
