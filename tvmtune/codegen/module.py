"""A program of loop IR as the text of an LLVM module."""

from __future__ import annotations

from dataclasses import dataclass

from tvmtune.codegen.functions import FunctionEmitter, Module
from tvmtune.codegen.parallel import SHARED_BYTES, THREAD_BYTES
from tvmtune.codegen.types import argument_name
from tvmtune.ir.stmt import Function
from tvmtune.target import Target


@dataclass(frozen=True, slots=True)
class ModuleText:
    """LLVM IR and the scratch memory that its functions need, in bytes."""

    text: str
    workspace_bytes: int


def emit_module(functions: tuple[Function, ...], target: Target) -> ModuleText:
    """LLVM IR of functions that share the workspace.

    Every function takes its arguments in order, then the workspace; none overlap, and all are
    aligned to 64 bytes but for those that the function calls unaligned.

    Raises
    ------
    CodegenError
        If a register buffer is not used with constant indices and the same lanes throughout.
    """
    module = Module(target.threads, target.has_fma, target.has_masks, 8 * target.vector_bytes)
    entries = [_entry(module, function) for function in functions]
    shared, thread = module.shared.size_bytes, module.per_thread.size_bytes
    declarations = sorted(module.declarations)
    text = "\n".join([*module.functions, *entries, *declarations, ""])
    text = text.replace(SHARED_BYTES, str(shared)).replace(THREAD_BYTES, str(thread))
    return ModuleText(text, shared + target.threads * thread)


def _entry(module: Module, function: Function) -> str:
    module.arguments = function.arguments
    emitter = FunctionEmitter(module, module.shared, "%workspace")
    parameters = []
    for buffer in function.arguments:
        emitter.storage.pointers[buffer] = argument_name(buffer)
        if buffer.name in function.unaligned:
            emitter.storage.unaligned.add(buffer)
        only = "" if buffer.name in function.written else "readonly "
        align = emitter.storage.alignment(buffer)
        parameters.append(f"ptr noalias {only}align {align} {argument_name(buffer)}")
    parameters.append("ptr noalias align 64 %workspace")
    emitter.statement(function.body)
    lines = "\n".join(emitter.text.lines())
    head = f"define void @{function.name}({', '.join(parameters)})"
    return f"{head} {module.attributes} {{\n{lines}\n  ret void\n}}\n"
