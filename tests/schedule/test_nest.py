from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.small_schedules import SMALL
from tvmtune import te
from tvmtune.schedule import Schedule, create_schedule, infer_copies, infer_nest
from tvmtune.schedule.nest import Loop, Nest, Region, map_numbers, nodes, print_nest
from tvmtune.symbolic import IntExpr, substitute, symbol


@pytest.mark.parametrize("name", ["matmul", "conv"])
def test_printed_nests(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name}.nest", print_nest(infer_nest(SMALL[name]())) + "\n")
    golden(f"{name}.copies", print_nest(infer_copies(SMALL[name]())) + "\n")


def scheduled(factor: IntExpr, tail: str) -> Schedule:
    a = te.placeholder((20, 3), "a")
    b = te.compute((20, 3), lambda i, j: a[i, j] + 1.0, "b")
    r = te.reduce_axis(3, "r")
    c = te.compute((18, 3), lambda i, j: te.sum(b[i + r, j], r), "c")
    s = create_schedule(c).split("c", "i", factor, tail=tail).compute_at("b", "c", "io")
    return s.split("b", "i", 3, tail="guard")


@pytest.mark.parametrize("tail", ["guard", "peel", "even", "pad"])
@pytest.mark.parametrize("factor", [1, 3, 5, 18, 40])
def test_substituting_gives_what_integers_give(tail: str, factor: int) -> None:
    symbolic = infer_nest(scheduled(symbol("f"), tail))
    substituted = map_numbers(symbolic, lambda n: substitute(n, {"f": factor}))
    assert print_nest(substituted) == print_nest(infer_nest(scheduled(factor, tail)))


def extents(nest: Nest, stage: str) -> list[tuple[IntExpr, ...]]:
    return [n.extents for n in nodes(nest.roots) if isinstance(n, Region) and n.stage == stage]


def test_copies_have_bounds_of_their_own() -> None:
    assert extents(infer_nest(scheduled(5, "even")), "b") == [(7, 3)]
    assert extents(infer_copies(scheduled(5, "even")), "b") == [(7, 3), (6, 3)]
    assert extents(infer_copies(scheduled(5, "peel")), "b") == [(7, 3), (5, 3)]
    loops = [n for n in nodes(infer_copies(scheduled(7, "even")).roots) if isinstance(n, Loop)]
    assert [n.extent for n in loops if (n.stage, n.axis) == ("c", "io")] == [3]


def test_a_reduction_is_initialised_before_its_first_reduced_loop() -> None:
    a = te.placeholder((4, 5, 6), "a")
    r = te.reduce_axis(5, "r")
    c = create_schedule(te.compute((4, 6), lambda i, j: te.max(a[i, r, j], r), "c"))
    text = print_nest(infer_nest(c.reorder("c", "i", "r", "j")))
    assert text.splitlines() == [
        "for c.i in range(4):  # serial",
        "    for c.j in range(6):  # serial",
        "        c[c.i, c.j] = -inf",
        "    for c.r in range(5):  # serial",
        "        for c.j in range(6):  # serial",
        "            c[c.i, c.j] <- a[c.i, c.r, c.j]",
    ]


def test_what_is_prepared_is_printed_apart() -> None:
    w = te.placeholder((4,), "w", constant=True)
    t = te.compute((4,), lambda i: w[i] * 2.0, "t")
    s = create_schedule(te.compute((4,), lambda i: t[i] + t[3 - i], "c")).prepare("t")
    assert print_nest(infer_nest(s)).splitlines() == [
        "for c.i in range(4):  # serial",
        "    c[c.i] = t[c.i] + t[3 - c.i]",
        "prepare:",
        "    for t.i in range(4):  # serial",
        "        t[t.i] = w[t.i] * 2.0",
    ]
