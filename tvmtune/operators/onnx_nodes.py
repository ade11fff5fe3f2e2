"""Reading the attributes and shapes of an ONNX node, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tvmtune.errors import WorkloadError

Attributes = Mapping[str, Any]
"""Attributes of a node: ints, floats, strings, and sequences of ints."""

Shapes = Sequence[tuple[int, ...]]
"""Shapes of the operands of a node, in the order of its inputs."""


def integer(attributes: Attributes, name: str, default: int, *, least: int) -> int:
    """The integer of an attribute; raises `WorkloadError` when it is none or below ``least``."""
    value = attributes.get(name, default)
    if not isinstance(value, int) or value < least:
        raise WorkloadError(f"attribute {name}={value!r}: expected an integer of at least {least}")
    return value


def integers(
    attributes: Attributes, name: str, default: Sequence[int], *, least: int
) -> tuple[int, ...]:
    """The integers of an attribute, as many as ``default`` has.

    Raises
    ------
    WorkloadError
        Something else than integers, another number of them, or one below ``least``.
    """
    given = attributes.get(name, default)
    values = tuple(given) if isinstance(given, Sequence) else ()
    if len(values) != len(default) or not all(isinstance(v, int) and v >= least for v in values):
        raise WorkloadError(
            f"attribute {name}={given!r}: expected {len(default)} integers of at least {least}"
        )
    return values


def check_shape(name: str, shape: tuple[int, ...], rank: int, axes: str) -> None:
    """Raise `WorkloadError` unless ``shape`` has ``rank`` axes, none of them empty."""
    if len(shape) != rank or min(shape, default=1) < 1:
        raise WorkloadError(f"{name} of shape {shape}: expected {axes}, each at least 1")
