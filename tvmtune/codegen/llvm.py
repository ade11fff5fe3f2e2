"""The one place that compiles LLVM IR: text in, object code or assembly out.

LLVM's command-line flags are global to a process: a process sets them once, before it compiles.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from tvmtune.errors import CodegenError
from tvmtune.target import Target

_FLAG = re.compile(r"-[a-zA-Z][a-zA-Z0-9-]*(=[a-zA-Z0-9.-]+)?")
"""Names and plain values only: a config comes from a log, and a flag must not name a file."""


def set_flags(flags: Sequence[str]) -> None:
    """Set LLVM's command-line flags for the life of the process.

    Raises
    ------
    CodegenError
        For a text that is not of the form ``-name`` or ``-name=value``.
    """
    import llvmlite.binding as llvm

    for flag in flags:
        if not _FLAG.fullmatch(flag):
            raise CodegenError(
                f"LLVM flag {flag!r} must start with a dash: -name or -name=value, "
                "letters, digits, dots and dashes"
            )
        llvm.set_option("tvmtune", flag)


def compile_object(text: str, target: Target) -> bytes:
    """Object code of LLVM IR for a target.

    Raises
    ------
    CodegenError
        If LLVM refuses the text; its own message is in ``detail``.
    """
    machine, module = _parsed(text, target)
    return bytes(machine.emit_object(module))


def compile_assembly(text: str, target: Target) -> str:
    """Assembly of LLVM IR for a target; raises as `compile_object`."""
    machine, module = _parsed(text, target)
    return str(machine.emit_assembly(module))


def toolchain() -> str:
    """Name and version of the code generator."""
    import llvmlite
    import llvmlite.binding as llvm

    return f"llvmlite {llvmlite.__version__}, LLVM {'.'.join(map(str, llvm.llvm_version_info))}"


def _parsed(text: str, target: Target) -> tuple[Any, Any]:
    import llvmlite.binding as llvm

    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    try:
        module = llvm.parse_assembly(text)
        module.verify()
    except RuntimeError as error:
        first = str(error).strip().splitlines()
        raise CodegenError(
            f"LLVM refused the generated code: {first[-1] if first else error}",
            detail=f"{error}\n{text}",
        ) from error
    module.triple = target.llvm_triple
    machine = llvm.Target.from_triple(target.llvm_triple).create_target_machine(
        cpu=target.llvm_cpu, features=target.llvm_features, opt=3, reloc="pic", codemodel="default"
    )
    module.data_layout = str(machine.target_data)
    return machine, module
