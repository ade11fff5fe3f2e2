from __future__ import annotations

import pytest

from tvmtune.codegen.llvm import compile_assembly
from tvmtune.codegen.probes import make_probe
from tvmtune.errors import CodegenError
from tvmtune.target import ISAS, Target

REGISTERS = {"avx512": "zmm", "avx2": "ymm", "x86-64": "xmm", "neon": ".4s"}


@pytest.mark.parametrize("isa", list(ISAS))
def test_the_peak_loop_keeps_its_sums_in_whole_registers(isa: str) -> None:
    target = Target("cpu", 1, isa)
    probe = make_probe("fma", target)
    assembly = compile_assembly(probe.text, target)
    arithmetic = [
        line
        for line in assembly.splitlines()
        if line.strip().startswith(("vfmadd", "fmla", "mulps", "addps"))
    ]
    chains = 24 if target.vector_registers >= 32 else 12
    assert len(arithmetic) == (chains if target.has_fma else 2 * chains)
    assert all(REGISTERS[isa] in line for line in arithmetic)
    assert not any("(%r" in line for line in arithmetic)
    assert probe.work == pytest.approx(1 << 26, rel=0.01)


@pytest.mark.parametrize("isa", list(ISAS))
@pytest.mark.parametrize("size_bytes", [100, 1 << 14, 1 << 26])
def test_the_reading_loop_reads_whole_registers(isa: str, size_bytes: int) -> None:
    target = Target("cpu", 1, isa)
    probe = make_probe("read", target, size_bytes)
    assert REGISTERS[isa] in compile_assembly(probe.text, target)
    elements = probe.manifest.arguments[0].shape[0]
    assert probe.work % (4 * elements) == 0
    assert probe.work >= 16 << 20
    assert abs(4 * elements - size_bytes) <= 8 * target.vector_bytes


def test_unknown_probes_are_refused() -> None:
    with pytest.raises(CodegenError, match="probe 'write' is unknown; known are fma, read"):
        make_probe("write", Target("cpu", 1, "avx2"))
