"""Relation columns beside the formula, written out."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest
from numpy.typing import NDArray

from tvmtune.analysis.features import FEATURE_NAMES, FEATURE_VERSION, LOOPS, FeatureLimits
from tvmtune.analysis.relations import (
    AS_THEY_ARE,
    CURVES,
    PER_WORK,
    RELATION_NAMES,
    RELATION_VERSION,
    relations_of,
)
from tvmtune.search_spaces.space import Space
from tvmtune.search_spaces.structures import StructureEvaluator
from tvmtune.search_spaces.templates import TEMPLATES
from tvmtune.symbolic import BLOCK
from tvmtune.target import Target
from tvmtune.workload import parse

TARGET = Target(isa="x86-64")
DRAWN = [
    ("matmul.packed", "matmul:m=127,k=251,n=509"),
    ("conv2d.direct", "conv2d:ci=61,h=31,w=37,co=67,k=5,stride=2"),
    ("conv2d.winograd4", "conv2d:ci=61,h=31,w=37,co=67,k=3"),
    ("conv2d.depthwise", "conv2d:ci=61,h=31,w=37,co=61,k=5,groups=61"),
]


def drawn(template: str, workload: str, n: int = 12) -> NDArray[np.float32]:
    """Feature columns of random valid configs."""
    found, task = TEMPLATES[template], parse(workload)
    space: Space = found.space(task, TARGET)
    limits = FeatureLimits.of(TARGET)
    evaluator = StructureEvaluator(space, lambda c: found.schedule_of(task, TARGET, c), limits)
    points = space.sample(np.random.default_rng(0), n, evaluator.satisfied)
    return evaluator.features(points)[:, : len(FEATURE_NAMES)]


def slow(row: NDArray[np.float32]) -> dict[str, float]:
    """The columns of one config by plain arithmetic."""
    of = {name: 2.0 ** float(x) - 1 for name, x in zip(FEATURE_NAMES, row, strict=True)}
    log = {name: float(x) for name, x in zip(FEATURE_NAMES, row, strict=True)}
    loops = [_loop(of, i) for i in range(LOOPS) if round(of[f"loop{i}.extent"]) > 0]
    columns: dict[str, float] = {}
    for curve in CURVES:
        for name, threshold in zip(curve.names, curve.thresholds, strict=True):
            reached = [z[curve.value] for z in loops if z[curve.bound] < threshold]
            columns[name] = max([0.0, *reached])
    columns |= {name: log[name] for name in AS_THEY_ARE}
    columns |= {f"{name}/work": log[name] - log["work.points"] for name in PER_WORK}
    return columns


def _loop(of: dict[str, float], i: int) -> dict[str, float]:
    points, held = of[f"loop{i}.bottomup"], {q: of[f"loop{i}.{q}"] for q in ("out", "a", "b")}
    touched = log2(1 + sum(held.values()))
    return {
        "touched": touched,
        "reuse": log2(1 + points) - touched,
        **{q: log2(1 + n) for q, n in held.items()},
        **{f"{q}.reuse": log2(1 + points) - log2(1 + n) for q, n in held.items()},
    }


@pytest.mark.parametrize(("template", "workload"), DRAWN)
def test_columns_are_those_of_the_formula(template: str, workload: str) -> None:
    features = drawn(template, workload)
    relations = relations_of(features)
    assert relations.dtype == np.float32
    for row, found in zip(features, relations, strict=True):
        wanted = slow(row)
        assert tuple(wanted) == RELATION_NAMES
        np.testing.assert_allclose(found, list(wanted.values()), atol=1e-4)


def test_names_are_distinct_and_versioned() -> None:
    assert len(set(RELATION_NAMES)) == len(RELATION_NAMES)
    assert RELATION_VERSION.startswith(f"{FEATURE_VERSION}.")
    assert {*AS_THEY_ARE, *PER_WORK} < {*FEATURE_NAMES}


@pytest.mark.parametrize(("template", "workload"), DRAWN)
def test_larger_thresholds_reach_as_much_or_more(template: str, workload: str) -> None:
    relations = relations_of(drawn(template, workload, 50))
    for curve in CURVES:
        assert list(curve.thresholds) == sorted(curve.thresholds)
        columns = relations[:, [RELATION_NAMES.index(name) for name in curve.names]]
        assert (np.diff(columns) >= 0).all()
        assert curve.value != "reuse" or (columns[:, -1] > columns[:, 0]).any()


def test_rows_of_different_tasks_stack_and_do_not_disturb_each_other() -> None:
    apart = [relations_of(drawn(*task)) for task in DRAWN]
    together = relations_of(np.concatenate([drawn(*task) for task in DRAWN]))
    assert np.array_equal(np.concatenate(apart), together)
    many = np.resize(together, (BLOCK + 7, together.shape[1]))
    features = np.concatenate([drawn(*task) for task in DRAWN])
    repeated = relations_of(np.resize(features, (BLOCK + 7, features.shape[1])))
    assert np.array_equal(repeated, many)


def test_columns_are_found_by_name() -> None:
    features = drawn(*DRAWN[0])
    names = ("template=other", *FEATURE_NAMES[::-1], "knob.rows")
    shuffled = np.pad(features[:, ::-1], ((0, 0), (1, 1)), constant_values=9)
    assert np.array_equal(relations_of(shuffled, names), relations_of(features))


@pytest.mark.parametrize("n", [0, 2])
def test_what_has_no_schedule_has_no_relations(n: int) -> None:
    relations = relations_of(np.zeros((n, len(FEATURE_NAMES)), np.float32))
    assert relations.shape == (n, len(RELATION_NAMES))
    assert not relations.any()
