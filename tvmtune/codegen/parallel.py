"""Parallel loops: the body as a function of its own, run by an OpenMP pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tvmtune.codegen.types import argument_name
from tvmtune.errors import CodegenError
from tvmtune.ir.affine import Var
from tvmtune.ir.expr import Buffer
from tvmtune.ir.stmt import For, constant_range

if TYPE_CHECKING:
    from tvmtune.codegen.functions import FunctionEmitter

SHARED_BYTES = "@shared_bytes@"
THREAD_BYTES = "@thread_bytes@"
"""Stand for sizes that are known when the whole module is emitted."""

_RUNTIME = (
    "declare void @GOMP_parallel(ptr, ptr, i32, i32)",
    "declare i32 @omp_get_thread_num()",
    "declare i32 @omp_get_num_threads()",
)


def emit_parallel(outer: FunctionEmitter, stmt: For) -> None:
    """Call the pool on the loop's body; every thread takes one contiguous share of it."""
    bounds = constant_range(stmt)
    if bounds is None or outer.base != "%workspace":
        raise CodegenError(
            f"parallel loop {stmt.label}: its bounds must be constant, "
            "and no loop around it parallel"
        )
    module, name = outer.module, f"parallel{len(outer.module.functions)}"
    captured = list(outer.storage.variables)
    module.functions.append("")  # its place: the name is taken before the body is emitted
    place = len(module.functions) - 1
    arguments = [argument_name(b) for b in module.arguments]
    values = [outer.storage.variables[v][0] for v in captured]
    body = _body(outer, stmt, name, captured)
    module.functions[place] = body + _trampoline(name, arguments, len(captured), bounds)
    module.declarations.update(_RUNTIME)
    _call(outer, name, [*(("ptr", a) for a in arguments), ("ptr", "%workspace"),
                        *(("i64", v) for v in values)])  # fmt: skip
    outer.text.top.loads = {}


def _body(outer: FunctionEmitter, stmt: For, name: str, captured: list[Var]) -> str:
    module = outer.module
    emitter = outer.nested(module.per_thread, "%scratch")
    text = emitter.text
    offset = text.name("t")
    text.emit_head(f"{offset} = mul nsw i64 %thread, {THREAD_BYTES}", 0)
    start = text.name("t")
    text.emit_head(f"{start} = add nsw i64 {offset}, {SHARED_BYTES}", 0)
    text.emit_head(f"%scratch = getelementptr inbounds i8, ptr %workspace, i64 {start}", 0)
    for buffer in outer.storage.pointers:
        emitter.storage.pointers[buffer] = _inside(emitter, outer, buffer)
    emitter.storage.unaligned |= outer.storage.unaligned
    for i, var in enumerate(captured):
        emitter.storage.bind(var, f"%captured{i}", 0)
    emitter.counted_loop(stmt.var, "%begin", "%end", stmt.body)
    parameters = [
        f"ptr noalias align {emitter.storage.alignment(b)} {argument_name(b)}"
        for b in module.arguments
    ]
    parameters += ["ptr noalias align 64 %workspace"]
    parameters += [f"i64 %captured{i}" for i in range(len(captured))]
    parameters += ["i64 %begin", "i64 %end", "i64 %thread"]
    lines = "\n".join(text.lines())
    head = f"define internal void @{name}.body({', '.join(parameters)})"
    return f"{head} {module.attributes} {{\n{lines}\n  ret void\n}}\n"


def _inside(emitter: FunctionEmitter, outer: FunctionEmitter, buffer: Buffer) -> str:
    """The pointer of a buffer of the calling function in the loop's own function."""
    if buffer.argument:
        return argument_name(buffer)
    pointer = emitter.text.name("w")
    offset = outer.arena.place(buffer)
    gep = f"{pointer} = getelementptr inbounds i8, ptr %workspace, i64 {offset}"
    emitter.text.emit_head(gep, 0)
    return pointer


def _trampoline(name: str, arguments: list[str], captured: int, bounds: tuple[int, int]) -> str:
    """What the pool calls: unpacks the context and computes the thread's share."""
    kinds = ["ptr"] * (len(arguments) + 1) + ["i64"] * captured
    lines = ["entry:"]
    for i, kind in enumerate(kinds):
        lines.append(f"  %s{i} = getelementptr i64, ptr %context, i64 {i}")
        lines.append(f"  %v{i} = load {kind}, ptr %s{i}, align 8")
    count = bounds[1] - bounds[0]
    lines += [
        "  %t32 = call i32 @omp_get_thread_num()",
        "  %n32 = call i32 @omp_get_num_threads()",
        "  %t = zext i32 %t32 to i64",
        "  %n = zext i32 %n32 to i64",
        f"  %b0 = mul nsw i64 %t, {count}",
        f"  %e0 = add nsw i64 %b0, {count}",
        "  %b1 = udiv i64 %b0, %n",
        "  %e1 = udiv i64 %e0, %n",
        f"  %begin = add nsw i64 %b1, {bounds[0]}",
        f"  %end = add nsw i64 %e1, {bounds[0]}",
        "  %some = icmp slt i64 %begin, %end",
        "  br i1 %some, label %run, label %done",
        "run:",
    ]
    values = ", ".join(f"{kind} %v{i}" for i, kind in enumerate(kinds))
    lines += [
        f"  call void @{name}.body({values}, i64 %begin, i64 %end, i64 %t)",
        "  br label %done",
        "done:",
        "  ret void",
    ]
    return f"define internal void @{name}(ptr %context) nounwind {{\n" + "\n".join(lines) + "\n}\n"


def _call(outer: FunctionEmitter, name: str, slots: list[tuple[str, str]]) -> None:
    text = outer.text
    context = text.name("x")
    text.emit_head(f"{context} = alloca [{len(slots)} x i64], align 16", 0)
    for i, (kind, value) in enumerate(slots):
        slot = text.value(f"getelementptr i64, ptr {context}, i64 {i}", "p")
        text.emit(f"store {kind} {value}, ptr {slot}, align 8")
    threads = outer.module.threads
    text.emit(f"call void @GOMP_parallel(ptr @{name}, ptr {context}, i32 {threads}, i32 0)")
