"""Contestants, records and run directories made up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from benchmarks.contest import Comparison
from benchmarks.ours import NCHW, OWN_LAYOUT
from benchmarks.results import Deviation, Results, Settings, Span
from benchmarks.running import Contestants, Steps
from tvmtune.outcome import Status
from tvmtune.records import LogWriter, Purpose, Record
from tvmtune.workload import Workload

C2 = "conv2d:ci=64,h=56,co=64,k=3"
M512 = "matmul:m=512,k=512,n=512"


class FakeContestant:
    """Answers at once; ``times`` are those of its turns, over and over."""

    def __init__(
        self, name: str, times: Sequence[float | None], norm: float = 1.0, load_error: str = ""
    ) -> None:
        self.name = name
        self.missing = ""
        self._times = times
        self._turn = 0
        self._load: dict[str, Any] = {"error": load_error} if load_error else {"norm": norm}

    def ask(self, **request: Any) -> Mapping[str, Any]:
        if "describe" in request:
            return {"error": self.missing} if self.missing else {"version": "1.0"}
        if "load" in request:
            return self._load
        time = self._times[self._turn % len(self._times)]
        self._turn += 1
        return {"error": "crashed"} if time is None else {"median_s": time}


@pytest.fixture
def fake() -> type[FakeContestant]:
    return FakeContestant


@pytest.fixture
def record() -> Callable[..., Record]:
    """A record of C2 that was handed over at second ``at_s`` and took one second."""

    def make(tile: int, median_s: float | None, at_s: float, **fields: Any) -> Record:
        values: dict[str, Any] = {
            "workload": C2,
            "target": Settings().target,
            "template": "conv2d.direct",
            "template_version": "1",
            "config": {"tile": tile},
            "status": Status.OK if median_s else Status.CRASH,
            "median_s": median_s,
            "start_s": at_s,
            "seconds": {"lowering": 0.05, "codegen": 0.2, "running": 0.75},
            "checks": {"harder": True, "rel_error": tile * 1e-7},
            "flops": 60_000_000,
            "settings": {"peak_flops": 9e10, "levels": [["L2", None, 5e10]]},
        }
        return Record(**values | fields).with_id()

    return make


@pytest.fixture
def comparison() -> Callable[..., Comparison]:
    """Two rounds in which the peers take 2 and 3 ms, tvmtune 1 and, from NCHW, 2.5."""

    def make(workload: str = C2, **fields: Any) -> Comparison:
        times = {"onnxruntime": 2e-3, "torch": 3e-3, OWN_LAYOUT: 1e-3, NCHW: 2.5e-3}
        values: dict[str, Any] = {
            "workload": workload,
            "peers": ("onnxruntime", "openvino", "torch"),
            "rounds": (times, times),
            "left_out": {"openvino": "died"},
            "versions": {"onnxruntime": "1.31.1", "torch": "2.13.0", OWN_LAYOUT: "0.1.0"},
        }
        return Comparison(**values | fields)

    return make


@pytest.fixture
def results(record: Callable[..., Record], comparison: Callable[..., Comparison]) -> Results:
    """C2 tuned in two spans, 10 s each, a minute apart; M512 compared only."""
    confirm = Purpose.CONFIRM
    records = (
        record(1, 5e-3, 1001.0),
        record(2, None, 1003.0),
        record(3, 1.5e-3, 1005.0),
        record(4, 1.2e-3, 1062.0),
        record(3, 1.9e-3, 1066.0, purpose=confirm),
        record(4, 2.1e-3, 1066.0, purpose=confirm),
    )
    machine = {"cpu": "Zen 3", "cores": 2, "kernel": "6.1"}
    return Results(
        settings=Settings(seconds=20.0),
        invocations=(
            {"start_s": 1000.0, "commit": "abc", "machine": machine, "toolchain": {"numpy": "2"}},
            {"start_s": 1060.0, "commit": "abd", "machine": machine, "toolchain": {"numpy": "2"}},
        ),
        spans={C2: (Span(1000.0, 1010.0, ended=False), Span(1060.0, 1070.0, ended=True))},
        comparisons={C2: comparison(), M512: comparison(M512)},
        deviations={
            C2: Deviation(workload=C2, template="conv2d.direct", record_id="1", error=1.5e-6)
        },
        records={C2: records},
    )


@dataclass
class Machine:
    """What benchmarks run on here: it notes what was asked of it, and tunes in no time."""

    clock_s: float = 1000.0
    exits: list[int] = field(default_factory=list)
    """Exit codes of the next tuners; 0 after them."""
    contestants: list[FakeContestant] = field(default_factory=list)
    tuned: list[tuple[str, float]] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    make_record: Callable[..., Record] | None = None

    def steps(self) -> Steps:
        return Steps(
            tune=self._tune,
            contestants=self._contestants,
            deviation=self._deviation,
            exclusive=nullcontext,
            clock_s=lambda: self.clock_s,
            tell=self.said.append,
        )

    def _tune(self, settings: Settings, workload: Workload, seconds: float, log: Path) -> int:
        self.tuned.append((workload.text, seconds))
        assert self.make_record is not None
        with LogWriter(log) as writer:
            writer.append(self.make_record(1, 1e-3, self.clock_s + 6, workload=workload.text))
        code = self.exits.pop(0) if self.exits else 0
        if code == -9:  # not the tuner: the benchmark itself is killed
            raise KeyboardInterrupt
        self.clock_s += seconds
        return code

    @contextmanager
    def _contestants(self, settings: Settings, log: Path) -> Iterator[Contestants]:
        ours = [one for one in self.contestants if one.name.startswith("tvmtune")]
        yield Contestants([one for one in self.contestants if one not in ours], ours)

    def _deviation(self, settings: Settings, workload: Workload, log: Path) -> Deviation:
        self.checked.append(workload.text)
        return Deviation(workload=workload.text, template="t", record_id="", error=1e-6)


@pytest.fixture
def machine(record: Callable[..., Record]) -> Machine:
    contestants = [
        FakeContestant("onnxruntime", [2e-3]),
        FakeContestant(OWN_LAYOUT, [1e-3]),
        FakeContestant(NCHW, [2e-3]),
    ]
    return Machine(contestants=contestants, make_record=record)
