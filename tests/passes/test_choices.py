"""Passes on conditions and choices do what their ``rewrite:`` says, and leave the rest alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.pass_cases import (
    ACC,
    ONE,
    ZERO,
    Case,
    I,
    J,
    K,
    S,
    X,
    Y,
    Z,
    above,
    at_least,
    both,
    choose,
    lines,
    load,
    loop,
    store,
    update,
)
from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import Binary, Buffer, Const, IndexValue, Unary
from tvmtune.ir.printer import print_stmt
from tvmtune.ir.stmt import Allocate, Fence, If, Stmt, block
from tvmtune.passes.branch_selects import branch_selects
from tvmtune.passes.clip_reductions import clip_reductions
from tvmtune.passes.partition_loops import partition_loops
from tvmtune.passes.predicate_updates import predicate_updates
from tvmtune.passes.simplify import simplify
from tvmtune.passes.unroll_loops import unroll_loops
from tvmtune.passes.vectorize_loops import vectorize_loops

FALSE, NUMBER = Const(False, "bool"), Const(7, "int32")
B, N = Buffer("b", "bool", 8, argument=True), Buffer("n", "int32", 8, argument=True)

CASES: dict[str, Case] = {
    "simplify: a condition that always holds": (
        simplify,
        loop(I, If(at_least(I + 3), S)),
        """
        for i in range(0, 8):
            y[i] = 1.0
        """,
    ),
    "simplify: one that never holds": (
        simplify,
        block([loop(I, If(at_least(-1 * I - 1), S)), loop(I, If(at_least(I, 9), S, store(ZERO)))]),
        """
        for i in range(0, 8):
            y[i] = 0.0
        """,
    ),
    "simplify: parts of conditions": (
        simplify,
        loop(I, If(both(at_least(I, 4), both(at_least(I), above(load(X)))), S)),
        """
        for i in range(0, 8):
            if i - 4 >= 0 and 0.0 < x[i]:
                y[i] = 1.0
        """,
    ),
    "simplify: choices and negations": (
        simplify,
        loop(
            I,
            store(
                choose(
                    Unary("not", at_least(I), "bool"),
                    load(X),
                    choose(Binary("or", above(load(X)), at_least(I), "bool"), load(Z), ONE),
                )
            ),
        ),
        """
        for i in range(0, 8):
            y[i] = z[i]
        """,
    ),
    "simplify: loops that run once or never": (
        simplify,
        block(
            [
                loop(I, loop(J, store(load(X, I + J)), begin=1, end=2), begin=2, end=3),
                loop(J, loop(I, S, begin=3, end=3)),
                loop(Var("one", 1), S, "vectorized"),
            ]
        ),
        """
        y[2] = x[3]
        for one in range(0, 1):  # vectorized
            y[i] = 1.0
        """,
    ),
    "predicate: a product with a chosen zero": (
        predicate_updates,
        update(choose(at_least(I, 1), load(X, I - 1), ZERO) * load(Z)),
        """
        if i - 1 >= 0:
            acc[i] = acc[i] + x[i - 1] * z[i]
        """,
    ),
    "predicate: choices in both factors, and one in another": (
        predicate_updates,
        update(
            choose(at_least(I, 1), choose(at_least(I, 2), load(X, I - 1), ZERO), ZERO)
            * choose(at_least(J), load(Z), ZERO)
        ),
        """
        if i - 1 >= 0 and i - 2 >= 0 and j >= 0:
            acc[i] = acc[i] + x[i - 1] * z[i]
        """,
    ),
    "predicate: conditions that read rely on those before": (
        predicate_updates,
        update(choose(at_least(I, 1), choose(above(load(X, I - 1)), load(Z), ZERO), ZERO)),
        """
        if i - 1 >= 0:
            if 0.0 < x[i - 1]:
                acc[i] = acc[i] + z[i]
        """,
    ),
    "predicate: the neutral element of a maximum": (
        predicate_updates,
        block(
            [
                update(choose(at_least(I, 1), load(X), Const(-float("inf"), "float32")), "max"),
                update(choose(at_least(I, 1), load(X), ZERO), "max"),
                update(choose(at_least(I, 1), load(X), ONE)),
                store(choose(at_least(I, 1), load(X), ZERO)),
            ]
        ),
        """
        if i - 1 >= 0:
            acc[i] = max(acc[i], x[i])
        acc[i] = max(acc[i], x[i] if i - 1 >= 0 else 0.0)
        acc[i] = acc[i] + (x[i] if i - 1 >= 0 else 1.0)
        y[i] = x[i] if i - 1 >= 0 else 0.0
        """,
    ),
    "branch: a choice that reads": (
        branch_selects,
        store(choose(at_least(I, 1), load(X, I - 1), ZERO) * load(Z)),
        """
        if i - 1 >= 0:
            y[i] = x[i - 1] * z[i]
        else:
            y[i] = 0.0 * z[i]
        """,
    ),
    "branch: the outer choice first": (
        branch_selects,
        store(
            choose(at_least(I, 1), choose(above(load(X, I - 1)), load(X), load(Z)), load(Y, I + 1))
        ),
        """
        if i - 1 >= 0:
            if 0.0 < x[i - 1]:
                y[i] = x[i]
            else:
                y[i] = z[i]
        else:
            y[i] = y[i + 1]
        """,
    ),
    "branch: a choice in a condition": (
        branch_selects,
        If(above(choose(at_least(I, 1), load(X, I - 1), ONE)), S),
        """
        chosen.float32 = allocate("float32", 1, scope="register")
        if i - 1 >= 0:
            chosen.float32[0] = x[i - 1]
        else:
            chosen.float32[0] = 1.0
        if 0.0 < chosen.float32[0]:
            y[i] = 1.0
        """,
    ),
    "branch: a choice in the condition of a choice": (
        branch_selects,
        store(choose(above(choose(at_least(I, 1), load(X, I - 1), ONE)), load(Z), ZERO)),
        """
        chosen.float32 = allocate("float32", 2, scope="register")
        if i - 1 >= 0:
            chosen.float32[0] = x[i - 1]  # y
        else:
            chosen.float32[0] = 1.0  # y
        if 0.0 < chosen.float32[0]:
            y[i] = z[i]
        else:
            y[i] = 0.0
        """,
    ),
    "branch: choices beside each other, and one on a side of another": (
        branch_selects,
        store(
            choose(at_least(I, 1), load(X, I - 1), ZERO)
            + choose(at_least(I, 2), choose(at_least(J, 1), load(Z), ONE) * load(X), ZERO)
        ),
        """
        chosen.float32 = allocate("float32", 3, scope="register")
        if i - 1 >= 0:
            chosen.float32[0] = x[i - 1]  # y
        else:
            chosen.float32[0] = 0.0  # y
        if i - 2 >= 0:
            if j - 1 >= 0:
                chosen.float32[1] = z[i] * x[i]  # y
            else:
                chosen.float32[1] = 1.0 * x[i]  # y
        else:
            chosen.float32[1] = 0.0  # y
        y[i] = chosen.float32[0] + chosen.float32[1]
        """,
    ),
    "branch: choices of several types, in lanes": (
        branch_selects,
        loop(
            J,
            store(
                choose(
                    choose(at_least(I, 1), above(load(X, I + J)), FALSE),
                    ONE,
                    choose(at_least(I, 2), load(X, J), ZERO) + load(Z, J),
                ),
                J,
            ),
            "vectorized",
        ),
        """
        for j in range(0, 4):  # vectorized
            chosen.bool = allocate("bool", 12, scope="register")
            if i - 1 >= 0:
                chosen.bool[j] = 0.0 < x[i + j]  # y
            else:
                chosen.bool[j] = False  # y
            if chosen.bool[j]:
                y[j] = 1.0
            elif i - 2 >= 0:
                y[j] = x[j] + z[j]
            else:
                y[j] = 0.0 + z[j]
        """,
    ),
    "branch: a side that divides integers": (
        branch_selects,
        block(
            [
                store(choose(at_least(I, 1), NUMBER / IndexValue(Affine.of(I)), NUMBER), buffer=N),
                store(choose(at_least(I, 1), IndexValue(Affine.of(I)) / NUMBER, NUMBER), buffer=N),
                store(choose(at_least(I, 1), ONE / ZERO, ZERO)),
            ]
        ),
        """
        if i - 1 >= 0:
            n[i] = div(7, int32(i))
        else:
            n[i] = 7
        n[i] = div(int32(i), 7) if i - 1 >= 0 else 7
        y[i] = 1.0 / 0.0 if i - 1 >= 0 else 0.0
        """,
    ),
    "branch: conditions that rely on those before": (
        branch_selects,
        block(
            [
                If(both(both(at_least(I, 1), above(load(X))), above(load(X, I - 1))), S),
                If(both(at_least(I, 1), above(load(X, I - 1))), S, store(ZERO)),
                store(choose(both(at_least(I, 1), above(load(X, I - 1))), ONE, ZERO)),
                store(Binary("or", at_least(I, 1), above(load(X, I - 1)), "bool"), buffer=B),
                store(both(at_least(I, 1), above(load(X))), buffer=B),
            ]
        ),
        """
        if i - 1 >= 0 and 0.0 < x[i]:
            if 0.0 < x[i - 1]:
                y[i] = 1.0
        chosen.bool = allocate("bool", 1, scope="register")
        if i - 1 >= 0:
            chosen.bool[0] = 0.0 < x[i - 1]
        else:
            chosen.bool[0] = False
        if chosen.bool[0]:
            y[i] = 1.0
        else:
            y[i] = 0.0
        if i - 1 >= 0:
            y[i] = 1.0 if 0.0 < x[i - 1] else 0.0
        else:
            y[i] = 1.0 if False else 0.0
        if i - 1 >= 0:
            b[i] = True
        else:
            b[i] = 0.0 < x[i - 1]
        b[i] = i - 1 >= 0 and 0.0 < x[i]
        """,
    ),
    "branch: not where nothing is read": (
        branch_selects,
        store(choose(above(load(X)), ONE, ZERO)),
        """
        y[i] = 1.0 if 0.0 < x[i] else 0.0
        """,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_rewrites(name: str) -> None:
    apply, stmt, expected = CASES[name]
    assert print_stmt(apply(stmt)) == lines(expected)


@pytest.mark.parametrize(
    "apply",
    [
        branch_selects,
        clip_reductions,
        partition_loops,
        predicate_updates,
        simplify,
        unroll_loops,
        vectorize_loops,
    ],
)
def test_what_is_not_changed_keeps_its_identity(apply: Callable[[Stmt], Stmt]) -> None:
    stmt = loop(
        I,
        block(
            [
                If(at_least(I - 4), store(load(X))),
                Allocate(ACC, loop(K, update(load(X, I + K)), reduce=True)),
                Fence(),
            ]
        ),
        "parallel",
    )
    assert apply(stmt) is stmt
