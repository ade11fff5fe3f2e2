"""Templates from outside this package, tried where they can do no harm."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum

from tvmtune.analysis.features import FeatureLimits
from tvmtune.compiler.request import BuildRequest
from tvmtune.compiler.templates import schedule_of, space_of, templates_for
from tvmtune.errors import LayoutError, ScheduleError, TemplateError
from tvmtune.outcome import Outcome, Status
from tvmtune.schedule import infer_nest
from tvmtune.search_spaces.config import Config
from tvmtune.search_spaces.structures import try_structure
from tvmtune.target import parse_target
from tvmtune.workload import parse


class Part(StrEnum):
    """What of a template is rehearsed."""

    SPACE = "space"
    """Importing it, and spanning its space."""
    CONFIG = "config"
    """The schedule of a config, in integers, and what `STRUCTURE` is."""
    STRUCTURE = "structure"
    """The symbolic schedule of a config's structure, and the features of its nest."""


def rehearse(request: BuildRequest, part: Part) -> None:
    """Call of a template what a tuner calls, in a process that may be lost by it.

    A schedule that is not legal is no failure: the tuner hears it again.

    Raises
    ------
    Exception
        Whatever the template's own code raises.
    """
    workload, target = parse(request.workload), parse_target(request.target)
    (template,) = templates_for(workload, target, request.template)
    space = space_of(template, workload, target)
    if part is Part.SPACE:
        return
    config = Config(template.name, dict(request.config))
    schedule = schedule_of(template, workload, target)
    point = space.point(config)
    if part is Part.CONFIG:
        with suppress(ScheduleError, LayoutError):
            infer_nest(schedule(config))
    try_structure(space, schedule, point, FeatureLimits.of(target))


Rehearse = Callable[[BuildRequest, Part], Outcome]
"""Has :func:`rehearse` called in another process: ok, or how that process fared."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a template is tried before this process calls it."""

    request: BuildRequest
    rehearse: Rehearse

    def require(self, part: Part, config: Config | None = None) -> None:
        """Refuse what would not come back; what raises an ordinary error raises it here again."""
        outcome = self._outcome(part, config)
        if outcome.status not in (Status.OK, Status.BUILD_ERROR, Status.INVALID):
            what = f"default config {config.text}" if config else part
            raise TemplateError(
                f"template {self.request.template}: its {what} failed in a process of its own, "
                f"and was not tried in this one: {_said(outcome)}"
            )

    def trouble(self, config: Config) -> str:
        """What goes wrong with the structure of a config; nothing if it may be made here."""
        outcome = self._outcome(Part.STRUCTURE, config)
        return "" if outcome.status is Status.OK else _said(outcome)

    def _outcome(self, part: Part, config: Config | None) -> Outcome:
        knobs = config.knobs_json() if config else {}
        return self.rehearse(replace(self.request, config=knobs), part)


def _said(outcome: Outcome) -> str:
    first, *_ = outcome.detail.splitlines() or [""]
    return f"{outcome.status}: {first}"
