"""Workload texts, parsed once, where they enter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from types import MappingProxyType

from tvmtune.errors import WorkloadError
from tvmtune.workload.conv2d import Conv2d
from tvmtune.workload.fields import MAX_ELEMENTS, checked_value, suggestion
from tvmtune.workload.matmul import Matmul
from tvmtune.workload.table import WORKLOADS, Workload

KINDS: Mapping[str, type[Conv2d] | type[Matmul]] = MappingProxyType(
    {"conv2d": Conv2d, "matmul": Matmul}
)
"""Workload classes by kind."""

_EXAMPLES = {"conv2d": "conv2d:ci=64,h=56,co=64,k=3", "matmul": "matmul:m=128,k=768,n=3072"}
_INTEGER = re.compile(rf"[+-]?[0-9]{{1,{len(str(MAX_ELEMENTS))}}}", re.ASCII)


def parse(text: str) -> Workload:
    """The workload that ``text`` names.

    Parameters
    ----------
    text
        A name of the table (``C2``) or ``kind:field=value,...``; fields left out take their
        defaults.

    Raises
    ------
    WorkloadError
        A name, kind or field that does not exist, or values that no workload can have.
    """
    stripped = text.strip()
    if stripped in WORKLOADS:
        return WORKLOADS[stripped]
    kind, colon, arguments = stripped.partition(":")
    if not colon or kind not in KINDS:
        raise WorkloadError(_unknown(stripped, kind, bool(colon)))
    values = _values(kind, arguments)
    required = [f.name for f in fields(KINDS[kind]) if f.default is MISSING]
    missing = [name for name in required if name not in values]
    if missing:
        raise WorkloadError(
            f"workload {_shown(text)}: {', '.join(missing)} not given; "
            f"{kind} needs {', '.join(required)}, as in {_EXAMPLES[kind]}"
        )
    return KINDS[kind](**values)


def _values(kind: str, arguments: str) -> dict[str, int]:
    """The fields that the text of ``kind`` gives."""
    values: dict[str, int] = {}
    known = [f.name for f in fields(KINDS[kind])]
    for argument in arguments.split(",") if arguments.strip() else ():
        name, equals, number = (part.strip() for part in argument.partition("="))
        if not equals:
            raise WorkloadError(
                f"{kind}: {_shown(argument)} is not field=value; {_EXAMPLES[kind]} would work"
            )
        if name not in known:
            raise WorkloadError(f"{kind} has no field {_shown(name)}; {suggestion(name, known)}")
        if name in values:
            raise WorkloadError(f"{kind}: {name} is given twice; give it once")
        is_number = _INTEGER.fullmatch(number)
        values[name] = checked_value(KINDS[kind], name, int(number) if is_number else number)
    return values


def _unknown(text: str, kind: str, has_colon: bool) -> str:
    """Why ``text`` names no workload, and what would."""
    if has_colon:
        return f"workload {_shown(text)}: no kind {_shown(kind)}; {suggestion(kind, KINDS)}"
    names = {name.upper(): name for name in WORKLOADS}
    near = names.get(text.upper())
    hint = f"did you mean {near!r}?" if near else suggestion(text, [*WORKLOADS, *KINDS])
    if text in KINDS:
        hint = "give its fields, as in conv2d:ci=64,h=56,co=64,k=3 or matmul:m=128,k=768,n=3072"
    return f"workload {_shown(text)}: neither a name of the table nor kind:field=value,...; {hint}"


def _shown(text: str) -> str:
    """``text`` quoted, and cut where it is long."""
    return repr(text) if len(text) <= 80 else repr(text[:80]) + "..."
