"""Stages computed inside others: what they compute, and where they are stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.execution import check
from tests.numpy_reference import evaluate
from tvmtune import te
from tvmtune.errors import ScheduleError
from tvmtune.ir.affine import Var
from tvmtune.schedule import Schedule, create_schedule, infer_nest
from tvmtune.schedule.nest import Region, nodes
from tvmtune.schedule.stage import At, Prepare
from tvmtune.symbolic import IntExpr
from tvmtune.te import Tensor

X = te.placeholder((12,), "x")
W = te.placeholder((12,), "w", constant=True)


def assert_right(schedule: Schedule) -> None:
    rng = np.random.default_rng(0)
    arrays: dict[str, NDArray[Any]] = {
        t.name: rng.integers(-3, 4, t.shape).astype(t.dtype) for t in schedule.inputs.values()
    }
    check(schedule, arrays, evaluate(schedule.outputs, arrays))


def extent(schedule: Schedule, stage: str) -> IntExpr:
    (region,) = [
        n for n in nodes(infer_nest(schedule).roots) if isinstance(n, Region) and n.stage == stage
    ]
    return region.extents[0]


def pair(body: Callable[[Tensor, Var], Any], size: int = 12) -> Schedule:
    p = te.compute((12,), lambda i: X[i] * 2.0, "p")
    return create_schedule(te.compute((size,), lambda i: body(p, i), "out"))


BODIES: dict[str, tuple[Callable[[Tensor, Var], Any], int, int]] = {
    "same": (lambda p, i: p[i] + 1.0, 12, 5),
    "window": (lambda p, i: p[i] + p[i + 2], 10, 7),
    "strided": (lambda p, i: p[i * 2 + 1] * 1.0, 6, 9),
    "reversed": (lambda p, i: p[11 - i] * 1.0, 12, 5),
    "moving apart": (lambda p, i: p[i] + p[11 - i], 12, 12),
    "divided": (lambda p, i: p[i // 2] * 1.0, 24, 12),
    "wrapped": (lambda p, i: p[i % 12] * 1.0, 20, 12),
    "fixed": (lambda p, i: p[3] + X[i], 12, 1),
    "before the start": (lambda p, i: te.where(te.at_most(2, i), p[i - 2], 1.0), 12, 5),
    "beyond the end": (lambda p, i: te.where(te.less(i, 9), p[i + 3], 1.0), 12, 5),
    "both": (
        lambda p, i: te.where(te.all_of(te.at_most(4, i), te.less(i, 16)), p[i - 4], 1.0), 20, 5,
    ),
    "reversed and beyond": (lambda p, i: te.where(te.less(i, 12), p[11 - i], 1.0), 15, 5),
    "chosen by what is read": (lambda p, i: te.where(te.less(p[i], 0), p[11 - i], p[i]), 12, 12),
}  # fmt: skip


@pytest.mark.parametrize("tail", ["guard", "peel", "even"])
@pytest.mark.parametrize("name", BODIES)
def test_a_stage_holds_what_is_read_of_it(name: str, tail: str) -> None:
    body, size, held = BODIES[name]
    s = pair(body, size).split("out", "i", 5, tail=tail).compute_at("p", "out", "io")
    if (size, tail) in ((12, "guard"), (12, "peel"), (10, "guard")):
        assert extent(s, "p") == held
    assert_right(s)
    assert_right(s.split("p", "i", 2, tail=tail))
    assert_right(s.split("p", "i", 4, tail=tail).vectorize("p", "ii").set_scope("p", "local"))


@pytest.mark.parametrize("tail", ["guard", "peel", "even"])
@pytest.mark.parametrize("name", BODIES)
def test_through_a_stage_in_between(name: str, tail: str) -> None:
    body, size, _ = BODIES[name]
    first = te.compute((12,), lambda i: X[i] + 1.0, "first")
    p = te.compute((12,), lambda i: first[i] - te.where(te.at_most(1, i), first[i - 1], 0.0), "p")
    s = create_schedule(te.compute((size,), lambda i: body(p, i), "out"))
    s = s.split("out", "i", 5, tail=tail).compute_at("p", "out", "ii")
    assert_right(s.compute_at("first", "out", "io"))
    assert_right(s.compute_at("first", "p", "i"))


def test_what_is_computed_inside_a_guarded_loop_of_a_stage_in_between() -> None:
    first = te.compute((12,), lambda i: X[i] + 1.0, "first")
    p = te.compute((12,), lambda i: first[i] * 2.0, "p")
    k = te.reduce_axis(3, "k")
    acc = te.compute((5,), lambda i: te.sum(p[i * 2 + k], k), "acc")
    s = create_schedule(te.compute((5,), lambda i: acc[i] + 1.0, "out"))
    s = s.compute_at("acc", "out", "i").split("acc", "k", 2, tail="guard")
    s = s.compute_at("p", "acc", "ki").compute_at("first", "out", "i")
    assert extent(s, "first") == 4
    assert_right(s)


def test_padding_a_stage_that_is_computed_inside() -> None:
    p = te.compute((12,), lambda i: X[i] * 2.0, "p")
    k = te.reduce_axis(3, "k")
    data = te.pad(p, (1,), (1,), "data")
    out = te.compute((12,), lambda i: te.sum(data[i + k] * W[k], k), "out")
    s = create_schedule(out).split("out", "i", 4)
    s = s.compute_at("data", "out", "io").compute_at("p", "out", "io")
    assert extent(s, "p") == 6
    assert_right(s)
    assert_right(s.compute_inline("data"))


def test_a_copy_stays_where_what_it_copies_is() -> None:
    s = pair(lambda p, i: p[i] + p[i + 1], 11).split("out", "i", 4).compute_at("p", "out", "io")
    read = s.cache_read("p", "local")
    assert read.stage("p.local").place == At("out", "io")
    assert_right(read)
    written = s.cache_write("p", "local", "inner")
    assert written.stage("inner").place == written.stage("p").place == At("out", "io")
    assert_right(written)


def test_preparing() -> None:
    half = te.compute((12,), lambda i: W[i] / 2.0, "half")
    turned = te.compute((12,), lambda i: half[11 - i] + half[i], "turned")
    s = create_schedule(te.compute((12,), lambda i: X[i] * turned[i], "out"))
    assert_right(s.prepare("half"))
    assert_right(s.prepare("half").prepare("turned"))
    inside = s.prepare("half").prepare("turned").split("turned", "i", 5, tail="peel")
    assert_right(inside.compute_at("half", "turned", "io"))
    written = s.prepare("half").cache_write("half", "local", "inner")
    assert isinstance(written.stage("inner").place, Prepare)
    assert_right(written)
    assert_right(s.cache_read("w", "global").prepare("w.global").prepare("half"))


def test_several_outputs_that_read_each_other() -> None:
    k = te.reduce_axis(3, "k")
    first = te.compute((10,), lambda i: te.max(X[i + k], k), "first")
    second = te.compute((10,), lambda i: first[i] - first[9 - i], "second")
    s = create_schedule(first, second)
    assert_right(s.split("first", "i", 4, tail="even").split("second", "i", 3, tail="peel"))
    assert_right(s.cache_write("first", "local").cache_read("first", "global"))


def test_bounds_that_only_copies_know() -> None:
    p = te.compute((12,), lambda i: X[i] * 2.0, "p")
    k = te.reduce_axis(2, "k")
    s = create_schedule(te.compute((11,), lambda i: te.sum(p[i + k], k), "out"))
    s = s.split("out", "i", 4, ("a", "b"), "even").split("out", "b", 3, ("c", "d"), "peel")
    for axis in ("a", "c", "d", "k"):
        assert_right(s.compute_at("p", "out", axis))
    assert_right(s.reorder("out", "a", "c", "k", "d").compute_at("p", "out", "k"))


@pytest.mark.parametrize("size", [12, 11, 9, 3])
def test_quotients_of_an_axis_split_by_their_divisor(size: int) -> None:
    p = te.compute((3, 4), lambda t, i: X[t * 4 + i] * 2.0, "p")
    out = te.compute((size,), lambda i: p[i // 4, i % 4] + 1.0, "out")
    s = create_schedule(out).split("out", "i", 4, ("o", "n"), "guard").compute_at("p", "out", "o")
    (region,) = [n for n in nodes(infer_nest(s).roots) if isinstance(n, Region) and n.stage == "p"]
    assert region.extents == (1, min(size, 4))
    assert_right(s)
    assert_right(create_schedule(out).split("out", "i", 2).compute_at("p", "out", "io"))


@pytest.mark.parametrize("tail", ["guard", "pad"])
@pytest.mark.parametrize("backwards", [False, True])
def test_quotients_whose_loops_run_beyond(tail: str, backwards: bool) -> None:
    p = te.compute((3, 4), lambda t, i: X[t * 4 + i] * 2.0, "p")

    def body(i: Var) -> Any:
        return p[2 - i // 4, 3 - i % 4] if backwards else p[i // 4, i % 4]

    s = create_schedule(te.compute((11,), lambda i: body(i) + 1.0, "out"))
    s = s.split("out", "i", 4, ("o", "n"), "guard")
    s = s.split("out", "o", 2, ("oo", "oi"), tail).split("out", "n", 3, ("no", "ni"), "guard")
    for axis in ("oo", "oi", "no", "ni"):
        assert_right(s.compute_at("p", "out", axis))
    s = s.reorder("out", "ni", "oi", "no", "oo")
    for axis in ("ni", "oi", "no", "oo"):
        assert_right(s.compute_at("p", "out", axis))


def test_write_back_of_a_scheduled_stage() -> None:
    p = te.compute((12,), lambda i: X[i] * 2.0, "p")
    out = te.compute((5, 12), lambda j, i: p[i] + 1.0, "out")
    s = create_schedule(out).split("out", "i", 4, tail="even").split("out", "ii", 2, tail="even")
    s = s.reorder("out", "io", "j").compute_at("p", "out", "iio").parallel("out", "io")
    turned = s.write_back("out", "j", "part")
    assert turned.stage("part").place == At("out", "j")
    assert turned.stage("p").place == At("part", "iio")
    assert turned.stage("out").leaves == ("io", "j", "ii")
    assert list(turned.stage("out").annotations) == ["io"]
    assert not turned.stage("part").annotations
    assert extent(turned, "part") == 1
    assert_right(turned)
    assert_right(s.write_back("out", "io", "part").vectorize("out", "ii"))


def test_write_back_is_refused() -> None:
    r = te.reduce_axis(12, "r")
    s = create_schedule(te.compute((4,), lambda i: te.sum(X[r], r), "out"))
    with pytest.raises(ScheduleError, match="out: a loop of i, r is reduced over"):
        s.write_back("out", "r", "part")
    with pytest.raises(ScheduleError, match="write_back: x exists already"):
        s.write_back("out", "i", "x")
    copy = create_schedule(te.compute((4, 3), lambda i, j: X[i], "out")).fuse("out", "i", "j")
    with pytest.raises(ScheduleError, match="write_back: out has fused loops"):
        copy.write_back("out", "i_j", "part")
