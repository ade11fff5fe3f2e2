"""From a request to the nest of its schedule."""

from __future__ import annotations

import hashlib

from tvmtune.compiler.request import BuildRequest
from tvmtune.compiler.templates import schedule_of, space_of, templates_for
from tvmtune.errors import SpaceError
from tvmtune.schedule import Schedule, infer_nest
from tvmtune.schedule.nest import Nest, print_nest
from tvmtune.search_spaces.config import Config
from tvmtune.target import Target, parse_target
from tvmtune.workload import Workload, parse


def nest_hash(request: BuildRequest) -> str:
    """Hash of the nest that a config means today.

    A record whose hash differs was measured for another schedule and is stale.
    """
    _, _, schedule, nest = scheduled(request)
    return hash_of(schedule, nest)


def scheduled(request: BuildRequest) -> tuple[Workload, Target, Schedule, Nest]:
    """The schedule of a request and its nest, in integers.

    Raises
    ------
    SpaceError
        If the config is not in its space, or violates a constraint.
    TvmtuneError
        If it cannot be scheduled.
    """
    workload, target = parse(request.workload), parse_target(request.target)
    (template,) = templates_for(workload, target, request.template)
    config = Config(template.name, dict(request.config))
    space = space_of(template, workload, target)
    space.point(config)
    violated = space.violations(config)
    schedule = schedule_of(template, workload, target)(config)
    nest = infer_nest(schedule)
    violated += [c.message for c in nest.constraints]
    if violated:
        raise SpaceError(f"{workload.text}: config {config.text}: {'; '.join(violated)}")
    return workload, target, schedule, nest


def hash_of(schedule: Schedule, nest: Nest) -> str:
    """Hash of a nest and of how its tensors are stored."""
    names = (*schedule.inputs, *schedule.stages)
    text = print_nest(nest) + "".join(f"\n{n}: {schedule.layout_of(n)}" for n in names)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
