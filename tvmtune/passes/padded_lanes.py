"""Vectors of which conditions leave out the first or the last lanes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tvmtune.ir.affine import Var
from tvmtune.ir.expr import Binary, Const, Expr, Load, NonNegative, Padded, Unary
from tvmtune.ir.stmt import Block, If, Stmt, Store, block
from tvmtune.ir.traverse import conjunction, conjuncts, map_expr
from tvmtune.passes.conditions import coefficient, rest_of
from tvmtune.passes.lanes import as_vector, depends, is_uniform, lane_zero
from tvmtune.symbolic import as_int


def padded(stmt: Stmt, var: Var, lanes: int) -> Stmt | None:
    """The body of a vectorized loop with zeros in the lanes that conditions leave out.

    rewrite:  for i in lanes(0, 8):                   -->   y[0 : 8] = pad(x[0 : 7], 1, 0)
                  y[i] = x[i - 1] if i >= 1 else 0
              for i in lanes(0, 8):
                  if i >= 1: y[i] += x[i - 1] * w     -->   y[0 : 8] += pad(x[0 : 7], 1, 0) * w

    Parameters
    ----------
    stmt
        The body.
    var
        The loop's variable, from 0.
    lanes
        Iterations.

    Returns
    -------
    vectors
        None where a condition is not known, or where a zero is not what it leaves.  Zeros are
        multiplied: what is infinite in the other factor gives NaN.

    Raises
    ------
    LoweringError
        If the body holds another loop, or a stride is no integer.
    """
    match stmt:
        case Block():
            parts = [padded(s, var, lanes) for s in stmt.body]
            whole = [part for part in parts if part is not None]
            return block(whole) if len(whole) == len(parts) else None
        case If() if depends(stmt.condition, var):
            return _without_some(stmt, var, lanes)
        case If():
            then = padded(stmt.then, var, lanes)
            other = None if stmt.otherwise is None else padded(stmt.otherwise, var, lanes)
            if then is None or (other is None and stmt.otherwise is not None):
                return None
            return If(stmt.condition, then, other, stmt.neutral)
        case _:
            return as_vector(stmt, var, lanes) if is_uniform(stmt, var) else None


def _without_some(branch: If, var: Var, lanes: int) -> Stmt | None:
    """A branch for all lanes whose condition holds in some of them."""
    tests = conjuncts(branch.condition)
    others = conjunction([test for test in tests if not depends(test, var)])
    inside = _inside([test for test in tests if depends(test, var)], var, lanes)
    otherwise = None if branch.otherwise is None else padded(branch.otherwise, var, lanes)
    if inside is None or (otherwise is None and branch.otherwise is not None):
        return None
    then = _with_zeros(branch, var, lanes, inside) if inside else otherwise or Block(())
    if then is None or others is None:
        return then
    return If(others, then, otherwise, branch.neutral)


def _inside(tests: Iterable[Expr], var: Var, lanes: int) -> range | None:
    """Lanes in which all conditions hold; None where that is not known."""
    first, end = 0, lanes
    for test in tests:
        if not isinstance(test, NonNegative):
            return None
        c, rest = coefficient(test.index, var), rest_of(test.index, var)
        if not c or not rest.is_constant():
            return None
        least = as_int(rest.const)
        if c > 0:
            first = max(first, -(least // c))
        else:
            end = min(end, least // -c + 1)
    return range(first, end)


def _with_zeros(branch: If, var: Var, lanes: int, inside: range) -> Stmt | None:
    """What a branch stores inside, in all lanes."""
    store = branch.then
    if not isinstance(store, Store) or not is_uniform(store, var):
        return None
    value = store.value
    if branch.otherwise is not None:
        copies = isinstance(value, Load) and _clears(branch.otherwise, store)
        zeros = _between_zeros(value, var, lanes, inside) if copies else None
    elif branch.neutral and isinstance(value, Binary):
        added = _between_zeros(value.b, var, lanes, inside)
        zeros = None if added is None else replace(value, b=added)
    else:
        return None
    return None if zeros is None else as_vector(replace(store, value=zeros), var, lanes)


def _clears(stmt: Stmt, store: Store) -> bool:
    """Whether a statement stores zeros where another one stores."""
    return (
        isinstance(stmt, Store)
        and stmt.buffer is store.buffer
        and stmt.offset.key() == store.offset.key()
        and isinstance(stmt.value, Const)
        and stmt.value.value == 0
    )


def _between_zeros(value: Expr, var: Var, lanes: int, inside: range) -> Expr | None:
    """A value that is zero outside, for elements of memory are; None where it would not be."""

    def padded_load(e: Expr) -> Expr | None:
        if not isinstance(e, Load) or var not in e.offset.variables():
            return None
        offset, stride = lane_zero(e.offset, var)
        some = Load(e.buffer, offset + inside.start * stride, len(inside), stride)
        return Padded(some, inside.start, lanes)

    return map_expr(value, padded_load) if _vanishes(value, var) else None


def _vanishes(value: Expr, var: Var) -> bool:
    """Whether a value is zero where its elements of memory are, and none is in a register."""
    match value:
        case Load():
            return value.buffer.scope != "register" and var in value.offset.variables()
        case Binary(op="mul"):
            sides = (value.a, value.b)
            known = all(_vanishes(s, var) or not depends(s, var) for s in sides)
            return known and any(_vanishes(s, var) for s in sides)
        case Unary(op="neg"):
            return _vanishes(value.a, var)
        case _:
            return False
