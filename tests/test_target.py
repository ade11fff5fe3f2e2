"""Targets: texts, limits, what runs where."""

from __future__ import annotations

import platform

import pytest

from tvmtune import target as target_module
from tvmtune.errors import TargetError
from tvmtune.target import ISAS, Target, host_isa, isas_of, parse_target

_V2 = "fpu sse sse2 ssse3 cx16 sse4_1 sse4_2 popcnt"
_V3 = f"{_V2} avx avx2 bmi1 bmi2 f16c fma movbe"
_V4 = f"{_V3} avx512f avx512dq avx512cd avx512bw avx512vl"


def _cpuinfo(flags: str, key: str = "flags\t\t") -> str:
    return f"processor\t: 0\nmodel name\t: Some CPU\n{key}: {flags}\nbugs\t: avx512f\n"


@pytest.mark.parametrize(
    ("cpuinfo", "machine", "expected"),
    [
        (_cpuinfo(_V4), "x86_64", ("avx512", "avx2", "x86-64")),
        (_cpuinfo(_V3), "x86_64", ("avx2", "x86-64")),
        (_cpuinfo(_V3), "AMD64", ("avx2", "x86-64")),
        (_cpuinfo(f"{_V3} avx512f"), "x86_64", ("avx2", "x86-64")),
        (_cpuinfo(_V2), "x86_64", ("x86-64",)),
        (_cpuinfo("fpu sse sse2"), "x86_64", ()),
        (_cpuinfo("fp asimd crc32", "Features\t"), "aarch64", ("neon",)),
        (_cpuinfo(_V4), "aarch64", ()),
        ("", "x86_64", ()),
    ],
)
def test_instruction_sets_of_a_machine(
    cpuinfo: str, machine: str, expected: tuple[str, ...]
) -> None:
    assert isas_of(cpuinfo, machine) == expected
    for isa in ISAS:
        assert Target(isa=isa).runs_on(cpuinfo, machine) == (isa in expected)


@pytest.mark.parametrize(
    ("isa", "vector_bytes", "registers", "fma", "cpu", "triple"),
    [
        ("x86-64", 16, 16, False, "x86-64-v2", "x86_64-unknown-linux-gnu"),
        ("avx2", 32, 16, True, "x86-64-v3", "x86_64-unknown-linux-gnu"),
        ("avx512", 64, 32, True, "x86-64-v4", "x86_64-unknown-linux-gnu"),
        ("neon", 16, 32, True, "generic", "aarch64-unknown-linux-gnu"),
    ],
)
def test_limits(
    isa: str, vector_bytes: int, registers: int, fma: bool, cpu: str, triple: str
) -> None:
    target = Target(isa=isa)
    assert (target.vector_bytes, target.vector_registers) == (vector_bytes, registers)
    assert (target.has_fma, target.llvm_cpu, target.llvm_triple) == (fma, cpu, triple)
    assert all(feature[0] in "+-" for feature in target.llvm_features.split(",") if feature)


@pytest.mark.parametrize(
    ("text", "threads", "canonical"),
    [
        ("cpu:isa=neon", None, "cpu:threads=1,isa=neon"),
        ("cpu:isa=avx2,threads=4", None, "cpu:threads=4,isa=avx2"),
        (" cpu : threads = 2 , isa = avx512 ", 2, "cpu:threads=2,isa=avx512"),
        ("cpu:isa=x86-64", 3, "cpu:threads=3,isa=x86-64"),
        ("cpu:isa=avx2,threads=02", 2, "cpu:threads=2,isa=avx2"),
    ],
)
def test_canonical_text(text: str, threads: int | None, canonical: str) -> None:
    target = parse_target(text, threads)
    assert target.text == str(target) == canonical
    assert parse_target(canonical) == target


@pytest.mark.parametrize(
    ("text", "threads", "message"),
    [
        ("", None, "kind '' is unknown; 'cpu' would work"),
        ("cuda:isa=sm_80", None, "kind 'cuda' is unknown"),
        ("cpu:isa=avx", None, "instruction set 'avx' is unknown; did you mean 'avx2'?"),
        ("cpu:isa=rvv", None, "'rvv' is unknown; known are avx512, avx2, x86-64, neon"),
        ("cpu:threads=0,isa=avx2", None, "from 1 to 1024 would work"),
        ("cpu:isa=avx2", 0, "from 1 to 1024 would work"),
        ("cpu:isa=avx2", 5000, "from 1 to 1024 would work"),
        ("cpu:threads=two", None, "'two' threads; a number would work"),
        ("cpu:threads=" + "9" * 5000, None, "threads; a number would work"),
        ("cpu:thread=2", None, "'thread=2' is neither threads=N nor isa=NAME"),
        ("cpu:threads", None, "'threads' is neither"),
        ("cpu:threads=2,threads=2", None, "threads is given twice"),
        ("cpu:threads=2,isa=avx2", 3, "says threads=2 and 3 threads are asked for"),
    ],
)
def test_text_errors(text: str, threads: int | None, message: str) -> None:
    with pytest.raises(TargetError) as caught:
        parse_target(text, threads)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unknown_kind() -> None:
    with pytest.raises(TargetError, match="kind 'gpu' is unknown"):
        Target("gpu")


def test_missing_isa_is_this_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(target_module, "_read_cpuinfo", lambda: _cpuinfo(_V3))
    assert parse_target("cpu").text == "cpu:threads=1,isa=avx2"
    assert Target(isa="avx2").runs_here()
    assert not Target(isa="avx512").runs_here()
    assert not Target(isa="neon").runs_here()


def test_a_machine_without_any_instruction_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(TargetError, match=r"\(riscv64\) has none of the instruction sets"):
        host_isa()
    assert parse_target("cpu:isa=avx2").isa == "avx2"
