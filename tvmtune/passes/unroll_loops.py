"""Expand loops that are to be unrolled."""

from __future__ import annotations

from dataclasses import replace

from tvmtune.errors import LoweringError
from tvmtune.ir.stmt import Fence, For, Stmt, block, constant_range
from tvmtune.ir.traverse import rewrite_down, substitute
from tvmtune.passes.conditions import copies_of, guarded_stores

MAX_STATEMENTS = 20_000


def unroll_loops(stmt: Stmt) -> Stmt:
    """Expand unrolled loops and steps.

    rewrite:  for i in unroll(0, n): S   -->   S[i:=0]; ...; S[i:=n-1]
              for i in steps(0, n): S    -->   S[i:=0]; fence; ...; S[i:=n-1]; fence

    Raises
    ------
    LoweringError
        If the expanded code would have more than `MAX_STATEMENTS` stores.
    """
    return rewrite_down(stmt, _unrolled)


def _unrolled(stmt: Stmt) -> Stmt | None:
    if not isinstance(stmt, For) or stmt.kind not in ("unrolled", "steps"):
        return None
    body = rewrite_down(stmt.body, _unrolled)
    if constant_range(stmt) is None:
        return For(stmt.var, stmt.begin, stmt.end, "serial", body, stmt.label, stmt.reduce)
    return unrolled(replace(stmt, body=body))


def unrolled(loop: For) -> Stmt:
    """Copies of the body of a loop of constant bounds.

    Raises
    ------
    LoweringError
        As `unroll_loops` does.
    """
    bounds = constant_range(loop)
    assert bounds is not None
    count = bounds[1] - bounds[0]
    stores = count * sum(map(copies_of, guarded_stores(loop.body)))
    if stores > MAX_STATEMENTS:
        raise LoweringError(
            f"unrolling {loop.label} makes {stores} statements, more than {MAX_STATEMENTS}: "
            "unroll fewer loops or give a limit"
        )
    copies: list[Stmt] = []
    for i in range(*bounds):
        copies.append(substitute(loop.body, {loop.var: i}))
        if loop.kind == "steps" and count > 1:
            copies.append(Fence())
    return block(copies)
