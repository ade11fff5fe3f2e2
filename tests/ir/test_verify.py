from __future__ import annotations

from dataclasses import replace

import pytest

from tvmtune.errors import LoweringError
from tvmtune.ir.affine import Affine, IndexLike, Var
from tvmtune.ir.expr import (
    Binary,
    Buffer,
    Cast,
    Const,
    Expr,
    IndexValue,
    Load,
    NonNegative,
    Padded,
    Read,
    Select,
    Unary,
)
from tvmtune.ir.stmt import Allocate, Block, Fence, For, Function, If, LoopKind, Stmt, Store, block
from tvmtune.ir.verify import verify

X = Buffer("x", "float32", 8, argument=True)
Y = Buffer("y", "float32", 8, argument=True)
P = Buffer("p", "int32", 8, argument=True)
ONE, TWO = Const(1.0, "float32"), Const(2, "int32")
YES = Const(True, "bool")
PAIR = Const(1.0, "float32", 2)
V, W = Var("i", 8), Var("j", 8)


def function(body: Stmt) -> Function:
    return Function("f", (X, Y, P), body, frozenset({"y"}))


def store(value: Expr = ONE, offset: IndexLike = 0, buffer: Buffer = Y, stride: int = 1) -> Store:
    return Store(buffer, Affine.of(offset), value, "y", stride=stride)


def loop(
    body: Stmt, var: Var = V, *, kind: LoopKind = "serial", begin: int = 0, end: int = 8
) -> For:
    return For(var, (Affine(begin),), (Affine(end),), kind, body, f"y.{var.name}")


def load(offset: IndexLike = 0, lanes: int = 1, stride: int = 0, buffer: Buffer = X) -> Load:
    return Load(buffer, Affine.of(offset), lanes, stride)


def test_matmul_is_well_formed(matmul: Function, vector_matmul: Function) -> None:
    verify(matmul, strict=True)
    verify(vector_matmul, level="code", strict=True)


GUARD = NonNegative(V - 1)
SCRATCH = Buffer("scratch", "float32", 4)
WELL_FORMED: dict[str, Stmt] = {
    "nothing": Block((Fence(),)),
    "guarded access": loop(If(GUARD, store(load(V - 1)), store())),
    "refused side": loop(If(NonNegative(V - 7), store(), store(load(V + 1)))),
    "guarded select": loop(store(Select(GUARD, load(V - 1), ONE, "float32"))),
    "select of the other side": loop(store(Select(NonNegative(-V), ONE, load(V - 1), "float32"))),
    "and whose right side relies on the left": loop(
        If(Binary("and", GUARD, Binary("lt", load(V - 1), ONE, "bool"), "bool"), store())
    ),
    "or whose right side relies on the left": loop(
        If(Binary("or", NonNegative(-V), Binary("lt", load(V - 1), ONE, "bool"), "bool"), store())
    ),
    "uniform select of lanes": loop(store(Select(GUARD, PAIR, PAIR, "float32", 2))),
    "clipped loop": loop(
        For(
            W,
            (Affine(0), 1 - V),
            (Affine(8), 9 - V),
            "serial",
            store(load(V + W - 1)),
            "y.j",
        )
    ),
    "parallel": loop(store(offset=V), kind="parallel"),
    "parallel through an inner loop": loop(
        For(W, (2 * V,), (2 * V + 2,), "serial", store(offset=Affine.of(W)), "y.j"),
        kind="parallel",
        end=4,
    ),
    "parallel allocation": loop(Allocate(SCRATCH, store(buffer=SCRATCH)), kind="parallel"),
    "parallel loop of one iteration": loop(store(), kind="parallel", end=1),
    "same variable in two loops": block([loop(store(offset=V)), loop(store(offset=V))]),
    "negative stride": store(PAIR, 7, stride=-7),
    "zeros around what lies inside": store(Padded(load(6, 2, 1), 0, 6)),
    "values": store(
        Binary(
            "add",
            Cast(IndexValue(Affine(3)), "float32"),
            Unary("exp", load(), "float32"),
            "float32",
        )
    ),
}


@pytest.mark.parametrize("name", WELL_FORMED)
def test_well_formed(name: str) -> None:
    verify(function(WELL_FORMED[name]), level="code", strict=True)


REGISTER = Buffer("acc", "float32", 8, "register")
ILL_FORMED: list[tuple[str, Stmt]] = [
    ("variable i in the offset of y is bound by no loop around it", store(offset=V)),
    ("variable i in the offset of x is bound by no loop around it", store(load(V))),
    (
        "variable i in a value is bound by no loop around it",
        store(Cast(IndexValue(Affine.of(V)), "float32")),
    ),
    ("variable i in a value is bound by no loop around it", If(GUARD, store())),
    (
        "variable j in the range of loop y.i is bound by no loop around it",
        For(V, (Affine(0),), (Affine.of(W),), "serial", store(), "y.i"),
    ),
    (
        "variable i in the offset of y is bound by no loop around it",
        block([loop(store()), store(offset=V)]),
    ),
    ("loop y.i binds i, as a loop around it does already", loop(loop(store()))),
    ("loop y.i has no begin or no end", For(V, (), (Affine(8),), "serial", store(), "y.i")),
    ("loop y.i runs over range(0, 9), outside the extent 8 of i", loop(store(), end=9)),
    ("loop y.i runs over range(-1, 8), outside the extent 8 of i", loop(store(), begin=-1)),
    ("load of scratch, which is no argument and not allocated around", store(load(buffer=SCRATCH))),
    ("store to scratch, which is no argument and not allocated around", store(buffer=SCRATCH)),
    (
        "store to scratch, which is no argument and not allocated around",
        block([Allocate(SCRATCH, Fence()), store(buffer=SCRATCH)]),
    ),
    ("argument x is allocated", Allocate(X, store())),
    (
        "buffer scratch is allocated inside its own allocation",
        Allocate(SCRATCH, Allocate(SCRATCH, store())),
    ),
    ("buffer none has 0 elements", Allocate(Buffer("none", "int32", 0), store())),
    ("store to argument x, which f does not list as written", store(buffer=X)),
    ("read of tensor x: loop IR loads from buffers", store(Read("x", (), "float32"))),
    ("store of int32 to y, which is float32", store(TWO)),
    ("store of 2 lanes to one element of y", store(PAIR, stride=0)),
    ("condition of an if is float32 x1: it must be one bool", If(ONE, store())),
    (
        "condition of an if is bool x2: it must be one bool",
        If(Const(True, "bool", 2), store()),
    ),
    ("load of x reaches elements 8 to 8, outside its 8", store(load(8))),
    ("load of x reaches elements -1 to 0, outside its 8", store(load(-1, 2, 1))),
    ("load of x reaches elements 1 to 8, outside its 8", loop(store(load(V + 1)))),
    (
        "load of x reaches elements 8 to 8, outside its 8",
        If(Binary("and", Binary("lt", load(8), ONE, "bool"), GUARD, "bool"), store()),
    ),
    ("store to y reaches elements 0 to 9, outside its 8", store(PAIR, stride=9)),
    ("store to y reaches elements -2 to 1, outside its 8", store(PAIR, 1, stride=-3)),
    (
        "every iteration of parallel loop y.i stores to the same elements of y: allocate it inside "
        "the loop or index it by i",
        loop(store(), kind="parallel"),
    ),
    (
        "every iteration of parallel loop y.i stores to the same elements of scratch: allocate it "
        "inside the loop or index it by i",
        Allocate(SCRATCH, loop(loop(store(offset=0, buffer=SCRATCH), W), kind="parallel")),
    ),
    (
        "type 'float16' is unknown; known are float32, float64, int32, bool",
        store(Const(1, "float16")),
    ),
    ("value of 0 lanes", store(Const(1.0, "float32", 0))),
    ("index as float32: an index is an int32", store(IndexValue(Affine(1), "float32"))),
    ("comparison of an index as int32: it is a bool", store(NonNegative(Affine(1), "int32"))),
    ("'pow' is no operator of two values", store(Binary("pow", ONE, ONE, "float32"))),
    ("add of float32 and int32: types must agree", store(Binary("add", ONE, TWO, "float32"))),
    ("add of bool values", store(Binary("add", YES, YES, "bool"))),
    ("and of float32 values: both must be bool", store(Binary("and", ONE, ONE, "bool"))),
    (
        "lt of float32 values as float32: the result is bool",
        store(Binary("lt", ONE, ONE, "float32")),
    ),
    ("add of 1 and 2 lanes as 2: lanes must agree", store(Binary("add", ONE, PAIR, "float32", 2))),
    ("'cbrt' is no operator of one value", store(Unary("cbrt", ONE, "float32"))),
    ("exp of int32: it takes float32 or float64", store(Unary("exp", TWO, "int32"))),
    ("not of float32: not takes bool, the others numbers", store(Unary("not", ONE, "float32"))),
    ("neg of bool: not takes bool, the others numbers", store(Unary("neg", YES, "bool"))),
    ("neg of int32 as float32: the type stays", store(Unary("neg", TWO, "float32"))),
    ("neg of 2 lanes as 1: lanes must agree", store(Unary("neg", PAIR, "float32"))),
    ("cast of 2 lanes as 1: lanes must agree", store(Cast(PAIR, "int32"))),
    (
        "an update that may be left out has another in its place",
        If(NonNegative(Affine(1)), store(), store(), neutral=True),
    ),
    (
        "1 lane between zeros: there is room for it in a vector only",
        store(Padded(ONE, 0, 1)),
    ),
    ("2 lanes from lane 3 on as 4: they must lie inside", store(Padded(PAIR, 3, 4))),
    (
        "select on float32: the condition must be bool",
        store(Select(ONE, ONE, ONE, "float32")),
    ),
    (
        "select of int32 and float32 as float32: types must agree",
        store(Select(YES, TWO, ONE, "float32")),
    ),
    (
        "select of 2 lanes by 3 conditions",
        store(Select(Const(True, "bool", 3), PAIR, PAIR, "float32", 2)),
    ),
    (
        "select of 2 and 1 lanes as 2: lanes must agree",
        store(Select(YES, PAIR, ONE, "float32", 2)),
    ),
    (
        "add of float32 and int32: types must agree",
        store(Unary("neg", Binary("add", ONE, TWO, "float32"), "float32")),
    ),
]


@pytest.mark.parametrize(("message", "body"), ILL_FORMED, ids=[m for m, _ in ILL_FORMED])
def test_ill_formed(message: str, body: Stmt) -> None:
    with pytest.raises(LoweringError) as caught:
        verify(function(body))
    assert str(caught.value) == message
    assert caught.value.detail


@pytest.mark.parametrize("kind", ["vectorized", "unrolled", "steps"])
def test_code_has_serial_and_parallel_loops_only(kind: LoopKind) -> None:
    body = loop(store(offset=V), kind=kind)
    verify(function(body))
    with pytest.raises(LoweringError, match=f"loop y.i is still {kind}: expand it before code"):
        verify(function(body), level="code")


def test_registers_are_indexed_by_constants_in_code() -> None:
    body = Allocate(REGISTER, loop(store(offset=V, buffer=REGISTER)))
    verify(function(body))
    with pytest.raises(LoweringError, match="store to register buffer acc at i: registers are"):
        verify(function(body), level="code")


def test_unguarded_access_of_a_dynamic_loop_is_refused_if_strict() -> None:
    inner = For(W, (Affine(0),), (8 - V,), "serial", store(load(V + W + 1)), "y.j")
    verify(function(loop(inner)))
    with pytest.raises(LoweringError) as caught:
        verify(function(loop(inner)), strict=True)
    assert str(caught.value) == (
        "load of x at i + j + 1 cannot be shown to stay inside its 8 elements"
    )
    assert caught.value.detail == "y[0] = x[i + j + 1]"


def test_dynamic_loop_beyond_its_extent_is_refused_if_strict() -> None:
    inner = For(W, (Affine(0),), (V + 2,), "serial", store(), "y.j")
    verify(function(loop(inner)))
    with pytest.raises(
        LoweringError, match=r"y\.j cannot be shown to stay inside the extent 8 of j"
    ):
        verify(function(loop(inner)), strict=True)


def test_arguments() -> None:
    good = function(store())
    with pytest.raises(LoweringError, match="two arguments of f have one name: x, x"):
        verify(replace(good, arguments=(X, X)))
    with pytest.raises(LoweringError, match="f writes z, which is no argument of it"):
        verify(replace(good, written=frozenset({"z", "y"})))
    plain = Buffer("y", "float32", 8)
    with pytest.raises(LoweringError, match="argument y is not marked as an argument"):
        verify(replace(good, arguments=(plain,)))
