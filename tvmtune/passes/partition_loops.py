"""Separate the iterations in which conditions hold from those in which they may not."""

from __future__ import annotations

from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import NonNegative
from tvmtune.ir.stmt import For, Stmt, block, constant_range
from tvmtune.ir.traverse import rewrite_down, substitute
from tvmtune.passes.clip_reductions import clippable_loop
from tvmtune.passes.conditions import coefficient, guarded_stores, rest_of
from tvmtune.passes.simplify import simplify

MAX_PEELED = 4


def partition_loops(stmt: Stmt) -> Stmt:
    """Peel the first and last iterations of serial loops where conditions may fail.

    Conditions that `clip_reductions` can take into a loop's bounds are left to it, and a loop stays
    whole where more than `MAX_PEELED` iterations would be peeled.

    rewrite:  for i in range(0, n): if i - 1 >= 0: S   -->   S'[i:=0]; for i in range(1, n): S
    """
    return rewrite_down(stmt, _partitioned)


def _partitioned(stmt: Stmt) -> Stmt | None:
    if not isinstance(stmt, For) or stmt.kind != "serial" or constant_range(stmt) is None:
        return None
    low, high = _interior(stmt)
    extent = int(stmt.var.extent)
    if (low, high) == (0, extent) or low + extent - high > MAX_PEELED:
        return None
    parts: list[Stmt] = [_copy(stmt, i) for i in range(low)]
    if high > low:
        inner = Var(stmt.var.name, high - low)
        body = simplify(substitute(stmt.body, {stmt.var: Affine(low, {inner: 1})}))
        ends = (Affine(0),), (Affine(high - low),)
        body = partition_loops(body)
        parts.append(For(inner, *ends, stmt.kind, body, stmt.label, stmt.reduce))
    parts.extend(_copy(stmt, i) for i in range(max(low, high), extent))
    return block(parts)


def _copy(loop: For, iteration: int) -> Stmt:
    return partition_loops(simplify(substitute(loop.body, {loop.var: iteration})))


def _interior(loop: For) -> tuple[int, int]:
    """Iterations in which every condition on the loop's variable holds, whatever the others are."""
    var, extent = loop.var, int(loop.var.extent)
    low, high = 0, extent
    for found in guarded_stores(loop):
        for condition in found.conditions:
            c = coefficient(condition.index, var)
            if not c or clippable_loop(condition, found) is not None:
                continue
            low, high = _narrowed(condition, var, c, low, high)
    high = min(max(low, high), extent)
    return min(low, extent), high


def _narrowed(condition: NonNegative, var: Var, c: int, low: int, high: int) -> tuple[int, int]:
    least = rest_of(condition.index, var).low()
    if c > 0:
        return max(low, -(least // c)), high
    return low, min(high, least // -c + 1)
