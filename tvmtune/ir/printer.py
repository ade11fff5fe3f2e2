"""Loop IR as text that reads like Python loops.

A vector is a slice: ``x[i : +16]`` are the 16 elements from ``i`` on, ``x[i : +64 : 4]`` every
fourth one of 64.  A value that is repeated in all lanes is written once, as NumPy would broadcast
it.  Index divisions round towards minus infinity, as Python's do; the division of two ``int32``
values rounds towards zero and is written ``div(a, b)``.

A variable or buffer whose name is taken where it is introduced gets a number: ``m``, ``m_1``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from tvmtune.ir.affine import Affine, Atom, Quotient, Remainder, Var
from tvmtune.ir.expr import (
    FLOATS,
    Binary,
    Buffer,
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
from tvmtune.ir.stmt import (
    Allocate,
    Block,
    Fence,
    For,
    Function,
    If,
    Stmt,
    Store,
    Tensorized,
    constant_range,
)
from tvmtune.symbolic import IntExpr

INDENT = "    "

_SYMBOLS = {
    "or": ("or", 1),
    "and": ("and", 2),
    "lt": ("<", 4),
    "le": ("<=", 4),
    "eq": ("==", 4),
    "ne": ("!=", 4),
    "add": ("+", 5),
    "sub": ("-", 5),
    "mul": ("*", 6),
    "div": ("/", 6),
}
_CHOICE, _NOT, _COMPARISON, _SUM, _PRODUCT, _SIGN, _ATOM = 0, 3, 4, 5, 6, 7, 8


def print_function(function: Function) -> str:
    """The definition of a function, its arguments first; no newline at the end."""
    printer = _Printer()
    arguments = ", ".join(
        f"{printer.introduce(b)}: {b.dtype}[{b.elements}]" for b in function.arguments
    )
    written = [b.name for b in function.arguments if b.name in function.written]
    comment = f"  # writes {', '.join(written)}" if written else ""
    head = f"def {function.name}({arguments}):{comment}"
    return "\n".join([head, *(INDENT + line for line in printer.lines(function.body))])


def print_stmt(stmt: Stmt) -> str:
    """The lines of a statement; no newline at the end."""
    return "\n".join(_Printer().lines(stmt))


def print_expr(expr: Expr) -> str:
    """One value."""
    return _Printer().value(expr)[0]


def print_index(index: Affine) -> str:
    """One index."""
    return _Printer().index(index)


class _Printer:
    """The names in use where the printing stands."""

    def __init__(self) -> None:
        self._variables: dict[Var, str] = {}
        self._buffers: dict[Buffer, str] = {}

    def introduce(self, item: Var | Buffer) -> str:
        """Give a variable or buffer a name that nothing else has here."""
        if isinstance(item, Var):
            return self._variables.setdefault(item, _free(item.name, self._variables.values()))
        return self._buffers.setdefault(item, _free(item.name, self._buffers.values()))

    def lines(self, stmt: Stmt) -> list[str]:
        match stmt:
            case For():
                return self._loop(stmt)
            case Store():
                return [self._store(stmt)]
            case If():
                return self._branch(stmt)
            case Allocate():
                return self._allocation(stmt)
            case Block():
                return [line for s in stmt.body for line in self.lines(s)] or ["pass"]
            case Fence():
                return ["fence()"]
            case Tensorized():
                return [f"with {stmt.intrinsic}():", *self._inside(stmt.body)]
            case _:
                assert_never(stmt)

    def _inside(self, stmt: Stmt) -> list[str]:
        return [INDENT + line for line in self.lines(stmt)]

    def _loop(self, loop: For) -> list[str]:
        begin, end = (list(map(self.index, bounds)) for bounds in (loop.begin, loop.end))
        known = loop.var in self._variables
        name = self.introduce(loop.var)
        head = f"for {name} in range({_joined('max', begin)}, {_joined('min', end)}):"
        notes = [] if loop.label == name else [loop.label]
        notes += [] if loop.kind == "serial" else [loop.kind]
        notes += ["reduction"] if loop.reduce else []
        if constant_range(loop) != (0, loop.var.extent):
            notes.append(f"extent {loop.var.extent}")
        body = self._inside(loop.body)
        if not known:
            del self._variables[loop.var]
        return [_commented(head, ", ".join(notes)), *body]

    def _store(self, store: Store) -> str:
        lanes = store.value.lanes
        target = self._element(store.buffer, store.offset, lanes, store.stride)
        text = f"{target} = {self.value(store.value)[0]}"
        return _commented(text, "" if store.stage == store.buffer.name else store.stage)

    def _branch(self, branch: If) -> list[str]:
        lines = [f"if {self.value(branch.condition)[0]}:", *self._inside(branch.then)]
        match branch.otherwise:
            case None:
                return lines
            case If() as other:
                rest = self._branch(other)
                return [*lines, f"el{rest[0]}", *rest[1:]]
            case other:
                return [*lines, "else:", *self._inside(other)]

    def _allocation(self, allocation: Allocate) -> list[str]:
        buffer = allocation.buffer
        known = buffer in self._buffers
        name = self.introduce(buffer)
        head = f'{name} = allocate("{buffer.dtype}", {buffer.elements}, scope="{buffer.scope}")'
        empty = isinstance(allocation.body, Block) and not allocation.body.body
        body = [] if empty else self.lines(allocation.body)
        if not known:
            del self._buffers[buffer]
        return [head, *body]

    def value(self, expr: Expr) -> tuple[str, int]:
        """The text of a value and how strongly it binds."""
        match expr:
            case Const():
                return str(expr.value), _ATOM if expr.value >= 0 else _SIGN
            case IndexValue():
                return f"int32({self.index(expr.index)})", _ATOM
            case NonNegative():
                return self._comparison(expr.index), _COMPARISON
            case Binary():
                return self._binary(expr)
            case Unary(op="neg"):
                return f"-{self._operand(expr.a, _SIGN)}", _SIGN
            case Unary(op="not"):
                return f"not {self._operand(expr.a, _NOT)}", _NOT
            case Unary():
                return f"{expr.op}({self.value(expr.a)[0]})", _ATOM
            case Select():
                a, c, b = (self._operand(x, _CHOICE + 1) for x in (expr.a, expr.condition, expr.b))
                return f"{a} if {c} else {b}", _CHOICE
            case Cast():
                return f"{expr.dtype}({self.value(expr.a)[0]})", _ATOM
            case Padded():
                after = expr.lanes - expr.begin - expr.a.lanes
                return f"pad({self.value(expr.a)[0]}, {expr.begin}, {after})", _ATOM
            case Read():
                return f"{expr.tensor}[{', '.join(map(self.index, expr.indices))}]", _ATOM
            case Load():
                return self._element(expr.buffer, expr.offset, expr.lanes, expr.stride), _ATOM
            case _:
                assert_never(expr)

    def _operand(self, expr: Expr, least: int) -> str:
        text, binding = self.value(expr)
        return text if binding >= least else f"({text})"

    def _binary(self, expr: Binary) -> tuple[str, int]:
        if expr.op not in _SYMBOLS or (expr.op == "div" and expr.dtype not in FLOATS):
            return f"{expr.op}({self.value(expr.a)[0]}, {self.value(expr.b)[0]})", _ATOM
        symbol, binding = _SYMBOLS[expr.op]
        # a chain of comparisons means something else in Python
        left = self._operand(expr.a, binding + (binding == _COMPARISON))
        right = self._operand(expr.b, binding + (expr.op not in ("and", "or")))
        return f"{left} {symbol} {right}", binding

    def _element(self, buffer: Buffer, offset: Affine, lanes: int, stride: int) -> str:
        name = self._buffers[buffer] if buffer in self._buffers else self.introduce(buffer)
        where = self.index(offset)
        if lanes > 1 and stride:
            where += f" : {lanes * stride:+d}" + (f" : {stride}" if stride != 1 else "")
        return f"{name}[{where}]"

    def _comparison(self, index: Affine) -> str:
        """``index >= 0`` with what is subtracted on the other side."""
        added = {a: c for a, c in index.terms.items() if not _is_negative(c)}
        taken = {a: -c for a, c in index.terms.items() if a not in added}
        if not taken:
            return f"{self.index(index)} >= 0"
        if not added:
            return f"{self.index(Affine(0, taken))} < {self.index(Affine(index.const + 1))}"
        return f"{self.index(Affine(index.const, added))} >= {self.index(Affine(0, taken))}"

    def index(self, index: Affine) -> str:
        """A sum: what is added before what is subtracted, long strides before short ones."""
        terms = sorted(index.terms.items(), key=_order)
        parts = [self._term(atom, c) for atom, c in terms]
        if type(index.const) is not int or index.const or not parts:
            leads = type(index.const) is int and index.const > 0 and parts and parts[0][0] == "-"
            parts.insert(0 if leads else len(parts), str(index.const))
        text = parts[0]
        for part in parts[1:]:
            text += f" - {part[1:]}" if part[0] == "-" else f" + {part}"
        return text

    def _term(self, atom: Atom, coefficient: IntExpr) -> str:
        if not isinstance(coefficient, int):
            return f"({coefficient})*{self._atom(atom, in_product=True)}"
        if coefficient == 1:
            return self._atom(atom, in_product=False)
        factor = "-" if coefficient == -1 else f"{coefficient}*"
        return factor + self._atom(atom, in_product=True)

    def _atom(self, atom: Atom, in_product: bool) -> str:
        match atom:
            case Var():
                return self._variables[atom] if atom in self._variables else self.introduce(atom)
            case Quotient() | Remainder():
                index = self.index(atom.index)
                inner = f"({index})" if " " in index or "-" in index else index
                divisor = atom.divisor if type(atom.divisor) is int else f"({atom.divisor})"
                text = f"{inner} {'//' if isinstance(atom, Quotient) else '%'} {divisor}"
                return f"({text})" if in_product else text
            case _:
                assert_never(atom)


def _free(name: str, taken: Iterable[str]) -> str:
    names = set(taken)
    unique, number = name, 0
    while unique in names:
        number += 1
        unique = f"{name}_{number}"
    return unique


def _order(term: tuple[Atom, IntExpr]) -> tuple[bool, bool, int]:
    c = term[1]
    return (_is_negative(c), True, -abs(c)) if isinstance(c, int) else (False, False, 0)


def _is_negative(coefficient: IntExpr) -> bool:
    return isinstance(coefficient, int) and coefficient < 0


def _joined(call: str, items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{call}({', '.join(items)})"


def _commented(text: str, comment: str) -> str:
    return f"{text}  # {comment}" if comment else text
