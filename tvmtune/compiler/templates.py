"""The templates of a workload, and what goes wrong in their own code."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

from tvmtune.errors import LayoutError, ScheduleError, TemplateError
from tvmtune.schedule import Schedule
from tvmtune.search_spaces.config import Config
from tvmtune.search_spaces.references import resolve_template
from tvmtune.search_spaces.space import Space
from tvmtune.search_spaces.template import Template
from tvmtune.search_spaces.templates import TEMPLATES
from tvmtune.target import Target
from tvmtune.workload import Workload


def templates_for(
    workload: Workload, target: Target, reference: str | None = None
) -> tuple[Template, ...]:
    """The templates that serve a workload: this package's, or the one referred to.

    Raises
    ------
    TemplateError
        If there is none, or the one referred to does not serve the workload.
    """
    if reference is None:
        found = tuple(t for t in TEMPLATES.values() if t.can_serve(workload))
        if not found:
            raise TemplateError(f"no template serves {workload.text} on {target.text}")
        return found
    template = resolve_template(reference)
    if not template.can_serve(workload):
        others = ", ".join(t.name for t in TEMPLATES.values() if t.can_serve(workload))
        raise TemplateError(
            f"template {reference} does not serve {workload.text}; these do: {others or 'none'}"
        )
    return (template,)


def space_of(template: Template, workload: Workload, target: Target) -> Space:
    """The template's space; raises `TemplateError` if it bears another name."""
    space = template.space(workload, target)
    if space.template != template.name:
        raise TemplateError(
            f"template {template.name} makes a space of {space.template!r}: both must have one name"
        )
    return space


def schedule_of(
    template: Template, workload: Workload, target: Target
) -> Callable[[Config], Schedule]:
    """The template's schedules; what goes wrong in its own code is a `TemplateError`."""
    outputs = template.outputs(workload)

    def schedule(config: Config) -> Schedule:
        try:
            made = template.schedule(outputs, target, config)
        except (ScheduleError, LayoutError, TemplateError, MemoryError):
            raise
        except Exception as error:
            raise TemplateError(
                f"template {template.name}: schedule() failed{_place_of(error)}: "
                f"{type(error).__name__}: {error}"
            ) from error
        if not isinstance(made, Schedule):
            raise TemplateError(
                f"template {template.name}: schedule() returned {type(made).__name__}: "
                "return the schedule that the last primitive gave"
            )
        return made

    return schedule


def _place_of(error: Exception) -> str:
    """File and line of a user's template where an error comes from."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if Path(f.filename).parent != Path(__file__).parent]
    places = [f for f in own if "tvmtune" not in Path(f.filename).parts] or own
    return f" at {Path(places[-1].filename).name}:{places[-1].lineno}" if places else ""
