"""Probes of the machine, as LLVM IR: how fast it multiplies and adds, how fast it reads.

Vectors are as wide as the target's registers; the attributes keep LLVM from splitting them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tvmtune.artifact import Argument, Manifest, Role
from tvmtune.errors import CodegenError
from tvmtune.layout import Layout
from tvmtune.target import Target

_FMA_FLOPS = 1 << 26
"""About a millisecond of a fast core."""

_READ_BYTES = 32 << 20
"""Least bytes of one call: small arrays are read again."""

_STREAMS = 8
"""Vectors read per iteration, into as many sums."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A kernel without constants, and how much it does.

    ``work`` is what one call does: floating-point operations, or bytes read.
    """

    text: str
    manifest: Manifest
    work: float


def fma_probe(target: Target, _size_bytes: int = 0) -> Probe:
    """Return a loop of nothing but multiply-adds on registers, enough of them to hide latency."""
    lanes, chains = _lanes(target), 24 if target.vector_registers >= 32 else 12
    iterations = _FMA_FLOPS // (2 * lanes * chains)
    vector = f"<{lanes} x float>"
    chain = range(chains)
    text = _function(
        target,
        "ptr %y, ptr %workspace",
        [
            "entry:",
            f"  %x = load volatile {vector}, ptr %y, align 64",
            "  br label %loop",
            "loop:",
            "  %i = phi i64 [0, %entry], [%next, %loop]",
            *(f"  %a{k} = phi {vector} [%x, %entry], [%b{k}, %loop]" for k in chain),
            *(line for k in chain for line in _multiply_add(target, vector, k)),
            *_loop_end(iterations),
            "done:",
            *(f"  store volatile {vector} %b{k}, ptr %y, align 64" for k in chain),
            "  ret void",
        ],
    )
    manifest = _manifest(target, [("y", Role.OUTPUT, lanes)])
    return Probe(text, manifest, float(2 * lanes * chains * iterations))


def read_probe(target: Target, size_bytes: int) -> Probe:
    """Return a loop that reads an array of about ``size_bytes``, several times if it is small."""
    lanes = _lanes(target)
    step = lanes * _STREAMS
    steps = max(1, size_bytes // (4 * step))
    repeats = max(1, _READ_BYTES // (4 * step * steps))
    vector = f"<{lanes} x float>"
    stream = range(_STREAMS)
    text = _function(
        target,
        "ptr %x, ptr %y, ptr %workspace",
        [
            "entry:",
            "  br label %again",
            "again:",
            "  %r = phi i64 [0, %entry], [%s, %last]",
            *(f"  %c{k} = phi {vector} [zeroinitializer, %entry], [%b{k}, %last]" for k in stream),
            "  br label %loop",
            "loop:",
            "  %i = phi i64 [0, %again], [%next, %loop]",
            *(f"  %a{k} = phi {vector} [%c{k}, %again], [%b{k}, %loop]" for k in stream),
            f"  %o = mul i64 %i, {step}",
            "  %p = getelementptr float, ptr %x, i64 %o",
            *(line for k in stream for line in _read_and_add(vector, lanes, k)),
            *_loop_end(steps, "last"),
            "last:",
            "  %s = add i64 %r, 1",
            f"  %once = icmp ult i64 %s, {repeats}",
            "  br i1 %once, label %again, label %done",
            "done:",
            *(f"  store volatile {vector} %b{k}, ptr %y, align 64" for k in stream),
            "  ret void",
        ],
    )
    manifest = _manifest(target, [("x", Role.INPUT, step * steps), ("y", Role.OUTPUT, lanes)])
    return Probe(text, manifest, float(4 * step * steps * repeats))


PROBES: Mapping[str, Callable[[Target, int], Probe]] = MappingProxyType(
    {"fma": fma_probe, "read": read_probe}
)
"""Probes by name; they take the target and a size in bytes."""


def make_probe(name: str, target: Target, size_bytes: int = 0) -> Probe:
    """Return a probe by name; raises `CodegenError` for one that does not exist."""
    if name not in PROBES:
        raise CodegenError(f"probe {name!r} is unknown; known are {', '.join(PROBES)}")
    return PROBES[name](target, size_bytes)


def _lanes(target: Target) -> int:
    return target.vector_bytes // 4


def _multiply_add(target: Target, vector: str, k: int) -> list[str]:
    """Return ``b = x * x + a``, fused where the target fuses."""
    if target.has_fma:
        arguments = f"{vector} %x, {vector} %x, {vector} %a{k}"
        return [f"  %b{k} = call {vector} @llvm.fma.v{_lanes(target)}f32({arguments})"]
    return [f"  %m{k} = fmul {vector} %x, %a{k}", f"  %b{k} = fadd {vector} %m{k}, %x"]


def _read_and_add(vector: str, lanes: int, k: int) -> list[str]:
    return [
        f"  %p{k} = getelementptr float, ptr %p, i64 {k * lanes}",
        f"  %v{k} = load {vector}, ptr %p{k}, align 64",
        f"  %b{k} = fadd {vector} %a{k}, %v{k}",
    ]


def _loop_end(count: int, after: str = "done") -> list[str]:
    return [
        "  %next = add i64 %i, 1",
        f"  %more = icmp ult i64 %next, {count}",
        f"  br i1 %more, label %loop, label %{after}",
    ]


def _function(target: Target, parameters: str, body: Iterable[str]) -> str:
    bits, lanes = 8 * target.vector_bytes, _lanes(target)
    vector = f"<{lanes} x float>"
    widths = f'"prefer-vector-width"="{bits}" "min-legal-vector-width"="{bits}"'
    return "\n".join(
        [
            f"declare {vector} @llvm.fma.v{lanes}f32({vector}, {vector}, {vector})",
            f"define void @kernel({parameters}) nounwind {widths} {{",
            *body,
            "}",
            "",
        ]
    )


def _manifest(target: Target, arrays: Iterable[tuple[str, Role, int]]) -> Manifest:
    arguments = tuple(
        Argument(name, role, (elements,), "float32", Layout.plain(1))
        for name, role, elements in arrays
    )
    return Manifest(
        symbol="kernel",
        arguments=arguments,
        workspace_bytes=0,
        target=Target(target.kind, 1, target.isa).text,
        workload="probe",
    )
