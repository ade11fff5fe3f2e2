"""Closed forms against counting one by one."""

from __future__ import annotations

import random
from itertools import product

import pytest

from tvmtune.analysis.copies import Copy, Group, Tiling
from tvmtune.analysis.counting import as_factor, places, places_below
from tvmtune.ir.affine import Affine, Var
from tvmtune.schedule.placed import Box
from tvmtune.symbolic import symbol, symbols_of


def _group(levels: list[tuple[int, int]], base: int, extent: int, overlap: int) -> Group:
    loops = tuple(Var(f"l{i}", n) for i, (n, _) in enumerate(levels))
    origin = Affine(base)
    for loop, (_, step) in zip(loops, levels, strict=True):
        origin = origin + loop * step
    return Group(("y",), (Copy(loops, {"y": Box(origin, extent)}),), {}, overlap)


def _one_by_one(levels: list[tuple[int, int]], base: int, extent: int, limit: int) -> int:
    starts = (
        base + sum(i * step for i, (_, step) in zip(its, levels, strict=True))
        for its in product(*(range(n) for n, _ in levels))
    )
    return sum(max(0, min(extent, limit - start)) for start in starts)


@pytest.mark.parametrize("seed", range(60))
def test_places_below_a_limit_are_counted_exactly(seed: int) -> None:
    rng = random.Random(seed)
    inner = rng.randint(1, 4)
    counts = [rng.randint(1, 4) for _ in range(rng.randint(0, 2))]
    steps: list[int] = []
    reach = inner
    for n in reversed(counts):
        steps.insert(0, reach)
        reach *= n
    extent = inner + rng.randint(0, 4)
    base = rng.randint(0, 3)
    levels = list(zip(counts, steps, strict=True))
    group = _group(levels, base, extent, overlap=-(-(extent - inner) // inner))
    for limit in range(-2, reach + 8):
        assert places_below(group, "y", limit) == _one_by_one(levels, base, extent, limit)


def test_places_of_a_tiling_are_its_end() -> None:
    group = Group(("y",), _group([(3, 4)], 0, 4, 0).copies, {"y": Tiling(10, 12)}, 0)
    assert places(group) == 12
    assert [places_below(group, "y", n) for n in (-1, 5, 10, 11, 20)] == [0, 5, 10, 11, 12]


def test_nothing_is_said_of_boxes_that_move_in_unknown_ways() -> None:
    group = _group([(3, 4)], 0, 4, 0)
    assert places_below(Group(group.axes, group.copies, {}, None), "y", 3) is None


def test_a_factor_is_not_multiplied_out() -> None:
    a, b = symbol("a"), symbol("b")
    product_of_sums = as_factor(a + 1) * as_factor(b + 1)
    assert len(product_of_sums.terms) == 1  # type: ignore[union-attr]
    assert symbols_of(product_of_sums) == ("a", "b")
    assert as_factor(a) is a
    assert as_factor(7) == 7
