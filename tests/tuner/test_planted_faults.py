"""A whole run over configs with faults: each is recorded as what it is, and none is best."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tvmtune.measure.harness import Harness
from tvmtune.measure.options import MeasureOptions
from tvmtune.measure.problem import Problem
from tvmtune.measure.timing import TimingOptions
from tvmtune.measure.workers import Workers
from tvmtune.outcome import Status
from tvmtune.records import Here, LogWriter, Record, read_log
from tvmtune.records.record import Purpose
from tvmtune.search_spaces.domain import TaskDomain
from tvmtune.search_spaces.knobs import choice
from tvmtune.search_spaces.space import Points, Space
from tvmtune.target import parse_target
from tvmtune.tuner import Equipment, Task, TuneOptions, tune_tasks
from tvmtune.tuner.equipment import TemplateKey
from tvmtune.workload import Workload, parse

PLANTED = Path(__file__).parents[1] / "measure" / "planted_builder.py"
EXPECTED = {
    "quick": (Status.OK, None),
    "none": (Status.OK, None),
    "segfault": (Status.CRASH, "runner"),
    "endless": (Status.RUN_TIMEOUT, "runner"),
    "touches 100 GB": (Status.OUT_OF_MEMORY, "runner"),
    "wrong": (Status.WRONG_ANSWER, "runner"),
    "reads past the end": (Status.CRASH, "runner"),
    "does not compile": (Status.BUILD_ERROR, "builder"),
    "builder crashes": (Status.CRASH, "builder"),
    "builder hangs": (Status.BUILD_TIMEOUT, "builder"),
    "no such config": (Status.INVALID, "builder"),
}


class _Evaluator:
    feature_names = ("fault",)

    def satisfied(self, points: Points) -> NDArray[np.bool_]:
        return np.ones(len(points), np.bool_)

    def features(self, points: Points) -> NDArray[np.float32]:
        return points.astype(np.float32)


def _domain(*_task: object, **_options: object) -> tuple[TaskDomain, list[TemplateKey]]:
    space = Space("planted", (choice("fault", list(EXPECTED)),))
    return TaskDomain([(space, _Evaluator())]), [TemplateKey("planted", "1")]


def _add(_workload: Workload, arrays: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
    total: NDArray[np.float64] = np.add(arrays["x"], arrays["w"], dtype=np.float64)
    return total


def _options(tmp_path: Path) -> MeasureOptions:
    return MeasureOptions(
        builder_command=(sys.executable, "-P", str(PLANTED)),
        build_deadline_s=4.0,
        run_deadline_s=4.0,
        memory_bytes=400 << 20,
        timing=TimingOptions(sample_s=0.0005, budget_s=0.005),
        confirm_slice_s=0.005,
        lock_path=tmp_path / "lock",
    )


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Record], Record]:
    """The search record of each config, and the best."""
    tmp_path = tmp_path_factory.mktemp("planted")
    task = Task("matmul:m=4,k=4,n=4", parse_target("cpu").text)
    log = tmp_path / "log.jsonl"
    with Workers(_options(tmp_path)) as workers, LogWriter(log) as writer:
        equipment = Equipment(
            harness=lambda t: Harness(Problem(parse(t.workload), _add), workers),
            domain=_domain,
            here=Here({"cpu": "A"}, {}),
        )
        options = TuneOptions(trials=len(EXPECTED), search="random")
        report = tune_tasks([task], writer, options, equipment)
    records = [r for r in read_log([log]).records if r.purpose is Purpose.SEARCH]
    best = report.tasks[0].best
    assert best is not None
    return {str(r.config["fault"]): r for r in records}, best.record


def test_the_run_ends_with_every_config(searched: tuple[dict[str, Record], Record]) -> None:
    assert set(searched[0]) == set(EXPECTED)


@pytest.mark.parametrize("fault", [f for f in EXPECTED if f != "reads past the end"])
def test_faults_are_recorded_as_what_they_are(
    fault: str, searched: tuple[dict[str, Record], Record]
) -> None:
    record = searched[0][fault]
    assert (record.status, record.where) == EXPECTED[fault]
    assert record.status is Status.OK or record.detail


def test_reading_past_the_end_is_found_before_it_could_be_best(
    searched: tuple[dict[str, Record], Record],
) -> None:
    record = searched[0]["reads past the end"]
    never_best = record.status is Status.OK and not record.checks.get("harder")
    assert never_best or record.status is Status.CRASH


def test_the_best_has_no_fault(searched: tuple[dict[str, Record], Record]) -> None:
    assert searched[1].config["fault"] in ("none", "quick")
