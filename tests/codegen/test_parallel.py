"""Parallel loops on two threads, and what they share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.execution import check, host, machine_code
from tests.loop_ir import ACC, ONE, N, V, W, X, Y, assert_same, function, load, loop, store
from tests.numpy_reference import evaluate
from tvmtune import te
from tvmtune.codegen.module import emit_module
from tvmtune.errors import CodegenError
from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import Buffer, Const
from tvmtune.ir.stmt import Allocate, For, If, block
from tvmtune.ir.traverse import statements
from tvmtune.runtime.arrays import GuardedMemory
from tvmtune.schedule import Schedule, create_schedule

SCRATCH = Buffer("p", "float32", 8, "local")
THREADS = [1, 2, 3]


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("count", [1, 2, 5])
def test_every_iteration_runs_once(threads: int, count: int) -> None:
    var = Var("p", count)
    body = store(Y, var, load(Y, var) + load(X, 2 * var))
    assert_same(function(loop(var, body, "parallel"), X, Y), host(threads))


@pytest.mark.parametrize("threads", THREADS)
def test_loops_around_are_captured(threads: int) -> None:
    var = Var("p", 4)
    body = store(Y, 20 * (W // 2) + 8 * (W % 2) + var, load(X, 5 * W + var))
    inner = For(var, (Affine(1),), (Affine(4),), "parallel", body, "s.p")
    assert_same(function(loop(Var("o", 2), loop(W, inner)), X, Y), host(threads))


@pytest.mark.parametrize("threads", THREADS)
def test_scratch_memory_of_threads_and_of_all(threads: int) -> None:
    own = Buffer("own", "float64", 3, "local")
    fill = loop(V, store(SCRATCH, V, load(X, V) * Const(2.0, "float32")))
    middle = Buffer("m", "float32", 5, "local")
    body = Allocate(
        middle,
        block(
            [
                Allocate(own, store(own, 2, Const(1.0, "float64"))),
                loop(W, store(middle, W, load(SCRATCH, W) + load(X, V))),
                loop(W, store(Y, 8 * W + V, load(middle, 4 - W))),
            ]
        ),
    )
    program = function(Allocate(SCRATCH, block([fill, loop(V, body, "parallel")])), X, Y)
    assert_same(program, host(threads))
    shared_bytes, own_bytes = 64, 128
    total = shared_bytes + own_bytes * threads
    assert emit_module((program,), host(threads)).workspace_bytes == total


def test_registers_and_branches_inside() -> None:
    k = Var("k", 3)
    total = store(ACC, 0, load(ACC, 0) + load(X, V + k))
    guarded = If(te.less(V, 6), store(Y, V, load(ACC, 0)), store(Y, V, ONE))
    body = Allocate(ACC, block([store(ACC, 0, ONE), loop(k, total), guarded]))
    assert_same(function(loop(V, body, "parallel"), X, Y), host(2))


def test_several_loops_one_after_the_other() -> None:
    first = loop(V, store(Y, V, load(X, V)), "parallel")
    again = Var("q", 8)
    second = loop(again, store(Y, 8 + again, load(Y, 7 - again)), "parallel")
    assert_same(function(block([first, second, first]), X, Y), host(2))


def test_one_thread_runs_a_plain_loop() -> None:
    program = function(loop(V, store(Y, V, ONE), "parallel"), X, Y)
    assert "GOMP" not in emit_module((program,), host(1)).text
    assert "GOMP_parallel" in emit_module((program,), host(2)).text


def test_parallel_loops_do_not_nest() -> None:
    inner = loop(W, store(Y, 8 * W + V, ONE), "parallel")
    with pytest.raises(CodegenError, match=r"parallel loop s\.j: its bounds must be constant, and"):
        emit_module((function(loop(V, inner, "parallel"), X, Y),), host(2))
    assert_same(function(loop(V, inner, "parallel"), X, Y), host(1))


def test_registers_outside_are_not_used_inside() -> None:
    for body in (store(Y, V, load(ACC, 0)), store(ACC, 0, ONE)):
        program = function(
            Allocate(ACC, block([store(ACC, 0, ONE), loop(V, body, "parallel")])), X, Y
        )
        with pytest.raises(CodegenError, match="register buffer acc is used inside a parallel"):
            emit_module((program,), host(2))


def convolution() -> Schedule:
    x, w = te.placeholder((2, 3, 9), "x"), te.placeholder((5, 3, 3), "w", constant=True)
    data = te.pad(x, (0, 0, 1), (0, 0, 1), "data", axes=("n", "c", "y"))
    c, k = te.reduce_axis(3, "c"), te.reduce_axis(3, "k")
    out = te.compute(
        (2, 5, 9), lambda n, o, y: te.sum(data[n, c, y + k] * w[o, c, k], (c, k)), "out"
    )
    return create_schedule(out).set_scope("data", "local")


@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("axis", ["n", "o", "yo", "fused"])
@pytest.mark.parametrize("place", ["n", "o", "yo"])
def test_a_stage_computed_around_or_inside(axis: str, place: str, threads: int) -> None:
    s = convolution().split("out", "y", 4, ("yo", "yi"), "peel")
    s = s.cache_read("x", "local").parallel("x.local", "i1").set_scope("x.local", "local")
    if axis == "fused":
        s = s.fuse("out", "n", "o", "fused")
        place = "fused" if place != "yo" else place
    s = s.parallel("out", axis).compute_at("data", "out", place)
    rng = np.random.default_rng(0)
    arrays: dict[str, NDArray[Any]] = {
        t.name: rng.integers(-3, 4, t.shape).astype("float32") for t in s.inputs.values()
    }
    check(s, arrays, evaluate(s.outputs, arrays), host(threads))


def test_code_can_be_called_again() -> None:
    body = Allocate(SCRATCH, block([store(SCRATCH, 0, load(X, V)), store(Y, V, load(SCRATCH, 0))]))
    program = function(loop(V, body, "parallel"), X, Y)
    assert sum(isinstance(s, Allocate) for s in statements(program.body)) == 1
    call, memory = machine_code([program], host(2)), GuardedMemory()
    stored = {b.name: memory(N, "float32") for b in (X, Y)}
    for k in range(3):
        stored["x"][:] = np.arange(N) * k
        call(stored, memory)
        np.testing.assert_array_equal(stored["y"][:8], np.arange(8) * k)
