"""One test for each message of a primitive, and of inference."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tvmtune import te
from tvmtune.errors import LoweringError, ScheduleError
from tvmtune.layout import Layout
from tvmtune.passes import lower_schedule
from tvmtune.schedule import Schedule, create_schedule, infer_nest
from tvmtune.schedule.base import Step
from tvmtune.te import Tensor


def tensors() -> dict[str, Tensor]:
    """A chain ``x, w -> u (of w) -> p -> q (max over r) -> out``."""
    x, w = te.placeholder((6, 8), "x"), te.placeholder((6, 8), "w", constant=True)
    u = te.compute((6, 8), lambda i, j: w[i, j] * 2.0, "u")
    p = te.compute((6, 8), lambda i, j: x[i, j] + u[i, j], "p")
    r = te.reduce_axis(8, "r")
    q = te.compute((6, 6), lambda i, j: te.max(p[i, r] + p[j, r], r), "q")
    out = te.compute((6, 6), lambda i, j: q[i, j] * 2.0, "out")
    return {t.name: t for t in (x, w, u, p, q, out)}


def chain() -> Schedule:
    return create_schedule(tensors()["out"])


PRIMITIVES: list[tuple[Callable[[Schedule], object], str]] = [
    (lambda s: s.split("t", "i", 2), "no stage 't': the schedule has u, p, q, out$"),
    (lambda s: s.split("x", "i", 2), r"no stage 'x': the schedule has u, .* \(x is an input\)"),
    (lambda s: s.split("p", "k", 2), "split: p has no loop 'k'; its loops are i, j"),
    (lambda s: s.split("p", "i", 0), r"split: p\.i: factor 0 must be at least 1"),
    (lambda s: s.split("p", "i", True), r"split: p\.i: factor True must be at least 1"),
    (
        lambda s: s.split("p", "i", 2, ("j", "k")),
        "split: p: the names j, k must be new; taken are ",
    ),
    (lambda s: s.split("p", "i", 2, ("k", "k")), "split: p: the names k, k must be new"),
    (
        lambda s: s.split("p", "i", 2, tail="drop"),
        "split: tail 'drop' is unknown; known are guard,",
    ),
    (lambda s: s.split("q", "r", 2, tail="pad"), r"split: q\.r with a padded tail: zeros change"),
    (
        lambda s: s.compute_at("p", "q", "i").split("q", "i", 2),
        r"split: p is computed at q\.i; split first, then compute it at one of the new loops",
    ),
    (
        lambda s: s.split("p", "j", 3, tail="peel").split("p", "jo", 2),
        "split: p: jo is split again, so 3 must divide 8",
    ),
    (
        lambda s: s.split("p", "j", 4).split("p", "ji", 3, tail="pad"),
        "split: p: ji is no whole axis, and only those are padded, so 3 must divide 4",
    ),
    (
        lambda s: s.tile("p", "j", "i", (2, 2)),
        "tile: p: i must directly follow j; the order is i, j",
    ),
    (lambda s: s.tile("p", "i", "i", (2, 2)), "tile: p: an axis is named twice in i, i"),
    (lambda s: s.tile("p", "i", "j", (2, 0)), r"split: p\.j: factor 0 must be at least 1"),
    (lambda s: s.fuse("p", "j", "i"), "fuse: p: i must directly follow j; the order is i, j"),
    (lambda s: s.fuse("q", "j", "r"), "fuse: q: one of j and r is reduced over"),
    (lambda s: s.fuse("p", "i", "j", "i"), "fuse: p: the names i must be new; taken are i, j"),
    (
        lambda s: s.compute_at("p", "q", "j").fuse("q", "i", "j"),
        r"fuse: p is computed at q\.j; fuse first",
    ),
    (
        lambda s: s.split("p", "i", 4, tail="even").reorder("p", "ii", "io").fuse("p", "io", "j"),
        "fuse: p: io is fused, so 4 must divide 6",
    ),
    (lambda s: s.reorder("p", "j", "j"), "reorder: p: an axis is named twice in j, j"),
    (lambda s: s.reorder("p", "j", "r"), "reorder: p has no loop 'r'; its loops are i, j"),
    (
        lambda s: (
            s.compute_at("q", "out", "j").compute_at("p", "out", "i").reorder("out", "j", "i")
        ),
        r"reorder: p is computed at out\.i, and q, which reads it, runs outside",
    ),
    (lambda s: s.vectorize("p", "i"), r"vectorize: p\.i is not the innermost loop; the order is"),
    (lambda s: s.vectorize("q", "r"), r"vectorize: q\.r is reduced over"),
    (lambda s: s.unroll("p", "k"), "unroll: p has no loop 'k'"),
    (lambda s: s.unroll("p", "i", 0), r"unroll: p\.i: limit 0 must be at least 1"),
    (lambda s: s.steps("p", "k"), "steps: p has no loop 'k'"),
    (lambda s: s.parallel("q", "r"), r"parallel: q\.r is reduced over"),
    (
        lambda s: s.parallel("p", "i").parallel("p", "j"),
        r"parallel: p\.j: loop i is parallel already",
    ),
    (
        lambda s: s.parallel("q", "i").compute_at("p", "q", "j").parallel("p", "j"),
        r"parallel: parallel loop p\.j runs inside parallel loop q\.i: threads are shared out once",
    ),
    (
        lambda s: s.parallel("q", "i").parallel("p", "j").compute_at("p", "q", "i"),
        r"compute_at: parallel loop p\.j runs inside parallel loop q\.i",
    ),
    (
        lambda s: (
            s.parallel("u", "i")
            .compute_at("q", "out", "j")
            .compute_at("p", "q", "i")
            .compute_at("u", "p", "i")
            .parallel("out", "j")
        ),
        r"parallel: parallel loop u\.i runs inside parallel loop out\.j",
    ),
    (
        lambda s: (
            s.parallel("q", "j").parallel("p", "i").compute_at("p", "q", "i").reorder("q", "j", "i")
        ),
        r"reorder: parallel loop p\.i runs inside parallel loop q\.j",
    ),
    (lambda s: s.bind("p", "i", "threadIdx.x"), r"bind: p\.i to threadIdx\.x: CPU targets have no"),
    (lambda s: s.virtual_thread("p", "i"), r"virtual_thread: p\.i: CPU targets have none; use unr"),
    (
        lambda s: s.tensorize("p", "i", "dot"),
        r"tensorize: p\.i by 'dot': no such intrinsic; known are transpose",
    ),
    (
        lambda s: s.compute_at("out", "q", "i"),
        "compute_at: out is an output, which is stored whole",
    ),
    (lambda s: s.compute_at("p", "q", "k"), "compute_at: q has no loop 'k'"),
    (lambda s: s.compute_at("q", "q", "i"), "compute_at: q at q: q is inside q"),
    (
        lambda s: s.compute_at("p", "out", "i"),
        r"compute_at: p is computed at out\.i, and q, which reads it, runs outside",
    ),
    (
        lambda s: s.compute_at("q", "out", "i").compute_at("p", "out", "j"),
        r"compute_at: p is computed at out\.j, and q, which reads it, runs outside",
    ),
    (
        lambda s: s.compute_at("p", "q", "i").compute_at("q", "p", "i"),
        "compute_at: q at p: p is inside q",
    ),
    (
        lambda s: s.compute_at("q", "out", "i").compute_at("p", "out", "i").compute_root("q"),
        r"compute_root: p is computed at out\.i, and q, which reads it, runs outside",
    ),
    (
        lambda s: (
            s.cache_read("w", "local").prepare("w.local").prepare("u").compute_root("w.local")
        ),
        "compute_root: w.local is computed at every call, and u, which reads it, is prepared",
    ),
    (lambda s: s.compute_inline("out"), "compute_inline: out is an output"),
    (lambda s: s.compute_inline("q"), "compute_inline: q is a reduction; use compute_at"),
    (
        lambda s: s.split("p", "i", 2).compute_inline("p"),
        "compute_inline: p has been split; inline",
    ),
    (
        lambda s: s.compute_at("u", "p", "i").compute_inline("p"),
        "compute_inline: another stage is computed at p",
    ),
    (lambda s: s.prepare("p"), "prepare: p reads x, which is neither a constant nor prepared"),
    (lambda s: s.prepare("q"), "prepare: q reads p, which is neither a constant nor prepared"),
    (lambda s: s.prepare("out"), "prepare: out is an output"),
    (
        lambda s: s.cache_read("x", "cache"),
        "cache_read: scope 'cache' is unknown; a CPU has registe",
    ),
    (
        lambda s: s.cache_read("x", "shared"),
        "cache_read: a CPU has no scope shared; it has register",
    ),
    (lambda s: s.cache_read("t", "local"), "no stage 't'"),
    (lambda s: s.cache_read("x", "local", ("q",)), "cache_read: q does not read x"),
    (lambda s: s.cache_read("out", "local"), "cache_read: nothing reads out"),
    (
        lambda s: s.cache_read("x", "local").cache_read("x", "local"),
        "cache_read: x.local exists already",
    ),
    (
        lambda s: s.prepare("u").cache_read("w", "local"),
        "cache_read: w.local is computed at every call, and u, which reads it, is prepared",
    ),
    (lambda s: s.cache_write("out", "fast"), "cache_write: scope 'fast' is unknown"),
    (lambda s: s.cache_write("out", "local", "q"), "cache_write: q exists already"),
    (
        lambda s: s.cache_write("out", "local", "my acc"),
        "cache_write: name 'my acc' is no identifier",
    ),
    (
        lambda s: s.unroll("out", "i").cache_write("out", "local"),
        "cache_write: out has been scheduled; cache it first",
    ),
    (
        lambda s: s.compute_at("p", "q", "i").cache_write("q", "local"),
        r"cache_write: p is computed at q\.i; cache_write first",
    ),
    (lambda s: s.set_scope("p", "heap"), "set_scope: scope 'heap' is unknown"),
    (lambda s: s.set_scope("out", "local"), "set_scope: out is an output"),
    (lambda s: s.layout("x", Layout.plain(3)), "layout: x has rank 2, the layout 3"),
    (lambda s: s.layout("t", Layout.plain(3)), "no stage 't'"),
    (lambda s: s.replay([Step("explode", ())]), "replay: 'explode' is no schedule primitive"),
    (lambda s: s.replay([Step("split", ("t", "i", 2))]), "no stage 't'"),
    (lambda s: create_schedule(tensors()["x"]), "x is an input; there is nothing to schedule"),
    (
        lambda s: create_schedule(tensors()["p"], tensors()["u"]),
        "two tensors are named u; names must be unique",
    ),
]


@pytest.mark.parametrize(("call", "message"), PRIMITIVES)
def test_primitives(call: Callable[[Schedule], object], message: str) -> None:
    with pytest.raises(ScheduleError, match=message) as caught:
        call(chain())
    assert "\n" not in str(caught.value)


INFERENCE: list[tuple[Callable[[Schedule], Schedule], str]] = [
    (
        lambda s: s.vectorize("p", "j").reorder("p", "j", "i"),
        "p: vectorized loop j must be the innermost; the order is j, i",
    ),
    (
        lambda s: s.vectorize("out", "j").compute_at("q", "out", "j"),
        r"q is computed at out\.j, which is vectorized",
    ),
]


@pytest.mark.parametrize(("make", "message"), INFERENCE)
def test_inference_and_lowering(make: Callable[[Schedule], Schedule], message: str) -> None:
    schedule = make(chain())
    for consume in (infer_nest, lower_schedule):
        with pytest.raises(ScheduleError, match=message):
            consume(schedule)


def test_lowering_refuses_what_constraints_forbid() -> None:
    s = chain().layout("out", Layout.blocked(2, [(1, 3)]))
    s = s.split("out", "j", 2).vectorize("out", "ji")
    (constraint,) = infer_nest(s).constraints
    assert constraint.message == "out: lanes 2 must divide the block 3 of out"
    with pytest.raises(LoweringError, match="out: lanes 2 must divide the block 3 of out"):
        lower_schedule(s)
