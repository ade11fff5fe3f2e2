"""Random small tensor programs, for properties.

Values are small integers, so that sums and products are exact in every type and order; where a
program uses transcendental functions it says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import prod
from typing import Any, TypeVar

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from numpy.typing import NDArray

from tvmtune import te
from tvmtune.ir.affine import Affine, IndexLike, Var
from tvmtune.ir.expr import Expr, Value
from tvmtune.te import Tensor
from tvmtune.te.tensor import compute_over

MAX_POINTS = 4000
_EXTENTS = (1, 2, 3, 4, 5, 6, 7, 8, 11, 16)
_DTYPES = ("float32",) * 4 + ("float64", "int32", "bool")

Combine = Callable[[Value, Value], Value]
Draw = Callable[[st.SearchStrategy[Any]], Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RandomProgram:
    """Outputs and arrays for their inputs."""

    outputs: tuple[Tensor, ...]
    arrays: dict[str, NDArray[Any]]
    exact: bool


@dataclass(slots=True)
class _Maker:
    draw: Draw
    pool: list[Tensor] = field(default_factory=list)
    inexact: set[str] = field(default_factory=set)
    bound: dict[str, int] = field(default_factory=dict)
    """Largest absolute value of a tensor."""

    def choose(self, options: Iterable[T]) -> T:
        chosen: T = self.draw(st.sampled_from(list(options)))
        return chosen

    def integer(self, low: int, high: int) -> int:
        return int(self.draw(st.integers(low, high)))

    def chance(self, one_in: int) -> bool:
        return self.integer(0, one_in - 1) == 0

    def placeholder(self, i: int) -> None:
        rank = self.integer(1, 3)
        limit = {1: 16, 2: 16, 3: 8}[rank]
        shape = tuple(self.choose([e for e in _EXTENTS if e <= limit]) for _ in range(rank))
        constant = self.chance(2)
        tensor = te.placeholder(shape, f"in{i}", self.choose(_DTYPES), constant=constant)
        self.pool.append(tensor)
        self.bound[tensor.name] = 1 if tensor.dtype == "bool" else 3

    def stage(self, i: int) -> None:
        source = self.choose(self.pool[-2:] if self.chance(2) else self.pool)
        if self.chance(5):
            self.padded(source, i)
        else:
            _Stage(self, source, i).make()

    def padded(self, source: Tensor, i: int) -> None:
        borders = [(self.integer(0, 2), self.integer(0, 2)) for _ in source.shape]
        before, after = zip(*borders, strict=True)
        shape = [b + e + a for b, e, a in zip(before, source.shape, after, strict=True)]
        if prod(shape) > MAX_POINTS:
            return
        value = 0 if source.dtype == "bool" else self.choose([0, 0, 0, -1])
        made = te.pad(source, before, after, f"t{i}", value=value)
        self.keep(made, self.bound[source.name], source.name in self.inexact)

    def keep(self, tensor: Tensor, bound: int, inexact: bool) -> None:
        self.pool.append(tensor)
        self.bound[tensor.name] = bound
        if inexact:
            self.inexact.add(tensor.name)


class _Stage:
    """One compute: chooses how each axis of the tensors it reads is indexed, then what to do."""

    def __init__(self, maker: _Maker, source: Tensor, i: int) -> None:
        self.maker = maker
        self.name = f"t{i}"
        self.source = source
        self.axes: list[Var] = []
        self.reduce: list[Var] = []
        self.guards: list[Expr] = []

    def axis(self, extent: int, *, reduce: bool = False) -> Var:
        where = self.reduce if reduce else self.axes
        made = Var(f"{'r' if reduce else 'a'}{len(where)}", extent)
        where.append(made)
        return made

    def fresh_index(self, e: int) -> IndexLike:
        """An index of a dimension of extent ``e`` over new axes."""
        kinds = ["plain"] * 6 + ["reduce"] * 3 + [
            "reverse", "stride", "window", "window", "repeat", "wrap", "constant", "slice", "shift",
        ]  # fmt: skip
        match self.maker.choose(kinds):
            case "plain":
                return self.axis(e)
            case "reduce":
                return self.axis(e, reduce=True)
            case "reverse":
                return e - 1 - self.axis(e)
            case "stride":
                step = self.maker.integer(2, 3)
                return self.axis(-(-e // step)) * step
            case "window":
                return self.window(e)
            case "repeat":
                times = self.maker.integer(2, 3)
                return self.axis(e * times) // times
            case "wrap":
                return self.axis(e + self.maker.integer(1, 4)) % e
            case "constant":
                return self.maker.integer(0, e - 1)
            case "slice":
                size = self.maker.integer(1, e)
                return self.axis(size) + self.maker.integer(0, e - size)
            case _:
                index = self.axis(e) + self.maker.integer(-2, 2)
                self.guards += [te.at_most(0, index), te.less(index, e)]
                return index

    def window(self, e: int) -> IndexLike:
        size = self.maker.integer(1, min(3, e))
        dilation = 1 if size == 1 else self.maker.integer(1, max(1, min(2, (e - 1) // (size - 1))))
        stride = self.maker.integer(1, 2)
        span = e - (size - 1) * dilation
        taps = self.axis(size, reduce=True)
        return self.axis((span - 1) // stride + 1) * stride + taps * dilation

    def second_index(self, e: int) -> IndexLike:
        """An index of a dimension of a further tensor, over axes that are there already."""
        axes = self.axes + self.reduce
        fitting = [a for a in axes if int(a.extent) <= e]
        exact = [a for a in axes if a.extent == e]
        kind = self.maker.integer(0, 7)
        if exact and kind < 4:
            return self.maker.choose(exact)
        if fitting and kind < 6:
            chosen = self.maker.choose(fitting)
            return chosen + self.maker.integer(0, e - int(chosen.extent))
        if axes and kind == 6:
            return self.maker.choose(axes) % e
        return self.maker.integer(0, e - 1)

    def read(self, tensor: Tensor, indices: list[IndexLike]) -> tuple[Value, int]:
        return tensor[tuple(Affine.of(i) for i in indices)], self.maker.bound[tensor.name]

    def make(self) -> None:
        value, bound = self.read(self.source, [self.fresh_index(e) for e in self.source.shape])
        if self.maker.chance(4):
            self.axis(self.maker.integer(1, 5))
        if self.guards:
            value = te.where(te.all_of(*self.guards), value, self.number(value.dtype))
        inexact = self.source.name in self.maker.inexact
        for _ in range(self.maker.integer(0, 2)):
            other = self.maker.choose(self.maker.pool)
            second = self.read(other, [self.second_index(e) for e in other.shape])
            inexact = inexact or other.name in self.maker.inexact
            value, bound = self.combined((value, bound), second)
        value, bound, inexact = self.changed(value, bound, inexact)
        self.finish(value, bound, inexact)

    def number(self, dtype: str) -> bool | int:
        return self.maker.chance(2) if dtype == "bool" else self.maker.integer(-2, 2)

    def combined(self, first: tuple[Value, int], second: tuple[Value, int]) -> tuple[Value, int]:
        (a, m), (b, n) = first, second
        if a.dtype != b.dtype:
            if a.dtype == "bool":
                return te.where(a, b, self.number(b.dtype)), max(n, 2)
            b = te.cast(b, a.dtype)
        if a.dtype == "bool":
            combine = self.maker.choose(list[Combine]([te.all_of, te.any_of, te.equal, te.less]))
            return combine(a, b), 1
        match self.maker.integer(0, 6):
            case 0:
                return a + b, m + n
            case 1:
                return a - b, m + n
            case 2:
                return self.maker.choose([te.maximum, te.minimum])(a, b), max(m, n)
            case 3:
                return te.where(te.less(a, b), a, b * 2.0), max(m, 2 * n)
            case _:
                return a * b, m * n

    def changed(self, value: Value, bound: int, inexact: bool) -> tuple[Value, int, bool]:
        floats = value.dtype in ("float32", "float64")
        kind = self.maker.integer(0, 11)
        if value.dtype == "bool":
            return (te.invert(value), 1, False) if kind < 3 else (value, 1, False)
        if kind == 0:
            return te.call("abs", value), bound, inexact
        if kind == 1:
            return -value, bound, inexact
        if kind == 2 and not inexact:
            return te.less(value, 1), 1, False
        if kind == 3 and not inexact:
            return te.cast(value, "int32"), bound, False
        if kind == 4 and floats and bound < 8 and not self.reduce:
            return te.call(self.maker.choose(["exp", "tanh"]), value), 3000, True
        if kind == 5 and not inexact:
            return value / 2.0, bound, floats and bound > 2**14
        if kind == 6:
            axis = self.maker.choose(list[IndexLike]([*self.axes, *self.reduce, Affine(1)]))
            return value + te.as_value(axis, value.dtype), bound + 20, inexact
        if kind == 7:
            limit = self.maker.integer(1, 5)
            return te.maximum(te.minimum(value, limit), -limit), limit, inexact
        return value, bound, inexact

    def finish(self, value: Value, bound: int, inexact: bool) -> None:
        self.axes = list(self.maker.draw(st.permutations(self.axes))) or [Var("one", 1)]
        points = prod(int(a.extent) for a in self.axes + self.reduce)
        terms = prod(int(a.extent) for a in self.reduce)
        if points > MAX_POINTS or len(self.axes) > 5:
            return
        body: Any = value
        if self.reduce:
            if value.dtype == "bool":
                value = te.cast(value, "float32")
            op = self.maker.choose(["sum", "sum", "sum", "max", "min"])
            body = getattr(te, op)(value, tuple(self.reduce))
            bound = bound * terms if op == "sum" else bound
        if bound > 2**16 and body.dtype != "bool":
            return
        made = compute_over(tuple(self.axes), body, self.name)
        self.maker.keep(made, bound, inexact)


@st.composite
def programs(draw: Draw) -> RandomProgram:
    """One to five stages over one to three inputs, and one or two of them as outputs."""
    maker = _Maker(draw)
    for i in range(draw(st.integers(1, 3))):
        maker.placeholder(i)
    inputs = list(maker.pool)
    for i in range(draw(st.integers(1, 5))):
        maker.stage(i)
    stages = maker.pool[len(inputs) :]
    assume(stages)
    outputs = [stages[-1]]
    if len(stages) > 1 and draw(st.integers(0, 3)) == 0:
        outputs.append(draw(st.sampled_from(stages[:-1])))
    arrays = {t.name: _array(t, seed) for seed, t in enumerate(inputs)}
    return RandomProgram(tuple(outputs), arrays, not maker.inexact)


def _array(tensor: Tensor, seed: int) -> NDArray[Any]:
    rng = np.random.default_rng(seed)
    low, high = (0, 1) if tensor.dtype == "bool" else (-3, 3)
    return rng.integers(low, high, tensor.shape, endpoint=True).astype(tensor.dtype)
