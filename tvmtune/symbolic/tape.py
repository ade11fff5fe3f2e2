"""Expressions compiled to straight-line NumPy programs, evaluated for many configs at once.

Semantics
---------
- A tape computes what `substitute` computes, in int64.  A value or intermediate value outside of
  int64 wraps silently: expressions count elements, bytes and operations of one kernel, far below
  ``2**63``.  Results are float64: exact up to ``2**53``, rounded beyond.
- Every shared part (atom, product, sum) is computed once.  Rows are handled in blocks that keep all
  intermediate values in the cache; a value's row of the workspace is used again after its last use.
- A tape is immutable: it may be called from several threads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tvmtune.errors import SymbolError
from tvmtune.symbolic.polynomial import Atom, IntExpr, Op, Symbolic, normal

_BLOCK = 2048
"""Rows computed at a time: the values of a hundred expressions then fit a second-level cache."""

Operand: TypeAlias = NDArray[np.int64] | np.int64
Kernel: TypeAlias = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One operation: ``values[target] = kernel(values[i] for i in sources)``."""

    kernel: Kernel
    sources: tuple[int, ...]
    target: int


@dataclass(frozen=True, slots=True, eq=False)
class Tape:
    """A compiled sequence of expressions; made by `compile_tape`.

    Values are numbered: first the symbols, then the constants, then the rows of the workspace.

    Parameters
    ----------
    symbols
        Names of the columns that are read, sorted.
    constants
        Integers that appear in the expressions.
    workspace_rows
        Rows of the workspace.
    steps
        Operations in order.
    results
        For each expression the value that it is; a workspace row is not used again.
    """

    symbols: tuple[str, ...]
    constants: tuple[np.int64, ...]
    workspace_rows: int
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
        missing = [name for name in self.symbols if name not in columns]
        if missing:
            raise SymbolError(f"no column for the knob symbols {missing}: given {sorted(columns)}")
        lengths = {len(c) for c in columns.values()} | ({rows} if rows is not None else set())
        if len(lengths) != 1:
            raise SymbolError(f"columns of {sorted(lengths)} rows: give at least one, all as long")
        n = lengths.pop()
        inputs = [np.asarray(columns[name], np.int64) for name in self.symbols]
        out = np.empty((len(self.results), n))
        workspace = np.empty((self.workspace_rows, min(n, _BLOCK)), np.int64)
        with np.errstate(divide="ignore"):
            for begin in range(0, n, _BLOCK):
                self._block([c[begin : begin + _BLOCK] for c in inputs], workspace, out[:, begin:])
        return out.T

    def _block(
        self,
        inputs: list[NDArray[np.int64]],
        workspace: NDArray[np.int64],
        out: NDArray[np.float64],
    ) -> None:
        size = min(out.shape[1], _BLOCK)
        values: list[Operand] = [*inputs, *self.constants, *workspace[:, :size]]
        for step in self.steps:
            step.kernel(*[values[i] for i in step.sources], out=values[step.target])
        for j, place in enumerate(self.results):
            out[j, :size] = values[place]


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
        constant = expression.terms.get((), 0)
        products = [(self._product(m), c) for m, c in expression.terms.items() if m]
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

    def _product(self, monomial: tuple[Atom, ...]) -> _Reference:
        product = self._atom(monomial[0])
        for atom in monomial[1:]:
            product = self._record("multiply", product, self._atom(atom))
        return product

    def _atom(self, atom: Atom) -> _Reference:
        done = self.atoms.get(atom.key)
        if done is None:
            if atom.op is Op.SYMBOL:
                done = _Reference(name=atom.name)
            else:
                done = self._operation(atom.op, [self.value(a) for a in atom.args])
            self.atoms[atom.key] = done
        return done

    def _operation(self, op: Op, args: list[_Reference]) -> _Reference:
        zero = _Reference(constant=0)
        match op:
            case Op.FLOORDIV:
                return self._record("floor_divide", *args)
            case Op.CEILDIV:
                down = self._record("floor_divide", self._negative(args[0]), args[1])
                return self._negative(down)
            case Op.MOD:
                down = self._record("floor_divide", *args)
                return self._record("subtract", args[0], self._record("multiply", down, args[1]))
            case Op.SELECT:
                return self._record("select", *args)
            case Op.NONNEGATIVE:
                return self._record("greater_equal", args[0], zero)
            case Op.ZERO:
                return self._record("equal", args[0], zero)
            case Op.NONZERO:
                return self._record("not_equal", args[0], zero)
        folded = args[0]
        for arg in args[1:]:
            folded = self._record(_FOLDS[op], folded, arg)
        return folded

    def _negative(self, value: _Reference) -> _Reference:
        if value.constant is not None:
            return _Reference(constant=-value.constant)
        return self._record("negative", value)

    def _record(self, name: str, *sources: _Reference) -> _Reference:
        operation = (name, sources)
        done = self.known.get(operation)
        if done is None:
            done = self.known[operation] = _Reference(step=len(self.operations))
            self.operations.append(operation)
        return done

    def finish(self, results: list[_Reference]) -> Tape:
        """Number the values and give steps rows of the workspace, each as long as it is needed."""
        used = [r for _, sources in self.operations for r in sources] + results
        symbols = sorted({r.name for r in used if r.name is not None})
        constants = sorted({r.constant for r in used if r.constant is not None})
        place = {_Reference(name=n): i for i, n in enumerate(symbols)}
        place |= {_Reference(constant=c): len(symbols) + i for i, c in enumerate(constants)}
        last = {r: i for i, (_, sources) in enumerate(self.operations) for r in sources}
        last |= dict.fromkeys(results, len(self.operations))
        first_row = len(place)
        rows, free = 0, list[int]()
        steps = []
        for i, (name, sources) in enumerate(self.operations):
            target = free.pop() if free else first_row + rows
            rows = max(rows, target - first_row + 1)
            place[_Reference(step=i)] = target
            steps.append(Step(_KERNELS[name], tuple(place[s] for s in sources), target))
            free += {place[s] for s in sources if s.step is not None and last[s] == i}
        return Tape(
            tuple(symbols),
            tuple(_constant(c) for c in constants),
            rows,
            tuple(steps),
            tuple(place[r] for r in results),
        )


def _constant(value: int) -> np.int64:
    try:
        return np.int64(value)
    except OverflowError as error:
        raise SymbolError(f"the constant {value} of an expression does not fit int64") from error


def _select(condition: Operand, then: Operand, otherwise: Operand, out: NDArray[np.int64]) -> None:
    """``then`` where `condition` is 1, ``otherwise`` where it is 0; `out` is none of them."""
    np.subtract(then, otherwise, out=out)
    np.multiply(out, condition, out=out)
    np.add(out, otherwise, out=out)


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
    "negative": np.negative,
    "floor_divide": np.floor_divide,
    "minimum": np.minimum,
    "maximum": np.maximum,
    "greater_equal": np.greater_equal,
    "equal": np.equal,
    "not_equal": np.not_equal,
    "select": _select,
}
