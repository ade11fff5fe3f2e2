"""The command line in this process, on a machine made of arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tvmtune.cli.main import run
from tvmtune.machine import Bandwidth, MachineFacts
from tvmtune.measure.candidate import Candidate
from tvmtune.outcome import Outcome, Status
from tvmtune.records import Here, LogWriter, Record
from tvmtune.target import Target
from tvmtune.tuner import Equipment, api
from tvmtune.tuner.local import compiled_domain

FACTS = MachineFacts(
    cores=2,
    peak_flops=1e11,
    all_peak_flops=1.9e11,
    bandwidths=(Bandwidth("L1", 16384, 2e11), Bandwidth("memory", 1 << 28, 1e10)),
    noise=0.01,
    interference=1.5,
    timer_s=4e-8,
)

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Run:
    """``cli("best", path)``: exit code, standard output, standard error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def record() -> Callable[..., Record]:
    """Records of one task; each starts a second after the one before."""
    made = 0

    def make(tile: int = 1, median_s: float | None = 1e-6, **fields: Any) -> Record:
        nonlocal made
        made += 1
        values: dict[str, Any] = {
            "workload": "matmul:m=8,k=8,n=8",
            "target": "cpu:threads=1,isa=avx2",
            "template": "matmul.packed",
            "template_version": "1",
            "config": {"tile": [tile, 4]},
            "status": Status.OK,
            "median_s": median_s,
            "samples_s": () if median_s is None else (median_s, 2 * median_s),
            "checks": {"harder": True},
            "start_s": 1e9 + made,
            "fingerprint": {"cpu": "A"},
            "settings": {"peak_flops": 1e10},
        }
        return Record(**values | fields).with_id()

    return make


@pytest.fixture
def log(tmp_path: Path) -> Callable[..., Path]:
    """A log of some records."""

    def write(*records: Record) -> Path:
        path = tmp_path / "log.jsonl"
        with LogWriter(path) as writer:
            for one in records:
                writer.append(one)
        return path

    return write


class FakeHarness:
    """Measures in no time; every third candidate fails."""

    def __init__(self, hook: Callable[[int], None]) -> None:
        self._hook = hook
        self._count = 0

    def measure(
        self, candidates: Iterable[Candidate], best_s: Callable[[], float | None]
    ) -> Iterator[tuple[Candidate, Outcome]]:
        for candidate in candidates:
            self._count += 1
            self._hook(self._count)
            if self._count % 3 == 0:
                yield candidate, Outcome(status=Status.BUILD_ERROR, detail="LLVM\nsaid no")
            else:
                yield candidate, self._ok()

    def check_harder(self, candidate: Candidate) -> Outcome:
        return Outcome(status=Status.OK, checks={"harder": True})

    def confirm(
        self, candidates: Sequence[Candidate], seconds: float, stop: Callable[[], bool]
    ) -> Iterator[tuple[Candidate, Outcome]]:
        for candidate in candidates:
            yield candidate, self._ok()

    def close(self) -> None:
        return

    def _ok(self) -> Outcome:
        time_s = 1e-6 / self._count
        return Outcome(status=Status.OK, median_s=time_s, samples_s=(time_s,))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[int], None]]:
    """Tuning meets this machine; the hooks in the list hear of each candidate."""
    hooks: list[Callable[[int], None]] = []

    def hook(count: int) -> None:
        for one in hooks:
            one(count)

    @contextmanager
    def machinery(target: Target, _give_up: Callable[[], bool]) -> Iterator[api.Machinery]:
        equipment = Equipment(
            harness=lambda task: FakeHarness(hook),
            domain=compiled_domain,
            here=Here({"cpu": "A"}, {}),
            settings=api.settings_of(FACTS, target),
        )
        yield api.Machinery(equipment, lambda: (equipment, FACTS))

    monkeypatch.setattr(api, "local_machinery", machinery)
    return hooks


@pytest.fixture
def facts() -> MachineFacts:
    return FACTS
