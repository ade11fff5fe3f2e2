"""Workers with a builder that plants faults, on a problem of a few bytes."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tvmtune.measure.candidate import Candidate
from tvmtune.measure.harness import Harness
from tvmtune.measure.options import MeasureOptions
from tvmtune.measure.problem import Problem
from tvmtune.measure.process import WorkerSettings
from tvmtune.measure.timing import TimingOptions
from tvmtune.measure.workers import Workers
from tvmtune.workload import Matmul, Workload

PLANTED = Path(__file__).parent / "planted_builder.py"

MakeCandidate = Callable[..., Candidate]


def _add(_workload: Workload, arrays: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
    """What the planted kernels compute."""
    total: NDArray[np.float64] = np.add(arrays["x"], arrays["w"], dtype=np.float64)
    return total


@pytest.fixture(scope="session")
def options(tmp_path_factory: pytest.TempPathFactory) -> MeasureOptions:
    return MeasureOptions(
        builder_command=(sys.executable, "-P", str(PLANTED)),
        build_deadline_s=4.0,
        run_deadline_s=4.0,
        memory_bytes=400 << 20,
        timing=TimingOptions(sample_s=0.0005, budget_s=0.005),
        confirm_slice_s=0.005,
        lock_path=tmp_path_factory.mktemp("lock") / "lock",
    )


@pytest.fixture(scope="session")
def workers(options: MeasureOptions) -> Iterator[Workers]:
    with Workers(options) as shared:
        yield shared


@pytest.fixture(scope="session")
def problem() -> Problem:
    return Problem(Matmul(m=4, k=4, n=4), _add)


@pytest.fixture
def harness(workers: Workers, problem: Problem) -> Iterator[Harness]:
    harness = Harness(problem, workers)
    yield harness
    harness.close()


@pytest.fixture(scope="session")
def candidate() -> MakeCandidate:
    """Makes the candidate that has a fault."""

    def make(fault: str, *flags: str) -> Candidate:
        return Candidate(fault, {"config": {"fault": fault, "llvm_flags": " ".join(flags)}})

    return make


@pytest.fixture(scope="session")
def planted() -> ModuleType:
    """The builder that plants faults, as a module of this process."""
    spec = importlib.util.spec_from_file_location("planted_builder", PLANTED)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., WorkerSettings]:
    """Makes the settings of a worker that runs some lines of Python."""

    def make(text: str, memory_bytes: int = 600 << 20, start_s: float = 20.0) -> WorkerSettings:
        path = tmp_path / "worker.py"
        path.write_text(text)
        return WorkerSettings(
            name="worker",
            command=(sys.executable, "-P", str(path)),
            memory_bytes=memory_bytes,
            start_s=start_s,
        )

    return make
