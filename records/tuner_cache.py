"""Kernel Tuner's cache files, which its simulation mode reads, from and to recorded spaces.

One JSON object: device, kernel, parameters, and under ``cache`` an entry for each config, its key
the values with commas between them, its times in milliseconds.  A file that was left open, without
its last brackets, is read as Kernel Tuner reads it.

References
----------
Kernel Tuner 1.5.0, ``util.process_cache`` and ``util.read_cache``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from tvmtune.errors import RecordError
from tvmtune.outcome import Status
from tvmtune.records.foreign_space import (
    ForeignRow,
    ForeignTask,
    configurations,
    scalar,
    seconds,
    space_of_rows,
)
from tvmtune.records.recorded_space import RecordedSpace
from tvmtune.records.t1 import parameters
from tvmtune.records.t4 import ERROR_WORDS, invalidity_of, milliseconds

_MS = 1e-3
_STATUS: Mapping[str, Status] = MappingProxyType(
    {
        "ErrorConfig": Status.CRASH,
        "InvalidConfig": Status.INVALID,
        "CompilationFailedConfig": Status.BUILD_ERROR,
        "RuntimeFailedConfig": Status.CRASH,
    }
)


def to_tuner_cache(space: RecordedSpace) -> dict[str, Any]:
    """The configs of a space as a cache file: closed, and to be simulated with the space's T1."""
    entries = configurations(space)
    return {
        "device_name": space.target,
        "kernel_name": space.template.name,
        "problem_size": [1],
        "tune_params_keys": list(space.template.knobs),
        "tune_params": parameters(space),
        "objective": "time",
        "cache": {
            ",".join(map(str, values.values())): _entry(space, row, values)
            for row, values in enumerate(entries)
        },
    }


def from_tuner_cache(value: Any, task: ForeignTask) -> RecordedSpace:
    """The space of a cache file.

    Parameters
    ----------
    value
        The file's JSON value.
    task
        Its kernel and target are used where the file does not say them.

    Raises
    ------
    RecordError
        If it is no cache file, or its configs have no times.
    """
    if not isinstance(value, dict) or not isinstance(value.get("cache"), dict):
        raise RecordError("not a cache file of Kernel Tuner: there is no cache in it")
    keys = value.get("tune_params_keys")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise RecordError("its tune_params_keys must be a list of names")
    rows = [_row(entry, f"entry {key[:60]!r}", keys) for key, entry in value["cache"].items()]
    kernel, device = value.get("kernel_name"), value.get("device_name")
    return space_of_rows(
        rows,
        replace(
            task,
            kernel=kernel if isinstance(kernel, str) else task.kernel,
            target=device if isinstance(device, str) else task.target,
        ),
    )


def _entry(space: RecordedSpace, row: int, values: Mapping[str, Any]) -> dict[str, Any]:
    took = milliseconds(space, row)
    time = took["time"]
    failed = ERROR_WORDS.get(invalidity_of(space, row), "RuntimeFailedConfig")
    return {
        **values,
        "time": failed if time is None else time,
        "times": [] if time is None else [time],
        "compile_time": took["build"],
        "verification_time": took["rest"],
        "benchmark_time": time or 0.0,
        "strategy_time": 0.0,
        "framework_time": 0.0,
    }


def _row(entry: Any, what: str, keys: list[str]) -> ForeignRow:
    if not isinstance(entry, dict) or not set(keys) <= set(entry):
        raise RecordError(f"{what} must be an object with {', '.join(keys)}")
    word = next((v for v in entry.values() if isinstance(v, str) and v in _STATUS), None)
    status = Status.OK if word is None else _STATUS[word]
    took_s = {
        name: seconds(entry.get(f"{name}_time", 0.0), f"{name}_time of {what}", _MS)
        for name in ("compile", "verification", "benchmark", "framework")
    }
    return ForeignRow(
        values={key: scalar(entry[key], f"{key} of {what}") for key in keys},
        status=status,
        time_s=seconds(entry.get("time"), f"time of {what}", _MS) if word is None else None,
        build_s=took_s.pop("compile"),
        run_s=sum(took_s.values()),
    )
