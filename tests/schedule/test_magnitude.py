"""What is known of a value whose reads are padding."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tvmtune import te
from tvmtune.ir.affine import Affine
from tvmtune.ir.expr import Buffer, Expr, Load, Read
from tvmtune.schedule.magnitude import UNKNOWN, Magnitude, any_integer, magnitude
from tvmtune.symbolic import both, same, symbol

Z = te.placeholder((4,), "zero")[0]
U = te.placeholder((4,), "unknown")[0]
N = te.placeholder((4,), "whole", "int32")[0]
B = te.placeholder((4,), "truth", "bool")[0]
INDEX = te.as_value(Affine.of(3), "int32")


def of_read(read: Read) -> Magnitude:
    match read.tensor:
        case "zero":
            return Magnitude(1, 0.0)
        case "unknown":
            return UNKNOWN
        case name if name in ("f", "g"):
            return Magnitude(symbol(name), 0.0)
        case _:
            return any_integer(read.dtype)


SIZES: list[tuple[str, Any, float]] = [
    ("zero", Z, 0),
    ("sum", Z + 2.0, 2),
    ("difference", Z - 2.0, 2),
    ("product", (Z + 2.0) * -3.0, 6),
    ("product with zero", Z * (Z + 1e30), 0),
    ("product with an integer", Z * te.cast(N, "float32"), 0),
    ("product with what is unknown", Z * U, math.inf),
    ("difference of what is unknown", U - U, math.inf),
    ("overflow", (Z + 1e30) * 1e30, math.inf),
    ("zero by overflow", Z * ((Z + 1e30) * 1e30), math.inf),
    ("infinity", Z + math.inf, math.inf),
    ("no number", Z * math.nan, math.inf),
    ("maximum", te.maximum(Z, -3.0), 3),
    ("minimum", te.minimum(Z, Z), 0),
    ("maximum of what is unknown", te.maximum(Z, U), math.inf),
    ("quotient", (Z + 3.0) / -2.0, 1.5),
    ("by zero", Z / 0.0, math.inf),
    ("by an unknown", Z / U, math.inf),
    ("by a zero read", 1.0 / Z, math.inf),
    ("integer quotient", te.cast(Z, "int32") / N, 0),
    ("negative", -(Z + 2.0), 2),
    ("absolute", te.call("abs", Z), 0),
    ("floor", te.call("floor", Z), 0),
    ("ceil of more", te.call("ceil", Z + 0.5), 1.5),
    ("tanh", te.call("tanh", Z), 0),
    ("sine of more", te.call("sin", Z + 9.0), 1),
    ("sine of what is unknown", te.call("sin", U), math.inf),
    ("cosine", te.call("cos", Z), 1),
    ("cosine of what is unknown", te.call("cos", U), math.inf),
    ("exponential", te.call("exp", Z), 2),
    ("large exponential", te.call("exp", Z + 81.0), math.inf),
    ("root", te.call("sqrt", Z), 0),
    ("root of more", te.call("sqrt", Z - 1.0), math.inf),
    ("logarithm", te.call("log", Z + 1.0), math.inf),
    ("choice", te.where(te.less(U, 0), Z, 2.0), 2),
    ("choice of what is unknown", te.where(te.less(U, 0), Z, U), math.inf),
    ("comparison", te.less(U, 0), 1),
    ("negation", te.invert(B), 1),
    ("condition", te.less(Affine.of(3), 4), 1),
    ("index", INDEX, 2.0**31),
    ("integer", N, 2.0**31),
    ("wrapped integer", N * N + N, 2.0**31),
    ("truth as a number", te.cast(B, "float32"), 1),
    ("truth of zero", te.cast(Z, "bool"), 0),
    ("truth of a fraction", te.cast(Z + 0.5, "bool"), 1),
    ("integer of zero", te.cast(Z, "int32"), 0),
    ("integer of a large number", te.cast(te.cast(Z + 3e9, "int32"), "float32"), 2.0**31),
]


@pytest.mark.parametrize(("value", "size"), [s[1:] for s in SIZES], ids=[s[0] for s in SIZES])
def test_sizes(value: Expr, size: float) -> None:
    found = magnitude(value, of_read)
    assert found.size == size
    assert found.is_zero == int(size == 0)


def test_what_is_no_number_is_unknown_as_an_integer_too() -> None:
    assert magnitude(te.cast(Z + 3e9, "int32"), of_read).condition == 0
    assert magnitude(te.cast(U, "int32"), of_read).condition == 0


def test_memory_is_unknown() -> None:
    load = Load(Buffer("b", "float32", 4), Affine())
    assert magnitude(load, of_read).size == math.inf


def test_conditions_are_joined() -> None:
    f, g = (te.placeholder((4,), name)[0] for name in "fg")
    assert same(magnitude(f + g, of_read).is_zero, both(symbol("f"), symbol("g")))
    assert same(magnitude(f * (g + 1.0), of_read).is_zero, both(symbol("f"), symbol("g")))
    assert same(magnitude(f + 1.0, of_read).is_zero, 0)
