"""Tensor expressions: what is computed, without order, layout or knob.

a = te.placeholder((m, k), "a")
b = te.placeholder((k, n), "b", constant=True)
r = te.reduce_axis(k, "k")
c = te.compute((m, n), lambda i, j: te.sum(a[i, r] * b[r, j], r), "c")
"""

from tvmtune.ir.expr import cast, const
from tvmtune.te.functions import (
    all_of,
    any_of,
    as_value,
    at_most,
    call,
    combine,
    equal,
    invert,
    less,
    max,  # noqa: A004
    maximum,
    min,  # noqa: A004
    minimum,
    pad,
    sum,  # noqa: A004
    where,
)
from tvmtune.te.tensor import (
    Compute,
    Placeholder,
    Reduction,
    Tensor,
    compute,
    placeholder,
    reduce_axis,
)

__all__ = [
    "Compute",
    "Placeholder",
    "Reduction",
    "Tensor",
    "all_of",
    "any_of",
    "as_value",
    "at_most",
    "call",
    "cast",
    "combine",
    "compute",
    "const",
    "equal",
    "invert",
    "less",
    "max",
    "maximum",
    "min",
    "minimum",
    "pad",
    "placeholder",
    "reduce_axis",
    "sum",
    "where",
]
