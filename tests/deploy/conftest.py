"""Records, requests and kernels without a compiler."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tvmtune.artifact import Argument, Artifact, Manifest, Role
from tvmtune.deploy.choice import choose
from tvmtune.deploy.match import LogMatch
from tvmtune.layout import Layout
from tvmtune.measure.candidate import Built, Candidate
from tvmtune.outcome import Outcome, Status
from tvmtune.records import Here, LogWriter, Record
from tvmtune.runtime.kernel import Kernel
from tvmtune.target import parse_target
from tvmtune.workload import parse

WORKLOAD = "matmul:m=8,k=8,n=8"
TARGET = "cpu:threads=1,isa=avx2"
HERE = Here({"cpu": "A", "cores": 2, "kernel": "6"}, {"llvmlite": "0.50"})

MakeRecord = Callable[..., Record]


def artifact_of(workload: str, config: Mapping[str, Any], seconds: float = 0.1) -> Artifact:
    """An artifact whose code is text."""
    plain = Layout.plain(2)
    arguments = tuple(
        Argument(name, role, (8, 8), "float32", plain)
        for name, role in (("x", Role.INPUT), ("w", Role.CONSTANT), ("out", Role.OUTPUT))
    )
    manifest = Manifest(
        symbol="kernel",
        arguments=arguments,
        workspace_bytes=0,
        target=TARGET,
        workload=workload,
        template="matmul.packed",
        config=dict(config),
        seconds={"codegen": seconds},
    )
    return Artifact(manifest, repr(sorted(config.items())).encode())


class FakeBuilder:
    """Builds text, or refuses."""

    def __init__(self, refusal: Outcome | None = None) -> None:
        self.requests: list[Mapping[str, Any]] = []
        self.closed = False
        self._refusal = refusal

    def build(self, candidate: Candidate) -> Built | Outcome:
        """Note the request and answer."""
        self.requests.append(candidate.request)
        if self._refusal is not None:
            return self._refusal
        request = candidate.request
        sources = {"llvm": "define"} if request["keep_sources"] else {}
        return Built(artifact_of(request["workload"], request["config"]), sources)

    def close(self) -> None:
        """Note it."""
        self.closed = True


@pytest.fixture
def builder() -> FakeBuilder:
    return FakeBuilder()


@pytest.fixture
def record() -> MakeRecord:
    """Records of the default config, or one with other knobs, that are not stale."""
    default = choose(parse(WORKLOAD), parse_target(TARGET), None, HERE).match
    started = 0.0

    def make(median_s: float | None = 1e-6, **fields: Any) -> Record:
        nonlocal started
        started += 1.0
        values: dict[str, Any] = {
            "workload": WORKLOAD,
            "target": TARGET,
            "template": default.template,
            "template_version": "1",
            "config": default.config,
            "status": Status.OK,
            "median_s": median_s,
            "checks": {"harder": True},
            "start_s": started,
            "fingerprint": HERE.fingerprint,
            "toolchain": HERE.toolchain,
            "settings": {"peak_flops": 1e11},
        }
        return Record(**values | fields).with_id()

    return make


@pytest.fixture
def kernel() -> Callable[..., Kernel]:
    def make(workload: str = WORKLOAD, seconds: float = 0.1, **config: Any) -> Kernel:
        match = LogMatch(
            kind="exact", reason="measured here", template="matmul.packed", config=config
        )
        return Kernel(artifact_of(workload, config, seconds), match=match)

    return make


@pytest.fixture
def log(tmp_path: Path, record: MakeRecord) -> Path:
    """A log with one record."""
    path = tmp_path / "log.jsonl"
    with LogWriter(path) as writer:
        writer.append(record())
    return path
