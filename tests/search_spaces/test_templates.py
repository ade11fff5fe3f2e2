"""Every template on odd shapes: its default config and random ones compute the workload."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tvmtune.artifact import Artifact
from tvmtune.compiler.building import build
from tvmtune.compiler.request import BuildRequest
from tvmtune.operators import reference
from tvmtune.runtime.arrays import GuardedMemory
from tvmtune.runtime.kernel import BoundKernel
from tvmtune.runtime.loader import load
from tvmtune.search_spaces.config import Config
from tvmtune.search_spaces.templates import TEMPLATES
from tvmtune.target import ISAS, Target, parse_target
from tvmtune.workload import Workload, parse

CONVOLUTIONS = [
    "ci=1,h=1,co=1,k=1",
    "ci=7,h=13,co=11,k=3,stride=2",
    "ci=17,h=11,co=19,k=1,n=2",
    "ci=4,h=9,co=6,k=3,groups=2,dilation=2",
    "ci=12,h=5,co=18,k=3,groups=3",
    "ci=2,h=3,co=3,k=7,pad=3",
    "ci=2,h=2,co=33,k=5,pad=2",
    "ci=3,h=23,w=2,co=4,k=3,kw=1",
    "ci=3,h=1,w=29,co=17,k=1,kw=5",
    "ci=6,h=10,co=10,k=3,pad=0,padw=2,padb=1,padr=0",
    "ci=5,h=12,co=7,k=4,pad=1,padb=2,padw=0,padr=3,stride=3,stridew=2,dilationw=2",
    "ci=1,h=8,co=16,k=3",
    "ci=16,h=8,co=1,k=3",
    "ci=3,h=2,co=2,k=3,pad=4,stride=4",
    "ci=1,h=5,co=1,k=3,n=2",
    "ci=8,h=8,co=8,k=3,groups=8",
    "ci=5,h=9,co=5,k=3,groups=5,n=3,stride=2",
    "ci=37,h=6,co=37,k=5,groups=37",
    "ci=4,h=6,co=4,k=6,groups=4,pad=3,padb=2,padw=2,padr=3",
    "ci=33,h=8,co=1,k=3",
]
PRODUCTS = [
    "m=1,k=1,n=1",
    "m=7,k=11,n=13",
    "m=1,k=64,n=97",
    "m=97,k=1,n=3",
    "m=31,k=17,n=64",
    "m=5,k=257,n=33",
    "m=2,k=3,n=509",
    "m=509,k=3,n=2",
]
WORKLOADS = [*(f"conv2d:{c}" for c in CONVOLUTIONS), *(f"matmul:{p}" for p in PRODUCTS)]
HERE = parse_target("cpu")


def operands(workload: Workload) -> dict[str, NDArray[Any]]:
    """Small integers: every order of summing them is exact."""
    rng = np.random.default_rng(0)
    return {n: rng.integers(-3, 4, s).astype("float32") for n, s in workload.operands.items()}


def configs(template: str, workload: Workload, target: Target, count: int) -> list[Config]:
    """The default and random ones."""
    space = TEMPLATES[template].space(workload, target)
    points = space.sample(np.random.default_rng(1), count)
    return [space.default_config, *map(space.config_of, points)]


def built(workload: Workload, target: Target, config: Config) -> Artifact:
    return build(
        BuildRequest(
            workload=workload.text,
            target=target.text,
            template=config.template,
            config=dict(config.knobs),
        )
    )


def assert_right(text: str, target: Target, count: int) -> None:
    """Try default configs and random ones; fewer of transforms, which take five times as long."""
    workload = parse(text)
    for template in (t for t in TEMPLATES.values() if t.can_serve(workload)):
        few = template.define is not None
        for config in configs(template.name, workload, target, count // 8 if few else count):
            assert_equal(workload, target, config)


def assert_equal(workload: Workload, target: Target, config: Config) -> None:
    """Run a config: sums of small integers are exact, transforms have fractions."""
    template, arrays = TEMPLATES[config.template], operands(workload)
    expected = reference(workload, arrays).astype("float32")
    exact = template.define is None
    tolerance = 0.0 if exact else 10 * template.promised_error(workload) * abs(expected).max()
    memory = GuardedMemory()
    kernel = BoundKernel(load(built(workload, target, config)), {"w": arrays["w"]}, memory)
    result = kernel.unpack(kernel.run(kernel.pack(arrays["x"])))
    np.testing.assert_allclose(result, expected, 0, tolerance, err_msg=config.text)
    assert memory.is_intact(), config.text


@pytest.mark.slow
@pytest.mark.parametrize("text", WORKLOADS)
def test_odd_shapes(text: str, thorough: bool) -> None:
    assert_right(text, HERE, 40 if thorough else 10)


@pytest.mark.slow
@pytest.mark.parametrize("isa", list(ISAS))
@pytest.mark.parametrize("text", WORKLOADS[::2])
def test_other_instruction_sets(text: str, isa: str) -> None:
    target = Target("cpu", 1, isa)
    if target.runs_here() and isa != HERE.isa:
        assert_right(text, target, 3)
    elif not target.runs_here():
        workload = parse(text)
        for template in (t for t in TEMPLATES.values() if t.can_serve(workload)):
            for config in configs(template.name, workload, target, 1):
                assert built(workload, target, config).code[:4] == b"\x7fELF"


@pytest.mark.parametrize("text", WORKLOADS[1::3])
def test_two_threads(text: str) -> None:
    assert_right(text, parse_target("cpu", 2), 2)


NARROW = "conv2d:ci=16,h=12,co=16,k=3,groups=16"
"""One vector of channels, on any target."""


@pytest.mark.parametrize("place", ["inline", "root", "block", "rows"])
@pytest.mark.parametrize("loop", ["n", "ob", "yb"])
def test_threads_share_whichever_loop_of_a_depthwise_convolution(loop: str, place: str) -> None:
    workload, target = parse("conv2d:ci=37,h=9,co=37,k=3,groups=37,n=2"), parse_target("cpu", 2)
    space = TEMPLATES["conv2d.depthwise"].space(workload, target)
    knobs = {**space.default_config.knobs, "shared": loop, "pad": place, "rows": 4, "tile_oy": 2}
    assert_equal(workload, target, Config("conv2d.depthwise", knobs))


@pytest.mark.parametrize("place", ["tile", "root", "rows"])
@pytest.mark.parametrize("loop", ["n", "tb", "oo"])
def test_threads_share_whichever_loop_of_winograd(loop: str, place: str) -> None:
    workload, target = parse("conv2d:ci=37,h=9,co=70,k=3,n=2"), parse_target("cpu", 2)
    space = TEMPLATES["conv2d.winograd2"].space(workload, target)
    knobs = {**space.default_config.knobs, "shared": loop, "pad": place, "panel": 1, "tile_v": 1}
    assert_equal(workload, target, Config("conv2d.winograd2", knobs))


def test_loops_that_run_once_are_not_shared() -> None:
    for text, loops in [(NARROW, ("yb",)), (f"{NARROW},n=2", ("n", "yb"))]:
        space = TEMPLATES["conv2d.depthwise"].space(parse(text), parse_target("cpu", 2))
        (knob,) = (k for k in space.knobs if k.name == "shared")
        assert knob.values == loops
        assert space.default_config["shared"] == loops[0]
    alone = TEMPLATES["conv2d.depthwise"].space(parse(NARROW), parse_target("cpu", 1))
    assert "shared" not in {k.name for k in alone.knobs}
    point = "conv2d:ci=3,h=1,co=3,k=1,pad=0,groups=3"
    single = TEMPLATES["conv2d.depthwise"].space(parse(point), parse_target("cpu", 2))
    assert single.default_config["shared"] == "n"


@pytest.mark.parametrize("name", ["C2", "C7", "C9", "C12", "D3", NARROW, "M512", "BERT-ff1"])
@pytest.mark.parametrize("threads", [1, 2])
def test_code_of_default_configs_is_small(name: str, threads: int) -> None:
    workload, target = parse(name), parse_target("cpu", threads)
    (template, *_) = (t for t in TEMPLATES.values() if t.can_serve(workload))
    (config,) = configs(template.name, workload, target, 0)
    assert len(built(workload, target, config).code) < 64 << 10
    parallel = "GOMP_parallel" in built(workload, target, config).code.decode("latin1")
    assert parallel == (threads > 1)


@pytest.mark.parametrize("text", ["conv2d:ci=4,h=6,co=4,k=3,groups=2", "matmul:m=2,k=2,n=2"])
def test_what_a_template_serves(text: str) -> None:
    workload = parse(text)
    serving = [name for name, t in TEMPLATES.items() if t.can_serve(workload)]
    assert serving == [{"conv2d": "conv2d.direct", "matmul": "matmul.packed"}[workload.kind]]
