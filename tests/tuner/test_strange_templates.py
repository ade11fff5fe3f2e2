"""A template of the user's own whose code fails in every way that there is, tuned end to end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tvmtune.errors import TemplateError
from tvmtune.measure.options import MeasureOptions
from tvmtune.measure.timing import TimingOptions
from tvmtune.outcome import Status
from tvmtune.records import Purpose, Record, read_log
from tvmtune.target import Target
from tvmtune.tuner import Ending, TuneReport, api, tune
from tvmtune.tuner.local import local_equipment

TEMPLATE = """
import ctypes, os, time
from tvmtune.schedule import create_schedule
from tvmtune.search_spaces.knobs import candidates, choice
from tvmtune.search_spaces.space import Space
from tvmtune.search_spaces.template import Template

FAULTS = ["none", "loops", "crashes", "leaves", "leaves quietly", "eats", "raises", "forgets"]

def space(workload, target):
    order = sorted(FAULTS, key=lambda fault: fault != {default!r})
    if {default!r} == "spans for ever":
        while True:
            pass
    return Space("strange", (choice("fault", order), candidates("rows", [2, 4])))

def schedule(outputs, target, config):
    fault = config["fault"]
    if fault == "loops":
        while True:
            pass
    if fault == "crashes":
        ctypes.string_at(0)
    if fault in ("leaves", "leaves quietly"):
        os._exit(3 if fault == "leaves" else 0)
    if fault == "eats":
        bytearray(100 << 30)
    if fault == "raises":
        raise ValueError("no such thing")
    s = create_schedule(outputs[0]).cache_write("out", "register", "acc")
    s = s.split("out", "m", config["rows"], ("mo", "mi"), "peel")
    s = s.split("out", "n", 4, ("no", "ni"), "peel")
    s = s.reorder("out", "mo", "no", "mi", "ni").unroll("out", "mi").vectorize("out", "ni")
    s = s.compute_at("acc", "out", "no").reorder("acc", "k", "m", "n")
    s = s.unroll("acc", "m").vectorize("acc", "n")
    return None if fault == "forgets" else s

TEMPLATE = Template(
    name="strange", version=1, operator="matmul", space=space, schedule=schedule
)
"""
EXPECTED = {
    "none": (Status.OK, ""),
    "loops": (Status.BUILD_TIMEOUT, "its time was over"),
    "crashes": (Status.CRASH, "SIGSEGV"),
    "leaves": (Status.CRASH, "status 3"),
    "leaves quietly": (Status.CRASH, "status 0"),
    "eats": (Status.OUT_OF_MEMORY, "MemoryError"),
    "raises": (Status.BUILD_ERROR, "strange.py:29: ValueError: no such thing"),
    "forgets": (Status.BUILD_ERROR, "returned NoneType"),
}


@pytest.fixture(scope="module", autouse=True)
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """This machine with short deadlines, and not measured first."""
    options = MeasureOptions(
        build_deadline_s=4.0,
        rehearsal_deadline_s=3.0,
        overlap=False,
        timing=TimingOptions(sample_s=0.0005, budget_s=0.005),
        confirm_slice_s=0.005,
        lock_path=tmp_path_factory.mktemp("lock") / "lock",
    )

    @contextmanager
    def machinery(_target: Target, _give_up: Callable[[], bool]) -> Iterator[api.Machinery]:
        with local_equipment(options) as equipment:
            yield api.Machinery(equipment, lambda: (equipment, None))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api, "local_machinery", machinery)
        yield


def _template(folder: Path, default: str) -> str:
    path = folder / "strange.py"
    path.write_text(TEMPLATE.replace("{default!r}", repr(default)))
    return f"{path}:TEMPLATE"


def _tune(folder: Path, template: str) -> TuneReport:
    log = folder / "log.jsonl"
    return tune("matmul:m=8,k=8,n=8", log=log, trials=20, search="random", template=template)


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, TuneReport]:
    """The folder of the log, the template, and what came of it."""
    folder = tmp_path_factory.mktemp("strange")
    template = _template(folder, "none")
    return folder, template, _tune(folder, template)


def _records(folder: Path) -> list[Record]:
    found = read_log([folder / "log.jsonl"]).records
    return [record for record in found if record.purpose is not Purpose.CONFIRM]


def test_every_fault_costs_a_line_of_the_log(tuned: tuple[Path, str, TuneReport]) -> None:
    folder, _, report = tuned
    assert report.ending is Ending.EXHAUSTED
    faults = sorted(str(record.config["fault"]) for record in _records(folder))
    assert faults == sorted([*EXPECTED, "none"])


@pytest.mark.parametrize("fault", EXPECTED)
def test_faults_are_recorded_as_what_they_are(
    fault: str, tuned: tuple[Path, str, TuneReport]
) -> None:
    record, *_ = [r for r in _records(tuned[0]) if r.config["fault"] == fault]
    status, detail = EXPECTED[fault]
    assert record.status is status
    assert detail in record.detail


def test_the_best_has_no_fault(tuned: tuple[Path, str, TuneReport]) -> None:
    best = tuned[2].tasks[0].best
    assert best is not None
    assert best.confirmed
    assert best.record.config["fault"] == "none"


def test_going_on_tries_nothing_twice(
    tuned: tuple[Path, str, TuneReport], caplog: pytest.LogCaptureFixture
) -> None:
    folder, template, _ = tuned
    before = len(_records(folder))
    with caplog.at_level(logging.WARNING):
        assert _tune(folder, template).tasks[0].measured == 0
    assert len(_records(folder)) == before
    (told,) = [r.getMessage() for r in caplog.records if "crashes" in r.getMessage()]
    assert told.startswith("template strange fails for {'fault': 'crashes'}, which gets one trial")
    assert told.endswith("builder while rehearsing: it died of SIGSEGV")


@pytest.mark.parametrize(
    ("default", "message"),
    [
        ("crashes", r"its default config strange .*crashes.* crash: .* it died of SIGSEGV"),
        ("loops", r"its default config .* was not tried in this one: build_timeout: .*"),
        ("eats", "its default config .*: out_of_memory: MemoryError"),
        ("raises", r"schedule\(\) failed at strange.py:29: ValueError: no such thing"),
        ("spans for ever", "its space failed in a process of its own.* build_timeout: "),
    ],
)
def test_a_default_that_fails_is_refused_at_once(
    tmp_path: Path, default: str, message: str
) -> None:
    with pytest.raises(TemplateError, match=message):
        _tune(tmp_path, _template(tmp_path, default))
    assert not (tmp_path / "log.jsonl").exists()
