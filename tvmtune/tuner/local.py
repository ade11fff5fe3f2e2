"""The equipment of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from tvmtune.analysis.features import FEATURE_VERSION
from tvmtune.compiler import task_domain, templates_for
from tvmtune.measure.harness import Harness
from tvmtune.measure.options import MeasureOptions
from tvmtune.measure.problem import Problem
from tvmtune.measure.workers import Workers
from tvmtune.records import Here
from tvmtune.records.fingerprint import machine_fingerprint, toolchain_versions
from tvmtune.search_spaces.domain import TaskDomain
from tvmtune.target import parse_target
from tvmtune.tuner.equipment import DomainFactory, Equipment, TemplateKey
from tvmtune.workload import parse


def here() -> Here:
    """Machine and versions as records name them."""
    return Here(machine_fingerprint(), toolchain_versions())


def compiled_domain(
    workload: str,
    target: str,
    template: str | None = None,
    restrict: Mapping[str, Sequence[Any]] | None = None,
) -> tuple[TaskDomain, Sequence[TemplateKey]]:
    """Domain of a task from the compiler's templates, or from the one that the user refers to.

    A reference stays a reference in requests and records, so that a builder finds the template and
    no record of it passes for one of the package's.

    Raises
    ------
    TemplateError
        If no template serves the workload.
    SpaceError
        If the restriction does not fit.
    """
    task = parse(workload), parse_target(target)
    domain = task_domain(*task, template, restrict)
    versions = {found.name: str(found.version) for found in templates_for(*task, template)}
    names = [space.template for space in domain.spaces]
    return domain, [TemplateKey(template or name, versions[name]) for name in names]


@contextmanager
def local_equipment(
    options: MeasureOptions,
    *,
    domain: DomainFactory = compiled_domain,
    on_wait: Callable[[int | None], None] = lambda _holder: None,
) -> Iterator[Equipment]:
    """Measure on this machine; its worker processes end with the context.

    Parameters
    ----------
    options
        Deadlines, limits, cores and timing.
    domain
        Spans the domain of a task.
    on_wait
        Called when another process that measures is waited for, with its id if it is known.
    """
    with Workers(options, on_wait) as workers:
        yield Equipment(
            harness=lambda task: Harness(Problem(parse(task.workload)), workers),
            domain=domain,
            here=here(),
            feature_version=FEATURE_VERSION,
            settings={
                "run_cores": list(options.run_cores),
                "overlap": options.overlap,
                "timing": options.timing.to_json(),
            },
        )
