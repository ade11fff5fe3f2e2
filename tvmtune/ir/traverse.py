"""The only module that recurses over loop IR: rewriting, substitution, walking.

A rewrite returns None for "unchanged", so that untouched subtrees keep their identity.  Rewrites
see a `Tensorized` statement and nothing in it; substitution and walking reach into it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import assert_never

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
from tvmtune.ir.stmt import Allocate, Block, Fence, For, If, Stmt, Store, Tensorized, block
from tvmtune.symbolic import as_int

StmtRewrite = Callable[[Stmt], Stmt | None]
ExprRewrite = Callable[[Expr], Expr | None]
_NotBinary = Const | IndexValue | NonNegative | Unary | Select | Cast | Read | Load | Padded


def rewrite(stmt: Stmt, change: StmtRewrite) -> Stmt:
    """Rewrite bottom-up: ``change`` sees every statement after its children."""
    rebuilt = _rebuild(stmt, lambda s: rewrite(s, change))
    changed = change(rebuilt)
    return rebuilt if changed is None else changed


def rewrite_down(stmt: Stmt, change: StmtRewrite) -> Stmt:
    """Rewrite top-down: what ``change`` returns is final; None descends."""
    changed = change(stmt)
    return _rebuild(stmt, lambda s: rewrite_down(s, change)) if changed is None else changed


def _rebuild(stmt: Stmt, child: Callable[[Stmt], Stmt]) -> Stmt:
    match stmt:
        case Store() | Fence() | Tensorized():
            return stmt
        case For():
            body = child(stmt.body)
            return stmt if body is stmt.body else _with_body(stmt, body)
        case Allocate():
            body = child(stmt.body)
            return stmt if body is stmt.body else Allocate(stmt.buffer, body)
        case Block():
            parts = [child(s) for s in stmt.body]
            unchanged = all(a is b for a, b in zip(parts, stmt.body, strict=True))
            return stmt if unchanged else block(parts)
        case If():
            then = child(stmt.then)
            otherwise = None if stmt.otherwise is None else child(stmt.otherwise)
            if then is stmt.then and otherwise is stmt.otherwise:
                return stmt
            return If(stmt.condition, then, otherwise, stmt.neutral)
        case _:
            assert_never(stmt)


def _with_body(loop: For, body: Stmt) -> For:
    """The loop with another body."""
    return For(loop.var, loop.begin, loop.end, loop.kind, body, loop.label, loop.reduce)


def map_expr(expr: Expr, change: ExprRewrite) -> Expr:
    """Rewrite a value bottom-up."""
    if isinstance(expr, Binary):
        rebuilt: Expr = _rebuilt(expr, map_expr(expr.a, change), map_expr(expr.b, change))
    else:
        rebuilt = _rebuild_expr(expr, lambda e: map_expr(e, change))
    changed = change(rebuilt)
    return rebuilt if changed is None else changed


def _rebuilt(expr: Binary, a: Expr, b: Expr) -> Binary:
    if a is expr.a and b is expr.b:
        return expr
    return Binary(expr.op, a, b, expr.dtype, a.lanes)


def _rebuild_expr(expr: _NotBinary, child: Callable[[Expr], Expr]) -> Expr:
    match expr:
        case Load() | Const() | IndexValue() | NonNegative() | Read():
            return expr
        case Unary():
            a = child(expr.a)
            return expr if a is expr.a else Unary(expr.op, a, expr.dtype, a.lanes)
        case Cast():
            a = child(expr.a)
            return expr if a is expr.a else Cast(a, expr.dtype, a.lanes)
        case Padded():
            a = child(expr.a)
            return expr if a is expr.a else Padded(a, expr.begin, expr.lanes)
        case Select():
            c, a, b = child(expr.condition), child(expr.a), child(expr.b)
            if c is expr.condition and a is expr.a and b is expr.b:
                return expr
            return Select(c, a, b, expr.dtype, a.lanes)
        case _:
            assert_never(expr)


def children(expr: Expr) -> tuple[Expr, ...]:
    """Operands of a value."""
    match expr:
        case Binary():
            return (expr.a, expr.b)
        case Const() | IndexValue() | NonNegative() | Read() | Load():
            return ()
        case Unary() | Cast() | Padded():
            return (expr.a,)
        case Select():
            return (expr.condition, expr.a, expr.b)
        case _:
            assert_never(expr)


def values_of(expr: Expr) -> Iterator[Expr]:
    """The value and everything in it, operands before what uses them."""
    found: list[Expr] = []
    _collect(expr, found)
    return iter(found)


def _collect(expr: Expr, found: list[Expr]) -> None:
    for child in children(expr):
        _collect(child, found)
    found.append(expr)


def indices_of(expr: Expr) -> Iterator[Affine]:
    """Every index in a value: of elements, in comparisons, as values."""
    for e in values_of(expr):
        match e:
            case Read():
                yield from e.indices
            case Load():
                yield e.offset
            case NonNegative() | IndexValue():
                yield e.index
            case _:
                pass


def statements(stmt: Stmt) -> Iterator[Stmt]:
    """The statement and everything in it, outermost first."""
    yield stmt
    match stmt:
        case For() | Allocate() | Tensorized():
            yield from statements(stmt.body)
        case Block():
            for s in stmt.body:
                yield from statements(s)
        case If():
            yield from statements(stmt.then)
            if stmt.otherwise is not None:
                yield from statements(stmt.otherwise)
        case Store() | Fence():
            pass
        case _:
            assert_never(stmt)


def substitute(stmt: Stmt, values: Mapping[Var, Affine | int]) -> Stmt:
    """Replace loop variables by indices; divisions are simplified again.

    A branch on an index that becomes a number is decided: its other side is never copied.
    """
    known: dict[Affine, Affine] = {}

    def index(i: Affine) -> Affine:
        if i not in known:
            known[i] = i.substitute(values)
        return known[i]

    def down(s: Stmt) -> Stmt:
        match s:
            case Store():
                offset, value = index(s.offset), map_indices(s.value, index)
                if offset is s.offset and value is s.value:
                    return s
                return Store(s.buffer, offset, value, s.stage, s.action, s.stride)
            case For():
                begin, end = tuple(map(index, s.begin)), tuple(map(index, s.end))
                body = down(s.body)
                if body is s.body and all(
                    a is b for a, b in zip(begin + end, s.begin + s.end, strict=True)
                ):
                    return s
                return For(s.var, begin, end, s.kind, body, s.label, s.reduce)
            case If():
                condition = map_indices(s.condition, index)
                if isinstance(condition, NonNegative) and condition.index.is_constant():
                    taken = s.then if as_int(condition.index.const) >= 0 else s.otherwise
                    return Block(()) if taken is None else down(taken)
                rebuilt = _rebuild(s, down)
                if condition is s.condition or not isinstance(rebuilt, If):
                    return rebuilt
                return If(condition, rebuilt.then, rebuilt.otherwise, s.neutral)
            case Tensorized():
                nest = down(s.body)
                assert isinstance(nest, For)
                return s if nest is s.body else replace(s, body=nest)
            case _:
                return _rebuild(s, down)

    return down(stmt)


def map_indices(expr: Expr, change: Callable[[Affine], Affine]) -> Expr:
    """The value with every index in it rewritten."""
    match expr:
        case Load():
            offset = change(expr.offset)
            if offset is expr.offset:
                return expr
            return Load(expr.buffer, offset, expr.lanes, expr.stride)
        case Binary():
            return _rebuilt(expr, map_indices(expr.a, change), map_indices(expr.b, change))
        case Read():
            indices = tuple(map(change, expr.indices))
            same = all(a is b for a, b in zip(indices, expr.indices, strict=True))
            return expr if same else Read(expr.tensor, indices, expr.dtype, expr.lanes)
        case NonNegative():
            index = change(expr.index)
            return expr if index is expr.index else NonNegative(index, expr.dtype, expr.lanes)
        case IndexValue():
            index = change(expr.index)
            return expr if index is expr.index else IndexValue(index, expr.dtype, expr.lanes)
        case _:
            return _rebuild_expr(expr, lambda e: map_indices(e, change))


def conjuncts(condition: Expr) -> list[Expr]:
    """The parts of ``a and b and c``."""
    if isinstance(condition, Binary) and condition.op == "and":
        return conjuncts(condition.a) + conjuncts(condition.b)
    return [condition]


def conjunction(parts: list[Expr]) -> Expr | None:
    """``a and b and c``, or None for no part."""
    result: Expr | None = None
    for part in parts:
        result = part if result is None else Binary("and", result, part, "bool", part.lanes)
    return result
