"""Random configs of templates: those that satisfy all constraints, and those of whole spaces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.unconstrained import without_constraints
from tvmtune.compiler.templates import schedule_of, space_of, templates_for
from tvmtune.search_spaces.config import Config
from tvmtune.search_spaces.protocols import Evaluator
from tvmtune.search_spaces.space import Points, Space
from tvmtune.search_spaces.structures import StructureEvaluator
from tvmtune.search_spaces.template import Template
from tvmtune.target import Target
from tvmtune.workload import Workload

_RELATIVES = 32


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Configs of a template, each once.

    Parameters
    ----------
    template
        Its name.
    satisfying
        Drawn from those that satisfy the constraints of the space and of their nests, each with
        the same probability.
    unrestricted
        Drawn from the product of the knobs, likewise.
    violations
        By text of an unrestricted config, the constraints of the space that it violates.
    space, evaluator
        What they are drawn from, and what judges their nests.
    """

    template: str
    satisfying: tuple[Config, ...]
    unrestricted: tuple[Config, ...]
    violations: dict[str, list[str]]
    space: Space
    evaluator: Evaluator

    @property
    def all(self) -> tuple[Config, ...]:
        """The configs of both kinds."""
        return tuple({c.text: c for c in (*self.unrestricted, *self.satisfying)}.values())

    def relatives(self, config: Config) -> list[Config]:
        """What is allowed and nearest to a config that is not.

        At most 32 configs that differ from it in one knob, or in two if none in one is allowed;
        none if that is not enough.
        """
        point = self.space.point(config)
        near = self.space.neighbours(point)
        for points in (near, np.concatenate([near, *map(self.space.neighbours, near)])):
            allowed = np.unique(points[self.space.satisfied(points)], axis=0)
            allowed = allowed[self.evaluator.satisfied(allowed)]
            if len(allowed):
                ordered = np.argsort(np.abs(allowed - point).sum(axis=1), kind="stable")
                return [self.space.config_of(p) for p in allowed[ordered[:_RELATIVES]]]
        return []


def draw(
    workload: Workload, target: Target, *, satisfying: int, whole: int, seed: int
) -> list[Drawn]:
    """Configs of each template that serves a workload; fewer where some are drawn repeatedly.

    Parameters
    ----------
    workload, target
        What they are for.
    satisfying, whole
        How many of either kind are drawn.
    seed
        The same gives the same, and the first of more.
    """
    return [
        _drawn(template, workload, target, satisfying, whole, seed)
        for template in templates_for(workload, target)
    ]


def _drawn(
    template: Template, workload: Workload, target: Target, satisfying: int, whole: int, seed: int
) -> Drawn:
    space = space_of(template, workload, target)
    evaluator = StructureEvaluator(space, schedule_of(template, workload, target))
    rng, other = np.random.default_rng(seed).spawn(2)
    valid = space.sample(rng, satisfying, evaluator.satisfied)
    unrestricted = _configs(space, without_constraints(space).sample(other, whole))
    return Drawn(
        template=template.name,
        satisfying=_configs(space, valid),
        unrestricted=unrestricted,
        violations={config.text: space.violations(config) for config in unrestricted},
        space=space,
        evaluator=evaluator,
    )


def _configs(space: Space, points: Points) -> tuple[Config, ...]:
    """Different configs, in order of the first of each."""
    return tuple({c.text: c for c in map(space.config_of, points)}.values())
