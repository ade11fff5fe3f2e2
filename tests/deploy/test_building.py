from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tvmtune
from tvmtune.deploy import building
from tvmtune.deploy.building import BuildOptions, build, build_all
from tvmtune.deploy.inputs import read_inputs
from tvmtune.deploy.match import LogMatch
from tvmtune.errors import CodegenError, KernelError, MeasureError, RecordError, UsageError
from tvmtune.outcome import Outcome, Status
from tvmtune.records import LogWriter
from tvmtune.target import parse_target
from tvmtune.workload import parse

TARGET = parse_target("cpu:threads=1,isa=avx2")
WORKLOADS = [parse("matmul:m=8,k=8,n=8"), parse("matmul:m=16,k=8,n=8")]


def test_all_by_workload(builder: Any, log: Path) -> None:
    heard: list[object] = []
    options = BuildOptions(keep_sources=True, start_builder=lambda: builder)
    kernels = build_all(WORKLOADS, TARGET, log, options, heard.append)
    assert list(kernels) == [w.text for w in WORKLOADS]
    assert heard == list(kernels.values())
    assert builder.closed
    assert [r["target"] for r in builder.requests] == [TARGET.text] * 2
    first = kernels[WORKLOADS[0].text]
    assert first.source("llvm") == "define"
    assert isinstance(first.match, LogMatch)


def test_one_with_default_arguments(builder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "BuilderPool", lambda options: builder)
    kernel = build("matmul:m=8,k=8,n=8", target="cpu:isa=avx2", threads=2)
    assert builder.requests[0]["target"] == "cpu:threads=2,isa=avx2"
    assert isinstance(kernel.match, LogMatch)
    assert kernel.match.reason == "no log was given"
    with pytest.raises(KernelError, match="keep_sources"):
        kernel.source("llvm")


def test_a_model_of_several_workloads(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read_inputs(["M512", "C2"])
    monkeypatch.setattr(building, "read_inputs", lambda name: found)
    with pytest.raises(UsageError, match="2 distinct workloads"):
        build("net.onnx")


def test_logs_that_do_not_serve(builder: Any, tmp_path: Path, log: Path, caplog: Any) -> None:
    options = BuildOptions(start_builder=lambda: builder)
    with pytest.raises(RecordError, match="cannot read"):
        build_all(WORKLOADS, TARGET, tmp_path / "missing", options)
    empty = tmp_path / "empty"
    empty.touch()
    with pytest.raises(RecordError, match="is empty"):
        build_all(WORKLOADS, TARGET, empty, options)
    log.write_bytes(log.read_bytes() + b"torn")
    build_all(WORKLOADS, TARGET, log, options)
    assert "1 line left out" in caplog.text


def test_several_logs_are_one(builder: Any, tmp_path: Path, log: Path, record: Any) -> None:
    other = tmp_path / "other.jsonl"
    with LogWriter(other) as writer:
        writer.append(record(workload=WORKLOADS[1].text))
    options = BuildOptions(start_builder=lambda: builder)
    kernels = build_all(WORKLOADS, TARGET, [log, other], options)
    matches = [kernel.match for kernel in kernels.values()]
    assert [sum(m.refused.values()) for m in matches if isinstance(m, LogMatch)] == [1, 1]
    with pytest.raises(RecordError, match="no log to read"):
        build_all(WORKLOADS, TARGET, [], options)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (Status.BUILD_ERROR, CodegenError),
        (Status.INVALID, CodegenError),
        (Status.BUILD_TIMEOUT, MeasureError),
    ],
)
def test_what_cannot_be_built(builder: Any, status: Status, error: type[Exception]) -> None:
    refusing = type(builder)(Outcome(status=status, detail="LLVM said no\nmore"))
    options = BuildOptions(start_builder=lambda: refusing)
    with pytest.raises(error, match=r"m=8,k=8,n=8 with its default config: LLVM said no$"):
        build_all(WORKLOADS, TARGET, None, options)
    assert refusing.closed


def test_a_kernel_of_this_machine() -> None:
    kernel = tvmtune.build("matmul:m=5,k=7,n=3")
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((5, 7), np.float32), rng.standard_normal((7, 3), np.float32)
    np.testing.assert_allclose(kernel.bind(w=w)(x), x @ w, rtol=1e-4, atol=1e-5)
