"""Spaces that others measured, as what strategies search."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.experiments.synthetic import made_space
from tests.records.test_t4 import TASK, odd_space
from tvmtune.errors import SpaceError
from tvmtune.experiments import RecordedDomain, replay
from tvmtune.experiments.values_domain import ValuesDomain
from tvmtune.records.recorded_space import RecordedSpace, RecordedTemplate
from tvmtune.records.t4 import from_t4, to_t4
from tvmtune.records.tuner_cache import from_tuner_cache, to_tuner_cache
from tvmtune.tuner.equipment import make_named_strategy
from tvmtune.tuner.options import TuneOptions


def foreign_space() -> RecordedSpace:
    return from_tuner_cache(to_tuner_cache(made_space()), TASK)


@pytest.mark.parametrize("name", ["random", "local", "genetic", "sa-xgb"])
def test_every_strategy_finds_every_config_once(name: str) -> None:
    domain = RecordedDomain.of(foreign_space())
    options = TuneOptions(trials=10_000, search=name)
    trace = replay(domain, make_named_strategy(options, domain, 1), 10_000)
    assert trace.rows is not None
    assert sorted(trace.rows.tolist()) == list(range(len(domain.space)))


def test_a_space_of_ours_that_comes_back_has_its_template() -> None:
    domain = RecordedDomain.of(from_t4(to_t4(made_space()), TASK))
    assert not isinstance(domain._whole, ValuesDomain)
    assert len(domain.feature_names) > 50


def test_features_are_the_values() -> None:
    domain = ValuesDomain(
        {
            "size": (0, 1, 3),
            "share": (0.5, 2.0),
            "shift": (-1, 1),
            "tile": ((1, 3), (7, 15)),
            "fused": (False, True),
            "order": ("a", "b"),
            "many": tuple(f"v{i}" for i in range(20)),
            "mixed": ((1, 2), (3,)),
        }
    )
    assert domain.feature_names == (
        "size",
        "share",
        "shift=-1",
        "shift=1",
        "tile.0",
        "tile.1",
        "fused=False",
        "fused=True",
        "order=a",
        "order=b",
        "many",
        "mixed=(1, 2)",
        "mixed=(3,)",
    )
    (found,) = domain.features(np.array([[0, 2, 1, 0, 1, 1, 0, 17, 1]]))
    expected = [2, np.log2(3), 1, 0, 3, 4, 0, 1, 1, 0, 17, 0, 1]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert domain.width == 9
    assert domain.defaults().shape == (0, 9)


def test_neighbours_differ_in_one_value() -> None:
    domain = ValuesDomain({"a": (1, 2, 3), "b": (1,), "c": (1, 2)})
    points = np.zeros((300, 4), np.int64)
    moved = domain.moved(points, np.random.default_rng(0))
    assert ((moved != points).sum(axis=1) == 1).all()
    assert len(np.unique(moved, axis=0)) == 3
    assert domain.valid(moved).all()
    assert (
        domain.valid(np.array([[0, 3, 0, 0], [1, 0, 0, 0], [0, 0, -1, 0]])).tolist() == [False] * 3
    )
    alone = ValuesDomain({"a": (1,)})
    assert (alone.moved(points[:, :2], np.random.default_rng(0)) == 0).all()


@pytest.mark.parametrize("value", [None, {}, (None,), ((1,),)])
def test_values_of_other_kinds_are_refused(value: Any) -> None:
    template = RecordedTemplate(name="foreign:x", version="", knobs={"a": (value,)})
    space = odd_space(
        template=template,
        points=np.zeros((1, 1), np.int64),
        **{
            name: getattr(odd_space(), name)[:1]
            for name in ("statuses", "search_s", "confirmed_s", "build_s", "run_s")
        },
    )
    with pytest.raises(SpaceError, match=r"s.gz: knob a: its values must be numbers"):
        RecordedDomain.of(space, Path("s.gz"))


def test_a_foreign_name_is_no_reference(tmp_path: Path) -> None:
    space = foreign_space()
    named = RecordedTemplate(
        name=f"foreign:{tmp_path}/own.py:MINE", version="1", knobs=space.template.knobs
    )
    own = tmp_path / "own.py"
    own.write_text("raise AssertionError('this was run')\n")
    space = RecordedSpace.from_json(
        {
            **space.to_json(),
            "template": {"name": named.name, "version": "", "knobs": [*named.knobs.items()]},
        }
    )
    assert len(RecordedDomain.of(space, template=named.name)._indices) == len(space)


def test_a_product_too_large_to_be_counted_is_refused() -> None:
    results = [
        {
            "configuration": {f"p{place}": value for place in range(21)},
            "times": {"runtimes": [1]},
            "invalidity": "correct",
        }
        for value in range(8)
    ]
    space = from_t4({"results": results}, TASK)
    with pytest.raises(SpaceError, match=r"a product of 9,223,372,036,854,775,808 configs"):
        RecordedDomain.of(space)
