"""Kernels built from a tuning log; the compiler runs in a process of its own."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

from tvmtune.deploy.arguments import check_arguments, check_max_rel_error
from tvmtune.deploy.choice import Choice, choose
from tvmtune.deploy.inputs import read_inputs
from tvmtune.errors import CodegenError, MeasureError, UsageError
from tvmtune.measure.building import BuilderPool
from tvmtune.measure.candidate import Built, Candidate
from tvmtune.measure.options import MeasureOptions
from tvmtune.outcome import Outcome, Status
from tvmtune.records import Here, Record, read_log
from tvmtune.records.fingerprint import machine_fingerprint, toolchain_versions
from tvmtune.runtime.kernel import Kernel
from tvmtune.target import Target, parse_target
from tvmtune.workload import Workload

_log = logging.getLogger(__name__)

PathLike = str | os.PathLike[str]
Logs = PathLike | Sequence[PathLike] | None
"""One log, or several that are read as one; None: default configs."""


class Builder(Protocol):
    """Turns requests into artifacts, elsewhere."""

    def build(self, candidate: Candidate) -> Built | Outcome:
        """Build, or say how it ended."""
        ...

    def close(self) -> None:
        """End its processes."""
        ...


def _start_builder() -> Builder:
    return BuilderPool(MeasureOptions())


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """How kernels are built.

    Parameters
    ----------
    template
        Use this template only; a name, or ``FILE.py:NAME`` or ``module:NAME`` for one's own.
    keep_sources
        Whether `Kernel.source` can show what the code was generated from.
    max_rel_error
        Use no template and no config of a larger error, max|y - y64| / max|y64| on standard normal
        operands.
    start_builder
        Starts the process that compiles.
    """

    template: str | None = None
    keep_sources: bool = False
    max_rel_error: float | None = None
    start_builder: Callable[[], Builder] = _start_builder

    def __post_init__(self) -> None:
        check_max_rel_error(self.max_rel_error)


def build(
    workload: PathLike,
    target: str = "cpu",
    log: Logs = None,
    *,
    threads: int | None = None,
    template: str | None = None,
    max_rel_error: float | None = None,
    keep_sources: bool = False,
) -> Kernel:
    """Build the kernel of a workload with the best config of a log.

    Where the log has nothing usable, the template's default config is used and a warning logged;
    ``kernel.match`` says how the log was matched.

    Parameters
    ----------
    workload
        Name or text of a workload, or the path of an ONNX file with a single distinct one.
    target
        What to build for; threads and instruction set as in ``cpu:threads=2,isa=avx2``.
    log
        The tuning log, or several that are read as one.  None: the default config.
    threads
        Threads of the kernel; must not contradict the target.
    template
        Use this template only; a name, or ``FILE.py:NAME`` or ``module:NAME`` for one's own.
    max_rel_error
        Use no template that promises, and no config that was measured with, a larger error:
        max|y - y64| / max|y64| on standard normal operands.  ``kernel.manifest.max_rel_error`` is
        what the kernel's template promises.
    keep_sources
        Whether `Kernel.source` can show what the code was generated from.

    Raises
    ------
    TvmtuneError
        If an argument names nothing, the log cannot be read or holds no record, or the code cannot
        be built.
    """
    check_arguments(
        "build", workload=workload, target=target, log=log, threads=threads, template=template
    )
    check_arguments("build", max_rel_error=max_rel_error)
    options = BuildOptions(
        template=template, keep_sources=keep_sources, max_rel_error=max_rel_error
    )
    workloads = [item.workload for item in read_inputs(workload).workloads]
    if len(workloads) != 1:
        raise UsageError(
            f"{workload} has {len(workloads)} distinct workloads and build() gives one kernel; "
            "name one of them, or use: tvmtune build INPUT --log LOG -o DIR"
        )
    (kernel,) = build_all(workloads, parse_target(target, threads), log, options).values()
    return kernel


def build_all(
    workloads: Sequence[Workload],
    target: Target,
    log: Logs,
    options: BuildOptions | None = None,
    listener: Callable[[Kernel], None] = lambda kernel: None,
) -> dict[str, Kernel]:
    """Build the kernels of several workloads.

    Parameters
    ----------
    workloads, target
        What to build, and for what.
    log
        The tuning log, or several; None: default configs.
    options
        How they are built.
    listener
        Called with each kernel as it is ready.

    Returns
    -------
    kernels
        By canonical text of the workload, in the order given.

    Raises
    ------
    TvmtuneError
        As `build`.
    """
    options = options or BuildOptions()
    records = None if log is None else _records(log)
    here = Here(machine_fingerprint(), toolchain_versions())
    choices = [
        choose(
            workload,
            target,
            records,
            here,
            template=options.template,
            keep_sources=options.keep_sources,
            max_rel_error=options.max_rel_error,
        )
        for workload in workloads
    ]
    return _build_choices(choices, options.start_builder, listener)


def _records(log: PathLike | Sequence[PathLike]) -> Sequence[Record]:
    contents = read_log([log] if isinstance(log, str | os.PathLike) else log, need_records=True)
    for problem in contents.problems:
        _log.warning("%s", problem)
    return contents.records


def _build_choices(
    choices: Iterable[Choice],
    start_builder: Callable[[], Builder],
    listener: Callable[[Kernel], None],
) -> dict[str, Kernel]:
    kernels: dict[str, Kernel] = {}
    with closing(start_builder()) as builder:
        for choice in choices:
            kernel = _build_one(choice, builder)
            kernels[choice.request.workload] = kernel
            listener(kernel)
    return kernels


def _build_one(choice: Choice, builder: Builder) -> Kernel:
    request = choice.request
    built = builder.build(Candidate(request.workload, request.to_json()))
    if isinstance(built, Outcome):
        raise _error(choice, built)
    return Kernel(built.artifact, match=choice.match, sources=built.sources)


def _error(choice: Choice, outcome: Outcome) -> CodegenError | MeasureError:
    """Why a config from a log, or a default, could not be built."""
    first, _, rest = outcome.detail.partition("\n")
    message = f"{choice.request.workload} with {_from(choice.match.record_id)}: {first}"
    refused = outcome.status in (Status.BUILD_ERROR, Status.INVALID)
    return (CodegenError if refused else MeasureError)(message, rest)


def _from(record_id: str | None) -> str:
    return "its default config" if record_id is None else f"the config of record {record_id}"
