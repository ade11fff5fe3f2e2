"""Tiles turned over in registers, for every instruction set that runs here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.execution import host
from tests.loop_ir import assert_same
from tvmtune.codegen.intrinsics import RULES
from tvmtune.codegen.llvm import compile_assembly, compile_object
from tvmtune.codegen.module import emit_module
from tvmtune.errors import CodegenError
from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import ITEMSIZE, Buffer, Load
from tvmtune.ir.stmt import Allocate, For, Function, Stmt, Store, Tensorized
from tvmtune.target import ISAS, Target
from tvmtune.te.intrinsics import INTRINSICS

RUNNABLE = [t for t in (Target(isa=isa) for isa in ISAS) if t.runs_here()]
X86 = [isa for isa in ("avx512", "avx2", "x86-64") if isa in ISAS]


def transposition(
    rows: int,
    columns: int,
    *,
    source_stride: int = 0,
    result_stride: int = 0,
    dtype: str = "float32",
    times: int = 1,
    intrinsic: str = "transpose",
) -> Function:
    """``times`` tiles beside each other along the rows of the result."""
    wide, long = source_stride or times * rows, result_stride or columns
    x = Buffer("x", dtype, (columns - 1) * wide + times * rows, argument=True)
    y = Buffer("y", dtype, (times * rows - 1) * long + columns, argument=True)
    t, i, j = Var("t", times), Var("i", rows), Var("j", columns)
    read = Load(x, t * rows + i + j * wide)
    body: Stmt = Store(y, t * (rows * long) + i * long + j, read, "y")
    for var in (j, i):
        body = For(var, (Affine(0),), (Affine.of(var.extent),), "serial", body, f"y.{var.name}")
    assert isinstance(body, For)
    tile = Tensorized(intrinsic, body)
    body = For(t, (Affine(0),), (Affine(times),), "serial", tile, "y.t")
    return Function("kernel", (x, y), body, frozenset({"y"}))


@settings(max_examples=60)
@given(
    rows=st.integers(1, 17),
    columns=st.integers(1, 17),
    apart=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    dtype=st.sampled_from(["float32", "float64", "int32"]),
    target=st.sampled_from(RUNNABLE),
    times=st.integers(1, 3),
)
def test_tiles_of_any_extents_and_strides(
    rows: int, columns: int, apart: tuple[int, int], dtype: str, target: Target, times: int
) -> None:
    function = transposition(
        rows,
        columns,
        source_stride=times * rows + apart[0],
        result_stride=columns + apart[1],
        dtype=dtype,
        times=times,
    )
    arrays = assert_same(function, target)
    x, y = arrays["x"], arrays["y"]
    step = columns + apart[1]
    for i in range(rows):
        np.testing.assert_array_equal(
            y[i * step : i * step + columns], x[i :: times * rows + apart[0]][:columns]
        )


def test_what_is_not_aligned_is_loaded_so() -> None:
    function = replace(transposition(4, 4), unaligned=frozenset({"x"}))
    text = emit_module((function,), host()).text
    assert "ptr noalias readonly align 4 %arg.x" in text
    assert "align 64 %arg.y" in text
    assert all("align 4" in line for line in text.splitlines() if " load " in line)


def test_llvm(golden: Callable[[str, str], None]) -> None:
    golden("transpose.ll", emit_module((transposition(8, 8, times=2),), Target(isa="avx2")).text)


@pytest.mark.parametrize("isa", X86)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_loop_is_loads_shuffles_and_stores(isa: str, dtype: str) -> None:
    target = Target(isa=isa)
    lanes = target.vector_bytes // ITEMSIZE[dtype]
    pieces = lanes * lanes * ITEMSIZE[dtype] // 16
    function = transposition(lanes, lanes, source_stride=1000, dtype=dtype, times=7)
    assembly = compile_assembly(emit_module((function,), target).text, target)
    code = [line.split("#")[0].split() for line in assembly.splitlines()]
    names = [words[0] for words in code if words and not words[0].startswith((".", "#"))]
    moved = [n for n in names if "mov" in n and "p" in n]
    inserted = [n for n in names if "insert" in n]
    shuffled = [n for n in names if "unpck" in n or "movlhps" in n or "movhlps" in n]
    assert "rsp" not in assembly
    assert not any("perm" in n or "extract" in n or "shuf" in n for n in names)
    assert len(inserted) == pieces - lanes * lanes * ITEMSIZE[dtype] // target.vector_bytes
    stages = {"float32": 2, "float64": 1}[dtype]
    assert len(shuffled) == stages * lanes
    if isa != "x86-64":  # without three operands, shuffles copy
        assert len(moved) == 2 * lanes


@pytest.mark.parametrize("isa", list(ISAS))
@pytest.mark.parametrize(("rows", "columns"), [(16, 16), (3, 16), (16, 3), (5, 7)])
def test_every_instruction_set_has_it(isa: str, rows: int, columns: int) -> None:
    target = Target(isa=isa)
    text = emit_module((transposition(rows, columns, times=2),), target).text
    assert compile_object(text, target)


def test_every_intrinsic_has_a_rule() -> None:
    assert set(RULES) == set(INTRINSICS)


def test_refusals() -> None:
    strange = transposition(4, 4, intrinsic="dot")
    with pytest.raises(CodegenError, match="intrinsic dot has no rule for LLVM; those with one"):
        emit_module((strange,), host())
    held = Buffer("r", "float32", 16, "register")
    i, j = Var("i", 4), Var("j", 4)
    x = Buffer("x", "float32", 16, argument=True)
    inner = For(
        j, (Affine(0),), (Affine(4),), "serial", Store(held, 4 * i + j, Load(x, 4 * j + i), "r"), ""
    )
    body = For(i, (Affine(0),), (Affine(4),), "serial", inner, "")
    function = Function("kernel", (x,), Allocate(held, Tensorized("transpose", body)))
    with pytest.raises(CodegenError, match="transpose works on memory, and r is in registers"):
        emit_module((function,), host())
