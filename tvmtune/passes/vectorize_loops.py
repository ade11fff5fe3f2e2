"""Turn vectorized loops into lanes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import assert_never

from tvmtune.errors import LoweringError
from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import (
    Binary,
    Cast,
    Const,
    Expr,
    IndexValue,
    Load,
    NonNegative,
    Read,
    Select,
    Unary,
)
from tvmtune.ir.stmt import Allocate, Block, For, If, Stmt, Store, block, constant_range
from tvmtune.ir.traverse import rewrite_down, statements, substitute, values_of
from tvmtune.passes.simplify import simplify

MAX_LANES = 1024
"""What LLVM compiles in a fraction of a second."""


def vectorize_loops(stmt: Stmt) -> Stmt:
    """Expand vectorized loops into vectors, or copies where lanes differ in more than addresses.

    rewrite:  for i in lanes(0, n): y[i] = x[i] * c   -->   y[0 : n] = x[0 : n] * (c, ..., c)
              for i in lanes(0, 8):                   -->   y[0 : 4] = 0
                  y[i] = x[i] if i >= 4 else 0              y[4 : 8] = x[4 : 8]

    Raises
    ------
    LoweringError
        If a vectorized loop has more than `MAX_LANES` iterations or holds another loop.
    """
    return rewrite_down(stmt, _vectorized)


def _vectorized(stmt: Stmt) -> Stmt | None:
    if not isinstance(stmt, For) or stmt.kind != "vectorized":
        return None
    bounds = constant_range(stmt)
    if bounds is None:
        raise LoweringError(f"vectorized loop {stmt.label} has no constant bounds")
    lanes = bounds[1] - bounds[0]
    if lanes > MAX_LANES:
        raise LoweringError(
            f"vectorized loop {stmt.label} has {lanes} lanes, more than {MAX_LANES}: split it and "
            "vectorize the inner loop"
        )
    if lanes > 1 and _uniform(stmt.body, stmt.var):
        return _vector(stmt.body, stmt.var, bounds[0], lanes)
    return block([_part(stmt, begin, count) for begin, count in _parts(stmt, *bounds)])


def _vector(body: Stmt, var: Var, begin: int, lanes: int) -> Stmt:
    return _widened(substitute(body, {var: Affine(begin, {var: 1})}), var, lanes)


def _parts(loop: For, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Lanes for which every condition is decided alike."""
    conditions = [c for c in _conditions(loop.body) if loop.var in c.index.variables()]

    def outcome(lane: int) -> tuple[object, ...]:
        found = [c.index.substitute({loop.var: lane}) for c in conditions]
        decided = all(i.low() >= 0 or i.high() < 0 for i in found)
        return tuple(i.low() >= 0 for i in found) if decided else (lane,)

    for _, alike in groupby(range(begin, end), outcome):
        lanes = list(alike)
        yield lanes[0], len(lanes)


def _conditions(body: Stmt) -> Iterator[NonNegative]:
    for s in statements(body):
        if isinstance(s, If | Store):
            value = s.condition if isinstance(s, If) else s.value
            yield from (v for v in values_of(value) if isinstance(v, NonNegative))


def _part(loop: For, begin: int, lanes: int) -> Stmt:
    """Some lanes of a loop: a vector, if they differ in nothing but addresses."""
    if lanes > 1:
        var = Var(loop.var.name, lanes)
        body = simplify(substitute(loop.body, {loop.var: Affine(begin, {var: 1})}))
        if _uniform(body, var):
            return _widened(body, var, lanes)
    return block([substitute(loop.body, {loop.var: begin + i}) for i in range(lanes)])


def _uniform(body: Stmt, var: Var) -> bool:
    """Whether lanes differ in nothing but where they load and store."""
    for s in statements(body):
        if isinstance(s, For):
            raise LoweringError(f"loop {s.label} runs inside a vectorized loop")
        if isinstance(s, If) and _depends(s.condition, var):
            return False
        if isinstance(s, Store):
            direct = var in s.offset.terms and _only_direct(s.offset, var)
            if not direct or not _plain(s.value, var):
                return False
    return True


def _only_direct(offset: Affine, var: Var) -> bool:
    """Whether a variable occurs in no division of an index."""
    return all(isinstance(a, Var) or var not in a.index.variables() for a in offset.terms)


def _plain(value: Expr, var: Var) -> bool:
    for v in values_of(value):
        if isinstance(v, (NonNegative, IndexValue)) and var in v.index.variables():
            return False
        if isinstance(v, Load) and not _only_direct(v.offset, var):
            return False
    return True


def _depends(value: Expr, var: Var) -> bool:
    return any(
        (isinstance(v, (NonNegative, IndexValue)) and var in v.index.variables())
        or (isinstance(v, Load) and var in v.offset.variables())
        for v in values_of(value)
    )


def _widened(stmt: Stmt, var: Var, lanes: int) -> Stmt:
    match stmt:
        case Store():
            offset, stride = _lane_zero(stmt.offset, var)
            value = _wide(stmt.value, var, lanes)
            return Store(stmt.buffer, offset, value, stmt.stage, stmt.action, stride)
        case Block():
            return Block(tuple(_widened(s, var, lanes) for s in stmt.body))
        case If():
            otherwise = None if stmt.otherwise is None else _widened(stmt.otherwise, var, lanes)
            return If(stmt.condition, _widened(stmt.then, var, lanes), otherwise)
        case Allocate():
            return Allocate(stmt.buffer, _widened(stmt.body, var, lanes))
        case _:
            return stmt


def _lane_zero(offset: Affine, var: Var) -> tuple[Affine, int]:
    stride = offset.terms.get(var, 0)
    if not isinstance(stride, int):
        raise LoweringError(f"stride {stride} of a vector is no integer")
    rest = Affine(offset.const, {a: c for a, c in offset.terms.items() if a is not var})
    return rest, stride


def _wide(value: Expr, var: Var, lanes: int) -> Expr:
    match value:
        case Const():
            return Const(value.value, value.dtype, lanes)
        case Load():
            offset, stride = _lane_zero(value.offset, var)
            return Load(value.buffer, offset, lanes, stride)
        case NonNegative():
            return NonNegative(value.index, value.dtype, lanes)
        case IndexValue():
            return IndexValue(value.index, value.dtype, lanes)
        case Binary():
            a, b = _wide(value.a, var, lanes), _wide(value.b, var, lanes)
            return Binary(value.op, a, b, value.dtype, lanes)
        case Unary():
            return Unary(value.op, _wide(value.a, var, lanes), value.dtype, lanes)
        case Cast():
            return Cast(_wide(value.a, var, lanes), value.dtype, lanes)
        case Select():
            condition = _wide(value.condition, var, lanes)
            a, b = _wide(value.a, var, lanes), _wide(value.b, var, lanes)
            return Select(condition, a, b, value.dtype, lanes)
        case Read():
            raise LoweringError(f"read of {value.tensor} in loop IR")
        case _:
            assert_never(value)
