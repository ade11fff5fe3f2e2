from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvmtune.errors import ExpressionError
from tvmtune.ir.affine import Affine, Quotient, Remainder, Var
from tvmtune.symbolic import as_int, symbol

VARIABLES = (Var("a", 5), Var("b", 4), Var("c", 7))
POINTS = [dict(zip(VARIABLES, p, strict=True)) for p in product(range(5), range(4), range(7))]


def value(index: Affine, point: dict[Var, int]) -> int:
    total = int(index.const)
    for atom, c in index.terms.items():
        match atom:
            case Var():
                part = point[atom]
            case Quotient():
                part = value(atom.index, point) // int(atom.divisor)
            case Remainder():
                part = value(atom.index, point) % int(atom.divisor)
        total += int(c) * part
    return total


small = st.integers(-9, 9)
divisors = st.integers(1, 12)
linear = st.builds(
    lambda const, cs: sum((c * v for c, v in zip(cs, VARIABLES, strict=True)), start=Affine(const)),
    small,
    st.tuples(small, small, small),
)


def _divided(children: st.SearchStrategy[Affine]) -> st.SearchStrategy[Affine]:
    return st.one_of(
        st.builds(lambda a, n: a // n, children, divisors),
        st.builds(lambda a, n: a % n, children, divisors),
        st.builds(lambda a, b, n: a + b * n, children, children, small),
    )


indices = st.recursive(linear, _divided, max_leaves=4)


@given(linear, linear, small)
def test_arithmetic(a: Affine, b: Affine, n: int) -> None:
    for p in POINTS:
        x, y = value(a, p), value(b, p)
        assert value(a + b, p) == x + y
        assert value(a - b, p) == x - y
        assert value(n - a, p) == n - x
        assert value(-a * n, p) == -x * n


@given(linear)
def test_range_of_sums_is_exact(a: Affine) -> None:
    values = [value(a, p) for p in POINTS]
    assert (a.low(), a.high()) == (min(values), max(values))


@given(indices)
def test_range_holds_all_values(a: Affine) -> None:
    values = [value(a, p) for p in POINTS]
    assert a.low() <= min(values)
    assert max(values) <= a.high()


@given(indices, divisors)
def test_divmod(a: Affine, n: int) -> None:
    quotient, rest = a.divmod(n)
    for p in POINTS:
        assert (value(quotient, p), value(rest, p)) == divmod(value(a, p), n)


@given(indices, st.data())
def test_substitute(a: Affine, data: st.DataObject) -> None:
    first, second = Var("first", 2), Var("second", 3)
    options: list[Affine | int] = [0, 1, 3, Affine.of(second), first + 2 * second % 4, Affine(2)]
    choices = st.sampled_from(options)
    chosen = st.dictionaries(st.sampled_from(VARIABLES), choices)
    values = {v: c for v, c in data.draw(chosen).items() if Affine.of(c).high() < as_int(v.extent)}
    result = a.substitute(values)
    assert not result.variables() & values.keys()
    for i, j, p in product(range(2), range(3), POINTS[::7]):
        point = {**p, first: i, second: j}
        given_values = {v: value(Affine.of(c), point) for v, c in values.items()}
        assert value(result, point) == value(a, {**point, **given_values})


def test_substitute_keeps_what_does_not_change() -> None:
    a, b, c = VARIABLES
    quotient = (b + c) // 4
    index = 3 * a + quotient
    assert index.substitute({Var("other", 3): 1}) is index
    assert index.substitute({a: 1}).terms.keys() == quotient.terms.keys()


def test_split_axes_divide_exactly() -> None:
    outer, middle, inner = Var("o", 5), Var("m", 3), Var("i", 4)
    flat = 12 * outer + 4 * middle + inner
    assert (flat // 4).same(3 * outer + middle)
    assert (flat % 12).same(4 * middle + inner)
    assert (flat // 4 % 3).same(Affine.of(middle))
    assert (flat // 12 * 12 + flat % 12).same(flat)


@given(indices, divisors)
def test_recombined_has_the_same_values(a: Affine, n: int) -> None:
    whole = (a // n * n + a % n).recombined()
    for p in POINTS:
        assert value(whole, p) == value(a, p)


def test_recombined() -> None:
    a, b, _ = VARIABLES
    for index in (Affine.of(a), 4 * a + b, 4 * a + b + 3):
        assert ((index // 7 * 7 + index % 7) * 5).recombined().same(index * 5)
    quotient, rest = Affine.of(a).divmod(3)
    for index in (quotient * 2 + rest, quotient, rest, quotient * 3 + rest * 2):
        assert index.recombined() is index


def test_multiples_leave_a_division() -> None:
    i, j = Var("i", 5), Var("j", 12)
    assert ((8 * i + j) // 8).same(i + j // 8)
    assert ((i - 1) // 2).same((i + 1) // 2 - 1)


def test_quotients_of_negative_indices_are_negative() -> None:
    i = Var("i", 8)
    quotient = (1 - i) // 3
    assert (quotient.low(), quotient.high()) == (-2, 0)
    assert value(quotient % 4, {i: 7}) == 2


def test_divisions_by_symbols_stay() -> None:
    i, n = Var("i", symbol("n")), symbol("t")
    assert repr(i // n // 4) == "((i) // t) // 4"


def test_symbols_become_numbers() -> None:
    i, t = Var("i", 8), symbol("t")
    index = (i * t + 1) // t
    concrete = index.map_coefficients(lambda c: c if isinstance(c, int) else 2)
    assert value(concrete, {i: 3}) == 3


def test_coefficients_that_become_zero_go() -> None:
    i, t = Var("i", 8), symbol("t")
    assert (i * t).map_coefficients(lambda c: 0).is_constant()
    assert (i - i).is_constant()
    assert (i * 0).is_constant()


def test_same_and_key() -> None:
    i, j = Var("i", 8), Var("i", 8)
    assert (i + 1).same(1 + Affine.of(i))
    assert not (i + 1).same(j + 1)
    assert ((i + 1) // 3).key() == ((i + 1) // 3).key()
    assert ((i + 1) // 3).key() != ((i + 1) % 3).key()


def test_repr() -> None:
    i = Var("i", 8)
    assert repr(3 * i - 1) == "3*i - 1"
    assert repr(2 * (i % 3)) == "2*((i) % 3)"


def test_errors() -> None:
    i = Var("i", 8)
    with pytest.raises(ExpressionError, match="axis i used as a truth value"):
        bool(i)
    with pytest.raises(ExpressionError, match="index i \\+ 1 used as a truth value"):
        bool(i + 1)
    with pytest.raises(ExpressionError, match="'x' is no index"):
        Affine.of("x")  # type: ignore[arg-type]
    with pytest.raises(ExpressionError, match="not affine in its axes"):
        Affine.of(i) * Affine.of(i)  # type: ignore[operator]
    for wrong in (0, -2):
        with pytest.raises(ExpressionError, match="divisors are positive"):
            i // wrong
