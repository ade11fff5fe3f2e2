"""The equipment of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from tvmtune.analysis.features import FEATURE_VERSION
from tvmtune.compiler.code_hash import code_hash
from tvmtune.compiler.domains import task_domain
from tvmtune.compiler.rehearsal import Part, Rehearse
from tvmtune.compiler.request import BuildRequest
from tvmtune.compiler.templates import templates_for
from tvmtune.machine import available_memory_bytes
from tvmtune.measure.demand import MemoryBudget
from tvmtune.measure.harness import Harness
from tvmtune.measure.options import MeasureOptions
from tvmtune.measure.problem import Problem
from tvmtune.measure.workers import Workers
from tvmtune.outcome import Outcome
from tvmtune.records import Here
from tvmtune.records.fingerprint import machine_fingerprint, toolchain_versions
from tvmtune.references import canonical_reference
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
    rehearse: Rehearse | None = None,
    max_rel_error: float | None = None,
) -> tuple[TaskDomain, Sequence[TemplateKey]]:
    """Domain of a task from the compiler's templates, or from the one that the user refers to.

    A reference stays a reference in requests and records, in its canonical form, so that a builder
    finds the template and no record of it passes for one of the package's.

    Parameters
    ----------
    workload, target, template, restrict, max_rel_error
        As `DomainFactory`.
    rehearse
        Tries a template from outside the package before this process calls it.

    Raises
    ------
    TemplateError
        If no template serves the workload, or a default config fails, or all promise too large an
        error.
    SpaceError
        If the restriction does not fit.
    """
    task = parse(workload), parse_target(target)
    template = template and canonical_reference(template)
    domain = task_domain(*task, template, restrict, rehearse, max_rel_error)
    versions = {found.name: str(found.version) for found in templates_for(*task, template)}
    names = [space.template for space in domain.spaces]
    return domain, [TemplateKey(template or name, versions[name]) for name in names]


@contextmanager
def local_equipment(
    options: MeasureOptions,
    *,
    domain: DomainFactory | None = None,
    on_wait: Callable[[int | None], None] = lambda _holder: None,
) -> Iterator[Equipment]:
    """Measure on this machine; its worker processes end with the context.

    Parameters
    ----------
    options
        Deadlines, limits, cores and timing.
    domain
        Spans the domain of a task; None: `compiled_domain`, where the workers rehearse.
    on_wait
        Called when another process that measures is waited for, with its id if it is known.
    """
    with Workers(options, on_wait) as workers:
        yield equipment_with(workers, domain)


def equipment_with(workers: Workers, domain: DomainFactory | None = None) -> Equipment:
    """Equipment that uses some workers; ``domain`` as for `local_equipment`."""
    options = workers.options
    memory = MemoryBudget(available_memory_bytes(), options.memory_bytes)

    def rehearse(request: BuildRequest, part: Part) -> Outcome:
        return workers.rehearse(request.to_json(), part)

    return Equipment(
        harness=lambda task: Harness(Problem(parse(task.workload)), workers),
        domain=domain or partial(compiled_domain, rehearse=rehearse),
        here=here(),
        admit=lambda task: memory.take(parse(task.workload)),
        code_hash=code_hash(),
        feature_version=FEATURE_VERSION,
        settings={
            "run_cores": list(options.run_cores),
            "overlap": options.overlap,
            "timing": options.timing.to_json(),
        },
    )
