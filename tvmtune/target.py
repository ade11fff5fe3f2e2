"""Targets: the kind of machine that code is made for, with its limits.

What changes the code is the target's (threads, instruction set); where something was measured is
the machine's fingerprint and not here.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType

from tvmtune.errors import TargetError

MAX_THREADS = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Isa:
    """An instruction set level: its limits, and how LLVM calls it."""

    name: str
    machines: tuple[str, ...]
    """Values of ``platform.machine()`` that may have it."""
    flags: frozenset[str]
    """Flags of ``/proc/cpuinfo`` that a CPU needs to run it."""
    vector_bytes: int
    vector_registers: int
    has_fma: bool
    llvm_triple: str
    llvm_cpu: str
    llvm_features: str = ""
    has_masks: bool = False
    """Whether part of a vector is loaded and stored as fast as a whole one."""


_X86 = ("x86_64", "AMD64", "amd64")
_V2 = frozenset(("cx16", "popcnt", "sse4_1", "sse4_2", "ssse3"))
_V3 = _V2 | frozenset(("avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe"))
_V4 = _V3 | frozenset(("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"))

ISAS: Mapping[str, Isa] = MappingProxyType(
    {
        isa.name: isa
        for isa in (
            Isa(
                name="avx512",
                machines=_X86,
                flags=_V4,
                vector_bytes=64,
                vector_registers=32,
                has_fma=True,
                llvm_triple="x86_64-unknown-linux-gnu",
                llvm_cpu="x86-64-v4",
                llvm_features="-prefer-256-bit",
                has_masks=True,
            ),
            Isa(
                name="avx2",
                machines=_X86,
                flags=_V3,
                vector_bytes=32,
                vector_registers=16,
                has_fma=True,
                llvm_triple="x86_64-unknown-linux-gnu",
                llvm_cpu="x86-64-v3",
            ),
            Isa(
                name="x86-64",
                machines=_X86,
                flags=_V2,
                vector_bytes=16,
                vector_registers=16,
                has_fma=False,
                llvm_triple="x86_64-unknown-linux-gnu",
                llvm_cpu="x86-64-v2",
            ),
            Isa(
                name="neon",
                machines=("aarch64", "arm64"),
                flags=frozenset({"asimd"}),
                vector_bytes=16,
                vector_registers=32,
                has_fma=True,
                llvm_triple="aarch64-unknown-linux-gnu",
                llvm_cpu="generic",
            ),
        )
    }
)
"""Instruction sets by name; of those that a machine runs, the first is the one to use."""


@dataclass(frozen=True, slots=True)
class Target:
    """What code is made for.

    Parameters
    ----------
    kind
        ``"cpu"``.
    threads
        Threads of a kernel, at least 1.
    isa
        A name of `ISAS`.

    Raises
    ------
    TargetError
        A kind or instruction set that does not exist, or an impossible number of threads.
    """

    kind: str = "cpu"
    threads: int = 1
    isa: str = "avx2"

    def __post_init__(self) -> None:
        if self.kind != "cpu":
            raise TargetError(f"target kind {self.kind!r} is unknown; 'cpu' would work")
        if self.isa not in ISAS:
            near = get_close_matches(self.isa, ISAS, n=1, cutoff=0.4)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(ISAS)}"
            raise TargetError(f"instruction set {self.isa!r} is unknown; {hint}")
        if not 1 <= self.threads <= MAX_THREADS:
            raise TargetError(
                f"target of {self.threads} threads: from 1 to {MAX_THREADS} would work"
            )

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """Canonical text: the key of this target in logs."""
        return f"{self.kind}:threads={self.threads},isa={self.isa}"

    @property
    def vector_bytes(self) -> int:
        """Bytes of a vector register."""
        return ISAS[self.isa].vector_bytes

    @property
    def vector_registers(self) -> int:
        """Number of vector registers."""
        return ISAS[self.isa].vector_registers

    @property
    def has_fma(self) -> bool:
        """Whether a multiply and an add fuse into one instruction."""
        return ISAS[self.isa].has_fma

    @property
    def has_masks(self) -> bool:
        """Whether part of a vector is loaded and stored as fast as a whole one."""
        return ISAS[self.isa].has_masks

    @property
    def llvm_triple(self) -> str:
        """LLVM's name of the platform."""
        return ISAS[self.isa].llvm_triple

    @property
    def llvm_cpu(self) -> str:
        """LLVM's name of the processor: the least that has the instruction set."""
        return ISAS[self.isa].llvm_cpu

    @property
    def llvm_features(self) -> str:
        """LLVM features to switch on or off beside those of `llvm_cpu`."""
        return ISAS[self.isa].llvm_features

    def runs_on(self, cpuinfo: str, machine: str) -> bool:
        """Whether code for this target runs on the machine that is described (`isas_of`)."""
        return self.isa in isas_of(cpuinfo, machine)

    def runs_here(self) -> bool:
        """Whether code for this target runs on this machine; it can be built anywhere."""
        return self.runs_on(_read_cpuinfo(), platform.machine())


def isas_of(cpuinfo: str, machine: str) -> tuple[str, ...]:
    """The instruction sets that a machine runs, the one to prefer first.

    Parameters
    ----------
    cpuinfo
        Text of its ``/proc/cpuinfo``; the first ``flags`` or ``Features`` line counts.
    machine
        Its ``platform.machine()``.
    """
    found = re.search(r"^(?:flags|Features)\s*:(.*)$", cpuinfo, re.MULTILINE)
    flags = frozenset(found.group(1).split()) if found else frozenset()
    return tuple(n for n, isa in ISAS.items() if machine in isa.machines and isa.flags <= flags)


def host_isa() -> str:
    """The instruction set to use on this machine.

    Raises
    ------
    TargetError
        This machine has none of `ISAS`.
    """
    machine = platform.machine()
    runnable = isas_of(_read_cpuinfo(), machine)
    if not runnable:
        raise TargetError(
            f"this machine ({machine or 'unknown'}) has none of the instruction sets "
            f"{', '.join(ISAS)}; name one to build for another machine, as in 'cpu:isa=avx2'"
        )
    return runnable[0]


def parse_target(text: str, threads: int | None = None) -> Target:
    """The target that ``text`` names.

    Parameters
    ----------
    text
        ``cpu`` or ``cpu:threads=2,isa=avx2``; threads left out are 1, a missing isa is this
        machine's.
    threads
        Threads wanted beside the text; must agree with it.

    Raises
    ------
    TargetError
        A text that does not parse, a contradiction, or a target that does not exist.
    """
    kind, _, arguments = (part.strip() for part in text.partition(":"))
    if kind != "cpu":
        raise TargetError(f"target {text[:80]!r}: kind {kind[:80]!r} is unknown; 'cpu' would work")
    given = _fields(text, arguments)
    count = given.get("threads", "1" if threads is None else str(threads))
    if not re.fullmatch(r"-?[0-9]{1,9}", count, re.ASCII):
        raise TargetError(f"target {text[:80]!r}: {count[:20]!r} threads; a number would work")
    if threads is not None and int(count) != threads:
        raise TargetError(
            f"target {text[:80]!r} says threads={count} and {threads} threads are asked for; "
            "give one of them, or the same number"
        )
    isa = given["isa"] if "isa" in given else host_isa()
    return Target(kind, int(count), isa)


def _fields(text: str, arguments: str) -> dict[str, str]:
    """The ``field=value`` pairs of a target text."""
    given: dict[str, str] = {}
    for argument in arguments.split(",") if arguments else ():
        name, equals, value = (part.strip() for part in argument.partition("="))
        if name not in ("threads", "isa") or not equals:
            raise TargetError(
                f"target {text[:80]!r}: {argument[:80]!r} is neither threads=N nor isa=NAME; "
                "'cpu:threads=2,isa=avx2' would work"
            )
        if name in given:
            raise TargetError(f"target {text[:80]!r}: {name} is given twice; give it once")
        given[name] = value
    return given


def _read_cpuinfo() -> str:
    try:
        return Path("/proc/cpuinfo").read_text(errors="replace")
    except OSError:
        return ""
