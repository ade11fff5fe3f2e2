"""Take conditions into the bounds of reduction loops."""

from __future__ import annotations

from dataclasses import replace

from tvmtune.ir.expr import Expr, NonNegative
from tvmtune.ir.stmt import For, If, Stmt, constant_range
from tvmtune.ir.traverse import conjunction, conjuncts, rewrite, rewrite_down
from tvmtune.passes.conditions import Guarded, coefficient, guarded_stores, rest_of


def clip_reductions(stmt: Stmt) -> Stmt:
    """Narrow the bounds of reduction loops instead of testing in every iteration.

    rewrite:  for k in range(0, n): if y + k - 1 >= 0: S
                -->  for k in range(max(0, 1 - y), n): S          never empty
    """
    return rewrite_down(stmt, _clipped)


def clippable_loop(condition: NonNegative, found: Guarded) -> For | None:
    """The loop whose bounds can take a condition: the innermost in it, serial, a reduction."""
    inner = [f for f in found.loops if coefficient(condition.index, f.var) != 0]
    if not inner or inner[-1].kind != "serial" or not inner[-1].reduce:
        return None
    loop = inner[-1]
    if constant_range(loop) is None or coefficient(condition.index, loop.var) not in (1, -1):
        return None
    return loop if _shared(condition, loop) and _never_empty([condition], loop) else None


def _shared(condition: NonNegative, loop: For) -> bool:
    """Whether every store in the loop runs under the condition."""
    key = condition.index.key()
    return all(any(c.index.key() == key for c in g.conditions) for g in guarded_stores(loop))


def _never_empty(conditions: list[NonNegative], loop: For) -> bool:
    begin, end = 0, int(loop.var.extent)
    for condition in conditions:
        least = rest_of(condition.index, loop.var).low()
        if coefficient(condition.index, loop.var) == 1:
            begin = max(begin, -least)
        else:
            end = min(end, least + 1)
    return begin < end


def _clipped(stmt: Stmt) -> Stmt | None:
    if not isinstance(stmt, For) or stmt.kind != "serial" or not stmt.reduce:
        return None
    taken: dict[tuple[object, ...], NonNegative] = {}
    for found in guarded_stores(stmt):
        for condition in found.conditions:
            if clippable_loop(condition, found) is stmt:
                taken.setdefault(condition.index.key(), condition)
    conditions = list(taken.values())
    if not conditions or not _never_empty(conditions, stmt):
        return None
    begin, end = list(stmt.begin), list(stmt.end)
    for condition in conditions:
        rest = rest_of(condition.index, stmt.var)
        if coefficient(condition.index, stmt.var) == 1:
            begin.append(rest * -1)
        else:
            end.append(rest + 1)
    body = rewrite(stmt.body, lambda s: _without(s, set(taken)))
    return For(
        stmt.var,
        tuple(begin),
        tuple(end),
        stmt.kind,
        clip_reductions(body),
        stmt.label,
        stmt.reduce,
    )


def _without(stmt: Stmt, keys: set[tuple[object, ...]]) -> Stmt | None:
    if not isinstance(stmt, If):
        return None
    kept: list[Expr] = [
        c
        for c in conjuncts(stmt.condition)
        if not (isinstance(c, NonNegative) and c.index.key() in keys)
    ]
    if len(kept) == len(conjuncts(stmt.condition)):
        return None
    condition = conjunction(kept)
    return stmt.then if condition is None else replace(stmt, condition=condition)
