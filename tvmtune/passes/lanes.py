"""Statements for all lanes of a vector at once."""

from __future__ import annotations

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
    Padded,
    Read,
    Select,
    Unary,
)
from tvmtune.ir.stmt import Allocate, Block, For, If, Stmt, Store
from tvmtune.ir.traverse import statements, values_of


def is_uniform(body: Stmt, var: Var) -> bool:
    """Whether lanes differ in nothing but where they load and store.

    Raises
    ------
    LoweringError
        If there is a loop in the body.
    """
    for s in statements(body):
        if isinstance(s, For):
            raise LoweringError(f"loop {s.label} runs inside a vectorized loop")
        if isinstance(s, If) and depends(s.condition, var):
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


def depends(value: Expr, var: Var) -> bool:
    """Whether a value may be another one in every lane."""
    return any(
        (isinstance(v, (NonNegative, IndexValue)) and var in v.index.variables())
        or (isinstance(v, Load) and var in v.offset.variables())
        for v in values_of(value)
    )


def as_vector(stmt: Stmt, var: Var, lanes: int) -> Stmt:
    """A uniform statement for lanes 0 to ``lanes``, the loop variable of which is ``var``.

    Raises
    ------
    LoweringError
        If a stride is no integer.
    """
    match stmt:
        case Store():
            offset, stride = lane_zero(stmt.offset, var)
            value = _wide(stmt.value, var, lanes)
            return Store(stmt.buffer, offset, value, stmt.stage, stmt.action, stride)
        case Block():
            return Block(tuple(as_vector(s, var, lanes) for s in stmt.body))
        case If():
            otherwise = None if stmt.otherwise is None else as_vector(stmt.otherwise, var, lanes)
            return If(stmt.condition, as_vector(stmt.then, var, lanes), otherwise, stmt.neutral)
        case Allocate():
            return Allocate(stmt.buffer, as_vector(stmt.body, var, lanes))
        case _:
            return stmt


def lane_zero(offset: Affine, var: Var) -> tuple[Affine, int]:
    """An offset in lane 0, and what every lane adds.

    Raises
    ------
    LoweringError
        If that is no integer.
    """
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
            offset, stride = lane_zero(value.offset, var)
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
        case Padded():
            return value
        case Read():
            raise LoweringError(f"read of {value.tensor} in loop IR")
        case _:
            assert_never(value)
