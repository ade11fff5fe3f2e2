from __future__ import annotations

import re

import llvmlite.binding as llvm
import pytest

from benchmarks.spills import LoopSpills, innermost_loops, spilling
from benchmarks.unconstrained import reference_of
from tvmtune.compiler.building import sources
from tvmtune.compiler.request import BuildRequest
from tvmtune.search_spaces.config import Config
from tvmtune.target import Target, parse_target

_TWO_LOOPS = """
	.globl	kernel
kernel:
	pushq	%rbp
	subq	$72, %rsp
	vmovaps	%zmm9, 64(%rsp)         # outside of all loops
.LBB0_1:
	vmovups	%ymm1, -40(%rsp)        # in the outer loop only
.LBB0_2:
	#APP
	movq	%rax, 8(%rsp)
	vmovups	%zmm0, -64(%rsp)
	vmovups	%zmm3, -1024(%rbp)
	vmovups	64(%rsp,%rcx,4), %zmm1
	.p2align	4
	vfmadd231ps	(%rsp), %ymm2, %ymm0
	vbroadcastss	4(%rdi), %ymm4
	jl	.LBB0_2
	cmpq	$3, %rcx
	jne	.LBB0_1
	jmp	.LBB0_3
.LBB0_3:
	vzeroupper
.Lfunc_end0:
	.size	kernel, .Lfunc_end0-kernel
prepare:
	pushq	%rbp
	movq	%rsp, %rbp
.LBB1_1:
	vmovups	%zmm3, -1024(%rbp)
	vmovups	%zmm3, (%rdi)
	jl	.LBB1_1
.Lfunc_end1:
"""


def test_innermost_loops_only() -> None:
    kernel, prepare = innermost_loops(_TWO_LOOPS)
    assert kernel == LoopSpills(
        function="kernel",
        label=".LBB0_2",
        instructions=7,
        vectors=5,
        stores=1,
        reloads=2,
        multiply_adds=1,
    )
    assert (prepare.function, prepare.stores, prepare.reloads) == ("prepare", 1, 0)
    assert spilling([kernel, prepare], besides="prepare") == [kernel]
    assert LoopSpills.from_json(kernel.to_json()) == kernel


def test_loops_without_spills() -> None:
    quiet = _TWO_LOOPS.replace("(%rsp", "(%rsi").replace("movq	%rsp, %rbp", "nop")
    loops = innermost_loops(quiet)
    assert [loop.vectors for loop in loops] == [5, 2]
    assert spilling(loops) == []


def _sources(tile_m: int, isa: str) -> dict[str, str]:
    knobs = {"tile_m": tile_m, "tile_v": 2, "block_m": 32, "steps": 1, "tail_m": "even"}
    config = Config("matmul.packed", {**knobs, "order": "n_outer"})
    request = BuildRequest(
        workload="matmul:m=32,k=32,n=64",
        target=f"cpu:threads=1,isa={isa}",
        template=reference_of(config.template),
        config=config.knobs_json(),
    )
    return sources(request)


@pytest.mark.parametrize(("isa", "fits"), [("avx2", 5), ("avx512", 12)])
def test_accumulators_beyond_the_registers_are_spilled(isa: str, fits: int) -> None:
    assert spilling(innermost_loops(_sources(fits, isa)["asm"])) == []
    (spills, *_) = spilling(innermost_loops(_sources(fits + 8, isa)["asm"]))
    assert spills.stores > 4
    assert spills.reloads > 4


@pytest.mark.parametrize(("isa", "tile_m"), [("avx2", 13), ("avx512", 20)])
def test_llvm_says_the_same_in_comments(isa: str, tile_m: int) -> None:
    lines = _commented(_sources(tile_m, isa)["llvm"], parse_target(f"cpu:threads=1,isa={isa}"))
    remarked = [
        line
        for line in lines
        if re.search(r"-byte (Folded )?(Spill|Reload)", line) or not _moves(line)
    ]
    found, expected = (innermost_loops("\n".join(text)) for text in (lines, remarked))
    assert [(f.stores, f.reloads) for f in found] == [(e.stores, e.reloads) for e in expected]
    assert all(e.vectors == e.stores + e.reloads for e in expected)
    assert sum(e.vectors for e in expected) > 8


def _moves(line: str) -> bool:
    return re.search(r"%[xyz]mm\d", line) is not None


def _commented(text: str, target: Target) -> list[str]:
    """Assembly with LLVM's remarks."""
    module = llvm.parse_assembly(text)
    module.triple = target.llvm_triple
    machine = llvm.Target.from_triple(target.llvm_triple).create_target_machine(
        cpu=target.llvm_cpu, features=target.llvm_features, opt=3, reloc="pic"
    )
    machine.set_asm_verbosity(True)
    return str(machine.emit_assembly(module)).splitlines()
