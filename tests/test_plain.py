"""Kernels over plain arrays: bit for bit what the kernel in own layout gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tvmtune.analysis.operations import executed_flops
from tvmtune.artifact import Artifact
from tvmtune.compiler.building import build
from tvmtune.compiler.plain import plain_function, plain_schedule
from tvmtune.compiler.request import BuildRequest
from tvmtune.compiler.templates import templates_for
from tvmtune.passes import lower_schedule, run_passes
from tvmtune.runtime.kernel import BoundKernel
from tvmtune.runtime.loader import load
from tvmtune.search_spaces.template import Template
from tvmtune.search_spaces.templates import TEMPLATES
from tvmtune.target import Target, parse_target
from tvmtune.workload import parse

TURNED = [
    "conv2d:ci=16,h=18,co=32,k=3",
    "conv2d:ci=32,h=17,co=16,k=1,n=2",
    "conv2d:ci=16,h=35,co=48,k=3,stride=2",
    "conv2d:ci=32,h=20,co=32,k=3,groups=32",
    "conv2d:ci=16,h=16,w=40,co=16,k=5,groups=16,stride=2,n=3",
    "conv2d:ci=19,h=29,w=11,co=19,k=3,groups=19",
    "conv2d:ci=5,h=23,w=26,co=5,k=3,groups=5,dilation=2,stride=2,pad=0",
    "conv2d:ci=7,h=21,w=19,co=7,k=5,kw=3,groups=7,pad=0,n=2",
    "conv2d:ci=13,h=17,w=19,co=21,k=1,n=2",
    "conv2d:ci=13,h=23,w=35,co=21,k=1,stride=2",
    "conv2d:ci=6,h=7,w=5,co=6,k=3,groups=6",
    "conv2d:ci=4,h=9,w=17,co=4,k=7,groups=4",
    "conv2d:ci=5,h=19,w=37,co=5,k=5,groups=5,stride=2",
    "matmul:m=19,k=33,n=37",
]
WHOLE = [
    "conv2d:ci=16,h=7,co=16,k=3",  # rows shorter than a vector without masks
    "conv2d:ci=13,h=20,co=32,k=3",  # blocks that are rounded up
    "conv2d:ci=16,h=20,co=19,k=3",
]


def _artifacts(text: str, target: Target, *, thorough: bool) -> list[Artifact]:
    """The default config of every template, and a random one but of the larger transforms."""
    made = []
    workload = parse(text)
    for template in templates_for(workload, target):
        space = template.space(workload, target)
        large = template.name in ("conv2d.winograd4", "conv2d.winograd6")
        points = space.sample(np.random.default_rng(0), 0 if large and not thorough else 1)
        for config in [space.default_config, *map(space.config_of, points)]:
            request = BuildRequest(
                workload=workload.text,
                target=target.text,
                template=template.name,
                config=config.knobs_json(),
                packing=True,
            )
            made.append(build(request))
    return made


def _operands(text: str) -> dict[str, NDArray[Any]]:
    rng = np.random.default_rng(0)
    shapes = parse(text).operands
    return {n: rng.standard_normal(s).astype(np.float32) for n, s in shapes.items()}


CASES = [
    *((text, "cpu") for text in TURNED),
    *((text, target) for text in TURNED[2:4] for target in ("cpu:isa=avx2", "cpu:threads=2")),
    *((text, target) for text in TURNED[5:] for target in ("cpu:isa=x86-64", "cpu:threads=3")),
    *((text, "cpu:isa=avx2") for text in TURNED[10:13]),
]


@pytest.mark.slow
@pytest.mark.parametrize(("text", "target"), CASES)
def test_the_same_bits(text: str, target: str, thorough: bool) -> None:
    machine = parse_target(target)
    if not machine.runs_here():
        pytest.skip(f"{target} does not run on this machine")
    operands = _operands(text)
    x, turned = operands["x"], 0
    for artifact in _artifacts(text, machine, thorough=thorough):
        kernel = BoundKernel(load(artifact), {"w": operands["w"]})
        expected = kernel.unpack(kernel.run(kernel.pack(x)))
        np.testing.assert_array_equal(kernel(x), expected)
        shifted = np.empty(x.size + 1, np.float32)[1:].reshape(x.shape)
        shifted[:] = x
        out = np.full(expected.size + 1, np.nan, np.float32)[1:].reshape(expected.shape)
        np.testing.assert_array_equal(kernel(shifted, out=out), expected)
        strided = np.repeat(x, 2, axis=0)[::2]
        np.testing.assert_array_equal(kernel(strided), expected)
        turned += artifact.manifest.plain_symbol is not None
    assert turned >= 2


def test_depthwise_convolutions_copy_nothing() -> None:
    target = Target(isa="avx2")
    for text, plain in {
        "conv2d:ci=8,h=65,co=8,k=3,groups=8": True,
        "conv2d:ci=8,h=65,co=8,k=3,groups=8,dilation=36,pad=36,padw=36": False,  # wide borders
        "conv2d:ci=8,h=30,co=8,k=3,groups=8,stride=3": False,
        "conv2d:ci=8,h=7,co=8,k=5,groups=8": False,  # short rows
    }.items():
        workload, template = parse(text), TEMPLATES["conv2d.depthwise"]
        own = template.schedule_of(
            workload, target, template.space(workload, target).default_config
        )
        schedule = template.plain(workload, target, own)
        assert (schedule is not None) == plain, text
        if schedule is not None:
            assert set(schedule.stages) == {"acc", "out"}


@pytest.mark.parametrize("text", WHOLE)
def test_what_is_converted_whole(text: str) -> None:
    target = Target(isa="avx2")
    workload = parse(text)
    for template in templates_for(workload, target):
        config = template.space(workload, target).default_config
        schedule = template.schedule_of(workload, target, config)
        if template.name == "conv2d.direct":
            assert plain_schedule(schedule, target) is None


def test_the_input_moves_with_the_loops_that_read_it_once() -> None:
    target = Target(isa="avx2")
    workload = parse("conv2d:ci=64,h=56,co=64,k=3,groups=64")
    template: Template = TEMPLATES["conv2d.depthwise"]
    config = template.space(workload, target).default_config
    plain = plain_schedule(template.schedule_of(workload, target, config), target)
    assert plain is not None
    assert plain.stage("x.local").place == plain.stage("out.part").place
    shape = workload.operands["x"]
    assert plain.layout_of("x").keeps(shape)
    assert plain.layout_of("out").keeps(shape)
    assert not plain.layout_of("x.local").keeps(shape)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["conv2d:ci=16,h=56,co=64,k=3", "conv2d:ci=16,h=50,co=32,k=5"])
def test_nothing_is_computed_twice_for_plain_arrays(text: str) -> None:
    workload, target = parse(text), parse_target("cpu:threads=1,isa=avx2")
    compared = set()
    for template in templates_for(workload, target):
        space = template.space(workload, target)
        points = space.sample(np.random.default_rng(1), 3)
        for config in [space.default_config, *map(space.config_of, points)]:
            schedule = template.schedule_of(workload, target, config)
            request = BuildRequest(
                workload=workload.text,
                target=target.text,
                template=template.name,
                config=config.knobs_json(),
            )
            plain = plain_function(request, schedule, target, "plain", run_passes)
            if plain is not None:
                kernel = run_passes(lower_schedule(schedule, "kernel").kernel)
                assert executed_flops(plain) == executed_flops(kernel), config.text
                compared.add(template.name)
    assert "conv2d.winograd2" in compared
