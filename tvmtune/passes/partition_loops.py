"""Separate the iterations in which conditions hold from those in which they may not."""

from __future__ import annotations

from dataclasses import replace

from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import Load, NonNegative
from tvmtune.ir.stmt import For, Stmt, Store, block, constant_range
from tvmtune.ir.traverse import rewrite_down, statements, substitute, values_of
from tvmtune.passes.clip_reductions import clippable_loop
from tvmtune.passes.conditions import coefficient, copies_of, guarded_stores, rest_of
from tvmtune.passes.simplify import simplify

MAX_PEELED = 4
LEAST_SHARE = 0.2
"""Share of a loop's unrolled code that conditions must guard for the loop to be copied."""

RARE = 4
"""Iterations left for one that is peeled, from which on the peeled ones' steps are not unrolled."""


def partition_loops(stmt: Stmt) -> Stmt:
    """Peel the first and last iterations of serial loops where conditions may fail.

    Conditions that `clip_reductions` can take into a loop's bounds are left to it, and a loop stays
    whole where more than `MAX_PEELED` iterations would be peeled, or where conditions stand in a
    small part of it only: the rest would be copied for nothing.  Where peeled iterations are rare,
    their steps become plain loops: code that seldom runs need not be long.

    rewrite:  for i in range(0, n): if i - 1 >= 0: S   -->   S'[i:=0]; for i in range(1, n): S
    """
    return rewrite_down(stmt, _partitioned)


def _partitioned(stmt: Stmt) -> Stmt | None:
    if not isinstance(stmt, For) or stmt.kind != "serial" or constant_range(stmt) is None:
        return None
    low, high = _interior(stmt)
    extent = int(stmt.var.extent)
    peeled = low + extent - high
    if peeled == 0 or peeled > MAX_PEELED:
        return None
    shared = _rolled(stmt) if peeled * RARE <= high - low else stmt
    parts: list[Stmt] = [_copy(shared, i) for i in range(low)]
    if high > low:
        inner = Var(stmt.var.name, high - low)
        body = simplify(substitute(stmt.body, {stmt.var: Affine(low, {inner: 1})}))
        ends = (Affine(0),), (Affine(high - low),)
        body = partition_loops(body)
        parts.append(For(inner, *ends, stmt.kind, body, stmt.label, stmt.reduce))
    parts.extend(_copy(shared, i) for i in range(max(low, high), extent))
    return block(parts)


def _rolled(loop: For) -> For:
    """The loop with steps as plain loops where nothing in registers is indexed by them."""

    def roll(stmt: Stmt) -> Stmt | None:
        if not isinstance(stmt, For) or stmt.kind != "steps" or _indexes_registers(stmt):
            return None
        return replace(stmt, kind="serial", body=rewrite_down(stmt.body, roll))

    return replace(loop, body=rewrite_down(loop.body, roll))


def _indexes_registers(loop: For) -> bool:
    stores = [s for s in statements(loop.body) if isinstance(s, Store)]
    loads = [v for s in stores for v in values_of(s.value) if isinstance(v, Load)]
    accesses: list[Store | Load] = [*stores, *loads]
    return any(a.buffer.scope == "register" and loop.var in a.offset.variables() for a in accesses)


def _copy(loop: For, iteration: int) -> Stmt:
    return partition_loops(simplify(substitute(loop.body, {loop.var: iteration})))


def _interior(loop: For) -> tuple[int, int]:
    """Iterations in which every condition on the loop's variable holds, whatever the others are."""
    var, extent = loop.var, int(loop.var.extent)
    low, high = 0, extent
    code = guarded = 0
    for found in guarded_stores(loop):
        size = copies_of(found)
        code += size
        decides = False
        for condition in found.conditions:
            c = coefficient(condition.index, var)
            if not c or clippable_loop(condition, found) is not None:
                continue
            low, high = _narrowed(condition, var, c, low, high)
            decides = True
        guarded += size * decides
    if guarded < LEAST_SHARE * code:
        return 0, extent
    high = min(max(low, high), extent)
    return min(low, extent), high


def _narrowed(condition: NonNegative, var: Var, c: int, low: int, high: int) -> tuple[int, int]:
    least = rest_of(condition.index, var).low()
    if c > 0:
        return max(low, -(least // c)), high
    return low, min(high, least // -c + 1)
