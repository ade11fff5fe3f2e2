"""Decide conditions by the ranges of their indices; drop loops that run once."""

from __future__ import annotations

from dataclasses import replace

from tvmtune.ir.affine import Affine
from tvmtune.ir.expr import Binary, Const, Expr, NonNegative, Select, Unary
from tvmtune.ir.stmt import Block, For, If, Stmt, Store, constant_range
from tvmtune.ir.traverse import map_expr, rewrite, rewrite_down, substitute


def simplify(stmt: Stmt) -> Stmt:
    """Decide what the ranges of indices decide.

    rewrite:  if i + 3 >= 0: S        -->   S                     for i in [0, n)
              for i in range(2, 3): S -->   S[i:=2]
    """
    return rewrite(rewrite_down(stmt, _single_iteration), _decided)


def _single_iteration(stmt: Stmt) -> Stmt | None:
    if not isinstance(stmt, For) or stmt.kind == "vectorized":
        return None
    bounds = constant_range(stmt)
    if bounds is None or bounds[1] - bounds[0] > 1:
        return None
    if bounds[1] <= bounds[0]:
        return Block(())
    return rewrite_down(substitute(stmt.body, {stmt.var: bounds[0]}), _single_iteration)


def _decided(stmt: Stmt) -> Stmt | None:
    match stmt:
        case If():
            condition = map_expr(stmt.condition, _decide)
            if isinstance(condition, Const):
                return stmt.then if condition.value else (stmt.otherwise or Block(()))
            if stmt.otherwise is None and _is_empty(stmt.then):
                return stmt.then
            return None if condition is stmt.condition else replace(stmt, condition=condition)
        case Store():
            value = map_expr(stmt.value, _decide)
            if value is stmt.value:
                return None
            return Store(stmt.buffer, stmt.offset, value, stmt.stage, stmt.action, stmt.stride)
        case For():
            return stmt.body if _is_empty(stmt.body) else None
        case _:
            return None


def _is_empty(stmt: Stmt) -> bool:
    return isinstance(stmt, Block) and not stmt.body


def _decide(e: Expr) -> Expr | None:
    match e:
        case NonNegative():
            return _truth(e.index, e.lanes)
        case Binary() if e.op in ("and", "or"):
            for side, other in ((e.a, e.b), (e.b, e.a)):
                if isinstance(side, Const):
                    return other if bool(side.value) == (e.op == "and") else side
            return None
        case Unary() if e.op == "not" and isinstance(e.a, Const):
            return Const(not e.a.value, "bool", e.lanes)
        case Select() if isinstance(e.condition, Const):
            return e.a if e.condition.value else e.b
        case _:
            return None


def _truth(index: Affine, lanes: int) -> Const | None:
    if lanes > 1:
        return None
    if index.low() >= 0:
        return Const(True, "bool")
    return Const(False, "bool") if index.high() < 0 else None
