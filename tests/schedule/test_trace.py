from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.small_schedules import SMALL
from tvmtune.layout import Layout
from tvmtune.schedule import create_schedule, infer_nest
from tvmtune.schedule.base import Step
from tvmtune.schedule.nest import print_nest

NAMES = ["matmul", "conv"]


@pytest.mark.parametrize("name", NAMES)
def test_a_replayed_trace_gives_the_same_nest_and_text(name: str) -> None:
    schedule = SMALL[name]()
    replayed = create_schedule(*schedule.outputs).replay(schedule.trace)
    assert print_nest(infer_nest(replayed)) == print_nest(infer_nest(schedule))
    assert str(replayed) == str(schedule)
    assert replayed.layouts == schedule.layouts
    assert all(replayed.layout_of(n) == schedule.layout_of(n) for n in ("x", "w", "out"))


@pytest.mark.parametrize("name", NAMES)
def test_printed_traces(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name}.trace", f"{SMALL[name]()}\n")


def test_every_argument_is_in_the_trace() -> None:
    outputs = SMALL["matmul"]().outputs
    s = create_schedule(*outputs).split("out", "m", 4).unroll("out", "mi", 8)
    s = s.cache_read("x", "local").cache_read("w", "global", ("out",)).prepare("w.global")
    s = s.layout("x.local", Layout.blocked(2, [(1, 2), (0, 2)])).set_scope("x.local", "global")
    s = s.tile("x.local", "i0", "i1", (2, 5), "peel").fuse("x.local", "i0i", "i1i")
    s = s.compute_at("x.local", "out", "mo").compute_root("x.local").compute_inline("w.global")
    assert [str(step) for step in s.trace] == [
        "split('out', 'm', 4, ['mo', 'mi'], 'guard')",
        "unroll('out', 'mi', 8)",
        "cache_read('x', 'local', [])",
        "cache_read('w', 'global', ['out'])",
        "prepare('w.global')",
        "layout('x.local', [0/2 1/2 1%2 0%2])",
        "set_scope('x.local', 'global')",
        "split('x.local', 'i0', 2, ['i0o', 'i0i'], 'peel')",
        "split('x.local', 'i1', 5, ['i1o', 'i1i'], 'peel')",
        "reorder('x.local', 'i0o', 'i1o', 'i0i', 'i1i')",
        "fuse('x.local', 'i0i', 'i1i', 'i0i_i1i')",
        "compute_at('x.local', 'out', 'mo')",
        "compute_root('x.local')",
        "compute_inline('w.global')",
    ]
    replayed = create_schedule(*outputs).replay(s.trace)
    assert print_nest(infer_nest(replayed)) == print_nest(infer_nest(s))


def test_schedules_are_immutable() -> None:
    outputs = SMALL["matmul"]().outputs
    first = create_schedule(*outputs)
    first.split("out", "m", 4)
    assert first.trace == ()
    assert first.stage("out").leaves == ("m", "n", "k")
    assert first.replay([Step("split", ("out", "m", 4))]).stage("out").leaves[:2] == ("mo", "mi")
