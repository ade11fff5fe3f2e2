"""Expand loops that are to be unrolled."""

from __future__ import annotations

from tvmtune.errors import LoweringError
from tvmtune.ir.stmt import Fence, For, Stmt, Store, block, constant_range
from tvmtune.ir.traverse import rewrite_down, statements, substitute

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
    bounds = constant_range(stmt)
    if bounds is None:
        return For(stmt.var, stmt.begin, stmt.end, "serial", body, stmt.label, stmt.reduce)
    stores = sum(isinstance(s, Store) for s in statements(body))
    if stores * (bounds[1] - bounds[0]) > MAX_STATEMENTS:
        raise LoweringError(
            f"unrolling {stmt.label} makes {stores * (bounds[1] - bounds[0])} statements, "
            f"more than {MAX_STATEMENTS}: unroll fewer loops or give a limit"
        )
    copies: list[Stmt] = []
    for i in range(*bounds):
        copies.append(substitute(body, {stmt.var: i}))
        if stmt.kind == "steps" and bounds[1] - bounds[0] > 1:
            copies.append(Fence())
    return block(copies)
