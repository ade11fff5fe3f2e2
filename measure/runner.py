"""The runner process: loads artifacts, checks what they compute, and times them.

It knows artifacts and arrays only, no compiler.  Run as ``python -m tvmtune.measure.runner LIMITS``
by its parent.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tvmtune.artifact import Artifact, Role
from tvmtune.errors import KernelError
from tvmtune.measure.checking import Comparison, Tolerance, compare
from tvmtune.measure.child import Handler, Progress, serve
from tvmtune.measure.frames import Frame, Payload
from tvmtune.measure.harder import check_harder
from tvmtune.measure.loads import sample_on_cores
from tvmtune.measure.timing import Stopwatch, TimingOptions, time_calls
from tvmtune.outcome import Status
from tvmtune.runtime.arrays import CANARY
from tvmtune.runtime.kernel import BoundKernel, Packed
from tvmtune.runtime.loader import load

MISSING_ARRAYS = "missing_arrays"
MISSING_KERNEL = "missing_kernel"

_CACHE_BYTES = 1 << 30


class _MissingArraysError(Exception):
    """Arrays that the parent has to send first."""

    def __init__(self, digests: Sequence[str]) -> None:
        super().__init__(*digests)
        self.digests = list(digests)


class Runner:
    """Answers requests, keeping arrays by digest and loaded kernels by key."""

    def __init__(self) -> None:
        self._arrays: OrderedDict[str, NDArray[Any]] = OrderedDict()
        self._kernels: dict[str, tuple[BoundKernel, Packed]] = {}

    def answer(
        self, message: Mapping[str, Any], payloads: Sequence[Payload], progress: Progress
    ) -> Frame:
        """Answer one request."""
        operations = {
            "arrays": self._receive,
            "measure": self._measure,
            "check": self._check,
            "load": self._load,
            "time": self._time,
            "forget": self._forget,
            "sample": self._sample,
        }
        try:
            return operations[message["op"]](message, payloads, progress)
        except _MissingArraysError as missing:
            return Frame({"status": MISSING_ARRAYS, "digests": missing.digests})
        except KernelError as error:
            return Frame({"status": Status.BUILD_ERROR.value, "detail": f"runner: {error}"})

    def _receive(
        self, message: Mapping[str, Any], payloads: Sequence[Payload], _progress: Progress
    ) -> Frame:
        """Keep arrays, in place of those used longest ago."""
        for entry, payload in zip(message["arrays"], payloads, strict=True):
            array = np.frombuffer(payload, entry["dtype"]).reshape(entry["shape"])
            array.flags.writeable = False
            self._arrays[entry["digest"]] = array
        fresh = len(payloads)
        while len(self._arrays) > fresh and self._cached_bytes() > _CACHE_BYTES:
            self._arrays.popitem(last=False)
        return Frame({"status": Status.OK.value})

    def _measure(
        self, message: Mapping[str, Any], payloads: Sequence[Payload], progress: Progress
    ) -> Frame:
        """Load, check, and time."""
        kernel, packed, report = self._loaded(message, payloads, progress)
        if report["status"] != Status.OK:
            return Frame(report)
        progress("timing")
        start = time.perf_counter()
        timing = time_calls(
            Stopwatch(partial(kernel.run, packed)),
            TimingOptions.from_json(message["timing"]),
            message["best_s"],
        )
        report["seconds"]["running"] += time.perf_counter() - start
        report["checks"]["interrupted"] = timing.interrupted
        return Frame(report | {"samples_s": timing.samples_s, "truncated": timing.truncated})

    def _load(
        self, message: Mapping[str, Any], payloads: Sequence[Payload], progress: Progress
    ) -> Frame:
        """Load and check, and keep what is right."""
        kernel, packed, report = self._loaded(message, payloads, progress)
        if report["status"] == Status.OK:
            self._kernels[message["key"]] = kernel, packed
        return Frame(report)

    def _time(
        self, message: Mapping[str, Any], _payloads: Sequence[Payload], progress: Progress
    ) -> Frame:
        """Time a kernel that was kept."""
        if message["key"] not in self._kernels:
            return Frame({"status": MISSING_KERNEL})
        kernel, packed = self._kernels[message["key"]]
        progress("timing")
        start = time.perf_counter()
        timing = time_calls(
            Stopwatch(partial(kernel.run, packed)), TimingOptions.from_json(message["timing"])
        )
        seconds = {"running": time.perf_counter() - start}
        status = Status.OK.value
        return Frame({"status": status, "samples_s": timing.samples_s, "seconds": seconds})

    def _forget(
        self, _message: Mapping[str, Any], _payloads: Sequence[Payload], _progress: Progress
    ) -> Frame:
        """Drop the kernels that were kept."""
        self._kernels.clear()
        return Frame({"status": Status.OK.value})

    def _check(
        self, message: Mapping[str, Any], payloads: Sequence[Payload], progress: Progress
    ) -> Frame:
        """Check on other operands between unmapped pages."""
        progress("loading")
        artifact = Artifact.from_bytes(bytes(payloads[0]))
        code = load(artifact)
        self._require([d for c in message["cases"] for d in _digests(c)])
        worst, rel_error, start = 0.0, 0.0, time.perf_counter()
        for case in message["cases"]:
            progress(f"checking seed {case['seed']} harder")
            operands, expected, tolerance = self._case(case, artifact)
            comparison, fault = check_harder(code, operands, expected, tolerance)
            worst = max(worst, comparison.error)
            rel_error = max(rel_error, comparison.rel_error)
            if fault is not None:
                return Frame(_wrong(f"seed {case['seed']}: {fault}"))
        seeds = [case["seed"] for case in message["cases"]]
        checks = {"harder": True, "seeds": seeds, "error": worst, "rel_error": rel_error}
        seconds = {"checking": time.perf_counter() - start}
        return Frame({"status": Status.OK.value, "checks": checks, "seconds": seconds})

    def _sample(
        self, message: Mapping[str, Any], payloads: Sequence[Payload], progress: Progress
    ) -> Frame:
        """Run a probe on some cores at the same time."""
        progress("sampling")
        code = load(Artifact.from_bytes(bytes(payloads[0])))
        samples = sample_on_cores(code, message["cores"], message["seconds"])
        return Frame({"status": Status.OK.value, "samples_s": samples})

    def _loaded(
        self, message: Mapping[str, Any], payloads: Sequence[Payload], progress: Progress
    ) -> tuple[BoundKernel, Packed, dict[str, Any]]:
        """Load a kernel and compare its first output, in memory that held NaN before."""
        self._require(_digests(message["case"]))
        artifact = Artifact.from_bytes(bytes(payloads[0]))
        operands, expected, tolerance = self._case(message["case"], artifact)
        progress("loading")
        times = [time.perf_counter()]
        kernel, packed = bind(artifact, operands)
        times.append(time.perf_counter())
        progress("checking")
        kernel.run(packed)
        times.append(time.perf_counter())
        comparison = compare(kernel.unpack(packed), expected, tolerance)
        times.append(time.perf_counter())
        report = _verdict(comparison, message["case"]["seed"])
        spans = (end - begin for begin, end in pairwise(times))
        report["seconds"] = dict(zip(("loading", "running", "checking"), spans, strict=True))
        return kernel, packed, report

    def _case(
        self, case: Mapping[str, Any], artifact: Artifact
    ) -> tuple[dict[str, NDArray[Any]], NDArray[np.float64], Tolerance]:
        """Operands, the output, and the error tolerated of an artifact."""
        operands = {name: self._arrays[digest] for name, digest in case["operands"].items()}
        expected = self._arrays[case["expected"]]
        tolerance = Tolerance.from_json(case["tolerance"])
        return operands, expected, tolerance.with_promise(artifact.manifest.max_rel_error, expected)

    def _require(self, digests: Sequence[str]) -> None:
        """Ask for what is not here, and keep what is."""
        known = [digest for digest in digests if digest in self._arrays]
        for digest in known:
            self._arrays.move_to_end(digest)
        missing = set(digests).difference(known)
        if missing:
            raise _MissingArraysError(sorted(missing))

    def _cached_bytes(self) -> int:
        return sum(array.nbytes for array in self._arrays.values())


def bind(artifact: Artifact, operands: Mapping[str, NDArray[Any]]) -> tuple[BoundKernel, Packed]:
    """Load an artifact and pack its operands; the output is filled with NaN.

    Without that, memory that held another candidate's output would hide one that writes nothing.
    """
    arguments = artifact.manifest.arguments
    constants = {a.name: operands[a.name] for a in arguments if a.role is Role.CONSTANT}
    inputs = [operands[a.name] for a in arguments if a.role is Role.INPUT]
    kernel = BoundKernel(load(artifact), constants)
    packed = kernel.pack(*inputs)
    for argument in arguments:
        if argument.role is Role.OUTPUT:
            packed.arrays[argument.name].view(np.uint8).fill(CANARY)
    return kernel, packed


def _verdict(comparison: Comparison, seed: int) -> dict[str, Any]:
    if comparison.mismatch is not None:
        return _wrong(f"seed {seed}: {comparison.mismatch}")
    errors = {"error": comparison.error, "rel_error": comparison.rel_error}
    return {"status": Status.OK.value, "checks": {"seeds": [seed], **errors}}


def _wrong(detail: str) -> dict[str, Any]:
    return {"status": Status.WRONG_ANSWER.value, "detail": detail}


def _digests(case: Mapping[str, Any]) -> list[str]:
    return [*case["operands"].values(), case["expected"]]


def _start() -> Handler:
    return Runner().answer


if __name__ == "__main__":
    serve(_start)
