from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tvmtune
from tvmtune.deploy.arguments import check_arguments
from tvmtune.errors import UsageError


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"workload": 3}, "build: workload 3 is of type int; give the name or text of a workload"),
        ({"workload": ["C2"]}, r"workload \['C2'\] is of type list"),
        ({"workload": b"C2"}, "workload b'C2' is of type bytes"),
        ({"target": None}, "target None is of type NoneType; give a text, as in 'cpu:threads=2'"),
        ({"log": 3}, "log 3 is of type int; give the path of a tuning log, or several"),
        ({"log": ["a", 4]}, "log 4 is of type int"),
        ({"threads": "2"}, "threads '2' is of type str; give a whole number"),
        ({"threads": True}, "threads True is of type bool"),
        ({"template": 3}, "template 3 is of type int; give a name, or 'FILE.py:NAME'"),
        ({"max_rel_error": "2e-6"}, "max_rel_error '2e-6' is of type str; give a number"),
    ],
)
def test_building(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=f"^tvmtune.*{message}"):
        tvmtune.build(**{"workload": "C2", **arguments})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"inputs": 3}, "inputs 3 is of type int; give names or texts of workloads"),
        ({"inputs": ["C2", None]}, "inputs None is of type NoneType"),
        ({"inputs": {"C2"}}, "inputs {'C2'} is of type set"),
        ({"log": ["a", "b"]}, r"log \['a', 'b'\] is of type list; give the path of a tuning log"),
        ({"trials": "12"}, "trials '12' is of type str"),
        ({"minutes": "1"}, "minutes '1' is of type str; give a number"),
        ({"max_rel_error": "2e-6"}, "max_rel_error '2e-6' is of type str; give a number"),
        ({"seed": 1.5}, "seed 1.5 is of type float"),
        ({"search": None}, "search None is of type NoneType"),
        ({"target": "x" * 100, "template": 1}, "template 1 is of type int"),
    ],
)
def test_tuning(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=f"^tvmtune.tune: {message}"):
        tvmtune.tune(**{"inputs": "C2", **arguments})


@pytest.mark.parametrize("value", [0, -1e-6, float("nan"), float("inf")])
def test_an_error_that_nothing_keeps(value: float) -> None:
    message = f"relative error {value:g}: give a positive number, as in --max-rel-error 2e-6"
    with pytest.raises(UsageError, match=message):
        tvmtune.tune("C2", max_rel_error=value)
    with pytest.raises(UsageError, match=message):
        tvmtune.build("C2", max_rel_error=value)


def test_what_will_do() -> None:
    check_arguments("tune", inputs=[Path("x.onnx"), "C2"], minutes=1, trials=None)
    check_arguments("build", log=[Path("a"), "b"], workload=Path("x.onnx"))


def test_long_values_are_cut() -> None:
    with pytest.raises(UsageError, match=r"workload b'x{58}\.\.\. is of type bytes"):
        tvmtune.build(b"x" * 1000)  # type: ignore[arg-type]
