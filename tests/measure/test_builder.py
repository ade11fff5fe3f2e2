"""The builder with the real compiler, and the runner on what it makes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tvmtune.compiler.domains import task_domain
from tvmtune.compiler.request import BuildRequest
from tvmtune.measure.builder import build_requested
from tvmtune.measure.candidate import Candidate
from tvmtune.measure.harness import Harness
from tvmtune.measure.options import MeasureOptions
from tvmtune.measure.problem import Problem
from tvmtune.measure.timing import TimingOptions
from tvmtune.measure.workers import Workers
from tvmtune.outcome import Status
from tvmtune.runtime.kernel import Kernel
from tvmtune.target import parse_target
from tvmtune.workload import Workload, parse


def _default(workload: Workload) -> BuildRequest:
    domain = task_domain(workload, parse_target("cpu"))
    config = domain.config_of(domain.defaults()[0])
    return BuildRequest(
        workload=workload.text,
        target=parse_target("cpu").text,
        template=config.template,
        config=config.knobs_json(),
        keep_sources=True,
    )


@pytest.mark.parametrize("text", ["matmul:m=7,k=5,n=11", "conv2d:ci=3,h=5,co=7,k=3"])
def test_kernels_are_built_with_their_sources(text: str) -> None:
    workload = parse(text)
    built = build_requested(_default(workload).to_json())
    kernel = Kernel(built.artifact, sources=built.sources)
    assert "define" in kernel.source("llvm")
    case = Problem(workload).case()
    x, w = (case.operands[name].array for name in ("x", "w"))
    found = kernel.bind(w=w)(x)
    np.testing.assert_allclose(found, case.expected.array, rtol=1e-4, atol=1e-4)


def test_the_real_builder_and_runner_work_together(options: MeasureOptions) -> None:
    workload, defaults = parse("matmul:m=7,k=5,n=11"), MeasureOptions()
    request = _default(workload).to_json()
    real = replace(
        options,
        builder_command=defaults.builder_command,
        build_deadline_s=60.0,
        timing=TimingOptions(budget_s=0.005),
    )
    with Workers(real) as workers:
        harness = Harness(Problem(workload), workers)
        ((candidate, outcome),) = harness.measure([Candidate("default", request)])
        assert outcome.status is Status.OK, outcome.detail
        assert harness.check_harder(candidate).status is Status.OK
        bad = Candidate("bad", request | {"config": {"no": "knob"}})
        ((_, refused),) = harness.measure([bad])
        assert refused.status is Status.INVALID
