"""How loop IR's types are written in LLVM IR."""

from __future__ import annotations

import struct

from tvmtune.codegen.frames import FunctionText
from tvmtune.ir.expr import Buffer

ALIGNMENT = 64
"""Bytes to which every argument and scratch buffer is aligned."""

_REGISTER = {"float32": "float", "float64": "double", "int32": "i32", "bool": "i1"}
_STORED = {**_REGISTER, "bool": "i8"}
_SUFFIX = {"float32": "f32", "float64": "f64", "int32": "i32"}


def argument_name(buffer: Buffer) -> str:
    """The LLVM name of an argument; no name that the emitter makes has a dot."""
    return f"%arg.{buffer.name}"


def vector_type(dtype: str, lanes: int) -> str:
    """Type of a value: ``float``, ``<8 x float>``, ``i1``."""
    return _REGISTER[dtype] if lanes == 1 else f"<{lanes} x {_REGISTER[dtype]}>"


def stored_type(dtype: str, lanes: int) -> str:
    """Type of a value in memory, where a bool takes a byte."""
    return _STORED[dtype] if lanes == 1 else f"<{lanes} x {_STORED[dtype]}>"


def intrinsic_suffix(dtype: str, lanes: int) -> str:
    """The part of an intrinsic's name that says the type: ``v8f32``."""
    return _SUFFIX[dtype] if lanes == 1 else f"v{lanes}{_SUFFIX[dtype]}"


def zero(lanes: int) -> str:
    """The number 0 of an integer type."""
    return "0" if lanes == 1 else "zeroinitializer"


def literal(value: float | int | bool, dtype: str) -> str:
    """A scalar constant; floats as the bits of a double, which is exact."""
    if dtype in ("int32", "bool"):
        return str(int(value))
    number = struct.unpack("<f", struct.pack("<f", value))[0] if dtype == "float32" else value
    return f"0x{struct.unpack('<Q', struct.pack('<d', number))[0]:016X}"


def constant(value: float | int | bool, dtype: str, lanes: int) -> str:
    """A constant of ``lanes`` equal lanes."""
    scalar = literal(value, dtype)
    if lanes == 1:
        return scalar
    if value == 0 and str(value) != "-0.0":
        return "zeroinitializer"
    return "<" + ", ".join([f"{_REGISTER[dtype]} {scalar}"] * lanes) + ">"


def splat(text: FunctionText, value: str, scalar: str, lanes: int) -> str:
    """A vector of equal lanes."""
    wide = f"<{lanes} x {scalar}>"
    first = text.value(f"insertelement {wide} poison, {scalar} {value}, i64 0", "i")
    mask = f"<{lanes} x i32> zeroinitializer"
    return text.value(f"shufflevector {wide} {first}, {wide} poison, {mask}", "b")
