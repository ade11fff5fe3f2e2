"""Make branches of choices whose sides must not always be evaluated."""

from __future__ import annotations

from dataclasses import replace

from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import FLOATS, LOGICAL, Binary, Buffer, Const, Expr, Load, Select
from tvmtune.ir.stmt import Allocate, For, If, Stmt, Store, block
from tvmtune.ir.traverse import (
    children,
    conjunction,
    conjuncts,
    map_expr,
    rewrite,
    rewrite_down,
    values_of,
)
from tvmtune.symbolic import as_int


def branch_selects(stmt: Stmt) -> Stmt:
    """Turn choices into branches where a side that is not chosen must not be evaluated.

    Such a side reads memory or divides integers.  Where a store makes one choice it is repeated on
    both sides; several are made one after the other, into registers, so that code grows with their
    number and not with its power.  ``and`` and ``or`` are choices where their right side reads what
    may lie outside of a buffer, or divides integers.

    rewrite:  y[i] = select(c, x[i], 0)          -->   if c: y[i] = x[i]
                                                       else: y[i] = 0
              y[i] = select(c, x[i], 0) + select(d, z[i], 0)
                                                 -->   if c: r[0] = x[i]
                                                       else: r[0] = 0
                                                       if d: r[1] = z[i]
                                                       else: r[1] = 0
                                                       y[i] = r[0] + r[1]
              if i - 1 >= 0 and x[i - 1] > 0: S  -->   if i - 1 >= 0: (if x[i - 1] > 0: S)
    """
    return rewrite(rewrite_down(stmt, _in_lanes), lambda s: _branched(s, None))


def _in_lanes(stmt: Stmt) -> Stmt | None:
    """A vectorized loop, with a register for each lane."""
    if not isinstance(stmt, For) or stmt.kind != "vectorized":
        return None
    body = rewrite(stmt.body, lambda s: _branched(s, stmt.var))
    return stmt if body is stmt.body else replace(stmt, body=body)


def _branched(stmt: Stmt, lane: Var | None) -> Stmt | None:
    if not isinstance(stmt, Store | If):
        return None
    changed = _settled(stmt, lane) if isinstance(stmt, Store) else _tested(stmt, lane)
    return None if changed is stmt else changed


def _tested(branch: If, lane: Var | None) -> Stmt:
    """A branch whose condition is tested part by part where later parts rely on earlier ones."""
    groups: list[list[Expr]] = []
    for part in conjuncts(branch.condition):
        if groups and not _relies_on_others(part):
            groups[-1].append(part)
        else:
            groups.append([part])
    if len(groups) == 1 or branch.otherwise is not None:
        return _settled(branch, lane)
    stmt = branch.then
    for condition in map(conjunction, reversed(groups)):
        assert condition is not None
        stmt = _settled(If(condition, stmt, neutral=branch.neutral), lane)
    return stmt


def _settled(stmt: Store | If, lane: Var | None) -> Stmt:
    """The statement without choices that are to be branches; itself if there is none."""
    if not any(map(_may_choose, values_of(_value_of(stmt)))):
        return stmt
    stmt = _with_value(stmt, map_expr(_value_of(stmt), _in_order))
    choice = _first_choice(_value_of(stmt))
    if choice is None:
        return stmt
    if not isinstance(stmt, Store) or _choices(stmt.value) > _choices(choice):
        return _ahead(stmt, lane)
    then, otherwise = (_with_choice(stmt, choice, side) for side in (choice.a, choice.b))
    return If(choice.condition, _settled(then, lane), _settled(otherwise, lane))


def _ahead(stmt: Store | If, lane: Var | None) -> Stmt:
    """The statement after its choices, which are made in registers: one for each, in every lane."""
    count, lanes = _choices(_value_of(stmt)), 1 if lane is None else as_int(lane.extent)
    stage = stmt.stage if isinstance(stmt, Store) else ""
    made: list[Stmt] = []
    buffers: dict[str, Buffer] = {}
    while (choice := _first_choice(_value_of(stmt))) is not None:
        if isinstance(stmt, Store) and choice is stmt.value:
            break  # a branch repeats nothing
        dtype = choice.dtype
        buffer = Buffer(f"chosen.{dtype}", dtype, count * lanes, "register")
        buffer = buffers.setdefault(dtype, buffer)
        place = Affine(len(made) * lanes, {} if lane is None else {lane: 1})
        made.append(_settled(Store(buffer, place, choice, stage), lane))
        stmt = _with_choice(stmt, choice, Load(buffer, place))
    whole = block([*made, _settled(stmt, lane)])
    for buffer in buffers.values():
        whole = Allocate(buffer, whole)
    return whole


def _may_choose(e: Expr) -> bool:
    return isinstance(e, Select) or (isinstance(e, Binary) and e.op in LOGICAL)


def _in_order(e: Expr) -> Expr | None:
    """A choice instead of ``and`` and ``or`` whose right side must not always be evaluated."""
    if not isinstance(e, Binary) or e.op not in LOGICAL or not _relies_on_others(e.b):
        return None
    decided = Const(e.op == "or", "bool", e.lanes)
    a, b = (e.b, decided) if e.op == "and" else (decided, e.b)
    return Select(e.a, a, b, "bool", e.lanes)


def _relies_on_others(condition: Expr) -> bool:
    """Whether a condition may only be evaluated where others hold: not every read is inside."""
    return any(
        _divides(v) or (isinstance(v, Load) and not _stays_inside(v)) for v in values_of(condition)
    )


def _stays_inside(load: Load) -> bool:
    return load.offset.low() >= 0 and load.offset.high() < load.buffer.elements


def _divides(e: Expr) -> bool:
    """Whether a value divides integers by what may be 0."""
    if not isinstance(e, Binary) or e.op != "div" or e.dtype in FLOATS:
        return False
    return not (isinstance(e.b, Const) and e.b.value)


def _first_choice(value: Expr) -> Select | None:
    """A choice that is to be a branch, and that stands on no side of another."""
    if isinstance(value, Select):
        inner = _first_choice(value.condition)
        if inner is not None:
            return inner
        return value if _is_branch(value) else None
    return next((c for c in map(_first_choice, children(value)) if c is not None), None)


def _is_branch(e: Expr) -> bool:
    """Whether a value is a choice with a side that must not always be evaluated."""
    if not isinstance(e, Select):
        return False
    return any(isinstance(v, Load) or _divides(v) for s in (e.a, e.b) for v in values_of(s))


def _choices(value: Expr) -> int:
    return sum(map(_is_branch, values_of(value)))


def _value_of(stmt: Store | If) -> Expr:
    return stmt.value if isinstance(stmt, Store) else stmt.condition


def _with_value(stmt: Store | If, value: Expr) -> Store | If:
    if value is _value_of(stmt):
        return stmt
    return replace(stmt, value=value) if isinstance(stmt, Store) else replace(stmt, condition=value)


def _with_choice(stmt: Store | If, choice: Select, side: Expr) -> Store | If:
    """The statement with a side, or what holds it, in place of a choice."""
    value = map_expr(_value_of(stmt), lambda e: side if e is choice else None)
    return _with_value(stmt, value)
