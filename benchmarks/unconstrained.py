"""tvmtune's templates over whole spaces: ``FILE:conv2d.direct`` refers to one, FILE being this.

Nothing is imported here but tvmtune, so that a builder process finds it by its path.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tvmtune.search_spaces.space import Space
from tvmtune.search_spaces.template import Template
from tvmtune.search_spaces.templates import TEMPLATES
from tvmtune.target import Target


def reference_of(name: str) -> str:
    """How a build request refers to a template without constraints."""
    return f"{Path(__file__).resolve()}:{name}"


def without_constraints(space: Space) -> Space:
    """All points of the product of the knobs."""
    return Space(space.template, space.knobs, (), space.default)


def unconstrained(template: Template) -> Template:
    """The same schedules for all points."""

    def space(workload: Any, target: Target) -> Space:
        return without_constraints(template.space(workload, target))

    return replace(template, space=space)


if not TYPE_CHECKING:  # names with dots, as references have them

    def __getattr__(name: str) -> Template:
        if name not in TEMPLATES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return unconstrained(TEMPLATES[name])
