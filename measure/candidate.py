"""What is measured: a build request with an identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tvmtune.artifact import Artifact

FLAGS_KNOB = "llvm_flags"
"""The knob whose value is a text of code-generation flags, separated by spaces."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A configuration to build and run.

    Parameters
    ----------
    key
        Identity of the configuration: equal keys give equal code.
    request
        The build request as plain JSON values.
    """

    key: str
    request: Mapping[str, Any]

    @property
    def flags(self) -> tuple[str, ...]:
        """LLVM's flags, which are global to a process: the value of the knob `FLAGS_KNOB`."""
        config = self.request.get("config") or {}
        return tuple(str(config.get(FLAGS_KNOB, "")).split())


@dataclass(frozen=True, slots=True, eq=False)
class Built:
    """What a builder made, and what it was generated from (kind to text) if that was kept."""

    artifact: Artifact
    sources: Mapping[str, str] = field(default_factory=dict)
