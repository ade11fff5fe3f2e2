"""Configs that a constraint excludes although they are another name of one that is allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tvmtune.compiler.scheduling import hash_of
from tvmtune.compiler.templates import schedule_of, space_of, templates_for
from tvmtune.errors import TvmtuneError
from tvmtune.schedule import infer_nest
from tvmtune.search_spaces.config import Config
from tvmtune.search_spaces.space import Space
from tvmtune.target import Target
from tvmtune.workload import Workload

NestOf = Callable[[Config], str | None]
"""The hash of the nest that a config makes, allowed or not; None if it makes none."""


def allowed_alias(config: Config, workload: Workload, target: Target) -> Config | None:
    """A config that satisfies the constraints and makes the same nest; None if none was found.

    Tiles are cut evenly: of an extent of 28, one of 18 becomes 14, and of 4 rows none has more
    than 4.  So each numeric knob is lowered in turn as far as the nest stays what it is.

    Parameters
    ----------
    config
        One that violates constraints of its space.
    workload, target
        What it is for.
    """
    (template,) = templates_for(workload, target, config.template)
    schedule = schedule_of(template, workload, target)

    def nest_of(other: Config) -> str | None:
        try:
            made = schedule(other)
            return hash_of(made, infer_nest(made))
        except TvmtuneError:
            return None

    space = space_of(template, workload, target)
    lowest = lowered(config, space, nest_of)
    return None if space.violations(lowest) else lowest


def lowered(config: Config, space: Space, nest_of: NestOf) -> Config:
    """The config with the lowest numeric knobs of the same nest, one knob after the other."""
    nest = nest_of(config)
    for knob in space.knobs if nest is not None else ():
        if knob.numeric:
            same = (c for c in _below(config, knob.name, space) if nest_of(c) == nest)
            config = next(same, config)
    return config


def _below(config: Config, name: str, space: Space) -> Iterator[Config]:
    """The config with smaller values of a knob, the smallest first."""
    (knob,) = (k for k in space.knobs if k.name == name)
    for value in knob.values[: knob.digit(config[name])]:
        yield Config(config.template, {**config.knobs, name: value})
