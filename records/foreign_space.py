"""Recorded spaces in the words of other tuners: values and statuses, there and back."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tvmtune.errors import RecordError
from tvmtune.outcome import Status
from tvmtune.records.recorded_space import FORMAT, RecordedSpace
from tvmtune.search_spaces.knobs import KnobValue, value_text

FOREIGN = "foreign:"
"""Begins the name of a template that is none of ours, nor a reference to one: it has no code."""

Scalar = int | float | str | bool
"""What a parameter may be in the files of others: anything that JSON and a dict key can be."""

_SCALARS = (int, float, str, bool)
_SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignRow:
    """A config that somebody measured.

    Parameters
    ----------
    values
        By the names of the parameters, in the order of the file.
    status
        How it ended.
    time_s
        Seconds of a call; None for configs that failed.
    build_s, run_s
        What the build and the run took, seconds.
    """

    values: Mapping[str, Scalar]
    status: Status
    time_s: float | None
    build_s: float
    run_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignTask:
    """What was measured, as far as a file says: texts of whoever wrote it.

    Parameters
    ----------
    kernel, target
        What, and on what.
    exhaustive
        Whether these are all valid configs.
    origin
        More about it, as plain JSON values.
    """

    kernel: str
    target: str
    exhaustive: bool = False
    origin: Mapping[str, Any] = field(default_factory=dict)


def is_foreign(template: str) -> bool:
    """Whether a recorded space with a template of this name has no code behind it."""
    return template.startswith(FOREIGN)


def foreign_value(value: KnobValue) -> Scalar:
    """A knob's value as other tuners take it: tuples as texts, like ``4x16`` and ``ci.kh.kw``."""
    return value_text(value) if isinstance(value, tuple) else value


def occurring(space: RecordedSpace) -> dict[str, tuple[KnobValue, ...]]:
    """The values by knob that a config has, in their order."""
    used = [sorted({*column}) for column in space.points.T.tolist()]
    return {
        name: tuple(values[digit] for digit in digits)
        for (name, values), digits in zip(space.template.knobs.items(), used, strict=True)
    }


def configurations(space: RecordedSpace) -> list[dict[str, Scalar]]:
    """The values by knob of each config, as other tuners take them.

    Raises
    ------
    RecordError
        If two values of a knob would become the same.
    """
    names = list(space.template.knobs)
    values = [[*map(foreign_value, own)] for own in space.template.knobs.values()]
    for name, own in zip(names, values, strict=True):
        if len({*map(_text, own)}) < len(own):
            raise RecordError(f"knob {name}: two of its values have one text: rename one of them")
    return [
        {name: own[digit] for name, own, digit in zip(names, values, digits, strict=True)}
        for digits in space.points.tolist()
    ]


def space_of_rows(rows: Sequence[ForeignRow], task: ForeignTask) -> RecordedSpace:
    """The configs that somebody measured as a recorded space; of one twice, the first.

    Values have the order of numbers where all are numbers, else that of the file.

    Raises
    ------
    RecordError
        If there are no rows, none has a time, or they differ in the names of the parameters.
    """
    if not rows:
        raise RecordError("it has no results")
    names = list(rows[0].values)
    for number, row in enumerate(rows):
        if set(row.values) != set(names):
            raise RecordError(
                f"result {number} has the parameters {_shown(sorted(row.values))}, the first has "
                f"{_shown(sorted(names))}"
            )
    if not names:
        raise RecordError("its configurations have no parameters")
    if all(row.time_s is None for row in rows):
        raise RecordError("none of its results has a time")
    knobs = {name: _ordered([row.values[name] for row in rows]) for name in names}
    digits = {name: {_text(v): i for i, v in enumerate(knobs[name])} for name in names}
    points = [tuple(digits[name][_text(row.values[name])] for name in names) for row in rows]
    first = dict(reversed([*zip(points, rows, strict=True)]))
    return RecordedSpace.from_json(
        {
            "tvmtune_space": FORMAT,
            "workload": task.kernel,
            "target": task.target,
            "exhaustive": task.exhaustive,
            "seed": 0,
            "template": {
                "name": FOREIGN + task.kernel,
                "version": "",
                "knobs": list(knobs.items()),
            },
            "origin": dict(task.origin),
            "columns": _columns(dict(sorted(first.items()))),
        }
    )


def scalar(value: Any, what: str) -> Scalar:
    """A value of a parameter; lists as texts.

    Raises
    ------
    RecordError
        If it is something else; ``what`` says where it stands.
    """
    if isinstance(value, list) and value and all(type(part) in _SCALARS for part in value):
        value = ("x" if all(type(part) is int for part in value) else ".").join(map(str, value))
    if type(value) not in _SCALARS:
        raise RecordError(f"{what} is {_shown(value)}: expected a number, a text, true or false")
    found: Scalar = value
    if type(value) in (int, float):
        seconds(value, what, negative=True)
    return found


def seconds(value: Any, what: str, scale: float = 1.0, *, negative: bool = False) -> float:
    """A finite number, times a scale.

    Raises
    ------
    RecordError
        If it is none, or negative where that is not allowed; ``what`` says where it stands.
    """
    try:
        number = float(value) if type(value) in (int, float) else math.nan
    except OverflowError:
        number = math.nan
    if not math.isfinite(number) or (number < 0 and not negative):
        kind = "finite number" if negative else "finite number of at least 0"
        raise RecordError(f"{what} is {_shown(value)}: expected a {kind}")
    return number * scale


def _columns(rows: Mapping[tuple[int, ...], ForeignRow]) -> dict[str, Any]:
    """The columns of a recorded space; times in whole nanoseconds."""
    return {
        "digits": [list(column) for column in zip(*rows, strict=True)],
        "status": [row.status.value for row in rows.values()],
        "search_ns": [
            None if row.time_s is None else max(1, round(row.time_s * 1e9)) for row in rows.values()
        ],
        "confirmed_ns": [None] * len(rows),
        "build_ns": [round(row.build_s * 1e9) for row in rows.values()],
        "run_ns": [round(row.run_s * 1e9) for row in rows.values()],
    }


def _ordered(values: Sequence[Scalar]) -> list[Scalar]:
    """The different values: sorted where all are numbers, else as they come."""
    different = list({_text(value): value for value in values}.values())
    if all(type(value) in (int, float) for value in different):
        return sorted(different)
    return different


def _text(value: Scalar) -> str:
    """What tells values apart: 1, 1.0 and true are three."""
    return json.dumps(value)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
