from __future__ import annotations

import ast
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.experiments.synthetic import made_space
from tests.records.json_schema import problems, schema
from tests.records.test_t4 import odd_space
from tvmtune.records.foreign_space import configurations
from tvmtune.records.recorded_space import RecordedSpace
from tvmtune.records.t1 import restrictions, to_t1


def _spanned(value: dict[str, Any]) -> set[tuple[Any, ...]]:
    """The configs that Kernel Tuner makes of it: the product, less what conditions refuse."""
    space = value["ConfigurationSpace"]
    values = {p["Name"]: ast.literal_eval(p["Values"]) for p in space["TuningParameters"]}
    conditions = []
    for condition in space["Conditions"]:
        names, _, allowed = condition["Expression"].partition(" in ")
        assert names == f"({', '.join(condition['Parameters'])})"
        conditions.append((condition["Parameters"], ast.literal_eval(allowed)))
    configs = [dict(zip(values, config, strict=True)) for config in product(*values.values())]
    return {
        tuple(config.values())
        for config in configs
        if all(tuple(config[n] for n in names) in allowed for names, allowed in conditions)
    }


@pytest.mark.parametrize("space", [made_space(), odd_space()])
def test_it_spans_exactly_the_configs(space: RecordedSpace) -> None:
    value = to_t1(space, "x.json")
    assert problems(value, schema("t1-1.0.0.json")) == []
    assert _spanned(value) == {tuple(values.values()) for values in configurations(space)}


def test_parameters_have_the_types_that_kernel_tuner_evaluates() -> None:
    value = to_t1(odd_space(), "x.json")
    found = {
        p["Name"]: (p["Type"], p["Values"]) for p in value["ConfigurationSpace"]["TuningParameters"]
    }
    assert found == {
        "tile": ("string", "['1x4', '4x16']"),
        "order": ("string", "['o.y', 'y.o']"),
        "tail": ("string", "['guard', 'peel']"),
        "fused": ("string", "[False, True]"),
        "unused": ("int", "[1]"),
        "rows": ("int", "[2, 4]"),
    }
    assert [c["Parameters"] for c in value["ConfigurationSpace"]["Conditions"]] == [
        ["fused", "rows"]
    ]
    assert value["KernelSpecification"]["KernelFile"] == "x.json"


def test_a_product_has_no_conditions() -> None:
    points = np.array([*product(range(3), range(2), range(4))])
    assert restrictions(points) == []


def test_conditions_name_what_matters_only() -> None:
    every = product(range(4), range(3), range(4), range(2))
    points = np.array([p for p in every if p[0] <= p[2] and (p[3] or p[1])])
    assert restrictions(points) == [[0, 2], [1, 3]]


@given(st.sets(st.tuples(*[st.integers(0, 2)] * 4), min_size=1))
def test_restrictions_are_exact(rows: set[tuple[int, ...]]) -> None:
    points = np.array(sorted(rows))
    found = [
        (columns, {tuple(row) for row in points[:, columns].tolist()})
        for columns in restrictions(points)
    ]
    occurring = [sorted({*column}) for column in points.T.tolist()]
    spanned = {
        config
        for config in product(*occurring)
        if all(tuple(config[c] for c in columns) in allowed for columns, allowed in found)
    }
    assert spanned == rows
