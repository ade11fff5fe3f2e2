"""Small kernels, written as LLVM IR by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tvmtune.artifact import Argument, Artifact, Manifest, Role
from tvmtune.layout import Layout
from tvmtune.target import parse_target


def compile_ir(text: str) -> bytes:
    """Object code of a module for this machine."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), reloc="pic"
    )
    module = llvm.parse_assembly(text)
    module.verify()
    return bytes(machine.emit_object(module))


def elementwise_ir(count: int, operation: str = "fadd") -> str:
    """``y[i] = operation(x[i], w[i])`` for ``i < count``."""
    return f"""
        define void @kernel(ptr %x, ptr %w, ptr %y, ptr %workspace) {{
        entry:
          br label %loop
        loop:
          %i = phi i64 [0, %entry], [%next, %loop]
          %px = getelementptr float, ptr %x, i64 %i
          %pw = getelementptr float, ptr %w, i64 %i
          %py = getelementptr float, ptr %y, i64 %i
          %a = load float, ptr %px
          %b = load float, ptr %pw
          %c = {operation} float %a, %b
          store float %c, ptr %py
          %next = add i64 %i, 1
          %more = icmp ult i64 %next, {count}
          br i1 %more, label %loop, label %done
        done:
          ret void
        }}
    """


def argument(
    name: str, role: Role, shape: tuple[int, ...], layout: Layout | None = None
) -> Argument:
    return Argument(name, role, shape, "float32", layout or Layout.plain(len(shape)))


def manifest(
    *arguments: Argument,
    target: str | None = None,
    workspace_bytes: int = 0,
    prepare_symbol: str | None = None,
    threads: int = 1,
) -> Manifest:
    return Manifest(
        symbol="kernel",
        arguments=arguments,
        workspace_bytes=workspace_bytes,
        target=target or parse_target("cpu").text,
        workload="elementwise",
        prepare_symbol=prepare_symbol,
        threads=threads,
    )


MakeAdd = Callable[..., Artifact]


@pytest.fixture
def make_add() -> MakeAdd:
    """Artifact of ``y = x + w`` over the storage of ``shape`` in ``layout``."""

    def make(shape: tuple[int, ...] = (3, 5), layout: Layout | None = None) -> Artifact:
        arguments = [
            argument("x", Role.INPUT, shape, layout),
            argument("w", Role.CONSTANT, shape, layout),
            argument("y", Role.OUTPUT, shape, layout),
        ]
        count = arguments[0].storage_elements
        return Artifact(manifest(*arguments, workspace_bytes=64), compile_ir(elementwise_ir(count)))

    return make


@pytest.fixture
def make_artifact() -> Callable[..., Artifact]:
    """Artifact of IR text; its arguments are x, w (constant) and y (output), 4 floats each."""

    def make(text: str, **fields: object) -> Artifact:
        arguments = (
            argument("x", Role.INPUT, (4,)),
            argument("w", Role.CONSTANT, (4,)),
            *((argument("p", Role.PREPARED, (4,)),) if "prepare_symbol" in fields else ()),
            argument("y", Role.OUTPUT, (4,)),
        )
        return Artifact(manifest(*arguments, **fields), compile_ir(text))  # type: ignore[arg-type]

    return make
