"""How a kernel's config was found in a log: a value that outlives the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from reprlib import repr as shown
from types import MappingProxyType
from typing import Any

from tvmtune.errors import KernelError

DEFAULT = "default"
"""The kind of a match that found nothing usable."""

_TEXT = ((str,), "a text")
_NONE = type(None)
_FIELDS: Mapping[str, tuple[tuple[type, ...], str]] = MappingProxyType(
    {
        "kind": _TEXT,
        "reason": _TEXT,
        "template": _TEXT,
        "config": ((dict,), "values by name"),
        "record_id": ((str, _NONE), "a text, or nothing"),
        "figure_s": ((float, int, _NONE), "a number, or nothing"),
        "confirmed": ((bool,), "true or false"),
        "refused": ((dict,), "numbers by name"),
    }
)
"""What JSON may hold, by field: the types, and how to say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogMatch:
    """What a log said about a workload on a target, and how sure it is.

    Parameters
    ----------
    kind
        ``"exact"``, ``"same model"``, ``"other machine"``, or ``"default"``: nothing usable.
    reason
        Why it is of that kind, in one line.
    template, config
        What the kernel was built with.
    record_id, figure_s, confirmed
        The record, the time that decided (seconds per call), and whether it was measured again
        against the other leading configs; None and False for a default.
    refused
        Records of the task that were left out: how many, by reason.
    """

    kind: str
    reason: str
    template: str
    config: Mapping[str, Any] = field(default_factory=dict)
    record_id: str | None = None
    figure_s: float | None = None
    confirmed: bool = False
    refused: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_default(self) -> bool:
        """Whether the log had nothing usable."""
        return self.kind == DEFAULT

    def __str__(self) -> str:
        return f"{self.kind} ({self.reason})"

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> LogMatch:
        """The match that :meth:`to_json` wrote; raises `KernelError` on anything else."""
        try:
            match = LogMatch(**value)
        except TypeError as error:
            raise KernelError(f"match of a kernel: {error} in {shown(value)}") from error
        for name, (types, wanted) in _FIELDS.items():
            found = getattr(match, name)
            if type(found) not in types:
                raise KernelError(f"match of a kernel: {name} is {shown(found)}; expected {wanted}")
        return match
