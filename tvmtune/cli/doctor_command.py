"""``tvmtune doctor``: what this machine is, can do, and lacks."""

from __future__ import annotations

import os
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from tvmtune.cli.output import rate_text, say, say_json, share_text, size_text
from tvmtune.errors import MeasureError
from tvmtune.machine import Bandwidth, Cache, MachineFacts, available_cores, read_caches
from tvmtune.measure.machine import measure_machine
from tvmtune.measure.options import MeasureOptions
from tvmtune.measure.workers import Workers
from tvmtune.records.fingerprint import machine_fingerprint, toolchain_versions
from tvmtune.runtime.openmp import OpenMP, find_openmp
from tvmtune.target import Target, parse_target

_NOISE = 0.05
_INTERFERENCE = 1.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What was found; ``facts`` are None where measuring failed, and ``failure`` says why."""

    cpu: str
    kernel: str
    cores: tuple[int, ...]
    target: Target
    caches: tuple[Cache, ...]
    toolchain: dict[str, str]
    openmp: bool
    facts: MachineFacts | None
    failure: str = ""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "cpu": self.cpu,
            "kernel": self.kernel,
            "cores": list(self.cores),
            "target": self.target.text,
            "caches": [asdict(cache) for cache in self.caches],
            "toolchain": self.toolchain,
            "openmp": self.openmp,
            "facts": self.facts.to_json() if self.facts else None,
            "failure": self.failure,
        }


def command(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Measure what this machine can do.

    CPU, caches, peak, bandwidths, noise, interference, back ends.  It takes a few seconds, and
    needs the machine for itself to be right.
    """
    found = examine()
    if as_json:
        say_json(found.to_json())
    else:
        for name, text in lines(found):
            say(f"{name:<14}{text}".rstrip())
    return 0 if found.facts else 1


def examine() -> Diagnosis:
    """Examine this machine."""
    fingerprint = machine_fingerprint()
    cores, target = available_cores(), parse_target("cpu")
    facts, failure = _measured(target, cores)
    return Diagnosis(
        cpu=str(fingerprint["cpu"]),
        kernel=str(fingerprint["kernel"]),
        cores=cores,
        target=target,
        caches=read_caches(cores[0]),
        toolchain=toolchain_versions(),
        openmp=not _openmp().serial,
        facts=facts,
        failure=failure,
    )


def lines(found: Diagnosis) -> list[tuple[str, str]]:
    """The diagnosis as names and texts; advice where something is amiss."""
    target = found.target
    caches = ", ".join(f"L{c.level} {size_text(c.size_bytes)}" for c in found.caches)
    return [
        ("CPU", found.cpu),
        ("cores", f"{len(found.cores)} ({_ranges(found.cores)})"),
        ("caches", caches or "unknown"),
        (
            "target",
            f"{target.text}: {target.vector_registers} registers of {target.vector_bytes} bytes",
        ),
        *(_fact_lines(found.facts) if found.facts else [("measuring", f"failed: {found.failure}")]),
        ("LLVM", f"llvmlite {found.toolchain['llvmlite']}"),
        ("OpenMP", _openmp_text(found.openmp)),
        ("versions", ", ".join(f"{name} {v}" for name, v in found.toolchain.items())),
        ("kernel", found.kernel),
        ("lock", _lock_text(MeasureOptions().lock_path)),
    ]


def _fact_lines(facts: MachineFacts) -> list[tuple[str, str]]:
    noisy = "" if facts.noise <= _NOISE else ": high; close other programs"
    beside = "" if facts.interference <= _INTERFERENCE else ": builds and timings will alternate"
    return [
        (
            "peak",
            f"{rate_text(facts.peak_flops)} GFLOP/s on one core, "
            f"{rate_text(facts.all_peak_flops)} on all (float32, multiply-add loop)",
        ),
        *((f"read {b.level}", _rates(b)) for b in facts.bandwidths),
        ("noise", f"{share_text(facts.noise)}{noisy}"),
        ("interference", f"{facts.interference:.2f}{beside}"),
        ("timer", f"{facts.timer_s * 1e9:.0f} ns"),
    ]


def _rates(bandwidth: Bandwidth) -> str:
    every = bandwidth.all_bytes_per_s
    together = f", {every / 1e9:.1f} on all" if every else ""
    return f"{bandwidth.bytes_per_s / 1e9:.1f} GB/s on one core{together}"


def _measured(target: Target, cores: tuple[int, ...]) -> tuple[MachineFacts | None, str]:
    try:
        with Workers(MeasureOptions().placed(1, cores)) as workers:
            return measure_machine(workers, target, cores), ""
    except MeasureError as error:
        return None, str(error)


def _openmp() -> OpenMP:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return find_openmp()


def _openmp_text(found: bool) -> str:
    return (
        "found" if found else "not found: kernels of several threads run on one; install libgomp1"
    )


def _lock_text(path: Path) -> str:
    usable = not path.exists() or os.access(path, os.R_OK)
    return f"{path}" if usable else f"{path} cannot be opened: remove it"


def _ranges(cores: tuple[int, ...]) -> str:
    """Numbers with neighbours joined, as ``0-3, 6``."""
    ranges: list[list[int]] = []
    for core in cores:
        if ranges and core == ranges[-1][1] + 1:
            ranges[-1][1] = core
        else:
            ranges.append([core, core])
    return ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in ranges)
