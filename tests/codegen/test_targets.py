"""One program for every instruction set: compiled for all, run where this machine can."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.execution import check, functions_of, lowered, passed
from tests.numpy_reference import evaluate
from tests.small_schedules import SMALL
from tvmtune.codegen.llvm import compile_assembly, compile_object, set_flags, toolchain
from tvmtune.codegen.module import emit_module
from tvmtune.errors import CodegenError
from tvmtune.target import ISAS, Target

ELF_MACHINE = {"avx512": 62, "avx2": 62, "x86-64": 62, "neon": 183}


def text(name: str, target: Target) -> str:
    functions = [passed(f) for f in functions_of(lowered(SMALL[name]()))]
    return emit_module(tuple(functions), target).text


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("isa", list(ISAS))
@pytest.mark.parametrize("name", list(SMALL))
def test_every_target(name: str, isa: str, threads: int) -> None:
    target = Target("cpu", threads, isa)
    code = compile_object(text(name, target), target)
    assert code[:4] == b"\x7fELF"
    assert int.from_bytes(code[18:20], "little") == ELF_MACHINE[isa]
    if target.runs_here():
        schedule = SMALL[name]()
        rng = np.random.default_rng(0)
        arrays = {
            t.name: rng.integers(-3, 4, t.shape).astype("float32") for t in schedule.inputs.values()
        }
        check(schedule, arrays, evaluate(schedule.outputs, arrays), target)


@pytest.mark.parametrize(
    ("isa", "instruction"),
    [("avx2", "vfmadd"), ("avx512", "vfmadd"), ("x86-64", "mulps"), ("neon", "fmla")],
)
def test_accumulators_stay_in_registers(isa: str, instruction: str) -> None:
    target = Target("cpu", 1, isa)
    assembly = compile_assembly(text("matmul", target), target)
    assert instruction in assembly
    assert "call" not in assembly.replace("callq", "")


@pytest.mark.parametrize("name", list(SMALL))
def test_printed_llvm(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name}.ll", text(name, Target("cpu", 2 if name == "conv" else 1, "avx2")))


def test_the_same_text_every_time() -> None:
    target = Target("cpu", 2, "avx2")
    assert text("conv", target) == text("conv", target)
    code = compile_object(text("conv", target), target)
    assert code == compile_object(text("conv", target), target)


@pytest.mark.parametrize("broken", ["define void @f( {", "define float @f() {\n  ret i32 0\n}\n"])
def test_what_llvm_refuses(broken: str) -> None:
    with pytest.raises(CodegenError, match="LLVM refused the generated code: ") as caught:
        compile_object(broken, Target("cpu", 1, "avx2"))
    assert broken in caught.value.detail
    assert "\n" not in str(caught.value)


def test_flags_look_like_flags() -> None:
    with pytest.raises(CodegenError, match="LLVM flag 'disable-lsr' must start with a dash"):
        set_flags(["disable-lsr"])
    set_flags([])


def test_the_toolchain_has_versions() -> None:
    assert toolchain().startswith("llvmlite 0.")
    assert ", LLVM " in toolchain()
