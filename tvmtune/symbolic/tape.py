"""Expressions compiled to straight-line NumPy programs, evaluated for many configs at once.

Semantics
---------
- A tape computes what `substitute` computes, in float64, for which there are vector instructions
  that int64 has not: a division takes a third of the time.  It is exact while values stay below
  ``2**53``, quotients included: what lies between two multiples of a divisor ``d`` is ``1 / d`` or
  more from the integer ``q`` next to it, and as ``q * d < 2**53`` that is more than rounding moves
  it.  Larger values are rounded, larger constants refused; expressions count elements, bytes and
  operations of one kernel.
- Every shared part (atom, product, sum) is computed once.  Rows are handled in blocks that keep all
  intermediate values in the cache; a value's memory is used again after its last use.
- A condition is an array of bools: 0 and 1 wherever it is a number.
- A tape is immutable: it may be called from several threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tvmtune.errors import SymbolError
from tvmtune.symbolic.polynomial import Atom, IntExpr, Monomial, Op, Symbolic, normal, sides

BLOCK = 2048
"""Rows computed at a time: the values of a hundred expressions then fit a second-level cache."""

Values: TypeAlias = NDArray[np.float64] | NDArray[np.bool_]
"""One value for each row of a block, or a constant of no dimension."""

Kernel: TypeAlias = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One operation on two values or more: ``values[target] = kernel(*operands(values))``."""

    kernel: Kernel
    operands: Callable[[list[Values]], tuple[Values, ...]]
    target: int


@dataclass(frozen=True, slots=True, eq=False)
class Tape:
    """A compiled sequence of expressions; made by `compile_tape`.

    Values are numbered: first the symbols, then the constants, then those that steps make.

    Parameters
    ----------
    symbols
        Names of the columns that are read, sorted.
    constants
        Integers that appear in the expressions.
    places
        How many values of steps are held at a time.
    steps
        Operations in order.
    results
        For each expression the number of its value; it is not used again.
    """

    symbols: tuple[str, ...]
    constants: tuple[Values, ...]
    places: int
    steps: tuple[Step, ...]
    results: tuple[int, ...]

    def __call__(
        self, columns: Mapping[str, NDArray[np.int64]], rows: int | None = None
    ) -> NDArray[np.float64]:
        """Evaluate all expressions for all rows.

        Parameters
        ----------
        columns
            For each symbol its values, int64 of shape ``(n,)``; others are not read.
        rows
            The number ``n``, needed only where `columns` may be empty.

        Returns
        -------
        NDArray[np.float64]
            One row a config, one column an expression, shape ``(n, len(results))``; columns are
            contiguous.

        Raises
        ------
        SymbolError
            If the column of a symbol is missing or columns differ in length.
        """
        n = self._rows(columns, rows)
        out = np.empty((len(self.results), n))
        for where, values in self.blocks(columns, n):
            for column, value in zip(out, values, strict=True):
                column[where] = value
        return out.T

    def blocks(
        self, columns: Mapping[str, NDArray[np.int64]], rows: int | None = None
    ) -> Iterator[tuple[slice, list[Values]]]:
        """Evaluate block after block of rows, while their values are in the cache.

        Parameters
        ----------
        columns, rows
            As for a call.

        Yields
        ------
        slice
            The rows of a block.
        list[Values]
            The value of each expression for them, shape ``(m,)`` or of no dimension where it is
            constant; good until the next block.

        Raises
        ------
        SymbolError
            As for a call.
        """
        n = self._rows(columns, rows)
        inputs = np.empty((len(self.symbols), n))
        for column, name in zip(inputs, self.symbols, strict=True):
            column[:] = columns[name]
        program = [(step.kernel, step.operands, step.target) for step in self.steps]
        unknown: Values = np.empty(())
        for begin in range(0, n, BLOCK):
            where = slice(begin, min(n, begin + BLOCK))
            values: list[Values] = [*inputs[:, where], *self.constants, *[unknown] * self.places]
            for kernel, operands, target in program:
                values[target] = kernel(*operands(values))
            yield where, [values[place] for place in self.results]

    def _rows(self, columns: Mapping[str, NDArray[np.int64]], rows: int | None) -> int:
        missing = [name for name in self.symbols if name not in columns]
        if missing:
            raise SymbolError(f"no column for the knob symbols {missing}: given {sorted(columns)}")
        lengths = {len(c) for c in columns.values()} | ({rows} if rows is not None else set())
        if len(lengths) != 1:
            raise SymbolError(f"columns of {sorted(lengths)} rows: give at least one, all as long")
        return lengths.pop()


def compile_tape(expressions: Sequence[IntExpr]) -> Tape:
    """Compile expressions for evaluation over columns of knob values.

    Parameters
    ----------
    expressions
        Any number of expressions, plain integers among them.

    Returns
    -------
    Tape
        Callable on columns; its result has one column an expression, in order.
    """
    recorder = _Recorder()
    results = [recorder.value(normal(e)) for e in expressions]
    return recorder.finish(results)


@dataclass(frozen=True, slots=True)
class _Reference:
    """A value while recording: a symbol by name, a constant, or the result of a step by number."""

    name: str | None = None
    constant: int | None = None
    step: int | None = None


class _Recorder:
    """Translates expressions to operations, each different one once."""

    def __init__(self) -> None:
        self.operations: list[tuple[str, tuple[_Reference, ...]]] = []
        self.known: dict[tuple[str, tuple[_Reference, ...]], _Reference] = {}
        self.sums: dict[bytes, _Reference] = {}
        self.atoms: dict[bytes, _Reference] = {}

    def value(self, expression: IntExpr) -> _Reference:
        """Record what computes `expression`."""
        if not isinstance(expression, Symbolic):
            return _Reference(constant=expression)
        done = self.sums.get(expression.key)
        if done is None:
            done = self.sums[expression.key] = self._sum(expression)
        return done

    def _sum(self, expression: Symbolic) -> _Reference:
        if len(expression.terms) == 1:
            ((monomial, coefficient),) = expression.terms.items()
            return self._scaled(self._product(monomial), coefficient)
        constant = expression.terms.get((), 0)
        products = [(self._number(m), c) for m, c in expression.terms.items() if m]
        products.sort(key=lambda product: product[1] < 0)
        total, coefficient = products[0]
        total = self._scaled(total, coefficient)
        for product, factor in products[1:]:
            name = "add" if factor > 0 else "subtract"
            total = self._record(name, total, self._scaled(product, abs(factor)))
        return self._record("add", total, _Reference(constant=constant)) if constant else total

    def _scaled(self, value: _Reference, factor: int) -> _Reference:
        if factor == 1:
            return value
        return self._record("multiply", value, _Reference(constant=factor))

    def _number(self, monomial: Monomial) -> _Reference:
        """A product that can be added: bools would be joined by ``or``."""
        product = self._product(monomial)
        if any(atom.op not in _MAY_BE_BOOLS for atom in monomial):
            return product
        return self._record("multiply", product, _Reference(constant=1))

    def _product(self, monomial: Monomial) -> _Reference:
        product = self._atom(monomial[0])
        for atom in monomial[1:]:
            product = self._record("multiply", product, self._atom(atom))
        return product

    def _atom(self, atom: Atom) -> _Reference:
        done = self.atoms.get(atom.key)
        if done is None:
            if atom.op is Op.SYMBOL:
                done = _Reference(name=atom.name)
            elif atom.op in _COMPARISONS:
                done = self._record(_COMPARISONS[atom.op], *map(self.value, sides(atom.args[0])))
            else:
                done = self._operation(atom.op, [self.value(a) for a in atom.args])
            self.atoms[atom.key] = done
        return done

    def _operation(self, op: Op, args: list[_Reference]) -> _Reference:
        match op:
            case Op.FLOORDIV:
                return self._quotient("floor_divide", *args)
            case Op.CEILDIV:
                return self._quotient("ceil_divide", *args)
            case Op.MOD:
                down = self._quotient("floor_divide", *args)
                return self._record("subtract", args[0], self._record("multiply", down, args[1]))
            case Op.SELECT:
                return self._record("select", *args)
        folded = args[0]
        for arg in args[1:]:
            folded = self._record(_FOLDS[op], folded, arg)
        return folded

    def _quotient(self, name: str, dividend: _Reference, divisor: _Reference) -> _Reference:
        if divisor.constant is None:
            divisor = self._record("divisor", divisor, _Reference(constant=0))
        return self._record(name, dividend, divisor)

    def _record(self, name: str, *sources: _Reference) -> _Reference:
        operation = (name, sources)
        done = self.known.get(operation)
        if done is None:
            done = self.known[operation] = _Reference(step=len(self.operations))
            self.operations.append(operation)
        return done

    def finish(self, results: list[_Reference]) -> Tape:
        """Number the values; a place is given again once its value is not needed any more."""
        used = [r for _, sources in self.operations for r in sources] + results
        symbols = sorted({r.name for r in used if r.name is not None})
        constants = sorted({r.constant for r in used if r.constant is not None})
        place = {_Reference(name=n): i for i, n in enumerate(symbols)}
        place |= {_Reference(constant=c): len(symbols) + i for i, c in enumerate(constants)}
        last = {r: i for i, (_, sources) in enumerate(self.operations) for r in sources}
        last |= dict.fromkeys(results, len(self.operations))
        first = len(place)
        places, free = first, list[int]()
        steps = []
        for i, (name, sources) in enumerate(self.operations):
            target = free.pop() if free else places
            places = max(places, target + 1)
            place[_Reference(step=i)] = target
            operands = itemgetter(*(place[s] for s in sources))
            steps.append(Step(_KERNELS[name], operands, target))
            free += {place[s] for s in sources if s.step is not None and last[s] == i}
        return Tape(
            tuple(symbols),
            tuple(_constant(c) for c in constants),
            places - first,
            tuple(steps),
            tuple(place[r] for r in results),
        )


def _constant(value: int) -> Values:
    if abs(value) > 2**53:
        raise SymbolError(f"the constant {value} of an expression does not fit 53 bits")
    constant = np.array(value, np.float64)
    constant.flags.writeable = False
    return constant


def _divisor(value: Values, zero: Values) -> Values:
    """The value, and infinity where it is `zero`: a quotient by it is 0."""
    return np.where(value == zero, np.inf, value)


def _floor_divide(dividend: Values, divisor: Values) -> Values:
    quotient = np.divide(dividend, divisor)
    return np.floor(quotient, out=quotient)


def _ceil_divide(dividend: Values, divisor: Values) -> Values:
    quotient = np.divide(dividend, divisor)
    return np.ceil(quotient, out=quotient)


_COMPARISONS: Mapping[Op, str] = {
    Op.NONNEGATIVE: "less_equal",
    Op.ZERO: "equal",
    Op.NONZERO: "not_equal",
}

_MAY_BE_BOOLS = frozenset({*_COMPARISONS, Op.BOTH, Op.EITHER, Op.SELECT, Op.MIN, Op.MAX})

_FOLDS: Mapping[Op, str] = {
    Op.MIN: "minimum",
    Op.MAX: "maximum",
    Op.BOTH: "minimum",
    Op.EITHER: "maximum",
}

_KERNELS: Mapping[str, Kernel] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divisor": _divisor,
    "floor_divide": _floor_divide,
    "ceil_divide": _ceil_divide,
    "minimum": np.minimum,
    "maximum": np.maximum,
    "less_equal": np.less_equal,
    "equal": np.equal,
    "not_equal": np.not_equal,
    "select": np.where,
}
