"""Spaces: index, point and config; constraints; sampling, neighbours, restriction."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvmtune.errors import SpaceError
from tvmtune.search_spaces.digits import digits_of, structures
from tvmtune.search_spaces.knobs import candidates, choice, factors, flag, order, powers_of_two
from tvmtune.search_spaces.space import Config, Constraint, Knob, Space
from tvmtune.symbolic import IntExpr, at_most, both, ceildiv, divides, either, less, select


def unrolled(config: Config) -> IntExpr:
    """Depends on the structure by a branch, and on numbers by a select."""
    rows, lanes = config["rows"], config["lanes"]
    if config["unroll"]:
        return at_most(ceildiv(rows * config["tile"][1], lanes), 12)
    return select(less(lanes, 8), at_most(rows, 4), 1)


CONSTRAINTS = (
    Constraint("lanes divide the inner tile", lambda c: divides(c["lanes"], c["tile"][1])),
    Constraint("the tile fits the registers", unrolled),
    Constraint(
        "long prefetch needs wide tiles",
        lambda c: either(at_most(c["prefetch"], 8), both(less(8, c["tile"][0]))),
    ),
)

KNOBS = (
    factors("tile", 96, parts=2),
    powers_of_two("rows", 14),
    candidates("lanes", [4, 8, 16]),
    order("outer", ["ci", "kh", "kw"], "adjacent"),
    flag("unroll"),
    candidates("prefetch", [0, 8, 16]),
)

DEFAULT: dict[str, Any] = {"tile": (1, 16), "rows": 4, "lanes": 8}


def make_space() -> Space:
    return Space("conv2d.direct", KNOBS, CONSTRAINTS, DEFAULT)


def huge_space() -> Space:
    return Space(
        "huge",
        (*(factors(f"t{i}", 720, parts=2) for i in range(9)), flag("f"), order("o", "abcde")),
        (Constraint("small", lambda c: at_most(c["t0"][0] * c["t1"][0], 16)),),
    )


HUGE = huge_space()


@given(st.integers(0, HUGE.size - 1))
def test_index_and_config_are_a_bijection_beyond_any_machine_integer(index: int) -> None:
    assert HUGE.size > 2**63
    config = HUGE.config(index)
    assert HUGE.index(config) == index
    assert Config.from_json(json.loads(json.dumps(config.to_json()))) == config
    np.testing.assert_array_equal(HUGE.point(config), digits_of(index, HUGE.counts))


def test_every_index_is_another_config() -> None:
    space = Space("small", (factors("a", 6), flag("f"), choice("k", ["x", "y", "z"])))
    configs = [space.config(i) for i in range(space.size)]
    assert len(set(configs)) == space.size == 24
    assert [space.index(c) for c in configs] == list(range(24))
    assert configs[1].knobs == {"a": 2, "f": False, "k": "x"}


def test_points_from_counts_with_carry() -> None:
    start = HUGE.size - 5
    points = HUGE.points_from(start, 100)
    assert [HUGE.index(HUGE.config_of(p)) for p in points] == list(range(start, HUGE.size))
    start = HUGE.size // 3
    points = HUGE.points_from(start, 300)
    assert [HUGE.index(HUGE.config_of(p)) for p in points[::50]] == list(
        range(start, start + 300, 50)
    )


@pytest.mark.parametrize("index", [-1, 10**60])
def test_an_index_beyond_the_space_is_refused(index: int) -> None:
    with pytest.raises(SpaceError, match="no index"):
        HUGE.config(index)
    with pytest.raises(SpaceError, match="beyond the end"):
        digits_of(10**60, HUGE.counts)


def test_configs_are_values() -> None:
    space = make_space()
    config = space.default_config
    again = Config("conv2d.direct", config.knobs_json())
    assert config == again
    assert hash(config) == hash(again)
    assert config["tile"] == (1, 16)
    assert config["outer"] == ("ci", "kh", "kw")
    assert config != Config("conv2d.other", config.knobs)
    assert config != "config"
    assert (
        str(config)
        == config.text
        == (
            'conv2d.direct {"lanes":8,"outer":["ci","kh","kw"],"prefetch":0,"rows":4,'
            '"tile":[1,16],"unroll":false}'
        )
    )
    with pytest.raises(TypeError):
        config.knobs["lanes"] = 4  # type: ignore[index]


def test_config_errors_say_what_there_is() -> None:
    config = make_space().default_config
    with pytest.raises(SpaceError, match=r"no knob 'lane': it has \['lanes', 'outer'"):
        config["lane"]
    for value in (
        3,
        {"template": "a"},
        {"template": 1, "knobs": {}},
        {"template": "a", "knobs": 1},
    ):
        with pytest.raises(SpaceError, match="is no config"):
            Config.from_json(value)
    with pytest.raises(SpaceError, match="is no value of a knob"):
        _ = Config("a", {"x": object()}).text


def test_configs_that_are_not_in_the_space_are_refused() -> None:
    space = make_space()
    knobs = dict(space.default_config.knobs)
    with pytest.raises(SpaceError, match=r"of other is not in the space of conv2d\.direct"):
        space.point(Config("other", knobs))
    with pytest.raises(SpaceError, match=r"lacks knobs \['rows'\] and has unknown knobs \['row'\]"):
        space.point(
            Config("conv2d.direct", {"row" if k == "rows" else k: v for k, v in knobs.items()})
        )
    with pytest.raises(SpaceError, match="'rows' has no value 3"):
        space.point(Config("conv2d.direct", {**knobs, "rows": 3}))
    for point in ([0] * 5, [0, 0, 0, 0, 2, 0], [0, 0, -1, 0, 0, 0]):
        with pytest.raises(SpaceError, match="digits are below"):
            space.config_of(np.array(point, np.int64))


def test_constraints_give_the_same_in_integers_and_at_once() -> None:
    space = make_space()
    points = np.random.default_rng(0).integers(0, space.counts, (400, space.width))
    expected = [not space.violations(space.config_of(p)) for p in points]
    assert 20 < sum(expected) < 380
    assert space.satisfied(points).tolist() == expected
    assert space.satisfied(points[:0]).tolist() == []
    assert space.satisfied(points).tolist() == expected


def test_violations_have_messages() -> None:
    space = make_space()
    config = Config("conv2d.direct", {**space.default_config.knobs, "tile": (1, 6), "prefetch": 16})
    assert space.violations(config) == [
        "lanes divide the inner tile",
        "long prefetch needs wide tiles",
    ]


def test_a_constraint_that_compares_symbols_is_refused_at_once() -> None:
    constraint = Constraint("narrow", lambda c: c["rows"] <= 8)
    with pytest.raises(SpaceError, match=r"'narrow' of conv2d\.direct cannot .*at_most"):
        Space("conv2d.direct", KNOBS, (constraint,), DEFAULT)


def test_spaces_without_numeric_knobs_or_constraints() -> None:
    space = Space(
        "s", (flag("a"), flag("b")), (Constraint("not both", lambda c: c["a"] + c["b"] < 2),)
    )
    assert space.satisfied(space.points_from(0, 4)).tolist() == [True, True, True, False]
    single = Space("none", ())
    assert single.size == 1
    assert single.config(0) == Config("none", {})
    assert single.sample(np.random.default_rng(0), 3).shape == (3, 0)
    assert single.moved(single.points_from(0, 1), np.random.default_rng(0)).shape == (1, 0)


def test_malformed_spaces_are_refused() -> None:
    with pytest.raises(SpaceError, match="two knobs of one name"):
        Space("s", (flag("a"), flag("a")))
    with pytest.raises(SpaceError, match=r"unknown knobs \['b'\]"):
        Space("s", (flag("a"),), default={"b": True})
    with pytest.raises(SpaceError, match="default config of s is not valid: never"):
        Space("s", (flag("a"),), (Constraint("never", lambda _: 0),))


def test_structures_partition_the_points() -> None:
    space = make_space()
    points = np.random.default_rng(1).integers(0, space.counts, (200, space.width))
    groups = space.structures(points)
    assert len(groups) == 6
    assert [g.key for g in groups] == sorted((g.key for g in groups), key=lambda k: k[::-1])
    assert sorted(np.concatenate([g.rows for g in groups]).tolist()) == list(range(200))
    for group in groups:
        assert (points[group.rows][:, [3, 4]] == group.key).all()
    assert space.structures(points[:0]) == []


def test_structures_of_more_combinations_than_an_integer_counts() -> None:
    counts = (1000,) * 10
    points = np.random.default_rng(0).integers(0, 2, (64, 10)) * 999
    groups = structures(points, range(10), counts)
    assert {g.key for g in groups} == {tuple(row) for row in points.tolist()}
    assert [g.key for g in groups] == sorted((g.key for g in groups), key=lambda k: k[::-1])


def test_symbolic_configs_have_structural_values_and_symbols() -> None:
    space = make_space()
    point = space.point(space.default_config)
    config = space.symbolic(point)
    assert str(config["tile"]) == "(tile.0, tile.1)"
    assert str(config["rows"]) == "rows"
    assert config["outer"] == ("ci", "kh", "kw")
    assert config["unroll"] is False
    assert '"rows":"<rows>"' in config.text
    columns = space.columns(point[np.newaxis])
    assert {name: column.tolist() for name, column in columns.items()} == {
        "tile.0": [1],
        "tile.1": [16],
        "rows": [4],
        "lanes": [8],
        "prefetch": [0],
    }


def test_samples_are_valid_and_uniform_among_the_valid() -> None:
    space = Space(
        "s",
        (candidates("a", [1, 2, 3, 4]), candidates("b", [1, 2, 3, 4])),
        (Constraint("b divides a", lambda c: divides(c["b"], c["a"])),),
    )
    points = space.sample(np.random.default_rng(3), 8000)
    assert points.shape == (8000, 2)
    assert space.satisfied(points).all()
    found, counts = np.unique(points, axis=0, return_counts=True)
    assert len(found) == 8  # 1/1 2/1 2/2 3/1 3/3 4/1 4/2 4/4
    assert abs(counts - 1000).max() < 150


def test_sampling_gives_up_where_nothing_is_valid() -> None:
    space = make_space()
    rng = np.random.default_rng(0)
    assert space.sample(rng, 0).shape == (0, 6)
    assert space.sample(rng, 5, lambda points: np.zeros(len(points), bool)).shape == (0, 6)
    lanes = space.sample(rng, 50, lambda points: points[:, 2] == 1)
    assert lanes.shape == (50, 6)
    assert (lanes[:, 2] == 1).all()


def test_huge_spaces_are_sampled() -> None:
    points = HUGE.sample(np.random.default_rng(0), 100)
    assert len(np.unique(points, axis=0)) == 100
    assert all(HUGE.violations(HUGE.config_of(p)) == [] for p in points)


def test_moves_change_one_knob_to_another_value() -> None:
    space = make_space()
    rng = np.random.default_rng(0)
    points = space.sample(rng, 500)
    moved = space.moved(points, rng)
    assert ((moved != points).sum(axis=1) == 1).all()
    assert ((moved >= 0) & (moved < space.counts)).all()
    assert set(np.nonzero(moved != points)[1].tolist()) == set(range(6))


def test_fixed_knobs_do_not_move() -> None:
    rng = np.random.default_rng(0)
    space = make_space().restrict({"lanes": [8], "unroll": [False]})
    points = space.sample(rng, 100)
    assert set(np.nonzero(space.moved(points, rng) != points)[1].tolist()) == {0, 1, 3, 5}
    only = Space("s", (Knob("a", (1,), numeric=True),))
    points = only.points_from(0, 1)
    np.testing.assert_array_equal(only.moved(points, rng), points)


def test_neighbours_are_all_points_one_knob_away() -> None:
    space = make_space()
    point = space.point(space.default_config)
    neighbours = space.neighbours(point)
    assert len(neighbours) == sum(space.counts) - space.width
    assert len(np.unique(neighbours, axis=0)) == len(neighbours)
    assert ((neighbours != point).sum(axis=1) == 1).all()


def test_restriction_keeps_the_default_or_takes_one_near() -> None:
    space = make_space()
    assert space.restrict({"lanes": [4, 8]}).default_config == space.default_config
    restricted = space.restrict({"lanes": ["16"], "rows": [1, 2, 8]})
    assert restricted.size == space.size // 3 * 3 // 5
    assert restricted.default_config.knobs == {**space.default_config.knobs, "lanes": 16, "rows": 2}
    forced = space.restrict({"tile": ["1x12"]})  # lanes of 8 do not divide 12
    assert forced.default_config["lanes"] == 4
    assert forced.violations(forced.default_config) == []


def test_restriction_searches_large_spaces_for_a_default() -> None:
    wanted = {f"t{i}" for i in range(2, 9)}
    space = Space(
        "huge",
        HUGE.knobs,
        (
            Constraint(
                "wide where split",
                lambda c: either(
                    at_most(c["t0"][0], 1), both(*(less(4, c[name][0]) for name in sorted(wanted)))
                ),
            ),
        ),
    )
    restricted = space.restrict({"t0": [(2, 1), (3, 1)]})
    assert all(restricted.default_config[name][0] > 4 for name in wanted)


def test_restriction_errors_say_what_there_is() -> None:
    space = make_space()
    with pytest.raises(SpaceError, match=r"conv2d\.direct has no knob 'lane': it has \['lanes'"):
        space.restrict({"lane": [8]})
    with pytest.raises(SpaceError, match="'lanes' has no value 5: it has 4, 8, 16"):
        space.restrict({"lanes": [8, 5]})
    with pytest.raises(
        SpaceError,
        match=r"no valid config of conv2d\.direct was found with tile in .*lanes in \[16\]",
    ):
        space.restrict({"tile": [(1, 6)], "lanes": [16]})


def test_draws_do_not_depend_on_the_hash_seed() -> None:
    program = (
        "import numpy as np; from tvmtune.search_spaces.knobs import *;"
        "from tvmtune.search_spaces.space import *; from tvmtune.symbolic import *;"
        "s = Space('s', (factors('a', 96, 2), order('o', 'abcd'), flag('f')),"
        " (Constraint('m', lambda c: at_most(c['a'][0] * 2, c['a'][1])),), {'a': (1, 2)});"
        "g = np.random.default_rng(5); p = s.sample(g, 40); q = s.moved(p, g);"
        "print(p.tolist(), q.tolist(), s.config_of(p[0]).text, [x.key for x in s.structures(q)],"
        " s.restrict({'a': ['1x3', '2x6']}).default_config)"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(outputs) == 1
