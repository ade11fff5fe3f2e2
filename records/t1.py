"""T1, the input format of the auto-tuning community, from recorded spaces.

Parameters have the values that a config has, written as Python lists, as Kernel Tuner evaluates
them; bools and texts are of the type ``string``, which it evaluates, too (it takes no ``bool``),
and tuples are texts.

What is valid becomes conditions: for each parameter that the ones before it restrict, which of its
values go with which of theirs, those that matter only.  Together they leave exactly the configs of
the space, and a solver that follows the parameters prunes at each of them.

References
----------
https://github.com/odgaard/TuningSchema, TuningSchema.json; Kernel Tuner 1.5.0,
``interface.tune_kernel_T1``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tvmtune.records.foreign_space import configurations, foreign_value, occurring
from tvmtune.records.recorded_space import RecordedSpace


def to_t1(space: RecordedSpace, file_name: str) -> dict[str, Any]:
    """The parameters of a space and what is valid, as T1.

    Parameters
    ----------
    space
        A recorded space.
    file_name
        What the file is called.  Kernel Tuner wants a source that exists, even where it only
        simulates: the file names itself.

    Raises
    ------
    RecordError
        If two values of a knob would become the same.
    """
    configurations(space)  # refuses values that would become the same
    return {
        "General": {
            "BenchmarkName": space.workload,
            "OutputFormat": "JSON",
            "TimeUnit": "Milliseconds",
        },
        "ConfigurationSpace": {
            "TuningParameters": [
                {"Name": name, "Type": _type(values), "Values": repr([*values])}
                for name, values in parameters(space).items()
            ],
            "Conditions": _conditions(space),
        },
        "KernelSpecification": {
            "Language": "OpenCL",
            "KernelName": space.template.name,
            "KernelFile": file_name,
            "Device": {"Name": space.target},
            "ProblemSize": [1],
            "GlobalSize": {"X": "1"},
            "LocalSize": {"X": "1"},
            "Arguments": [],
        },
    }


def parameters(space: RecordedSpace) -> dict[str, list[int | float | str | bool]]:
    """The values by parameter that a config has."""
    return {name: [*map(foreign_value, values)] for name, values in occurring(space).items()}


def _type(values: Sequence[int | float | str | bool]) -> str:
    kinds = {type(value) for value in values}
    if kinds == {int}:
        return "int"
    return "float" if kinds <= {int, float} else "string"


def _conditions(space: RecordedSpace) -> list[dict[str, Any]]:
    names = list(space.template.knobs)
    values = [[*map(foreign_value, own)] for own in space.template.knobs.values()]
    conditions = []
    for columns in restrictions(space.points):
        allowed = np.unique(space.points[:, columns], axis=0).tolist()
        rows = [
            tuple(values[c][digit] for c, digit in zip(columns, digits, strict=True))
            for digits in allowed
        ]
        used = [names[column] for column in columns]
        listed = ", ".join(map(repr, rows))
        conditions.append(
            {"Expression": f"({', '.join(used)}) in {{{listed}}}", "Parameters": used}
        )
    return conditions


def restrictions(points: NDArray[np.int64]) -> list[list[int]]:
    """Sets of columns whose combinations, as they occur, decide together what is valid.

    Parameters
    ----------
    points
        Shape (n, width), int64: digits of all that is valid.

    Returns
    -------
    list of list of int
        Ascending columns: the last of each is restricted by the others.  None where all
        combinations of the digits that occur are valid.
    """
    found = []
    for column in range(1, points.shape[1]):
        before = [*range(column)]
        if _choices(points, before, column) == _count(points, before) * _count(points, [column]):
            continue
        for other in range(column):
            fewer = [one for one in before if one != other]
            if _decides(points, fewer, column):
                before = fewer
        found.append([*before, column])
    return found


def _choices(points: NDArray[np.int64], before: list[int], column: int) -> int:
    return _count(points, [*before, column])


def _count(points: NDArray[np.int64], columns: list[int]) -> int:
    """How many combinations of digits occur."""
    return len(np.unique(points[:, columns], axis=0))


def _decides(points: NDArray[np.int64], columns: list[int], column: int) -> bool:
    """Whether what goes with the columns before one is what goes with some of them."""
    before = np.unique(points[:, :column], axis=0)
    _, group, counts = np.unique(
        np.unique(points[:, [*columns, column]], axis=0)[:, :-1],
        axis=0,
        return_inverse=True,
        return_counts=True,
    )
    del group
    _, own = np.unique(before[:, columns], axis=0, return_inverse=True)
    return int(counts[own.ravel()].sum()) == _count(points, [*range(column + 1)])
