"""What the code generator refuses, and names that it must cope with."""

from __future__ import annotations

import pytest

from tests.execution import host
from tests.loop_ir import ACC, ONE, N, V, W, X, Y, assert_same, function, load, loop, store
from tvmtune.codegen.module import emit_module
from tvmtune.errors import CodegenError
from tvmtune.ir.affine import Var
from tvmtune.ir.expr import (
    Buffer,
    Const,
    Read,
)
from tvmtune.ir.stmt import Allocate, Stmt, block

ERRORS: list[tuple[Stmt, str]] = [
    (store(ACC, W, ONE), "register buffer acc is indexed by j: unroll or vectorize the loops over"),
    (store(Y, 0, load(ACC, 0)), "register buffer acc is read at 0 before it is written with these"),
    (
        block([store(ACC, 0, Const(0.0, "float32", 4)), store(Y, 0, load(ACC, 2))]),
        "register buffer acc is used with 1 lanes at 2 and with 4 at 0: its writer and",
    ),
    (
        block([store(ACC, 0, Const(0.0, "float32", 4)), store(Y, 0, load(ACC, 0, 4, 2))]),
        "register buffer acc is used with 4 lanes at 0 and with 4 at 0",
    ),
    (store(Y, 0, Read("t", (), "float32")), "read of t: the nest has not been lowered"),
    (store(Y, Var("u", 3), ONE), "loop variable u is used outside its loop"),
    (loop(V, store(Y, V, ONE), "unrolled"), r"unrolled loop s\.i reached the code generator"),
    (loop(V, store(Y, V, ONE), "vectorized"), r"vectorized loop s\.i reached the code generator"),
]


@pytest.mark.parametrize(("body", "message"), ERRORS)
def test_errors(body: Stmt, message: str) -> None:
    with pytest.raises(CodegenError, match=message):
        emit_module((function(loop(W, Allocate(ACC, body)), X, Y),), host())


@pytest.mark.parametrize("name", ["v1", "workspace", "i1", "entry", "x.local", "begin"])
def test_arguments_may_be_named_as_generated_code_names_things(name: str) -> None:
    x = Buffer(name, "float32", N, argument=True)
    body = loop(V, store(Y, V, load(x, V) * load(x, V + 1)), "parallel")
    assert_same(function(loop(W, body), x, Y))
    assert_same(function(body, x, Y), host(2))
