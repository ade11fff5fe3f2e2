"""What to build, as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest:
    """What to build, as text: it travels to builder processes and into logs.

    ``template`` is a name of this package's templates, or a reference to one outside it
    (``FILE.py:NAME`` or ``module:NAME``); ``config`` maps knobs to values.  ``packing`` asks for
    functions that convert inputs and outputs, which measuring has no use for.
    """

    workload: str
    target: str
    template: str
    config: Mapping[str, Any] = field(default_factory=dict)
    keep_sources: bool = False
    packing: bool = False

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "workload": self.workload,
            "target": self.target,
            "template": self.template,
            "config": dict(self.config),
            "keep_sources": self.keep_sources,
            "packing": self.packing,
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> BuildRequest:
        """The request that :meth:`to_json` wrote."""
        return BuildRequest(
            workload=str(value["workload"]),
            target=str(value["target"]),
            template=str(value["template"]),
            config=dict(value["config"]),
            keep_sources=bool(value.get("keep_sources", False)),
            packing=bool(value.get("packing", False)),
        )
