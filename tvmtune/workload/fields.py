"""What every workload has in common: integer fields, derived defaults, one canonical text.

A workload class is a frozen dataclass of integer fields.  A field with a derived default declares
one less than its least value as its dataclass default; left at that it takes ``derived(workload)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, fields
from difflib import get_close_matches
from math import prod
from operator import index
from typing import Any, ClassVar, Protocol

from tvmtune.errors import WorkloadError

MAX_ELEMENTS = 2**31 - 1
"""Elements of the largest tensor: above that a workload is refused as impossible."""


class HasFields(Protocol):
    """A workload class as this module sees it."""

    kind: ClassVar[str]
    derived: ClassVar[Mapping[str, Callable[[Any], int]]]
    """Defaults of fields that follow from fields declared before them."""
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


def field_minimum(kind: type[HasFields], name: str) -> int:
    """The least value of a field that may be written down."""
    default: Any = kind.__dataclass_fields__[name].default
    return int(default) + 1 if name in kind.derived else 1


def field_default(workload: HasFields, name: str) -> int | None:
    """The value that a field has when it is left out; None where it must be given."""
    if name in workload.derived:
        return workload.derived[name](workload)
    default = workload.__dataclass_fields__[name].default
    return None if default is MISSING else int(default)


def settle_fields(workload: HasFields) -> None:
    """Make every field a plain int and fill in the derived defaults, in declared order.

    Raises
    ------
    WorkloadError
        A field that is not an integer or is below its least value.
    """
    kind = type(workload)
    for f in fields(workload):
        value = getattr(workload, f.name)
        if f.name in kind.derived and value == f.default:
            value = kind.derived[f.name](workload)
        object.__setattr__(workload, f.name, checked_value(kind, f.name, value))


def checked_value(kind: type[HasFields], name: str, value: object) -> int:
    """``value`` as a plain int; raises `WorkloadError` when the field cannot have it."""
    minimum = field_minimum(kind, name)
    try:
        number = index(value)  # type: ignore[arg-type]
    except TypeError:
        number = minimum - 1
    if isinstance(value, bool) or not minimum <= number <= MAX_ELEMENTS:
        shown = repr(value) if len(repr(value)) <= 40 else repr(value)[:40] + "..."
        raise WorkloadError(
            f"{kind.kind}: {name}={shown}: expected an integer from {minimum} to {MAX_ELEMENTS}"
        )
    return number


def canonical_text(workload: HasFields) -> str:
    """Kind and every field that differs from its default, in declared order."""
    given = (
        f"{f.name}={getattr(workload, f.name)}"
        for f in fields(workload)
        if getattr(workload, f.name) != field_default(workload, f.name)
    )
    return f"{workload.kind}:{','.join(given)}"


def check_sizes(text: str, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Raise `WorkloadError` when a tensor would have more than `MAX_ELEMENTS` elements."""
    for name, shape in shapes.items():
        if prod(shape) > MAX_ELEMENTS:
            raise WorkloadError(
                f"{text}: tensor {name} of shape {shape} has {prod(shape)} elements; "
                f"at most {MAX_ELEMENTS} would work"
            )


def suggestion(word: str, known: Iterable[str]) -> str:
    """``did you mean 'a' or 'b'?``, or the known words when none of them is near."""
    choices = list(known)
    near = get_close_matches(word, choices, n=3, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(repr(n) for n in near)}?"
    return f"known are {', '.join(choices)}"
