"""Columns of hand-written schedules, and what a cost model gets of them."""

from __future__ import annotations

import numpy as np
import pytest

from tvmtune import te
from tvmtune.analysis.feature_tape import FeatureTape
from tvmtune.analysis.features import FEATURE_NAMES, FeatureLimits, Ratio, features_of
from tvmtune.analysis.roles import roles_of
from tvmtune.layout import Layout
from tvmtune.schedule import Schedule, create_schedule
from tvmtune.symbolic import IntExpr, symbol
from tvmtune.target import Target
from tvmtune.te import Tensor

LIMITS = FeatureLimits(vector_bytes=16, vector_registers=16, cache_bytes=(1024, 4096, 2**20))


def product(m: int = 16, k: int = 8, n: int = 32) -> Tensor:
    x = te.placeholder((m, k), "x")
    w = te.placeholder((k, n), "w", constant=True)
    r = te.reduce_axis(k, "k")
    return te.compute((m, n), lambda m, n: te.sum(x[m, r] * w[r, n], r), "out")


def tiled(rows: IntExpr = 4, steps: IntExpr = 2, *, parallel: bool = False) -> Schedule:
    s = create_schedule(product()).cache_write("out", "register", "acc")
    s = s.layout("w", Layout.blocked(2, [(1, 8)], order=[1, 0]))
    s = s.split("out", "m", rows, ("mo", "mi"), "even").split("out", "n", 8, ("no", "ni"), "peel")
    s = s.reorder("out", "no", "mo", "mi", "ni").compute_at("acc", "out", "mo")
    s = s.split("acc", "k", steps, ("ko", "ki"), "peel").split("acc", "n", 4, ("nv", "nl"), "peel")
    s = s.reorder("acc", "ko", "ki", "m", "nv", "nl").steps("acc", "ki").unroll("acc", "m", 8)
    s = s.unroll("acc", "nv").vectorize("acc", "nl").vectorize("out", "ni")
    return s.parallel("out", "no") if parallel else s


def test_the_names_are_the_columns() -> None:
    assert tuple(features_of(tiled(), LIMITS)) == FEATURE_NAMES
    assert len(set(FEATURE_NAMES)) == len(FEATURE_NAMES)


def test_columns_of_a_register_tile() -> None:
    columns = features_of(tiled(), LIMITS)
    wanted = {
        "loop0.extent": 4,
        "loop1.unrolled": 1,
        "loop2.bottomup": 4 * 2 * 4,
        "loop2.out": 4 * 8,
        "loop2.a": 4,
        "loop2.b": 8,
        "loop3.reduce": 1,
        "loop4.unrolled": 0,
        "loop4.topdown": 4 * 4 * 4,
        "loop5.a": 16 * 8,
        "loop6.topdown": 4,
        "loop7.extent": 0,
        "loops": 7,
        "work.points": 16 * 8 * 32,
        "work.reduction": 8,
        "work.b": 8 * 32,
        "anchor.updates": 16 * 8 * 32,
        "tile.elements": 32,
        "tile.vectors": 8,
        "vector.lanes": 4,
        "stride.a": 0,
        "stride.b": 1,
        "code.body": 2 * 4 * 2,
        "code.copies": 1,
        "parallel.extent": 1,
        "pack.executions": 0,
        "epilogue.executions": 16 * 32,
        "epilogue.bytes": 16 * 32 * 8,
        "epilogue.lanes": 8,
    }
    assert {name: columns[name] for name in wanted} == wanted
    assert _ratio(columns["tile.pressure"]) == (8, 16)
    assert _ratio(columns["tile.intensity"]) == (32, 4 + 8)
    assert _ratio(columns["anchor.waste"]) == (16 * 8 * 32, 16 * 8 * 32)


def _ratio(column: IntExpr | Ratio) -> tuple[IntExpr, IntExpr]:
    assert isinstance(column, Ratio)
    return column.above, column.below


def test_tails_make_copies_and_waste() -> None:
    columns = features_of(tiled(rows=5), LIMITS)
    assert columns["code.copies"] == 1
    columns = features_of(tiled(rows=6), LIMITS)
    assert columns["code.copies"] == 2
    assert _ratio(columns["anchor.waste"]) == (18 * 8 * 32, 16 * 8 * 32)


def test_traffic_counts_what_fits_into_a_cache() -> None:
    columns = features_of(tiled(), LIMITS)
    register_tile = 4 * (32 + 32 + 64)
    rows = 4 * (32 + 128 + 64)
    assert rows <= 1024
    assert columns["traffic.l1"] == 4 * rows
    assert columns["traffic.l3"] == 4 * (32 + 128 + 256)
    assert _ratio(columns["fit.l1"]) == (register_tile, 1024)
    assert _ratio(columns["fit.l2"]) == (rows, 4096)


def test_parallel_loops_and_threads() -> None:
    limits = FeatureLimits(threads=3)
    columns = features_of(tiled(parallel=True), limits)
    assert columns["parallel.extent"] == 4
    assert _ratio(columns["parallel.balance"]) == (6, 4)


def test_limits_of_a_target() -> None:
    limits = FeatureLimits.of(Target(threads=2, isa="avx512"))
    assert (limits.vector_bytes, limits.vector_registers, limits.threads) == (64, 32, 2)


def test_unrolling_ends_at_its_limit() -> None:
    assert features_of(tiled(rows=8), LIMITS)["loop2.unrolled"] == 1
    columns = features_of(tiled(rows=16), LIMITS)
    assert columns["loop2.unrolled"] == 0
    assert columns["code.body"] == 2 * 2


def test_roles_follow_the_work_and_not_the_names() -> None:
    x = te.placeholder((9, 9), "x")
    padded = te.pad(x, (1, 1), (1, 1), "a")
    r, q = te.reduce_axis(3, "r"), te.reduce_axis(3, "q")
    total = te.compute((9, 9), lambda i, j: te.sum(padded[i + r, j + q], (r, q)), "b")
    out = te.compute((9, 9), lambda i, j: te.maximum(total[i, j], 0.0), "c")
    roles = roles_of(create_schedule(out))
    assert (roles.anchor, roles.operands) == ("b", ("a",))
    assert (roles.packs, roles.epilogues) == (("a",), ("c",))
    columns = features_of(create_schedule(out), LIMITS)
    assert columns["pack.executions"] == 11 * 11
    assert _ratio(columns["pack.repeats"]) == (11 * 11, 11 * 11)
    assert columns["loop0.b"] == 0


def test_a_schedule_without_reduction_has_columns() -> None:
    x = te.placeholder((6,), "x")
    columns = features_of(create_schedule(te.compute((6,), lambda i: x[i] * 2.0, "out")), LIMITS)
    assert (columns["anchor.updates"], columns["loop0.a"], columns["stride.a"]) == (6, 6, 1)


@pytest.mark.parametrize("rows", [1, 3, 5, 8, 16])
def test_a_tape_gives_the_logarithms_of_the_columns(rows: int) -> None:
    tape = FeatureTape(features_of(tiled(symbol("rows"), symbol("steps")), LIMITS))
    symbols = {"rows": np.array([2, rows, 4]), "steps": np.array([1, 2, 8])}
    found = tape(symbols, 3)
    assert found.dtype == np.float32
    columns = features_of(tiled(rows, 2), LIMITS)
    assert np.array_equal(found[1], FeatureTape(columns)({}, 1)[0])
    waste = FEATURE_NAMES.index("anchor.waste")
    above, below = _ratio(columns["anchor.waste"])
    wanted = np.log2(int(above) + 1) - np.log2(int(below) + 1)
    assert found[1, waste] == pytest.approx(wanted, abs=1e-5)
