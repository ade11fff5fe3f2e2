from __future__ import annotations

import numpy as np
import pytest

from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import Buffer, Const, Load, NonNegative, Select, binary
from tvmtune.ir.interpreter import Counters, run
from tvmtune.ir.stmt import For, Function, If, Store


def counted(function: Function, *, track_distinct: bool = False) -> Counters:
    counters = Counters(track_distinct=track_distinct)
    arrays = {b.name: np.zeros(b.elements, b.dtype) for b in function.arguments}
    run(function, arrays, counters)
    return counters


@pytest.mark.parametrize("level", ["matmul", "vector_matmul"])
def test_executions_and_bytes(level: str, request: pytest.FixtureRequest) -> None:
    counters = counted(request.getfixturevalue(level))
    updates = 6 * 16 * 5
    assert counters.executions == {
        ("acc", "init"): 96,
        ("acc", "update"): updates,
        ("y", "value"): 96,
    }
    assert counters.loaded_bytes == {
        ("acc", "x"): 4 * updates,
        ("acc", "w"): 4 * updates,
        ("acc", "acc"): 4 * updates,
        ("y", "acc"): 4 * 96,
    }
    assert counters.stored_bytes == {("acc", "acc"): 4 * (96 + updates), ("y", "y"): 4 * 96}
    assert not counters.distinct


OUTER = {
    ("", "acc", "x"): 30,
    ("", "acc", "w"): 80,
    ("", "acc", "acc"): 24,
    ("", "y", "acc"): 24,
    ("", "y", "y"): 96,
    ("y.mo", "acc", "x"): 30,
    ("y.mo", "acc", "w"): 80,
    ("y.mo", "acc", "acc"): 24,
    ("y.mo", "y", "acc"): 24,
    ("y.mo", "y", "y"): 96,
    ("y.no", "acc", "x"): 15,
    ("y.no", "acc", "w"): 80,
    ("y.no", "acc", "acc"): 24,
    ("y.no", "y", "acc"): 24,
    ("y.no", "y", "y"): 48,
    ("acc.k", "acc", "x"): 15,
    ("acc.k", "acc", "w"): 40,
    ("acc.k", "acc", "acc"): 24,
}
INNER = {
    ("acc.m", "acc", "x"): 3,
    ("acc.m", "acc", "w"): 8,
    ("acc.m", "acc", "acc"): 24,
    ("acc.n", "acc", "x"): 1,
    ("acc.n", "acc", "w"): 8,
    ("acc.n", "acc", "acc"): 8,
    ("y.m", "y", "acc"): 24,
    ("y.m", "y", "y"): 24,
    ("y.n", "y", "acc"): 8,
    ("y.n", "y", "y"): 8,
}


def test_distinct_elements(matmul: Function, vector_matmul: Function) -> None:
    assert counted(matmul, track_distinct=True).distinct == OUTER | INNER
    assert counted(vector_matmul, track_distinct=True).distinct == OUTER


def test_runs_add_up(vector_matmul: Function) -> None:
    counters = Counters(track_distinct=True)
    arrays = {b.name: np.zeros(b.elements, b.dtype) for b in vector_matmul.arguments}
    for _ in range(2):
        run(vector_matmul, arrays, counters)
    assert counters.executions["acc", "init"] == 192
    assert counters.distinct["acc.k", "acc", "w"] == 40


def test_strided_lanes_in_both_directions() -> None:
    x, y = (Buffer(n, "int32", 16, argument=True) for n in "xy")
    i = Var("i", 2)
    copy = Store(y, 15 - i, Load(x, 4 * i, 3, 2), "y", stride=-5)
    program = For(i, (Affine(0),), (Affine(2),), "serial", copy, "y.i")
    counters = counted(Function("f", (x, y), program), track_distinct=True)
    assert counters.distinct["y.i", "y", "x"] == 5  # 0 2 4 and 4 6 8
    assert counters.distinct["y.i", "y", "y"] == 6


def test_sides_that_are_not_chosen_do_not_count() -> None:
    x, y = (Buffer(n, "float32", 8, argument=True) for n in "xy")
    i = Var("i", 8)
    zero = Const(0.0, "float32")
    pad = Select(NonNegative(i - 6), Load(x, i - 6), zero, "float32")
    program = For(i, (Affine(0),), (Affine(8),), "serial", Store(y, Affine.of(i), pad, "y"), "y.i")
    counters = counted(Function("f", (x, y), program), track_distinct=True)
    assert counters.loaded_bytes == {("y", "x"): 8}
    assert counters.distinct["y.i", "y", "x"] == 2


def test_loads_of_conditions_and_narrow_types() -> None:
    x = Buffer("x", "float32", 8, argument=True)
    flags = Buffer("flags", "bool", 8, argument=True)
    positive = binary("lt", Load(x, Affine(0)), Const(1.0, "float32"))
    program = If(positive, Store(flags, Affine(0), Const(True, "bool", 4), "flags"))
    counters = counted(Function("f", (x, flags), program))
    assert counters.loaded_bytes == {("", "x"): 4}
    assert counters.stored_bytes == {("flags", "flags"): 4}
    assert counters.executions == {("flags", "value"): 4}
