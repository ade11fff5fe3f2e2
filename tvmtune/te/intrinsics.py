"""Intrinsics: what an instruction or a register kernel computes, declared as a tensor expression.

A declaration says what is computed and nothing about how: every back end has rules of its own that
say how, by the names of `INTRINSICS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from tvmtune.te.tensor import Compute, Tensor, compute, placeholder

Behaviour = Callable[[Sequence[int], str], Tensor]
"""From the extents of the axes, outermost first, and the type of the result to what it is."""


@dataclass(frozen=True, slots=True)
class Intrinsic:
    """A piece of code that stands for loops.

    Parameters
    ----------
    name
        What schedules and back ends call it.
    rank
        Number of loops that it replaces.
    behaviour
        What it computes.  Each index of a read is one axis; strides are the caller's.
    contiguous
        Tensors of the behaviour whose last axis must lie in consecutive elements.
    dtypes
        Types of the result for which it exists.
    """

    name: str
    rank: int
    behaviour: Behaviour
    contiguous: frozenset[str]
    dtypes: frozenset[str]

    def compute(self, extents: Sequence[int], dtype: str) -> tuple[str, Compute]:
        """The name of the result of some extents, and how it is computed."""
        result = self.behaviour(extents, dtype)
        assert isinstance(result.op, Compute)
        return result.name, result.op


def _transpose(extents: Sequence[int], dtype: str) -> Tensor:
    rows, columns = extents
    source = placeholder((columns, rows), "source", dtype)
    return compute((rows, columns), lambda i, j: source[j, i], "result")


TRANSPOSE = Intrinsic(
    name="transpose",
    rank=2,
    behaviour=_transpose,
    contiguous=frozenset({"source", "result"}),
    dtypes=frozenset({"float32", "float64", "int32"}),
)
"""A tile turned over in registers; rows of both sides are contiguous, of any extents."""

INTRINSICS: Mapping[str, Intrinsic] = MappingProxyType({i.name: i for i in (TRANSPOSE,)})
"""All intrinsics by name."""
