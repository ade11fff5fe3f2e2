from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tvmtune.deploy.inputs import read_inputs
from tvmtune.errors import SearchError, TemplateError, UsageError, WorkloadError
from tvmtune.machine import MachineFacts
from tvmtune.records import read_log
from tvmtune.target import Target, parse_target
from tvmtune.tuner import Equipment, TuneOptions, api, tune


@pytest.fixture
def local(bed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def machinery(target: Target) -> Iterator[tuple[Equipment, None]]:
        yield Equipment(harness=bed._harness, domain=bed.domains, here=bed.here), None

    monkeypatch.setattr(api, "local_machinery", machinery)


@pytest.mark.usefixtures("local")
def test_texts_become_tasks(bed: Any) -> None:
    report = tune(
        ["matmul:m=16,k=8,n=8", "M512"],
        target="cpu:threads=1,isa=avx2",
        log=bed.path,
        trials=3,
        search="random",
    )
    assert [task.trials for task in report.tasks] == [3, 3]
    assert report.tasks[1].task.workload.startswith("matmul:")
    assert len(read_log([bed.path]).records) > 6
    one = tune("M512", target="cpu:isa=avx2", log=bed.path, trials=4, search="random")
    assert one.tasks[0].measured == 1


@pytest.mark.usefixtures("local")
def test_bad_texts_make_no_log(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with pytest.raises(WorkloadError):
        tune("matmul:m=0,k=8,n=8", log=path)
    with pytest.raises(UsageError):
        tune("M512", log=path, trials=0)
    assert not path.exists()


@pytest.mark.usefixtures("local")
def test_what_does_not_exist_is_refused_first(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with pytest.raises(SearchError, match="random, grid, sa-xgb"):
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

    @contextmanager
    def equipment(options: Any, on_wait: Any) -> Iterator[Equipment]:
        given.append(options)
        on_wait(None)
        yield Equipment(
            harness=bed._harness, domain=bed.domains, here=bed.here, settings={"overlap": False}
        )

    monkeypatch.setattr(api, "measure_machine", lambda *_: facts)
    monkeypatch.setattr(api, "local_equipment", equipment)
    heard: list[MachineFacts] = []
    with api.local_machinery(parse_target("cpu:threads=2,isa=avx2")) as (equipped, known):
        assert known is facts
        assert equipped.settings == {
            "overlap": False,
            "peak_flops": 1.5e11,
            "interference": 1.8,
            "noise": 0.01,
        }
    assert not given[0].overlap
    api.tune_inputs(
        read_inputs("M512"),
        parse_target("cpu:isa=avx2"),
        bed.path,
        TuneOptions(trials=1, search="random"),
        watch=api.Watch(machine=heard.append),
    )
    assert heard == [facts]
