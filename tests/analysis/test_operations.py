"""Operations counted in final code, against the figures of its schedule and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.loop_ir import ACC, ONE, V, W, X, Y, function, load, loop, store
from tvmtune.analysis.figures import figures_of
from tvmtune.analysis.operations import executed_flops
from tvmtune.compiler.domains import task_domain
from tvmtune.compiler.templates import schedule_of, templates_for
from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import Binary, Expr, NonNegative, Select, Unary, binary
from tvmtune.ir.stmt import Allocate, Block, Fence, For, If, Stmt
from tvmtune.passes import lower_schedule, run_passes
from tvmtune.schedule import infer_nest
from tvmtune.target import parse_target
from tvmtune.workload import parse

SUM = binary("add", load(X, 0), ONE)


def _count(body: Stmt) -> int:
    return executed_flops(function(body))


@pytest.mark.parametrize(
    ("value", "flops"),
    [
        (ONE, 0),
        (SUM, 1),
        (Binary("add", SUM, binary("mul", load(X, 0), ONE), "float32"), 3),
        (binary("add", load(X, 0, 4), load(X, 8, 4)), 4),
        (Unary("sqrt", SUM, "float32"), 2),
        (Select(NonNegative(Affine.of(V)), SUM, ONE, "float32"), 1),
        (Select(binary("lt", SUM, ONE), SUM, ONE, "float32"), 2),
    ],
)
def test_values(value: Expr, flops: int) -> None:
    assert _count(store(Y, 0, value)) == flops


def test_loops_multiply_and_bounds_narrow_them() -> None:
    one = store(Y, V, SUM)
    assert _count(loop(V, one)) == 8
    assert _count(loop(V, loop(W, one))) == 40
    assert _count(loop(V, one, begin=3)) == 5
    triangle = For(W, (Affine.of(V),), (Affine.of(5),), "serial", one, "s.j")
    assert _count(loop(V, triangle)) == 5 + 4 + 3 + 2 + 1
    assert _count(Block((one, Fence(), Allocate(ACC, loop(V, one))))) == 9


def test_branches_count_where_they_are_taken() -> None:
    one = store(Y, V, SUM)
    late = NonNegative(Affine.of(V) - 6)
    assert _count(loop(V, If(late, one))) == 2
    assert _count(loop(V, If(late, one, Block((one, one))))) == 2 + 2 * 6
    both = Binary("and", late, NonNegative(6 - Affine.of(V)), "bool")
    assert _count(loop(V, loop(W, If(both, one)))) == 5


def test_what_cannot_be_told_is_not_counted() -> None:
    assert _count(loop(V, If(binary("lt", load(X, 0), ONE), store(Y, V, SUM)))) == 0
    assert _count(loop(V, If(binary("lt", load(X, 0), ONE), store(Y, V, ONE)))) == 0
    long = Var("i", 1_000_000)
    assert _count(loop(long, If(NonNegative(Affine.of(long) - 6), store(Y, 0, SUM)))) == 0


@pytest.mark.parametrize(
    "text",
    [
        "conv2d:ci=5,h=9,co=20,k=3",
        "conv2d:ci=16,h=11,co=16,k=3,stride=2,groups=16",
        "conv2d:ci=3,h=13,co=9,k=5,stride=2,dilation=2",
        "matmul:m=13,k=10,n=37",
    ],
)
def test_templates_do_what_their_figures_say(text: str) -> None:
    workload, target = parse(text), parse_target("cpu:threads=1,isa=avx2")
    domain = task_domain(workload, target)
    configs = [domain.config_of(p) for p in domain.sample(np.random.default_rng(0), 12)]
    checked = 0
    for template in templates_for(workload, target):
        for config in configs:
            schedule = schedule_of(template, workload, target)
            if config.template != template.name or infer_nest(schedule(config)).constraints:
                continue
            figures = figures_of(schedule(config))
            if figures.bounds:
                continue
            checked += 1
            kernel = run_passes(lower_schedule(schedule(config)).kernel)
            called = {n: f for n, f in figures.flops.items() if n not in ("u", "wrows")}
            assert executed_flops(kernel) == sum(map(int, called.values()))
    assert checked >= 3
