"""Runs a schedule in every way there is: as loops, after every pass, as machine code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tvmtune.artifact import Argument, Artifact, Manifest, Role
from tvmtune.codegen.llvm import compile_object
from tvmtune.codegen.module import emit_module
from tvmtune.errors import LoweringError, ScheduleError
from tvmtune.ir import interpreter
from tvmtune.ir.expr import Load, Select
from tvmtune.ir.stmt import Function, If, Store
from tvmtune.ir.traverse import statements, values_of
from tvmtune.ir.verify import verify
from tvmtune.layout import Layout
from tvmtune.passes import Program, lower_schedule, run_passes
from tvmtune.runtime.arrays import Allocate, GuardedMemory
from tvmtune.runtime.loader import load
from tvmtune.schedule import Schedule, infer_nest
from tvmtune.target import Target, parse_target

Array = NDArray[Any]
Arrays = Mapping[str, Array]


def host(threads: int = 1) -> Target:
    """The target of this machine."""
    return parse_target("cpu", threads)


def lowered(schedule: Schedule) -> Program:
    """The program of a schedule whose constraints hold; `ScheduleError` where one does not."""
    for constraint in infer_nest(schedule).constraints:
        raise ScheduleError(constraint.message)
    return lower_schedule(schedule)


def functions_of(program: Program) -> list[Function]:
    """What is to be called, in order."""
    prepare = [] if program.prepare is None else [program.prepare]
    return [*prepare, program.kernel]


def passed(function: Function) -> Function:
    """The function after all passes, verified after each."""
    _verified("lowering", function)
    done = run_passes(function, after=_verified)
    for stmt in statements(done.body):
        for value in _values(stmt):
            assert not (isinstance(value, Select) and _reads(value)), "a choice that reads memory"
    return done


def _verified(name: str, function: Function) -> None:
    try:
        verify(function)
    except LoweringError as error:
        raise AssertionError(f"after {name}: {error}\n{error.detail}") from error


def _values(stmt: object) -> list[Any]:
    match stmt:
        case Store():
            return list(values_of(stmt.value))
        case If():
            return list(values_of(stmt.condition))
        case _:
            return []


def _reads(choice: Select) -> bool:
    return any(isinstance(v, Load) for s in (choice.a, choice.b) for v in values_of(s))


def interpreted(schedule: Schedule, functions: list[Function], arrays: Arrays) -> dict[str, Array]:
    """The outputs as the interpreter computes them."""
    return _run(
        schedule,
        arrays,
        lambda n, dtype: np.full(n, interpreter.POISON[dtype], dtype),
        lambda stored: _interpret(functions, stored),
    )


def _interpret(functions: list[Function], stored: dict[str, Array]) -> None:
    try:
        for function in functions:
            interpreter.run(function, stored)
    except LoweringError as error:
        raise AssertionError(f"interpreting: {error}\n{error.detail}") from error


def compiled(
    schedule: Schedule, functions: list[Function], arrays: Arrays, target: Target | None = None
) -> dict[str, Array]:
    """The outputs as machine code computes them, between unmapped pages."""
    memory = GuardedMemory()
    call = machine_code(functions, target or host())

    def run(stored: dict[str, Array]) -> None:
        call(stored, memory)
        assert memory.is_intact(), "a store beside an array"

    return _run(schedule, arrays, memory, run)


def machine_code(
    functions: list[Function], target: Target
) -> Callable[[dict[str, Array], Allocate], None]:
    """Functions compiled and loaded: to be called with their arguments, and with scratch memory."""
    module = emit_module(tuple(functions), target)
    manifest = Manifest(
        symbol=functions[0].name,
        prepare_symbol=functions[1].name if len(functions) > 1 else None,
        arguments=tuple(
            Argument(b.name, Role.INPUT, (b.elements,), b.dtype, Layout.plain(1))
            for b in functions[0].arguments
        ),
        workspace_bytes=module.workspace_bytes,
        target=target.text,
        threads=target.threads,
    )
    code = load(Artifact(manifest, compile_object(module.text, target)))

    def call(stored: dict[str, Array], allocate: Allocate) -> None:
        workspace = allocate(max(1, module.workspace_bytes), np.uint8)
        for function in functions:
            pointers = [stored[b.name].ctypes.data for b in function.arguments]
            code.function(function.name)(*pointers, workspace.ctypes.data)

    return call


def _run(
    schedule: Schedule,
    arrays: Arrays,
    allocate: Callable[[int, Any], Array],
    call: Callable[[dict[str, Array]], object],
) -> dict[str, Array]:
    program = lower_schedule(schedule)
    stored: dict[str, Array] = {}
    for buffer in program.kernel.arguments:
        stored[buffer.name] = allocate(buffer.elements, buffer.dtype)
        if buffer.name in arrays:
            schedule.layout_of(buffer.name).pack(arrays[buffer.name], stored[buffer.name])
    call(stored)
    results: dict[str, Array] = {}
    for tensor in schedule.outputs:
        out = np.empty(tensor.shape, tensor.dtype)
        schedule.layout_of(tensor.name).unpack(stored[tensor.name], out)
        results[tensor.name] = out
    return results


def everywhere(
    schedule: Schedule, arrays: Arrays, target: Target | None = None
) -> dict[str, dict[str, Array]]:
    """The outputs of a schedule by way of computing them."""
    before = functions_of(lowered(schedule))
    after = [passed(f) for f in before]
    return {
        "loops": interpreted(schedule, before, arrays),
        "passed loops": interpreted(schedule, after, arrays),
        "machine code": compiled(schedule, after, arrays, target),
    }


def check(
    schedule: Schedule,
    arrays: Arrays,
    expected: Arrays,
    target: Target | None = None,
    *,
    exact: bool = True,
) -> None:
    """Assert that a schedule computes what is expected, in every way."""
    for way, results in everywhere(schedule, arrays, target).items():
        for name, result in results.items():
            text = f"{name} as {way}"
            if exact:
                np.testing.assert_array_equal(result, expected[name], text)
            else:
                np.testing.assert_allclose(result, expected[name], 1e-4, 1e-4, err_msg=text)
