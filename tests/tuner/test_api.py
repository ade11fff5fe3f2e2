from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tvmtune.deploy.inputs import read_inputs
from tvmtune.errors import (
    SearchError,
    SpaceError,
    TargetError,
    TemplateError,
    UsageError,
    WorkloadError,
)
from tvmtune.machine import MachineFacts
from tvmtune.measure.lock import MachineLock
from tvmtune.measure.options import MeasureOptions
from tvmtune.measure.workers import Workers
from tvmtune.records import read_log
from tvmtune.target import Target, parse_target
from tvmtune.tuner import Ending, Equipment, TuneOptions, api, tune


@pytest.fixture
def local(bed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def machinery(target: Target, give_up: Callable[[], bool]) -> Iterator[api.Machinery]:
        equipment = Equipment(harness=bed._harness, domain=bed.domains, here=bed.here)

        def ready() -> tuple[Equipment, None]:
            assert bed.path.exists()
            return equipment, None

        yield api.Machinery(equipment, ready)

    monkeypatch.setattr(api, "local_machinery", machinery)


@pytest.mark.usefixtures("local")
def test_texts_become_tasks(bed: Any) -> None:
    report = tune(
        ["matmul:m=16,k=8,n=8", "M512"],
        target="cpu:threads=1,isa=avx2",
        log=bed.path,
        trials=3,
        search="random",
        divide="even",
    )
    assert [task.trials for task in report.tasks] == [3, 3]
    assert report.tasks[1].task.workload.startswith("matmul:")
    assert len(read_log([bed.path]).records) > 6
    one = tune("M512", target="cpu:isa=avx2", log=bed.path, trials=4, search="random")
    assert one.tasks[0].measured == 1


@pytest.mark.usefixtures("local")
def test_a_strategy_of_ones_own(bed: Any, tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text(
        "from tvmtune.search.random import RandomSearch\n"
        "class Mine(RandomSearch):\n"
        "    name = 'mine'\n"
        "    def _plan(self):\n"
        "        raise RuntimeError('mine was asked')\n"
    )
    with pytest.raises(RuntimeError, match="mine was asked"):
        tune("M512", target="cpu:isa=avx2", log=bed.path, trials=9, search=f"{own}:Mine")
    with pytest.raises(SearchError, match=r"own\.py has no Yours"):
        tune("M512", log=tmp_path / "log", search=f"{own}:Yours")
    assert not (tmp_path / "log").exists()


@pytest.mark.usefixtures("local")
def test_bad_texts_make_no_log(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with pytest.raises(WorkloadError):
        tune("matmul:m=0,k=8,n=8", log=path)
    with pytest.raises(UsageError):
        tune("M512", log=path, trials=0)
    with pytest.raises(UsageError, match="nothing to tune"):
        tune([], log=path)
    assert not path.exists()


@pytest.mark.usefixtures("local")
def test_restrictions_that_do_not_fit_make_no_log(bed: Any) -> None:
    inputs, target = read_inputs("M512"), parse_target("cpu:isa=avx2")
    with pytest.raises(SpaceError, match="zzz"):
        api.tune_inputs(inputs, target, bed.path, TuneOptions(restrict={"zzz": ("3",)}))
    assert not bed.path.exists()


@pytest.mark.parametrize("by", ["time", "stop"])
def test_a_machine_that_another_has_is_not_waited_for_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, by: str
) -> None:
    lock = tmp_path / "lock"
    monkeypatch.setattr(api, "MeasureOptions", partial(MeasureOptions, lock_path=lock))
    options = TuneOptions(search="random", minutes=0.05 if by == "time" else None)
    heard: list[MachineFacts] = []
    watch = api.Watch(machine=heard.append, stop=lambda: by == "stop" and bool(caplog.messages))
    with MachineLock(lock).hold():
        report = api.tune_inputs(
            read_inputs("matmul:m=8,k=8,n=8"),
            parse_target("cpu"),
            tmp_path / "log",
            options,
            watch=watch,
        )
    assert report.ending is (Ending.TIME if by == "time" else Ending.STOPPED)
    assert report.seconds < 60
    assert heard == []
    assert read_log([tmp_path / "log"]).records == ()
    assert caplog.messages == [
        f"waiting for process {os.getpid()}, which measures on this machine"
    ] * (by == "stop" or len(caplog.messages))


@pytest.mark.usefixtures("local")
def test_what_does_not_exist_is_refused_first(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with pytest.raises(SearchError, match="no search strategy 'luck'; there are sa-xgb, "):
        tune("M512", log=path, search="luck")
    with pytest.raises(TemplateError):
        tune("M512", log=path, template="none")
    assert not path.exists()


@pytest.mark.usefixtures("local")
def test_threads_and_notes(
    bed: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    found = replace(read_inputs(["M512", "M512"]), notes=("net.onnx: Relu x3",))
    monkeypatch.setattr(api, "read_inputs", lambda inputs: found)
    bed.path.write_text("a line of something else\n")
    report = tune(
        "net.onnx", "cpu:isa=avx2", bed.path, threads=2, trials=2, minutes=5.0, search="random"
    )
    (task,) = report.tasks
    assert task.task.target == "cpu:threads=2,isa=avx2"
    assert task.task.weight == 2
    assert "net.onnx: Relu x3" in caplog.text
    assert "1 line left out" in caplog.text


def test_this_machine_is_measured_first(bed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = MachineFacts(
        cores=2,
        peak_flops=1e11,
        all_peak_flops=1.5e11,
        bandwidths=(),
        noise=0.01,
        interference=1.8,
        timer_s=1e-8,
    )
    given = []

    def equipment(workers: Workers, domain: Any) -> Equipment:
        given.append(workers.options)
        return Equipment(
            harness=bed._harness, domain=bed.domains, here=bed.here, settings={"overlap": False}
        )

    monkeypatch.setattr(api, "measure_machine", lambda *_: facts)
    monkeypatch.setattr(api, "equipment_with", equipment)
    heard: list[MachineFacts] = []
    target = parse_target("cpu:threads=2,isa=avx2")
    with api.local_machinery(target, lambda: False) as machine:
        equipped, known = machine.ready()
        assert known is facts
        assert equipped.settings == {
            "overlap": False,
            "peak_flops": 1.5e11,
            "levels": [],
            "interference": 1.8,
            "noise": 0.01,
        }
    assert not given[1].overlap
    api.tune_inputs(
        read_inputs("M512"),
        parse_target("cpu:isa=avx2"),
        bed.path,
        TuneOptions(trials=1, search="random"),
        watch=api.Watch(machine=heard.append),
    )
    assert heard == [facts]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("cpu:isa=neon", r"this machine cannot run neon; tune for isa=\w"),
        ("cpu:threads=900", r"900 threads cannot be timed on the \d+ cores .* at most \d+ would"),
    ],
)
def test_targets_of_other_machines_are_refused_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, message: str
) -> None:
    def probe(*_: object) -> MachineFacts:
        raise AssertionError("the machine is measured")

    monkeypatch.setattr(api, "measure_machine", probe)
    with pytest.raises(TargetError, match=message):
        tune("M512", target, tmp_path / "log")
    assert not (tmp_path / "log").exists()
