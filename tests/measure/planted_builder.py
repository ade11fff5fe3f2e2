"""A builder whose artifacts have faults; the request's config names the fault."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from tvmtune.artifact import Argument, Artifact, Manifest, Role
from tvmtune.codegen.llvm import compile_object
from tvmtune.errors import CodegenError, SpaceError
from tvmtune.layout import Layout
from tvmtune.measure.build_handler import BuildHandler
from tvmtune.measure.candidate import Built
from tvmtune.measure.child import serve
from tvmtune.target import parse_target

COUNT = 16

_HEAD = f"""
declare ptr @malloc(i64)
declare ptr @memset(ptr, i32, i64)
declare void @exit(i32)
define void @kernel(ptr %x, ptr %w, ptr %y, ptr %workspace) {{
  br label %begin
begin:
  %a = load <{COUNT} x float>, ptr %x, align 64
  %b = load <{COUNT} x float>, ptr %w, align 64
"""
_STORE = f"""
  store <{COUNT} x float> %c, ptr %y, align 64
  ret void
}}
"""
_ADD = f"  %c = fadd <{COUNT} x float> %a, %b"


def _loop(count: int, body: str = "") -> str:
    return f"""
  br label %loop
loop:
  %i = phi i64 [0, %begin], [%next, %loop]
  {body}
  %next = add i64 %i, 1
  %more = icmp ult i64 %next, {count}
  br i1 %more, label %loop, label %after
after:
"""


_TOUCH = """
  %p = call ptr @malloc(i64 16777216)
  %q = call ptr @memset(ptr %p, i32 1, i64 16777216)
"""
_STATE = f"""
  %state = load i32, ptr %workspace
  %seen = icmp eq i32 %state, -1
  %again = icmp eq i32 %state, 12345
  store i32 12345, ptr %workspace
  %sum = fadd <{COUNT} x float> %a, %b
  %difference = fsub <{COUNT} x float> %a, %b
  %c = select i1 {{wrong}}, <{COUNT} x float> %difference, <{COUNT} x float> %sum
"""
_FENCE = 'call void asm sideeffect "", "~{memory}"()'

KERNELS = {
    "none": _HEAD + _ADD + _STORE,
    "quick": _HEAD + _loop(20_000, _FENCE) + _ADD + _STORE,
    "slow": _HEAD + _loop(20_000_000, _FENCE) + _ADD + _STORE,
    "segfault": _HEAD + "  store i8 1, ptr inttoptr (i64 8 to ptr)\n" + _ADD + _STORE,
    "endless": _HEAD + _loop(-1 & (2**64 - 1), _FENCE) + _ADD + _STORE,
    "touches 100 GB": _HEAD + _loop(6400, _TOUCH) + _ADD + _STORE,
    "exits": _HEAD + "  call void @exit(i32 3)\n" + _ADD + _STORE,
    "wrong": _HEAD + f"  %c = fsub <{COUNT} x float> %a, %b" + _STORE,
    "writes nothing": _HEAD + "  ret void\n}",
    "adds to the output": _HEAD
    + f"""
  %before = load <{COUNT} x float>, ptr %y, align 64
  %sum = fadd <{COUNT} x float> %a, %b
  %none = fsub <{COUNT} x float> %before, %before
  %c = fadd <{COUNT} x float> %sum, %none"""
    + _STORE,
    "reads past the end": _HEAD
    + f"""
  %past = getelementptr float, ptr %x, i64 {COUNT}
  %unused = load volatile float, ptr %past
"""
    + _ADD
    + _STORE,
    "writes its input": _HEAD
    + _ADD
    + f"""
  store <{COUNT} x float> %c, ptr %y, align 64
  store <{COUNT} x float> %b, ptr %x, align 64
  ret void
}}
""",
    "writes before the start": _HEAD
    + _ADD
    + """
  %before = getelementptr float, ptr %y, i64 -1
  store float 0.0, ptr %before
"""
    + _STORE,
    "reads its workspace first": _HEAD + _STATE.format(wrong="%seen") + _STORE,
    "counts its runs": _HEAD + _STATE.format(wrong="%again") + _STORE,
    "does not compile": "define void @kernel( {",
    "has no symbol": "define void @other() { ret void }",
}


def build(request: Mapping[str, Any]) -> Built:
    fault = str(request["config"]["fault"])
    if fault in BUILDER_FAULTS:
        BUILDER_FAULTS[fault]()
    target = parse_target("cpu")
    workspace = 400 << 30 if fault == "wants 400 GB" else 64
    code = compile_object(KERNELS.get(fault, KERNELS["none"]), target)
    return Built(Artifact(_manifest(workspace, target.text), code), {"llvm": KERNELS["none"]})


def _manifest(workspace_bytes: int, target: str) -> Manifest:
    roles = (("x", Role.INPUT), ("w", Role.CONSTANT), ("y", Role.OUTPUT))
    return Manifest(
        symbol="kernel",
        arguments=tuple(Argument(n, r, (4, 4), "float32", Layout.plain(2)) for n, r in roles),
        workspace_bytes=workspace_bytes,
        target=target,
        workload="planted",
        nest_hash="hash",
        flops=128,
        seconds={"lowering": 0.25, "codegen": 0.5},
    )


def _raise(error: Exception) -> None:
    raise error


def _eat_memory() -> None:
    kept = []
    while True:
        kept.append(b"\1" * (1 << 24))


def _print_nonsense() -> None:
    sys.stdout.write("not a frame\n")
    sys.stdout.flush()
    os.write(1, b"nor this")


BUILDER_FAULTS: dict[str, Callable[[], object]] = {
    "builder crashes": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "builder hangs": lambda: time.sleep(3600),
    "builder eats memory": _eat_memory,
    "builder exits": lambda: os._exit(7),
    "builder is killed": lambda: os.kill(os.getpid(), 9),
    "builder prints": _print_nonsense,
    "no such config": lambda: _raise(SpaceError("tile 3 is not among 1, 2, 4")),
    "refused": lambda: _raise(CodegenError("cannot express it", detail="the IR")),
    "bug": lambda: _raise(KeyError("tile")),
}


if __name__ == "__main__":
    if "does-not-start" in sys.argv:
        sys.exit("this builder does not start")
    serve(lambda: BuildHandler(build, sys.argv[1:-1]).answer)
