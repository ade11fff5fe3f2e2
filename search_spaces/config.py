"""Configs: one value for each knob of a template."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tvmtune.errors import SpaceError
from tvmtune.search_spaces.knobs import plain
from tvmtune.symbolic import Symbolic


@dataclass(frozen=True, slots=True, eq=False)
class Config:
    """What a template is told: its own name and a value for each knob.

    The values of numeric knobs are integers, or symbols while a structure is scheduled; a template
    does not see the difference as long as it uses the constructors of `tvmtune.symbolic`.

    Parameters
    ----------
    template
        The template's name.
    knobs
        Value by knob; lists become tuples, so what JSON gives may be passed.  Never changed.
    """

    template: str
    knobs: Mapping[str, Any]

    def __post_init__(self) -> None:
        knobs = {name: plain(value) for name, value in self.knobs.items()}
        object.__setattr__(self, "knobs", MappingProxyType(knobs))

    def __getitem__(self, knob: str) -> Any:
        """The value of a knob, of the type that the template gave its values.

        Raises
        ------
        SpaceError
            If there is no such knob.
        """
        if knob not in self.knobs:
            raise SpaceError(
                f"a config of {self.template} has no knob {knob!r}: it has {sorted(self.knobs)}"
            )
        return self.knobs[knob]

    @property
    def text(self) -> str:
        """Canonical: the same for equal configs and different for others."""
        return f"{self.template} {_canonical_json(self.knobs)}"

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values: ``{"template": ..., "knobs": {...}}``."""
        return {"template": self.template, "knobs": self.knobs_json()}

    def knobs_json(self) -> dict[str, Any]:
        """The knobs alone, tuples as lists; for where the template is named beside them."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in self.knobs.items()
        }

    @staticmethod
    def from_json(value: Any) -> Config:
        """The config that :meth:`to_json` wrote.

        Raises
        ------
        SpaceError
            If `value` has another form.
        """
        match value:
            case {"template": str(template), "knobs": dict(knobs)}:
                return Config(template, knobs)
        raise SpaceError(f"{value!r} is no config: expected an object of template and knobs")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Config) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        return self.text


def _canonical_json(knobs: Mapping[str, Any]) -> str:
    return json.dumps(dict(knobs), sort_keys=True, separators=(",", ":"), default=_symbol_text)


def _symbol_text(value: object) -> str:
    if isinstance(value, Symbolic):
        return f"<{value}>"
    raise SpaceError(f"{value!r} of type {type(value).__name__} is no value of a knob")
