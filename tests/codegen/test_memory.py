"""Loads and stores: vectors, strides, scratch memory."""

from __future__ import annotations

import pytest

from tests.execution import host
from tests.loop_ir import ONE, N, V, W, X, Y, assert_same, function, load, loop, store
from tvmtune.codegen.module import emit_module
from tvmtune.ir.affine import Affine, IndexLike, Var
from tvmtune.ir.expr import (
    DTYPES,
    Buffer,
    Cast,
    Expr,
    IndexValue,
    NonNegative,
    Padded,
    Select,
    binary,
)
from tvmtune.ir.stmt import Allocate, Fence, If, Stmt, block
from tvmtune.target import Target


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("load_stride", "store_stride"), [(1, 1), (0, 1), (3, 1), (-2, 2), (1, -3)]
)
def test_vectors_in_memory(dtype: str, load_stride: int, store_stride: int) -> None:
    a, out = (Buffer(n, dtype, N, argument=True) for n in ("a", "out"))
    value = load(a, W + 20, 6, load_stride)
    assert_same(function(loop(W, store(out, W + 30, value, store_stride)), a, out))


@pytest.mark.parametrize("lanes", [2, 3, 7, 8, 9, 13, 16])
def test_every_other_element_and_parts_of_vectors(lanes: int) -> None:
    both = block([store(Y, 0, load(X, 1, lanes, 2)), store(Y, 20, load(X, 3, lanes, 1))])
    made = function(both, X, Y)
    assert_same(made)
    text = emit_module((made,), Target(isa="avx512")).text
    assert ("masked" in text) == (lanes & (lanes - 1) != 0 or 2 * lanes <= 16)
    assert "extractelement" not in text
    assert "masked" not in emit_module((made,), Target(isa="avx2")).text


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize(
    ("read", "begin", "lanes"), [(1, 0, 4), (1, 3, 4), (3, 1, 7), (5, 2, 8), (9, 7, 16)]
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_zeros_around_what_is_read(
    dtype: str, read: int, begin: int, lanes: int, stride: int
) -> None:
    a, out = (Buffer(n, dtype, N, argument=True) for n in ("a", "out"))
    first, last = (load(a, at, read, stride) for at in (0, N - 1 - (read - 1) * stride))
    made = [
        store(out, 0, Padded(first, begin, lanes)),
        store(out, 20, Padded(last, lanes - read - begin, lanes)),
    ]
    assert_same(function(block(made), a, out))


@pytest.mark.parametrize("divisor", [2, 3, 7])
@pytest.mark.parametrize("index", [V, V - 5, -3 * V + 4, 2 * V + W, W - 2 * V - 1])
def test_quotients_and_remainders_round_down(index: IndexLike, divisor: int) -> None:
    index = Affine.of(index)
    out = Buffer("out", "int32", N, argument=True)
    value = IndexValue((index // divisor) * 100 + index % divisor)
    assert_same(function(loop(V, loop(W, store(out, 5 * V + W, value))), out))
    place = 20 + index // divisor + index % divisor
    assert_same(function(loop(V, loop(W, store(Y, place, load(X, 5 * V + W)))), X, Y))


def test_addresses_that_fall() -> None:
    body = store(Y, 63 - 8 * V - W, load(X, 8 * V - W + 4))
    assert_same(function(loop(V, loop(W, body)), X, Y))


def test_a_load_is_not_remembered_across_a_store_in_a_branch() -> None:
    body = block(
        [
            store(Y, 0, load(X, 0)),
            If(NonNegative(V - 4), store(X, 0, ONE)),
            store(Y, V + 1, load(X, 0)),
            If(NonNegative(3 - V), store(X, 1, ONE), store(X, 1, load(X, 0))),
            store(Y, V + 20, load(X, 1)),
        ]
    )
    after = assert_same(function(loop(V, body), X, Y))
    assert list(after["y"][5:9]) == [1.0] * 4


def test_a_load_is_remembered_until_a_store() -> None:
    text = emit_module(
        (function(block([store(Y, i, load(X, 0)) for i in range(4)]), X, Y),), host()
    ).text
    assert text.count("load float") == 1
    again: list[Stmt] = [store(Y, 2, load(X, 0)), store(X, 1, ONE), store(Y, 0, load(X, 0))]
    again += [Fence(), store(Y, 1, load(X, 0))]
    text = emit_module((function(block(again), X, Y),), host()).text
    assert text.count("load float") == 3


def test_scratch_memory() -> None:
    p, q = Buffer("p", "float64", 8, "local"), Buffer("q", "bool", 8, "local")
    chosen = Select(load(q, W), Cast(load(p, W), "float32"), ONE, "float32")
    fill = block([store(p, W, Cast(load(X, W), "float64")), store(q, W, less(W))])
    body = block([loop(W, fill), loop(W, store(Y, 5 * V + W, chosen))])
    assert_same(function(loop(V, Allocate(p, Allocate(q, body))), X, Y))
    module = emit_module((function(loop(V, Allocate(p, Allocate(q, body))), X, Y),), host())
    assert module.workspace_bytes == 128


def less(var: Var) -> Expr:
    return binary("lt", load(X, var), ONE)


def test_copies_of_a_buffer_share_their_place() -> None:
    small, large = (Buffer("p", "float32", n, "local") for n in (4, 20))
    parts: list[Stmt] = []
    for b in (small, large, small):
        use = block([store(b, 3, load(X, 3)), store(Y, b.elements, load(b, 3))])
        parts.append(Allocate(b, use))
    program = function(block(parts), X, Y)
    assert_same(program)
    assert emit_module((program,), host()).workspace_bytes == 64 + 128
