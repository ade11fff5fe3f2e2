"""The types of what users pass to the public functions, checked before anything else is."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from tvmtune.errors import UsageError

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class _Rule:
    """The types that an argument may have, and what to give, in words."""

    types: tuple[type, ...]
    wanted: str
    several: bool = False
    """Whether a sequence of them will do, too."""

    def refused(self, value: object) -> list[object]:
        """The value, or the items of it, that have another type."""
        items: Sequence[object] = [value]
        if self.several and isinstance(value, Sequence) and not isinstance(value, str | bytes):
            items = value
        return [one for one in items if not isinstance(one, self.types) or isinstance(one, bool)]


_PATH = (str, os.PathLike)
_NONE = type(None)
_COUNT = _Rule((int, _NONE), "a whole number")
_TEMPLATE = _Rule((str, _NONE), "a name, or 'FILE.py:NAME' or 'module:NAME'")
_ERROR = _Rule((int, float, _NONE), "a number, as in 2e-6")
_TARGET = _Rule((str,), "a text, as in 'cpu:threads=2'")

_RULES: Mapping[str, Mapping[str, _Rule]] = MappingProxyType(
    {
        "tune": {
            "inputs": _Rule(
                _PATH, "names or texts of workloads, or paths of ONNX files", several=True
            ),
            "target": _TARGET,
            "log": _Rule(_PATH, "the path of a tuning log"),
            "trials": _COUNT,
            "minutes": _Rule((int, float, _NONE), "a number"),
            "seed": _Rule((int,), "a whole number"),
            "search": _Rule((str,), "the name of a strategy, as in 'sa-xgb'"),
            "template": _TEMPLATE,
            "threads": _COUNT,
            "max_rel_error": _ERROR,
            "divide": _Rule((str,), "'gain' or 'even'"),
            "min_gain": _Rule((int, float, _NONE), "a number"),
        },
        "build": {
            "workload": _Rule(_PATH, "the name or text of a workload, or the path of an ONNX file"),
            "target": _TARGET,
            "log": _Rule((*_PATH, _NONE), "the path of a tuning log, or several", several=True),
            "threads": _COUNT,
            "template": _TEMPLATE,
            "max_rel_error": _ERROR,
        },
        "load": {"directory": _Rule(_PATH, "the path of a folder that tvmtune build wrote")},
    }
)
"""By public function and argument."""


def check_arguments(function: str, /, **arguments: object) -> None:
    """Refuse arguments of types that a public function cannot take.

    Parameters
    ----------
    function
        Its name.
    arguments
        Some of its arguments.

    Raises
    ------
    UsageError
        The first one that is wrong, with what to give.
    """
    for name, value in arguments.items():
        rule = _RULES[function][name]
        for refused in rule.refused(value):
            raise UsageError(
                f"tvmtune.{function}: {name} {_shown(refused)} is of type "
                f"{type(refused).__name__}; give {rule.wanted}"
            )


def check_max_rel_error(value: float | None) -> None:
    """Refuse a tolerated error that is not positive.

    Raises
    ------
    UsageError
        If it is zero, negative or no number.
    """
    if value is not None and not 0 < value < math.inf:
        raise UsageError(
            f"relative error {value:g}: give a positive number, as in --max-rel-error 2e-6"
        )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
