"""The config space of a task: what a search sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from tvmtune.analysis.features import FeatureLimits
from tvmtune.compiler.accuracy import worth_trying
from tvmtune.compiler.rehearsal import Part, Rehearse, Stage
from tvmtune.compiler.request import BuildRequest
from tvmtune.compiler.templates import schedule_of, space_of, templates_for
from tvmtune.errors import LayoutError, ScheduleError, SpaceError, TemplateError
from tvmtune.schedule import Schedule, infer_nest
from tvmtune.search_spaces.config import Config
from tvmtune.search_spaces.domain import TaskDomain
from tvmtune.search_spaces.space import Space
from tvmtune.search_spaces.structures import StructureEvaluator
from tvmtune.search_spaces.template import Template
from tvmtune.search_spaces.templates import TEMPLATES
from tvmtune.target import Target
from tvmtune.workload import Workload


def task_domain(
    workload: Workload,
    target: Target,
    template: str | None = None,
    restrict: Mapping[str, Sequence[Any]] | None = None,
    rehearse: Rehearse | None = None,
    max_rel_error: float | None = None,
) -> TaskDomain:
    """All configs of all templates that serve a workload; what a search strategy sees.

    Parameters
    ----------
    template
        A template's name or reference, to use that one only.
    restrict
        Values that knobs may have; a template without the knob is left out.
    rehearse
        Called before a template from outside this package is called here.
    max_rel_error
        Templates that mostly have a larger error are left out; None: none is.

    Raises
    ------
    SpaceError
        If no template has a restricted knob, or a value is not among a knob's.
    TemplateError
        If a template does not serve the workload, its default config fails, or none is as exact as
        that mostly.
    """
    stage = None
    if rehearse is not None and template is not None and template not in TEMPLATES:
        request = BuildRequest(workload=workload.text, target=target.text, template=template)
        stage = Stage(request, rehearse)
        stage.require(Part.SPACE)
    parts: list[tuple[Space, StructureEvaluator]] = []
    known: list[str] = []
    for found in worth_trying(templates_for(workload, target, template), workload, max_rel_error):
        space = space_of(found, workload, target)
        names = {knob.name for knob in space.knobs}
        known.append(f"{found.name} has {', '.join(sorted(names))}")
        if restrict and not set(restrict) <= names:
            continue
        if restrict:
            space = space.restrict(restrict)
        schedule = schedule_of(found, workload, target)
        if stage is not None:
            stage.require(Part.CONFIG, space.default_config)
        _check_default(found, schedule, space, must_be_legal=not restrict)
        trouble = stage.trouble if stage is not None else None
        limits = FeatureLimits.of(target)
        parts.append((space, StructureEvaluator(space, schedule, limits, rehearse=trouble)))
    if not parts:
        raise SpaceError(
            f"{workload.text}: no template has all of the knobs "
            f"{', '.join(sorted(restrict or ()))}: " + "; ".join(known)
        )
    return TaskDomain(parts)


def _check_default(
    template: Template,
    schedule: Callable[[Config], Schedule],
    space: Space,
    *,
    must_be_legal: bool,
) -> None:
    """Say what is wrong with a template whose default config fails or has no legal schedule."""
    config = space.default_config
    try:
        infer_nest(schedule(config))
    except (ScheduleError, LayoutError) as error:
        if must_be_legal:
            raise TemplateError(
                f"template {template.name}: its default config has no legal schedule: {error}"
            ) from error
    with suppress(ScheduleError, LayoutError):
        infer_nest(schedule(space.symbolic(space.point(config))))
