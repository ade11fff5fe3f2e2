"""Turn vectorized loops into lanes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from tvmtune.errors import LoweringError
from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import NonNegative
from tvmtune.ir.stmt import For, If, Stmt, Store, block, constant_range
from tvmtune.ir.traverse import rewrite_down, statements, substitute, values_of
from tvmtune.passes.lanes import as_vector, is_uniform
from tvmtune.passes.padded_lanes import padded
from tvmtune.passes.simplify import simplify
from tvmtune.passes.unroll_loops import unrolled

MAX_LANES = 1024
"""What LLVM compiles in a fraction of a second."""


def vectorize_loops(stmt: Stmt) -> Stmt:
    """Expand vectorized loops into vectors, or copies where lanes differ in more than addresses.

    Loops that are to be unrolled are expanded here where they decide which lanes do something.

    rewrite:  for i in lanes(0, n): y[i] = x[i] * c   -->   y[0 : n] = x[0 : n] * (c, ..., c)
              for i in lanes(0, 8):                   -->   y[0 : 8] = pad(x[4 : 8], 4, 0)
                  y[i] = x[i] if i >= 4 else 0
              for i in lanes(0, 8):                   -->   y[0 : 4] = 1
                  y[i] = x[i] if i >= 4 else 1              y[4 : 8] = x[4 : 8]

    Raises
    ------
    LoweringError
        If a vectorized loop has more than `MAX_LANES` iterations or holds another loop, or as
        `unroll_loops` does.
    """
    return rewrite_down(stmt, _vectorized)


def _vectorized(stmt: Stmt) -> Stmt | None:
    if not isinstance(stmt, For):
        return None
    if stmt.kind in ("unrolled", "steps") and _decides_lanes(stmt):
        return vectorize_loops(simplify(unrolled(stmt)))
    return _expanded(stmt) if stmt.kind == "vectorized" else None


def _decides_lanes(loop: For) -> bool:
    """Whether it depends on a loop in which lanes of a vector a condition holds."""
    vectors = [s for s in statements(loop.body) if isinstance(s, For) and s.kind == "vectorized"]
    return constant_range(loop) is not None and any(
        {loop.var, vector.var} <= set(condition.index.variables())
        for vector in vectors
        for condition in _conditions(vector.body)
    )


def _expanded(stmt: For) -> Stmt:
    bounds = constant_range(stmt)
    if bounds is None:
        raise LoweringError(f"vectorized loop {stmt.label} has no constant bounds")
    lanes = bounds[1] - bounds[0]
    if lanes > MAX_LANES:
        raise LoweringError(
            f"vectorized loop {stmt.label} has {lanes} lanes, more than {MAX_LANES}: split it and "
            "vectorize the inner loop"
        )
    if lanes > 1:
        var = Var(stmt.var.name, lanes)
        body = substitute(stmt.body, {stmt.var: Affine(bounds[0], {var: 1})})
        vectors = padded(body, var, lanes)
        if vectors is not None:
            return vectors
    return block([_part(stmt, begin, count) for begin, count in _parts(stmt, *bounds)])


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
        if is_uniform(body, var):
            return as_vector(body, var, lanes)
    return block([substitute(loop.body, {loop.var: begin + i}) for i in range(lanes)])
