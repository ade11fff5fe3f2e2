"""Several templates behind one domain."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tvmtune.analysis.features import FEATURE_NAMES
from tvmtune.analysis.relations import RELATION_NAMES, relations_of
from tvmtune.errors import SpaceError
from tvmtune.search_spaces.domain import TaskDomain
from tvmtune.search_spaces.knobs import candidates, factors, flag
from tvmtune.search_spaces.space import Config, Constraint, Domain, Evaluator, Space
from tvmtune.symbolic import at_most, divides


@dataclass
class Judge:
    """An evaluator that refuses one value of the first digit and shows the digits as features."""

    feature_names: tuple[str, ...]
    refused: int = -1
    asked: int = 0

    def satisfied(self, points: NDArray[np.int64]) -> NDArray[np.bool_]:
        self.asked += len(points)
        satisfied: NDArray[np.bool_] = points[:, 0] != self.refused
        return satisfied

    def features(self, points: NDArray[np.int64]) -> NDArray[np.float32]:
        return points[:, : len(self.feature_names)].astype(np.float32)


class Nests(Judge):
    """An evaluator that says it has columns of nests: numbers that its digits decide."""

    def features(self, points: NDArray[np.int64]) -> NDArray[np.float32]:
        waves = points.sum(axis=1, keepdims=True) + np.arange(len(self.feature_names))
        features: NDArray[np.float32] = (8 * np.abs(np.sin(waves))).astype(np.float32)
        return features


WIDE = Space(
    "wide",
    (factors("tile", 24), candidates("lanes", [1, 4, 8]), flag("unroll")),
    (Constraint("lanes divide tile", lambda c: divides(c["lanes"], c["tile"])),),
)
NARROW = Space("narrow", (candidates("rows", [1, 2, 3, 4]),))


def make_domain(refused: int = 3) -> TaskDomain:
    narrow: tuple[Space, Evaluator] = (NARROW, Judge(("rows",), refused))
    return TaskDomain([(WIDE, Judge(("tile", "rows"))), narrow])


def everything(domain: Domain) -> NDArray[np.int64]:
    return np.array(list(domain.scan(0)), np.int64).reshape(-1, domain.width)


def test_it_is_a_domain() -> None:
    domain: Domain = make_domain()
    assert domain.width == 4
    assert domain.size == 8 * 3 * 2 + 4


def test_points_and_configs() -> None:
    domain = make_domain()
    config = Config("narrow", {"rows": 3})
    point = domain.point(config)
    assert point.tolist() == [1, 2, 0, 0]
    assert domain.config_of(point) == config
    assert domain.config_of(np.array([0, 3, 1, 1])).knobs == {
        "tile": 4,
        "lanes": 4,
        "unroll": True,
    }
    assert [s.template for s in domain.spaces] == ["wide", "narrow"]
    with pytest.raises(SpaceError, match=r"no template 'other' in this task: it has \['wide'"):
        domain.point(Config("other", {}))
    with pytest.raises(SpaceError, match="begin with the template's number"):
        domain.config_of(np.array([2, 0, 0, 0]))
    with pytest.raises(SpaceError, match="are 4 wide"):
        domain.valid(np.zeros((2, 3), np.int64))


def test_valid_is_what_both_space_and_nest_allow() -> None:
    judge = Judge(("tile",), refused=0)
    domain = TaskDomain([(WIDE, judge)])
    judge.asked = 0
    points = np.array([[0, 0, 0, 0], [0, 1, 0, 0], [0, 1, 2, 0]])
    assert domain.valid(points).tolist() == [False, True, False]
    assert judge.asked == 2
    assert domain.valid(points[:0]).tolist() == []


def test_scan_lists_all_valid_points_in_index_order() -> None:
    domain = make_domain()
    points = everything(domain)
    assert domain.valid(points).all()
    offset = {"wide": 0, "narrow": WIDE.size}
    indices = [
        offset[c.template] + domain.spaces[int(p[0])].index(c)
        for p, c in ((p, domain.config_of(p)) for p in points)
    ]
    assert indices == sorted(indices)
    assert len(points) == sum(not WIDE.violations(WIDE.config(i)) for i in range(WIDE.size)) + 3
    for start in (0, 1, 20, WIDE.size, WIDE.size + 2, domain.size, domain.size + 7):
        expected = [p for i, p in zip(indices, points.tolist(), strict=True) if i >= start]
        assert [p.tolist() for p in domain.scan(start)] == expected


def test_scan_is_lazy() -> None:
    judge = Judge(("t0",))
    space = Space("huge", tuple(factors(f"t{i}", 720, parts=2) for i in range(9)))
    domain = TaskDomain([(space, judge)])
    judge.asked = 0
    first = list(islice(domain.scan(space.size // 2), 100))
    assert len(first) == 100
    assert judge.asked < 1000
    assert space.index(domain.config_of(first[0])) == space.size // 2


def test_samples_take_templates_evenly() -> None:
    domain = make_domain()
    points = domain.sample(np.random.default_rng(0), 301)
    assert points.shape == (301, 4)
    assert domain.valid(points).all()
    assert (points[:, 0] == 0).sum() in (150, 151)
    assert not (np.diff(points[:, 0]) >= 0).all()  # mixed


def test_samples_are_filled_from_the_other_templates() -> None:
    judge = Judge(("rows",))
    domain = TaskDomain([(WIDE, Judge(("tile",))), (NARROW.restrict({"rows": [1]}), judge)])
    judge.refused = 0
    points = domain.sample(np.random.default_rng(0), 9)
    assert points[:, 0].tolist() == [0] * 9
    empty = TaskDomain([(NARROW.restrict({"rows": [1]}), judge := Judge(("rows",)))])
    judge.refused = 0
    assert empty.sample(np.random.default_rng(0), 4).shape == (0, 2)


def test_moves_stay_in_the_template() -> None:
    domain = make_domain()
    rng = np.random.default_rng(0)
    points = domain.sample(rng, 200)
    moved = domain.moved(points, rng)
    assert ((moved != points).sum(axis=1) == 1).all()
    assert (moved[:, 0] == points[:, 0]).all()
    assert (moved[moved[:, 0] == 1][:, 2:] == 0).all()
    for point in moved:
        domain.config_of(point)


def test_features_share_columns_by_name() -> None:
    domain = make_domain()
    assert domain.feature_names == ("template=wide", "template=narrow", "tile", "rows")
    points = np.array([[1, 2, 0, 0], [0, 5, 1, 0]])
    features = domain.features(points)
    assert features.dtype == np.float32
    assert features.tolist() == [[0, 1, 0, 2], [1, 0, 5, 1]]


def test_one_template_needs_no_mark() -> None:
    domain = TaskDomain([(WIDE, Judge(("tile", "lanes")))])
    assert domain.feature_names == ("tile", "lanes")
    assert domain.features(np.array([[0, 5, 1, 0]])).tolist() == [[5, 1]]


def test_relations_follow_from_the_features_of_nests() -> None:
    names = ("knob.rows", *FEATURE_NAMES)
    wide, narrow = Nests(names), Nests(FEATURE_NAMES)
    domain = TaskDomain([(WIDE, wide), (NARROW, narrow)])
    points = np.array([[1, 2, 0, 0], [0, 5, 1, 0], [1, 3, 0, 0]])
    relations = domain.relations(points)
    assert relations.dtype == np.float32
    assert domain.relation_names == RELATION_NAMES
    assert np.array_equal(relations[[0, 2]], relations_of(narrow.features(points[[0, 2], 1:2])))
    assert np.array_equal(relations[[1]], relations_of(wide.features(points[[1], 1:]), names))
    alone = TaskDomain([(WIDE, wide)])
    assert np.array_equal(alone.relations(points[[1]]), relations[[1]])


def test_there_are_no_relations_without_nests() -> None:
    with pytest.raises(SpaceError, match=r"116 are missing, anchor\.updates among them"):
        make_domain().relations(np.array([[1, 2, 0, 0]]))


def test_defaults_are_valid() -> None:
    domain = make_domain()
    assert domain.defaults().tolist() == [[0, 0, 0, 0], [1, 0, 0, 0]]
    replaced = make_domain(refused=0).defaults()
    assert replaced[1, 1] > 0
    assert make_domain(refused=0).defaults().tolist() == replaced.tolist()


def test_a_template_without_valid_configs_has_no_default() -> None:
    only_one = NARROW.restrict({"rows": [1]})
    never = Judge(("rows",), refused=0)
    assert TaskDomain([(WIDE, Judge(())), (only_one, never)]).defaults().tolist() == [[0, 0, 0, 0]]
    with pytest.raises(SpaceError, match=r"no valid config was found .*\['narrow'\]"):
        TaskDomain([(only_one, never)])


@pytest.mark.parametrize("templates", [[], [(NARROW, Judge(())), (NARROW, Judge(()))]])
def test_templates_have_different_names(templates: Any) -> None:
    with pytest.raises(SpaceError, match="templates of different names"):
        TaskDomain(templates)


def test_keys_identify_points() -> None:
    domain = make_domain()
    points = everything(domain)
    keys = domain.keys(points)
    assert len(set(keys)) == len(points)
    assert domain.keys(points[::-1]) == keys[::-1]
    assert domain.keys(np.asfortranarray(points)) == keys


def test_the_same_seed_gives_the_same_points() -> None:
    space = Space(
        "s", (factors("a", 96, 2),), (Constraint("m", lambda c: at_most(c["a"][0], c["a"][1])),)
    )
    draws = []
    for _ in range(2):
        domain = TaskDomain([(WIDE, Judge(("tile",))), (space, Judge(("tile",)))])
        rng = np.random.default_rng(7)
        points = domain.sample(rng, 50)
        draws.append((points.tolist(), domain.moved(points, rng).tolist()))
    assert draws[0] == draws[1]


def test_points_of_some_templates_are_drawn_evenly_and_of_no_other() -> None:
    domain, rng = make_domain(), np.random.default_rng(0)
    assert domain.templates == 2
    assert np.bincount(domain.sample(rng, 40)[:, 0]).tolist() == [20, 20]
    for number in (0, 1):
        assert set(domain.sample(rng, 12, [number])[:, 0]) == {number}
    assert len(domain.sample(rng, 5, [])) == 0
