"""How this back end does what intrinsics are declared to do: one rule for each, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from tvmtune.codegen.operands import Operands
from tvmtune.codegen.storage import Storage
from tvmtune.codegen.transposition import emit_transposition
from tvmtune.errors import CodegenError
from tvmtune.ir.stmt import Tensorized

Rule = Callable[[Storage, set[str], Operands], None]
"""Emits an intrinsic at the current place; declarations that it needs go into the set."""

RULES: Mapping[str, Rule] = MappingProxyType({"transpose": emit_transposition})


def emit_intrinsic(storage: Storage, declarations: set[str], stmt: Tensorized) -> None:
    """Emit an intrinsic by its rule.

    Raises
    ------
    CodegenError
        If there is no rule for it, or an operand lives in registers.
    """
    rule = RULES.get(stmt.intrinsic)
    if rule is None:
        raise CodegenError(
            f"intrinsic {stmt.intrinsic} has no rule for LLVM; those with one are "
            f"{', '.join(RULES)}"
        )
    operands = Operands.of(stmt)
    for operand in (operands.result, *operands.sources):
        if operand.buffer.scope == "register":
            raise CodegenError(
                f"{stmt.intrinsic} works on memory, and {operand.buffer.name} is in registers: "
                "store it in scope local"
            )
    rule(storage, declarations, operands)
    storage.forget(operands.result.buffer)
