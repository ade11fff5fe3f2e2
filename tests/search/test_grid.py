from __future__ import annotations

import math
from types import ModuleType

import numpy as np
import pytest

from tvmtune.search.grid import GridOptions, GridSearch, coprime_stride


def points_of(strategy: GridSearch, n: int) -> list[list[int]]:
    return [p.point.tolist() for p in strategy.ask(n) if p.proposer == "grid"]


def test_walks_in_the_order_of_the_index(synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain(radices=synthetic.SMALL_RADICES)
    defaults = domain.defaults().tolist()
    expected = [p.tolist() for p in domain.scan(0) if p.tolist() not in defaults]
    assert points_of(GridSearch(domain), 10**6) == expected
    assert points_of(GridSearch(domain, options=GridOptions(budget=10**6)), 10**6) == expected


def test_a_small_budget_is_spread_over_the_space(synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain()
    spread = points_of(GridSearch(domain, options=GridOptions(budget=200)), 200)
    for column, radix in enumerate((2, *synthetic.RADICES)):
        met = {point[column] for point in spread}
        assert len(met) >= radix - 1, f"column {column}"
    corner = points_of(GridSearch(domain), 200)
    assert {point[-1] for point in corner} == {0}


def test_a_budget_that_is_exceeded_still_exhausts(synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain(radices=synthetic.SMALL_RADICES)
    strategy = GridSearch(domain, options=GridOptions(budget=9))
    keys = domain.keys(np.stack([p.point for p in strategy.ask(10**6)]))
    assert len(keys) == len(set(keys)) == len(list(domain.scan(0)))


def test_a_space_beyond_machine_integers_is_walked_lazily(synthetic: ModuleType) -> None:
    class Endless(synthetic.SyntheticDomain):  # type: ignore[name-defined,misc]
        @property
        def size(self) -> int:
            return 10**30

    strategy = GridSearch(Endless())
    assert len(strategy.ask(100)) == 100


@pytest.mark.parametrize("size", [1, 2, 3, 10, 36, 1000, 10**30])
def test_strides_visit_every_index(size: int) -> None:
    stride = coprime_stride(size)
    assert math.gcd(stride, size) == 1
    if size <= 1000:
        assert {i * stride % size for i in range(size)} == set(range(size))
