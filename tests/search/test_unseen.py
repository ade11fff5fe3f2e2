from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from tvmtune.search.unseen import UnseenPoints


def small(synthetic: ModuleType) -> Any:
    return synthetic.SyntheticDomain(radices=synthetic.SMALL_RADICES)


def test_points_are_distinct_and_not_taken(synthetic: ModuleType) -> None:
    domain = small(synthetic)
    everything = np.stack(list(domain.scan(0)))
    taken = set(domain.keys(everything[::2]))
    points = UnseenPoints(domain, np.random.default_rng(0)).take(500, taken)
    assert sorted(domain.keys(points)) == sorted(domain.keys(everything[1::2]))


def test_what_is_left_is_listed_once_and_shuffled(synthetic: ModuleType) -> None:
    domain = small(synthetic)
    everything = domain.keys(np.stack(list(domain.scan(0))))
    scans: list[int] = []
    scan = domain.scan

    def counted(start: int) -> Any:
        scans.append(start)
        return scan(start)

    domain.scan = counted
    unseen = UnseenPoints(domain, np.random.default_rng(0))
    taken: set[bytes] = set()
    order = []
    while len(points := unseen.take(5, taken)):
        order += domain.keys(points)
        taken.update(order)
    assert sorted(order) == sorted(everything)
    assert order != everything
    assert scans == [0]


def test_a_large_space_in_which_drawing_finds_nothing_new(synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain()
    only = domain.defaults()[:1]
    domain.sample = lambda rng, n, _: np.repeat(only, n, axis=0)
    unseen = UnseenPoints(domain, np.random.default_rng(0))
    assert np.array_equal(unseen.take(5, set()), only)
    assert unseen.take(5, set(domain.keys(only))).shape == (0, domain.width)


def test_points_drawn_before_do_not_end_a_large_space(synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain()
    first = UnseenPoints(domain, np.random.default_rng(0)).take(8, set())
    again = UnseenPoints(domain, np.random.default_rng(0)).take(8, set(domain.keys(first)))
    assert len(again) == 8
    assert not set(domain.keys(again)) & set(domain.keys(first))


def test_points_of_given_templates_come_in_their_order(synthetic: ModuleType) -> None:
    domain = small(synthetic)
    unseen = UnseenPoints(domain, np.random.default_rng(0))
    points = unseen.divided([1, 0, 1, 1], set())
    assert points[:, 0].tolist() == [1, 0, 1, 1]
    assert len(set(domain.keys(points))) == 4
    assert not unseen.spent


def test_what_a_template_lacks_comes_from_the_others(synthetic: ModuleType) -> None:
    domain = small(synthetic)
    everything = np.stack(list(domain.scan(0)))
    first = everything[everything[:, 0] == 0]
    unseen = UnseenPoints(domain, np.random.default_rng(0))
    points = unseen.divided([0] * (len(first) + 3), set())
    assert np.bincount(points[:, 0]).tolist() == [len(first), 3]
    assert len(set(domain.keys(points))) == len(first) + 3
    assert unseen.spent == {0}
    rest = unseen.divided([0] * 500, set(domain.keys(points)))
    assert len(rest) + len(points) == len(everything)
