"""What templates promise of their errors, and whether they keep it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tvmtune.compiler.accuracy import MOSTLY, exact_enough, worth_trying
from tvmtune.compiler.building import build
from tvmtune.compiler.domains import task_domain
from tvmtune.compiler.request import BuildRequest
from tvmtune.compiler.templates import templates_for
from tvmtune.errors import TemplateError
from tvmtune.measure.checking import compare
from tvmtune.measure.problem import Problem
from tvmtune.measure.runner import bind
from tvmtune.search_spaces.accuracy import direct_error
from tvmtune.search_spaces.templates import TEMPLATES
from tvmtune.target import parse_target
from tvmtune.workload import parse

TARGET = parse_target("cpu")
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
PACKED = TEMPLATES["matmul.packed"]
DIRECT = TEMPLATES["conv2d.direct"]


@pytest.mark.parametrize(
    "text",
    [
        "conv2d:ci=3,h=32,co=32,k=7",
        "conv2d:ci=64,h=14,co=32,k=3",
        "conv2d:ci=512,h=7,co=32,k=3",
        "conv2d:ci=256,h=14,co=16,k=1",
        "conv2d:ci=32,h=28,co=32,k=3,groups=32",
        "conv2d:ci=1,h=3,w=9,co=16,k=1,kw=7",
        "conv2d:ci=2,h=9,w=14,co=16,k=1,kw=7",
        "matmul:m=64,k=64,n=64",
        "matmul:m=32,k=768,n=64",
        "matmul:m=32,k=5000,n=64",
        "matmul:m=1,k=2048,n=1000",
        "matmul:m=64,k=1,n=64",
    ],
)
def test_templates_keep_their_promise(text: str) -> None:
    workload = parse(text)
    domain = task_domain(workload, TARGET)
    points = np.concatenate([domain.defaults(), domain.sample(np.random.default_rng(0), 2)])
    cases = [Problem(workload).case(seed) for seed in range(3)]
    for point in points:
        config = domain.config_of(point)
        artifact = build(
            BuildRequest(
                workload=workload.text,
                target=TARGET.text,
                template=config.template,
                config=config.knobs_json(),
            )
        )
        promised = artifact.manifest.max_rel_error
        assert promised == TEMPLATES[config.template].promised_error(workload)
        for case in cases:
            kernel, packed = bind(artifact, {n: a.array for n, a in case.operands.items()})
            kernel.run(packed)
            found = compare(kernel.unpack(packed), case.expected.array, case.tolerance)
            assert found.rel_error <= promised


def test_the_bound_of_direct_sums() -> None:
    conv = parse("C12")
    assert direct_error(conv) == pytest.approx(6.07e-6, rel=1e-3)
    assert direct_error(conv, chain=256) == pytest.approx(1.48e-6, rel=1e-2)
    assert direct_error(conv, chain=4608) == direct_error(conv, chain=10**6) == direct_error(conv)
    assert direct_error(parse("matmul:m=8,k=5000,n=8"), chain=256) < 1.6e-6
    assert direct_error(parse("D1")) < 3e-7
    assert direct_error(SimpleNamespace(dtype="int32", reduction_length=9)) == 0.0


@pytest.mark.parametrize("chain", [64, 256])
def test_chains_keep_the_bound_too(chain: int) -> None:
    rng, shape = np.random.default_rng(0), (4096, 2048)
    products = rng.standard_normal(shape, np.float32) * rng.standard_normal(shape, np.float32)
    chains = products.reshape(shape[0], -1, chain).cumsum(axis=2, dtype=np.float32)[:, :, -1]
    found = chains.cumsum(axis=1, dtype=np.float32)[:, -1]
    expected = products.sum(axis=1, dtype=np.float64)
    error = np.abs(found - expected).max() / np.abs(expected).max()
    workload = SimpleNamespace(dtype="float32", reduction_length=shape[1])
    assert error <= direct_error(workload, chain)


@pytest.mark.parametrize("bound", [-1e-6, 1.0, float("nan"), float("inf")])
def test_a_bound_is_a_small_number(bound: float) -> None:
    with pytest.raises(TemplateError, match=r"template mine: error\(\) of matmul.* has to be"):
        replace(PACKED, name="mine", error=lambda _: bound).promised_error(parse("M512"))


def test_a_bound_that_cannot_be_had() -> None:
    broken = replace(PACKED, error=lambda workload: workload.no_such_field)
    with pytest.raises(TemplateError, match=r"matmul.packed: error\(\) failed: AttributeError"):
        broken.promised_error(parse("M512"))


def test_templates_are_left_out_by_what_they_promise() -> None:
    workload = parse("conv2d:ci=64,h=14,co=64,k=3")
    winograd = replace(DIRECT, name="conv2d.winograd", error=lambda _: 1e-5)
    both = (winograd, DIRECT)
    assert exact_enough(both, workload, None) == both
    assert exact_enough(both, workload, 1e-5) == both
    assert exact_enough(both, workload, 9e-6) == (DIRECT,)
    with pytest.raises(TemplateError) as raised:
        exact_enough(both, workload, 1e-9)
    assert str(raised.value) == (
        "conv2d:ci=64,h=14,co=64,k=3: no template promises a relative error of at most 1e-09: "
        "conv2d.winograd promises 1e-05, conv2d.direct promises 2.15e-06; what would work is "
        "--max-rel-error 2.2e-06, or a log with a config that was measured as exact"
    )
    exact_enough(both, workload, 2.2e-6)


def test_templates_are_tried_by_what_their_errors_mostly_are() -> None:
    workload = parse("conv2d:ci=64,h=14,co=64,k=3")
    winograd = replace(DIRECT, name="conv2d.winograd", error=lambda _: 1e-5)
    both = (winograd, DIRECT)
    assert worth_trying(both, workload, None) == both
    assert worth_trying(both, workload, 4.6e-6) == both
    assert worth_trying(both, workload, 2e-6) == (DIRECT,)
    with pytest.raises(TemplateError, match=r"mostly has 0.45 of it; .* 2.2e-06$"):
        worth_trying(both, workload, 9.6e-7)
    worth_trying(both, workload, 9.7e-7)


@pytest.mark.parametrize("length", [64, 1152, 4608])
def test_errors_mostly_are_what_is_said_of_them(length: int) -> None:
    rng, sums, exact = np.random.default_rng(1), np.zeros((64, 64), np.float32), np.zeros((64, 64))
    for _ in range(length):
        products = rng.standard_normal((64, 64)) * rng.standard_normal((64, 64))
        sums = (sums + products).astype(np.float32)
        exact += products
    errors = np.abs(sums - exact).max(axis=1) / np.abs(exact).max(axis=1)
    workload = SimpleNamespace(dtype="float32", reduction_length=length)
    typical = float(np.median(errors)) / direct_error(workload)
    assert 0.2 < typical < MOSTLY


def test_a_domain_of_what_is_exact_enough() -> None:
    workload = parse("conv2d:ci=8,h=8,co=8,k=3")
    names = [t.name for t in templates_for(workload, TARGET)]
    exact = [space.template for space in task_domain(workload, TARGET, max_rel_error=2e-6).spaces]
    assert "conv2d.direct" in exact
    assert len(exact) < len(names)
    with pytest.raises(TemplateError, match=r"no template keeps a relative error of 1e-08"):
        task_domain(workload, TARGET, max_rel_error=1e-8)


@pytest.mark.parametrize("text", ["matmul:m=12,k=3072,n=64", "matmul:m=7,k=512,n=40"])
def test_chains_of_sums_keep_what_the_example_promises(text: str) -> None:
    workload, reference = parse(text), f"{EXAMPLES / 'chained_matmul.py'}:TEMPLATE"
    domain = task_domain(workload, TARGET, reference, max_rel_error=2e-6)
    direct = direct_error(workload)
    for point in (*domain.defaults(), *domain.sample(np.random.default_rng(0), 2)):
        knobs = domain.config_of(point).knobs_json()
        artifact = build(
            BuildRequest(
                workload=workload.text, target=TARGET.text, template=reference, config=knobs
            )
        )
        promised = artifact.manifest.max_rel_error
        assert promised is not None
        assert promised < direct
        for seed in range(3):
            case = Problem(workload).case(seed)
            kernel, packed = bind(artifact, {n: a.array for n, a in case.operands.items()})
            kernel.run(packed)
            found = compare(kernel.unpack(packed), case.expected.array, case.tolerance)
            assert found.rel_error <= promised
