"""Passes on loops do what their ``rewrite:`` says, and leave the rest alone."""

from __future__ import annotations

import pytest

from tests.pass_cases import (
    ONE,
    REGISTERS,
    ZERO,
    Case,
    I,
    J,
    K,
    S,
    X,
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
from tvmtune.errors import LoweringError
from tvmtune.ir.affine import Var
from tvmtune.ir.expr import Const, Expr, Unary
from tvmtune.ir.printer import print_stmt
from tvmtune.ir.stmt import Allocate, If, Stmt, block
from tvmtune.passes.clip_reductions import clip_reductions
from tvmtune.passes.partition_loops import partition_loops
from tvmtune.passes.unroll_loops import unroll_loops
from tvmtune.passes.vectorize_loops import vectorize_loops


def padding(condition: Expr, then: Stmt) -> If:
    return If(condition, then, neutral=True)


CASES: dict[str, Case] = {
    "partition: first and last iterations": (
        partition_loops,
        loop(I, If(both(at_least(I, 1), at_least(6 - I)), S, store(ZERO))),
        """
        y[0] = 0.0
        for i in range(0, 6):
            y[i + 1] = 1.0
        y[7] = 0.0
        """,
    ),
    "partition: one loop after the other": (
        partition_loops,
        loop(J, loop(I, If(at_least(I + J, 2), S))),
        """
        for i in range(0, 6):
            y[i + 2] = 1.0
        for i in range(0, 7):
            y[i + 1] = 1.0
        for j in range(0, 2):
            for i in range(0, 8):
                y[i] = 1.0
        """,
    ),
    "partition: not more than a few": (
        partition_loops,
        loop(I, If(at_least(I, 5), S)),
        """
        for i in range(0, 8):
            if i - 5 >= 0:
                y[i] = 1.0
        """,
    ),
    "partition: no unrolled loops, no indices with divisions": (
        partition_loops,
        block([loop(I, If(at_least(I, 1), S), "unrolled"), loop(I, If(at_least(I // 3, 1), S))]),
        """
        for i in range(0, 8):  # unrolled
            if i - 1 >= 0:
                y[i] = 1.0
        for i in range(0, 8):
            if i // 3 - 1 >= 0:
                y[i] = 1.0
        """,
    ),
    "partition: what seldom runs is not unrolled": (
        partition_loops,
        loop(I, block([If(at_least(I, 1), S), loop(K, store(ONE, I + K), "steps")])),
        """
        for k in range(0, 3):
            y[k] = 1.0
        for i in range(0, 7):
            y[i + 1] = 1.0
            for k in range(0, 3):  # steps
                y[k + i + 1] = 1.0
        """,
    ),
    "partition: what often runs is": (
        partition_loops,
        loop(I, block([If(at_least(I, 2), S), loop(K, store(ONE, I + K), "steps")])),
        """
        for k in range(0, 3):  # steps
            y[k] = 1.0
        for k in range(0, 3):  # steps
            y[k + 1] = 1.0
        for i in range(0, 6):
            y[i + 2] = 1.0
            for k in range(0, 3):  # steps
                y[k + i + 2] = 1.0
        """,
    ),
    "partition: registers stay indexed by constants": (
        partition_loops,
        loop(I, block([If(at_least(I, 1), S), loop(K, store(ONE, K, REGISTERS), "steps")])),
        """
        for k in range(0, 3):  # steps
            r[k] = 1.0
        for i in range(0, 7):
            y[i + 1] = 1.0
            for k in range(0, 3):  # steps
                r[k] = 1.0
        """,
    ),
    "partition: not for a small part of the code": (
        partition_loops,
        loop(I, block([If(at_least(I, 1), S), loop(Var("u", 8), store(ONE, I), "unrolled")])),
        """
        for i in range(0, 8):
            if i - 1 >= 0:
                y[i] = 1.0
            for u in range(0, 8):  # unrolled
                y[i] = 1.0
        """,
    ),
    "partition: no iteration is sure": (
        partition_loops,
        loop(K, loop(I, If(both(at_least(K, 2), at_least(-1 * K)), S), reduce=False)),
        """
        """,
    ),
    "clip: both ends": (
        clip_reductions,
        loop(
            I, loop(K, If(both(at_least(I + K, 1), at_least(8 - I - K)), update(ONE)), reduce=True)
        ),
        """
        for i in range(0, 8):
            for k in range(max(0, 1 - i), min(3, 9 - i)):  # reduction, extent 3
                acc[i] = acc[i] + 1.0
        """,
    ),
    "clip: what remains is tested": (
        clip_reductions,
        loop(I, loop(K, If(both(at_least(I + K, 1), above(load(X))), update(ONE)), reduce=True)),
        """
        for i in range(0, 8):
            for k in range(max(0, 1 - i), 3):  # reduction, extent 3
                if 0.0 < x[i]:
                    acc[i] = acc[i] + 1.0
        """,
    ),
    "clip: not where the loop might be empty": (
        clip_reductions,
        loop(I, loop(K, If(at_least(I + K, 3), update(ONE)), reduce=True)),
        """
        for i in range(0, 8):
            for k in range(0, 3):  # reduction
                if i + k - 3 >= 0:
                    acc[i] = acc[i] + 1.0
        """,
    ),
    "clip: not where something runs without the condition": (
        clip_reductions,
        loop(I, loop(K, block([If(at_least(I + K, 1), update(ONE)), update(ONE)]), reduce=True)),
        """
        for i in range(0, 8):
            for k in range(0, 3):  # reduction
                if i + k - 1 >= 0:
                    acc[i] = acc[i] + 1.0
                acc[i] = acc[i] + 1.0
        """,
    ),
    "clip: not where the variable is multiplied": (
        clip_reductions,
        loop(I, loop(K, If(at_least(I + 2 * K, 1), update(ONE)), reduce=True)),
        """
        for i in range(0, 8):
            for k in range(0, 3):  # reduction
                if 2*k + i - 1 >= 0:
                    acc[i] = acc[i] + 1.0
        """,
    ),
    "vectorize: contiguous, strided, equal in all lanes": (
        vectorize_loops,
        loop(J, store(load(X, I + J) * load(Z, 5 - 2 * J) + load(X, I), I + J), "vectorized"),
        """
        y[i : +4] = x[i : +4] * z[5 : -8 : -2] + x[i]
        """,
    ),
    "vectorize: under a condition of all lanes": (
        vectorize_loops,
        loop(
            J,
            block(
                [
                    If(at_least(I, 1), store(ONE, 2 * J), store(load(X, J), J)),
                    store(choose(above(load(X, J)), ONE, Unary("abs", load(Z), "float32")), J),
                    store(choose(at_least(I), Const(2.0, "float32"), ONE), J),
                ]
            ),
            "vectorized",
        ),
        """
        if i - 1 >= 0:
            y[0 : +8 : 2] = 1.0
        else:
            y[0 : +4] = x[0 : +4]
        y[0 : +4] = 1.0 if 0.0 < x[0 : +4] else abs(z[i])
        y[0 : +4] = 2.0 if i >= 0 else 1.0
        """,
    ),
    "vectorize: registers of each lane": (
        vectorize_loops,
        loop(
            J,
            Allocate(
                REGISTERS,
                block(
                    [
                        If(
                            at_least(I, 1),
                            store(load(X, J), J + 4, REGISTERS),
                            store(ONE, J + 4, REGISTERS),
                        ),
                        store(load(REGISTERS, J + 4), J),
                    ]
                ),
            ),
            "vectorized",
        ),
        """
        r = allocate("float32", 8, scope="register")
        if i - 1 >= 0:
            r[4 : +4] = x[0 : +4]
        else:
            r[4 : +4] = 1.0
        y[0 : +4] = r[4 : +4]
        """,
    ),
    "vectorize: a part of the iterations": (
        vectorize_loops,
        loop(J, store(load(X, J), J), "vectorized", begin=1, end=3),
        """
        y[1 : +2] = x[1 : +2]
        """,
    ),
    "vectorize: copies where a condition differs": (
        vectorize_loops,
        loop(J, If(at_least(I - J), store(ONE, J)), "vectorized", end=2),
        """
        if i >= 0:
            y[0] = 1.0
        if i - 1 >= 0:
            y[1] = 1.0
        """,
    ),
    "vectorize: lanes apart that a condition divides": (
        vectorize_loops,
        loop(J, store(choose(at_least(J, 1), load(X, J), ONE), J), "vectorized"),
        """
        y[0] = x[0] if -1 >= 0 else 1.0
        y[1 : +3] = x[1 : +3]
        """,
    ),
    "vectorize: zeros in the lanes that a condition leaves out": (
        vectorize_loops,
        loop(
            J,
            block(
                [
                    If(at_least(J, 1), store(load(X, J + 4), J), store(ZERO, J)),
                    padding(
                        both(at_least(I, 1), at_least(5 - 2 * J)),
                        update(load(X, 2 * J + 4) * load(Z), offset=J),
                    ),
                    padding(
                        both(at_least(J, 1), at_least(2 - J)),
                        update(-load(X, 9 - 2 * J), offset=J),
                    ),
                    If(at_least(J, 9), store(load(X, J), J), store(ONE, J)),
                ]
            ),
            "vectorized",
        ),
        """
        y[0 : +4] = pad(x[5 : +3], 1, 0)
        if i - 1 >= 0:
            acc[0 : +4] = acc[0 : +4] + pad(x[4 : +6 : 2], 0, 1) * z[i]
        acc[0 : +4] = acc[0 : +4] + -pad(x[7 : -4 : -2], 1, 1)
        y[0 : +4] = 1.0
        """,
    ),
    "vectorize: no zeros where they change something": (
        vectorize_loops,
        block(
            [
                loop(J, padding(at_least(J, 3), update(load(X, J) + ONE, offset=J)), "vectorized"),
                loop(J, If(at_least(J, 3), update(load(X, J), offset=J)), "vectorized"),
                loop(J, If(at_least(J, 3), store(load(X, J), J)), "vectorized"),
                loop(J, If(at_least(J, 3), store(load(X, J), J), store(ZERO, 0)), "vectorized"),
            ]
        ),
        """
        acc[3] = acc[3] + (x[3] + 1.0)
        acc[3] = acc[3] + x[3]
        y[3] = x[3]
        y[0] = 0.0
        y[0] = 0.0
        y[0] = 0.0
        y[3] = x[3]
        """,
    ),
    "vectorize: after unrolling what decides the lanes": (
        vectorize_loops,
        loop(
            K,
            loop(
                J,
                If(at_least(J + K, 1), store(load(X, J + K), J), store(ZERO, J)),
                "vectorized",
            ),
            "unrolled",
            end=2,
        ),
        """
        y[0 : +4] = pad(x[1 : +3], 1, 0)
        y[0 : +4] = x[1 : +4]
        """,
    ),
    "vectorize: copies where an address is no multiple": (
        vectorize_loops,
        loop(J, store(load(X, (I + J) // 2), J), "vectorized", end=2),
        """
        y[0] = x[i // 2]
        y[1] = x[(i + 1) // 2]
        """,
    ),
    "vectorize: copies where all lanes store to one place": (
        vectorize_loops,
        loop(J, store(load(X, J), I), "vectorized", end=2),
        """
        y[i] = x[0]
        y[i] = x[1]
        """,
    ),
    "unroll: copies": (
        unroll_loops,
        loop(K, loop(J, store(load(X, J), J + K), "unrolled", end=2), "unrolled", begin=1),
        """
        y[1] = x[0]
        y[2] = x[1]
        y[2] = x[0]
        y[3] = x[1]
        """,
    ),
    "unroll: steps with fences": (
        unroll_loops,
        block([loop(K, store(ONE, K), "steps"), loop(Var("o", 1), store(ONE, 9), "steps")]),
        """
        y[0] = 1.0
        fence()
        y[1] = 1.0
        fence()
        y[2] = 1.0
        fence()
        y[9] = 1.0
        """,
    ),
    "unroll: bounds that vary stay a loop": (
        unroll_loops,
        loop(I, loop(K, store(ONE, K), "unrolled", begin=I - 6)),
        """
        for i in range(0, 8):
            for k in range(i - 6, 3):  # extent 3
                y[k] = 1.0
        """,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_rewrites(name: str) -> None:
    apply, stmt, expected = CASES[name]
    assert print_stmt(apply(stmt)) == lines(expected)


def test_a_vectorized_loop_holds_no_loop() -> None:
    with pytest.raises(LoweringError, match="loop k runs inside a vectorized loop"):
        vectorize_loops(loop(J, loop(K, store(load(X, J), J)), "vectorized"))


def test_a_vectorized_loop_has_constant_bounds() -> None:
    with pytest.raises(LoweringError, match="vectorized loop j has no constant bounds"):
        vectorize_loops(loop(I, loop(J, S, "vectorized", begin=I - 6)))


def test_a_vectorized_loop_has_not_too_many_lanes() -> None:
    wide = Var("j", 2000)
    with pytest.raises(LoweringError, match="loop j has 2000 lanes, more than 1024: split it and"):
        vectorize_loops(loop(wide, store(ONE, wide), "vectorized"))


def test_unrolled_code_has_a_limit() -> None:
    a, b = Var("a", 200), Var("b", 200)
    nested = loop(a, loop(b, store(ONE, 0), "unrolled"), "unrolled")
    with pytest.raises(LoweringError, match="unrolling a makes 40000 statements, more than 20000"):
        unroll_loops(nested)
