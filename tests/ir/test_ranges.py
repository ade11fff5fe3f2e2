from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import Binary, NonNegative
from tvmtune.ir.ranges import Facts
from tvmtune.ir.stmt import Fence, For

A, B = Var("a", 6), Var("b", 5)
POINTS = list(product(range(6), range(5)))
small = st.integers(-6, 6)
lines = st.tuples(small, small, small)


def index(line: tuple[int, int, int]) -> Affine:
    return line[0] * A + line[1] * B + line[2]


def at(line: tuple[int, int, int], point: tuple[int, int]) -> int:
    return line[0] * point[0] + line[1] * point[1] + line[2]


@given(st.lists(lines, max_size=3), lines, st.sampled_from([2, 3]))
def test_what_is_said_is_true(
    known: list[tuple[int, int, int]], asked: tuple[int, int, int], n: int
) -> None:
    facts = Facts()
    for line in known:
        facts = facts.assuming_nonnegative(index(line))
    reached = [p for p in POINTS if all(at(line, p) >= 0 for line in known)]
    values = [at(asked, p) for p in reached]
    if facts.impossible:
        assert not reached
    if values and not facts.impossible:
        low, high = facts.low(index(asked)), facts.high(index(asked))
        assert low <= min(values)
        assert max(values) <= high
        quotients = [v // n for v in values]
        assert facts.low(index(asked) // n) <= min(quotients)
        assert facts.high(index(asked) // n) >= max(quotients)
        rests = [v % n for v in values]
        assert facts.low(index(asked) % n) <= min(rests)
        assert facts.high(index(asked) % n) >= max(rests)
    if facts.proves(index(asked)):
        assert all(v >= 0 for v in values)


def test_guards_of_a_padded_read() -> None:
    y, x, kh, kw = Var("y", 8), Var("x", 8), Var("kh", 3), Var("kw", 3)
    row, column = y + kh - 1, x + kw - 1
    offset = 8 * row + column
    facts = Facts()
    assert not facts.proves(offset)
    inside = Binary("and", NonNegative(row), NonNegative(7 - row), "bool")
    inside = Binary("and", inside, NonNegative(column), "bool")
    inside = Binary("and", inside, NonNegative(7 - column), "bool")
    facts = facts.assuming(inside)
    assert facts.proves(offset)
    assert facts.proves(63 - offset)
    assert not facts.proves(62 - offset)


def test_clipped_loop() -> None:
    y, kh = Var("y", 8), Var("kh", 3)
    bounds = ((Affine(0), 1 - y), (Affine(3), 9 - y))
    facts = Facts().entering(For(kh, *bounds, "serial", Fence(), "acc.kh"))
    assert facts.proves(y + kh - 1)
    assert facts.proves(8 - y - kh)
    assert facts.high(Affine.of(kh)) == 2


def test_conditions_that_do_not_hold() -> None:
    facts = Facts().assuming_not(NonNegative(A - 3))
    assert facts.high(Affine.of(A)) == 2
    either = Binary("or", NonNegative(A - 3), NonNegative(B - 3), "bool")
    assert Facts().assuming_not(either).high(Affine.of(A)) == 5


def test_impossible_places_prove_anything() -> None:
    nowhere = Facts().assuming(NonNegative(A - 6))
    assert nowhere.impossible
    assert nowhere.proves(Affine(-1))
    assert Facts().assuming(NonNegative(Affine(-1))).impossible
    assert nowhere.assuming_nonnegative(A + B).impossible
