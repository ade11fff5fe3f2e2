"""From a request to an artifact, or to the texts on the way.

Everything here is pure: the same request gives the same bytes.  It runs in builder processes,
because LLVM's flags are global to a process.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from tvmtune.analysis.operations import executed_flops
from tvmtune.artifact import Argument, Artifact, Manifest, Role
from tvmtune.codegen.llvm import compile_assembly, compile_object, toolchain
from tvmtune.codegen.module import ModuleText, emit_module
from tvmtune.compiler.packing import conversions
from tvmtune.compiler.plain import plain_function
from tvmtune.compiler.request import BuildRequest
from tvmtune.compiler.scheduling import hash_of, scheduled
from tvmtune.ir.printer import print_function
from tvmtune.ir.stmt import Function
from tvmtune.ir.verify import verify
from tvmtune.passes import Program, lower_schedule, run_passes
from tvmtune.passes.lower_nest import argument_buffers
from tvmtune.passes.vectorize_loops import vectorize_loops
from tvmtune.schedule import Schedule
from tvmtune.schedule.nest import Nest, print_nest
from tvmtune.schedule.stage import Prepare
from tvmtune.search_spaces.references import resolve_template
from tvmtune.symbolic import as_int
from tvmtune.target import Target
from tvmtune.te import Placeholder
from tvmtune.workload import Workload

SYMBOL = "kernel"


def build(request: BuildRequest) -> Artifact:
    """Compile a config.

    Raises
    ------
    SpaceError
        If the config is not in its space, or violates a constraint.
    TvmtuneError
        If it cannot be scheduled, lowered or compiled.
    """
    started = time.perf_counter()
    compiled = _Compiled.of(request)
    flops = executed_flops(compiled.functions[0])
    lowered = time.perf_counter()
    code = compile_object(compiled.module.text, compiled.target)
    manifest = Manifest(
        symbol=SYMBOL,
        prepare_symbol=compiled.prepare_symbol,
        pack_symbols=compiled.pack_symbols,
        plain_symbol=compiled.plain_symbol,
        arguments=compiled.arguments,
        workspace_bytes=compiled.module.workspace_bytes,
        target=compiled.target.text,
        threads=compiled.target.threads,
        workload=compiled.workload.text,
        template=request.template,
        config=dict(request.config),
        nest_hash=hash_of(compiled.schedule, compiled.nest),
        toolchain=toolchain(),
        max_rel_error=resolve_template(request.template).promised_error(compiled.workload),
        flops=flops,
        seconds={"lowering": lowered - started, "codegen": time.perf_counter() - lowered},
    )
    return Artifact(manifest, code)


def sources(request: BuildRequest) -> dict[str, str]:
    """What a config becomes on its way: texts ``schedule``, ``loops``, ``llvm`` and ``asm``."""
    compiled = _Compiled.of(request)
    return {
        "schedule": f"{compiled.schedule}\n\n{print_nest(compiled.nest)}\n",
        "loops": "\n".join(map(print_function, compiled.functions)),
        "llvm": compiled.module.text,
        "asm": compile_assembly(compiled.module.text, compiled.target),
    }


@dataclass(frozen=True, slots=True, eq=False)
class _Compiled:
    """A request on the way to object code."""

    workload: Workload
    target: Target
    schedule: Schedule
    nest: Nest
    arguments: tuple[Argument, ...]
    functions: tuple[Function, ...]
    module: ModuleText
    prepare_symbol: str | None
    pack_symbols: Mapping[str, str]
    plain_symbol: str | None

    @staticmethod
    def of(request: BuildRequest) -> _Compiled:
        workload, target, schedule, nest = scheduled(request)
        program = lower_schedule(schedule, SYMBOL, checked=True)
        arguments = _arguments(schedule)
        packing = conversions(arguments, target, SYMBOL) if request.packing else {}
        made = (*_functions(program), *packing.values())
        functions = tuple(map(_lowered, made))
        plain = None
        if request.packing:
            plain = plain_function(request, schedule, target, f"{SYMBOL}_plain", _lowered)
        if plain is not None:
            functions = (*functions, plain)
        return _Compiled(
            workload,
            target,
            schedule,
            nest,
            arguments,
            functions,
            emit_module(functions, target),
            program.prepare.name if program.prepare is not None else None,
            {name: function.name for name, function in packing.items()},
            None if plain is None else plain.name,
        )


def _lowered(function: Function) -> Function:
    return run_passes(function, after=_verify_short)


def _verify_short(name: str, function: Function) -> None:
    """Verify the loops before those to be unrolled are copied: they reach the same elements."""
    if name == vectorize_loops.__name__:
        verify(function)


def _functions(program: Program) -> tuple[Function, ...]:
    return (program.kernel,) if program.prepare is None else (program.kernel, program.prepare)


def _arguments(schedule: Schedule) -> tuple[Argument, ...]:
    return tuple(
        Argument(
            name,
            _role(schedule, name),
            tuple(as_int(e) for e in schedule.shape_of(name)),
            buffer.dtype,
            schedule.layout_of(name),
        )
        for name, buffer in argument_buffers(schedule).items()
    )


def _role(schedule: Schedule, name: str) -> Role:
    source = schedule.inputs.get(name)
    if source is not None:
        constant = isinstance(source.op, Placeholder) and source.op.constant
        return Role.CONSTANT if constant else Role.INPUT
    return Role.PREPARED if isinstance(schedule.stage(name).place, Prepare) else Role.OUTPUT
