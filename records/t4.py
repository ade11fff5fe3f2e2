"""T4, the results format of the auto-tuning community, from and to recorded spaces.

What counts is what Kernel Tuner and `autotuning_methodology` write and read, not only the schema:
the build's time is ``compilation`` (the schema says ``compilation_time``), the objective stands
among the ``measurements``, in milliseconds, under its name.

A trial's ``compilation``, ``runtimes`` and ``validation`` sum up to what building and running it
took; ``benchmark`` repeats the runtimes, which is what Kernel Tuner charges for them.  What only we
know of a space stands in ``metadata.tvmtune``, so that a space survives.

References
----------
https://github.com/odgaard/TuningSchema, results-schema.json 1.0.0; Kernel Tuner 1.5.0,
``file_utils.get_t4_results``; autotuning_methodology 1.1.0, ``searchspace_statistics``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tvmtune.errors import RecordError
from tvmtune.outcome import Status
from tvmtune.records.foreign_space import (
    ForeignRow,
    ForeignTask,
    configurations,
    foreign_value,
    scalar,
    seconds,
    space_of_rows,
)
from tvmtune.records.recorded_space import RecordedSpace

SCHEMA_VERSION = "1.0.0"

_INVALIDITY: Mapping[Status, str] = MappingProxyType(
    {
        Status.OK: "correct",
        Status.INVALID: "constraints",
        Status.BUILD_ERROR: "compile",
        Status.BUILD_TIMEOUT: "timeout",
        Status.RUN_TIMEOUT: "timeout",
        Status.OUT_OF_MEMORY: "runtime",
        Status.CRASH: "runtime",
        Status.WRONG_ANSWER: "correctness",
        Status.INFRASTRUCTURE: "runtime",
    }
)
_STATUS: Mapping[str, Status] = MappingProxyType(
    {
        "correct": Status.OK,
        "constraints": Status.INVALID,
        "compile": Status.BUILD_ERROR,
        "timeout": Status.RUN_TIMEOUT,
        "runtime": Status.CRASH,
        "correctness": Status.WRONG_ANSWER,
    }
)
ERROR_WORDS: Mapping[str, str] = MappingProxyType(
    {"constraints": "InvalidConfig", "compile": "CompilationFailedConfig"}
)
"""What Kernel Tuner has in place of a time by the word of T4; RuntimeFailedConfig for others."""

_SECONDS: Mapping[str, float] = MappingProxyType(
    {
        "seconds": 1.0,
        "s": 1.0,
        "milliseconds": 1e-3,
        "miliseconds": 1e-3,  # so in files of the benchmark hub
        "ms": 1e-3,
        "microseconds": 1e-6,
        "us": 1e-6,
        "nanoseconds": 1e-9,
        "ns": 1e-9,
    }
)
_OWN = "tvmtune"


def to_t4(space: RecordedSpace) -> dict[str, Any]:
    """The results of a space as T4."""
    own = {
        "workload": space.workload,
        "target": space.target,
        "exhaustive": space.exhaustive,
        "seed": space.seed,
        "template": space.to_json()["template"],
        "origin": dict(space.origin),
    }
    return {
        "schema_version": SCHEMA_VERSION,
        "metadata": {"timeunit": "milliseconds", _OWN: own},
        "results": [
            _result(configuration, invalidity_of(space, row), milliseconds(space, row))
            for row, configuration in enumerate(configurations(space))
        ],
    }


def from_t4(value: Any, task: ForeignTask) -> RecordedSpace:
    """The space that somebody recorded as T4.

    Parameters
    ----------
    value
        The file's JSON value.
    task
        What it does not say; one that was written by :func:`to_t4` does.

    Raises
    ------
    RecordError
        If it is no T4, or its objective is no time.
    """
    if not isinstance(value, dict) or not isinstance(value.get("results"), list):
        raise RecordError("not T4: there are no results in it")
    metadata = value.get("metadata", {})
    if not isinstance(metadata, dict):
        raise RecordError("not T4: its metadata must be an object")
    unit_s = _unit_s(metadata.get("timeunit", "seconds"))
    rows = [_row(result, f"result {i}", unit_s) for i, result in enumerate(value["results"])]
    own = metadata.get(_OWN)
    if own is None:
        return space_of_rows(rows, task)
    if not isinstance(own, dict):
        raise RecordError("its metadata of tvmtune must be an object")
    return _restored(space_of_rows(rows, task), own)


def invalidity_of(space: RecordedSpace, row: int) -> str:
    """The word of T4 for how a config ended."""
    return _INVALIDITY[space.statuses[row]]


def milliseconds(space: RecordedSpace, row: int) -> dict[str, float | None]:
    """What a trial took: ``build``, a call's ``time`` (None if it failed), and the ``rest``."""
    ok = space.statuses[row] is Status.OK
    time_s = float(space.times_s[row]) if ok else None
    run_s = float(space.run_s[row])
    return {
        "build": _ms(float(space.build_s[row])),
        "time": None if time_s is None else _ms(time_s),
        "rest": _ms(max(0.0, run_s - (time_s or 0.0))),
    }


def _ms(value_s: float) -> float:
    """Milliseconds, in whole nanoseconds."""
    return round(value_s * 1e9) / 1e6


def _result(
    configuration: Mapping[str, Any], invalidity: str, took: Mapping[str, float | None]
) -> dict[str, Any]:
    time = took["time"]
    return {
        "configuration": configuration,
        "times": {
            "compilation": took["build"],
            "runtimes": [] if time is None else [time],
            "framework": 0.0,
            "search_algorithm": 0.0,
            "validation": took["rest"],
            "benchmark": time or 0.0,
        },
        "invalidity": invalidity,
        "correctness": 0 if invalidity == "correctness" else 1,
        "measurements": [
            {
                "name": "time",
                "value": ERROR_WORDS.get(invalidity, "RuntimeFailedConfig")
                if time is None
                else time,
                "unit": "ms",
            }
        ],
        "objectives": ["time"],
    }


def _unit_s(unit: Any) -> float:
    if not isinstance(unit, str) or unit.lower() not in _SECONDS:
        raise RecordError(f"its timeunit is {unit!r:.60}: expected one of {', '.join(_SECONDS)}")
    return _SECONDS[unit.lower()]


def _row(result: Any, what: str, unit_s: float) -> ForeignRow:
    if not isinstance(result, dict):
        raise RecordError(f"{what} must be an object")
    configuration, times = result.get("configuration"), result.get("times")
    if not isinstance(configuration, dict) or not isinstance(times, dict):
        raise RecordError(f"{what} must have a configuration and times, both objects")
    invalidity = result.get("invalidity")
    if not isinstance(invalidity, str) or invalidity not in _STATUS:
        raise RecordError(
            f"{what} has the invalidity {invalidity!r:.60}: expected one of {', '.join(_STATUS)}"
        )
    runtimes_s = _runtimes_s(times, what, unit_s)
    took_s = {
        name: seconds(times[name], f"{name} of {what}", unit_s)
        for name in ("compilation", "compilation_time", "validation", "framework", "benchmark")
        if name in times
    }
    build_s = took_s.get("compilation", took_s.get("compilation_time", 0.0))
    running_s = took_s.get("benchmark") or sum(runtimes_s)
    ok = _STATUS[invalidity] is Status.OK
    return ForeignRow(
        values={str(name): scalar(v, f"{name} of {what}") for name, v in configuration.items()},
        status=_STATUS[invalidity],
        time_s=_time_s(result, runtimes_s, what) if ok else None,
        build_s=build_s,
        run_s=running_s + took_s.get("validation", 0.0) + took_s.get("framework", 0.0),
    )


def _runtimes_s(times: Mapping[str, Any], what: str, unit_s: float) -> list[float]:
    runtimes = times.get("runtimes", [])
    if not isinstance(runtimes, list):
        raise RecordError(f"runtimes of {what} must be a list")
    return [seconds(one, f"runtimes of {what}", unit_s) for one in runtimes]


def _time_s(result: Mapping[str, Any], runtimes_s: list[float], what: str) -> float:
    """The time of a call: the measurement of that name, else the mean of the runtimes."""
    measurements = result.get("measurements", [])
    if not isinstance(measurements, list):
        raise RecordError(f"measurements of {what} must be a list")
    for one in measurements:
        if isinstance(one, dict) and one.get("name") == "time":
            unit_s = _unit_s(one.get("unit") or "ms")
            return seconds(one.get("value"), f"time of {what}", unit_s)
    if not runtimes_s:
        raise RecordError(
            f"{what} has neither runtimes nor a measurement named time: only times can be searched"
        )
    return sum(runtimes_s) / len(runtimes_s)


def _restored(found: RecordedSpace, own: Mapping[str, Any]) -> RecordedSpace:
    """The space with what only we know of it, as whole and as checked as in a file of ours."""
    value = found.to_json()
    value |= {name: own[name] for name in own if name in value and name != "columns"}
    try:
        knobs = {name: list(values) for name, values in value["template"]["knobs"]}
        digits = [
            _places(column, seen, knobs[name])
            for column, (name, seen) in zip(
                value["columns"]["digits"], found.template.knobs.items(), strict=True
            )
        ]
        order = [list(found.template.knobs).index(name) for name in knobs]
    except (KeyError, TypeError, ValueError) as error:
        raise RecordError(
            f"its metadata of tvmtune do not fit its results: {type(error).__name__} {error}"
        ) from error
    value["columns"]["digits"] = [digits[place] for place in order]
    return RecordedSpace.from_json(value)


def _places(column: list[int], seen: tuple[Any, ...], values: list[Any]) -> list[int]:
    """Digits among the values that were seen as digits among those that the template has."""
    texts = {
        repr(foreign_value(tuple(v) if isinstance(v, list) else v)): i for i, v in enumerate(values)
    }
    places = [texts[repr(value)] for value in seen]
    return [places[digit] for digit in column]
