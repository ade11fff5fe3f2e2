from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.experiments.synthetic import made_space
from tests.records.json_schema import problems, schema
from tvmtune.errors import RecordError
from tvmtune.outcome import Status
from tvmtune.records.foreign_files import read_foreign, write_foreign
from tvmtune.records.foreign_space import ForeignTask, is_foreign
from tvmtune.records.recorded_space import RecordedSpace, RecordedTemplate
from tvmtune.records.t4 import from_t4, to_t4

TASK = ForeignTask(kernel="convolution", target="A100", exhaustive=True)
METHODOLOGY_KEYS = ("compilation", "runtimes", "framework", "search_algorithm", "validation")


def odd_space(**fields: Any) -> RecordedSpace:
    """A space whose knobs have values of every kind, and its configs every status."""
    knobs: dict[str, Any] = {
        "tile": ((1, 4), (2, 4), (4, 16)),
        "order": (("o", "y"), ("y", "o")),
        "tail": ("guard", "peel"),
        "fused": (False, True),
        "unused": (0, 1),
        "rows": (1, 2, 4),
    }
    digits = [
        [t, o, a, f, 1, r]
        for t in (0, 2)
        for o in (0, 1)
        for a in (0, 1)
        for f, r in ((0, 1), (1, 2))
    ]
    statuses = [*Status, *[Status.OK] * (len(digits) - len(Status))]
    ok = np.array([status is Status.OK for status in statuses])
    values: dict[str, Any] = {
        "template": RecordedTemplate(name="matmul.packed", version="7", knobs=knobs),
        "points": np.array(digits),
        "statuses": tuple(statuses),
        "search_s": np.where(ok, 1e-5 * (1 + np.arange(len(digits))), np.nan),
        "confirmed_s": np.full(len(digits), np.nan),
        "build_s": 0.01 * np.arange(len(digits)),
        "run_s": np.where(ok, 0.02, 0.5),
        "exhaustive": False,
    }
    return made_space(**{**values, **fields})


def by_config(space: RecordedSpace) -> dict[str, tuple[Any, ...]]:
    """What each config took, to the nanosecond."""
    columns = (space.times_s, space.build_s, space.run_s)
    times = np.round(np.nan_to_num(np.stack(columns, axis=1), nan=-1e-9) * 1e9).astype(int)
    return {space.config(i).text: tuple(times[i].tolist()) for i in range(len(space))}


def test_a_space_survives(tmp_path: Path) -> None:
    for space in (made_space(), odd_space()):
        path = tmp_path / "x_T4.json.gz"
        write_foreign(to_t4(space), path)
        again = read_foreign(path, TASK)
        assert by_config(again) == by_config(space)
        assert again.template == space.template
        for name in ("workload", "target", "exhaustive", "seed", "origin"):
            assert getattr(again, name) == getattr(space, name)
        assert to_t4(again)["results"] == sorted_like(to_t4(space)["results"], again)


def sorted_like(results: list[Any], space: RecordedSpace) -> list[Any]:
    """The results in the order of another space; statuses that share a word are one."""
    order = [result["configuration"] for result in to_t4(space)["results"]]
    return sorted(results, key=lambda result: order.index(result["configuration"]))


def test_it_fits_the_schema() -> None:
    for space in (made_space(), odd_space()):
        assert problems(to_t4(space), schema("t4-1.0.0.json")) == []


def test_times_sum_up_to_what_a_trial_took() -> None:
    space = odd_space()
    for row, result in enumerate(to_t4(space)["results"]):
        took = [result["times"][key] for key in METHODOLOGY_KEYS]
        total_ms = sum(sum(one) if isinstance(one, list) else one for one in took)
        assert total_ms == pytest.approx(1e3 * (space.build_s[row] + space.run_s[row]), abs=1e-5)


def test_what_failed_says_so() -> None:
    space = odd_space()
    words = {
        status: (result["invalidity"], result["correctness"], result["measurements"][0]["value"])
        for status, result in zip(space.statuses, to_t4(space)["results"], strict=True)
        if status is not Status.OK
    }
    assert words == {
        Status.INVALID: ("constraints", 1, "InvalidConfig"),
        Status.BUILD_ERROR: ("compile", 1, "CompilationFailedConfig"),
        Status.BUILD_TIMEOUT: ("timeout", 1, "RuntimeFailedConfig"),
        Status.RUN_TIMEOUT: ("timeout", 1, "RuntimeFailedConfig"),
        Status.OUT_OF_MEMORY: ("runtime", 1, "RuntimeFailedConfig"),
        Status.CRASH: ("runtime", 1, "RuntimeFailedConfig"),
        Status.WRONG_ANSWER: ("correctness", 0, "RuntimeFailedConfig"),
        Status.INFRASTRUCTURE: ("runtime", 1, "RuntimeFailedConfig"),
    }


def test_values_that_would_become_the_same_are_refused() -> None:
    knobs = {"order": (("a.b", "c"), ("a", "b.c"))}
    space = odd_space()
    few = {
        name: getattr(space, name)[-2:]
        for name in ("statuses", "search_s", "confirmed_s", "build_s", "run_s")
    }
    template = RecordedTemplate(name="t", version="1", knobs=knobs)
    with pytest.raises(RecordError, match="knob order: two of its values have one text"):
        to_t4(odd_space(template=template, points=np.array([[0], [1]]), **few))


def result(time: Any = 1.5, **fields: Any) -> dict[str, Any]:
    """As Kernel Tuner writes them."""
    return {
        "timestamp": "2025-03-17 07:10:18+00:00",
        "configuration": {"block": 16, "unroll": 1.5, "pad": True},
        "times": {
            "compilation": 100.0,
            "benchmark": 40.0,
            "framework": 2.0,
            "search_algorithm": 30.0,
            "validation": 0.0,
            "runtimes": [1.0, 2.0],
        },
        "invalidity": "correct",
        "correctness": 1,
        "measurements": [{"name": "time", "value": time, "unit": "ms"}],
        "objectives": ["time"],
        **fields,
    }


def foreign(*results: Any, **fields: Any) -> dict[str, Any]:
    return {
        "schema_version": "1.0.0",
        "metadata": {"timeunit": "miliseconds"},
        "results": [*results],
    } | fields


def configured(**values: Any) -> dict[str, Any]:
    return result(configuration={"block": 32, "unroll": 0.5, "pad": False} | values)


def test_files_of_others() -> None:
    failed = {
        **configured(),
        "invalidity": "compile",
        "measurements": [],
        "times": {"compilation": 7},
    }
    space = from_t4(foreign(result(), failed, result(9.0)), TASK)
    assert (space.workload, space.target, space.exhaustive) == ("convolution", "A100", True)
    assert (space.template.name, space.template.version) == ("foreign:convolution", "")
    assert is_foreign(space.template.name)
    assert dict(space.template.knobs) == {
        "block": (16, 32),
        "unroll": (0.5, 1.5),
        "pad": (True, False),
    }
    assert space.statuses == (Status.OK, Status.BUILD_ERROR)
    np.testing.assert_allclose(space.times_s, [1.5e-3, np.nan])
    np.testing.assert_allclose(space.build_s, [0.1, 0.007])
    np.testing.assert_allclose(space.run_s, [0.042, 0.0])


@pytest.mark.parametrize(
    ("value", "time_s"),
    [
        (foreign(result(measurements=[{"name": "GFLOP/s", "value": 7.0}])), 1.5e-3),
        (foreign(result(measurements=[{"name": "time", "value": 2, "unit": "us"}])), 2e-6),
        (foreign(result(measurements=[{"name": "time", "value": 2}])), 2e-3),
        (foreign(result(measurements=[]), metadata={"timeunit": "S"}), 1.5),
        (foreign(result(measurements=[]), metadata={}), 1.5),
        ({"results": [result(times={"runtimes": [4], "compilation_time": 1})]}, 1.5e-3),
    ],
)
def test_times_of_others(value: Any, time_s: float) -> None:
    assert from_t4(value, TASK).times_s[0] == pytest.approx(time_s)


def test_values_of_one_hash_are_kept_apart() -> None:
    results = [configured(block=value) for value in (1, 1.0, True, "1", [1, 2], ["a", "b"])]
    space = from_t4(foreign(*results), TASK)
    assert [*map(repr, space.template.knobs["block"])] == [
        "1",
        "1.0",
        "True",
        "'1'",
        "'1x2'",
        "'a.b'",
    ]
    assert len(space) == 6


def _set(**fields: Any) -> Callable[[], Any]:
    return lambda: foreign(result(**fields))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (list, "not T4: there are no results"),
        (lambda: {"results": {}}, "not T4: there are no results"),
        (foreign, "it has no results"),
        (lambda: foreign(3), "result 0 must be an object"),
        (lambda: foreign(metadata=[]), "its metadata must be an object"),
        (lambda: foreign(result(), metadata={"timeunit": "years"}), "its timeunit is 'years'"),
        (lambda: foreign(result(), metadata={"timeunit": 3}), "its timeunit is 3"),
        (lambda: foreign(result(), metadata={"tvmtune": 3}), "metadata of tvmtune must be"),
        (_set(configuration=[]), "must have a configuration and times"),
        (_set(times=None), "must have a configuration and times"),
        (_set(configuration={}), "have no parameters"),
        (_set(configuration={"a": None}), "a of result 0 is None: expected a number"),
        (_set(configuration={"a": {}}), "a of result 0 is {}: expected a number"),
        (_set(configuration={"a": [[1]]}), r"a of result 0 is \[\[1\]\]: expected"),
        (_set(configuration={"a": 10**400}), "a of result 0 is 1000.*expected a finite"),
        (_set(invalidity="maybe"), "has the invalidity 'maybe'"),
        (_set(invalidity=["correct"]), "has the invalidity"),
        (_set(times={"runtimes": 3}), "runtimes of result 0 must be a list"),
        (_set(times={"runtimes": [-1]}), "runtimes of result 0 is -1: expected a finite"),
        (_set(times={"compilation": "1"}), "compilation of result 0 is '1'"),
        (_set(times={"compilation": True}), "compilation of result 0 is True"),
        (_set(time="RuntimeFailedConfig"), "time of result 0 is 'RuntimeFailedConfig'"),
        (_set(time=float("inf")), "time of result 0 is inf"),
        (_set(measurements=3), "measurements of result 0 must be a list"),
        (_set(measurements=[3], times={}), "neither runtimes nor a measurement named time"),
        (_set(invalidity="runtime"), "none of its results has a time"),
        (lambda: foreign(result(), configured(more=1)), "result 1 has the parameters"),
    ],
)
def test_other_contents_are_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(RecordError, match=message):
        from_t4(make(), TASK)


def _own(change: Callable[[dict[str, Any]], object]) -> Callable[[], Any]:
    def make() -> Any:
        value = json.loads(json.dumps(to_t4(odd_space())))
        change(value["metadata"]["tvmtune"])
        return value

    return make


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            _own(lambda own: own.pop("template") and own.update(template=3)),
            "do not fit its results",
        ),
        (_own(lambda own: own["template"]["knobs"].pop()), "do not fit its results: KeyError"),
        (_own(lambda own: own["template"].update(knobs=[["tile", [[1, 4]]]])), "do not fit"),
        (_own(lambda own: own["template"]["knobs"].append(["more", [1]])), "do not fit"),
        (_own(lambda own: own["template"]["knobs"].append(3)), "do not fit its results: TypeError"),
        (_own(lambda own: own.update(exhaustive=3)), "exhaustive must be true or false"),
        (_own(lambda own: own.update(workload=3)), "must be texts"),
    ],
)
def test_what_we_say_of_a_space_is_checked(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(RecordError, match=message):
        from_t4(make(), TASK)


def test_the_order_of_knobs_is_that_of_the_template() -> None:
    value = json.loads(json.dumps(to_t4(odd_space()), sort_keys=True))
    again = from_t4(value, TASK)
    assert again.template == odd_space().template
    assert by_config(again) == by_config(odd_space())


_SCALARS = st.one_of(
    st.integers(-(2**40), 2**40),
    st.booleans(),
    st.text(max_size=3),
    st.floats(allow_nan=False, allow_infinity=False),
)


@given(
    st.lists(
        st.tuples(_SCALARS, _SCALARS, st.integers(1, 10**12), st.integers(0, 10**12)),
        min_size=1,
        max_size=20,
    )
)
def test_whatever_is_measured_survives(rows: list[tuple[Any, Any, int, int]]) -> None:
    results = [
        {
            "configuration": {"one": one, "other": other},
            "times": {"runtimes": [time_ns], "compilation": build_ns},
            "invalidity": "correct",
        }
        for one, other, time_ns, build_ns in rows
    ]
    space = from_t4({"metadata": {"timeunit": "ns"}, "results": results}, TASK)
    different = {json.dumps(r["configuration"]): r["times"] for r in reversed(results)}
    found = {
        json.dumps(dict(space.config(row).knobs)): {
            "runtimes": [round(space.times_s[row] * 1e9)],
            "compilation": round(space.build_s[row] * 1e9),
        }
        for row in range(len(space))
    }
    assert found == different
    assert by_config(from_t4(to_t4(space), TASK)) == by_config(space)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=4),
        lambda s: (
            st.lists(s, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    ["results", "times", "configuration", "invalidity", "metadata", "a"]
                ),
                s,
                max_size=5,
            )
        ),
        max_leaves=20,
    )
)
def test_any_json_is_a_space_or_an_error(value: Any) -> None:
    for whole in (value, {"results": value}, {"results": [value]}):
        with pytest.raises(RecordError):
            from_t4(whole, TASK)
