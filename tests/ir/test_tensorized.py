"""What every part of the IR makes of an intrinsic: what its declared behaviour says."""

from __future__ import annotations

import numpy as np
import pytest

from tvmtune.errors import LoweringError
from tvmtune.ir import interpreter
from tvmtune.ir.affine import Affine, IndexLike, Var
from tvmtune.ir.expr import Buffer, Const, Load
from tvmtune.ir.interpreter import Counters
from tvmtune.ir.printer import print_stmt
from tvmtune.ir.stmt import Block, Fence, For, Function, LoopKind, Stmt, Store, Tensorized
from tvmtune.ir.traverse import rewrite, rewrite_down, statements, substitute
from tvmtune.ir.verify import verify
from tvmtune.passes import CPU_PASSES, run_passes

X, Y = (Buffer(n, "float32", 24, argument=True) for n in "xy")
T, I, J = Var("t", 2), Var("i", 3), Var("j", 4)  # noqa: E741


def loop(
    var: Var, body: Stmt, kind: LoopKind = "serial", begin: IndexLike = 0, *, end: int | None = None
) -> For:
    last = Affine.of(var.extent if end is None else end)
    return For(var, (Affine.of(begin),), (last,), kind, body, f"y.{var.name}")


STORE = Store(Y, 12 * T + 4 * I + J, Load(X, 12 * T + I + 3 * J), "y")
TILE = Tensorized("transpose", loop(I, loop(J, STORE)))


def function(body: Stmt) -> Function:
    return Function("kernel", (X, Y), body, frozenset({"y"}))


def ran(body: Stmt, counters: Counters | None = None) -> list[float]:
    x, y = np.arange(24, dtype="float32"), np.zeros(24, "float32")
    verify(function(body))
    interpreter.run(function(body), {"x": x, "y": y}, counters)
    return list(y)


def test_it_does_what_its_behaviour_says() -> None:
    x = np.arange(24).reshape(2, 4, 3)
    assert ran(loop(T, TILE)) == list(x.transpose(0, 2, 1).ravel())


def test_it_counts_as_its_behaviour() -> None:
    tile, nest = Counters(track_distinct=True), Counters(track_distinct=True)
    assert ran(loop(T, TILE), tile) == ran(loop(T, TILE.body), nest)
    assert tile == nest
    assert tile.executions == {("y", "value"): 24}


def test_text() -> None:
    assert print_stmt(loop(T, TILE)).splitlines() == [
        "for t in range(0, 2):  # y.t",
        "    with transpose():",
        "        for i in range(0, 3):  # y.i",
        "            for j in range(0, 4):  # y.j",
        "                y[12*t + 4*i + j] = x[12*t + 3*j + i]",
    ]


def test_rewrites_leave_it_whole() -> None:
    def stop(stmt: Stmt) -> Stmt | None:
        return Fence() if isinstance(stmt, Store) else None

    body = loop(T, TILE)
    assert rewrite(body, stop) is body
    assert rewrite_down(body, stop) is body


def test_substitution_and_walking_reach_into_it() -> None:
    assert STORE in list(statements(loop(T, TILE)))
    assert substitute(TILE, {Var("other", 3): 1}) is TILE
    second = substitute(TILE, {T: 1})
    assert isinstance(second, Tensorized)
    assert "y[4*i + j + 12] = x[3*j + i + 12]" in print_stmt(second)


@pytest.mark.parametrize("kind", ["serial", "unrolled", "steps", "parallel"])
def test_passes_keep_its_meaning(kind: LoopKind) -> None:
    body = loop(T, TILE, kind)
    done = run_passes(function(body), CPU_PASSES)
    assert ran(done.body) == ran(body)
    tiles = [s for s in statements(done.body) if isinstance(s, Tensorized)]
    assert len(tiles) == (2 if kind in ("unrolled", "steps") else 1)
    verify(done, level="code")


def test_one_row_stays_an_intrinsic() -> None:
    row = Var("i", 1)
    single = Store(Y, 4 * row + J, Load(X, row + 3 * J), "y")
    tile = Tensorized("transpose", loop(row, loop(J, single)))
    done = run_passes(function(tile), CPU_PASSES)
    assert done.body is tile


def test_a_loop_around_it_cannot_be_vectorized() -> None:
    with pytest.raises(LoweringError, match=r"loop y\.i runs inside a vectorized loop"):
        run_passes(function(loop(T, TILE, "vectorized")), CPU_PASSES)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (loop(I, loop(J, STORE, "parallel")), r"transpose over loop y\.j: loops of an intrinsic"),
        (loop(I, loop(J, STORE, begin=1)), r"transpose over loop y\.j: loops of an intrinsic are"),
        (loop(I, loop(J, STORE, end=2)), r"serial and run over their extents"),
        (loop(I, Block((STORE, STORE))), "transpose is no nest of loops around a store"),
        (loop(I, loop(J, Store(Y, Affine(99), Const(1.0, "float32"), "y"))), "store to y reaches"),
    ],
)
def test_the_verifier_refuses(body: For, message: str) -> None:
    with pytest.raises(LoweringError, match=message):
        verify(function(loop(T, Tensorized("transpose", body))))
