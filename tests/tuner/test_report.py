from __future__ import annotations

from typing import Any

from tvmtune.outcome import Status
from tvmtune.records import Record, Standing
from tvmtune.tuner import Ending, Task, TaskReport, TuneReport
from tvmtune.tuner.task import Expectation


def _standing(**fields: Any) -> Standing:
    record = Record(
        workload="w", target="t", template="x", template_version="1", config={}, status=Status.OK
    )
    values = {"search_s": None, "confirmed": True, "checked_harder": True, **fields}
    return Standing(record, 2.81e-6, **values)


def _report(workload: str, **fields: Any) -> TaskReport:
    values: dict[str, Any] = {
        "ending": Ending.TRIALS,
        "trials": 12,
        "measured": 5,
        "best": _standing(),
        "default_s": 2.853e-6,
        "failures": {},
    }
    return TaskReport(task=Task(workload, "cpu"), **values | fields)


def test_reports_are_short() -> None:
    tasks = (
        _report("a"),
        _report("b", best=_standing(confirmed=False), default_s=None, ending=Ending.TIME),
        _report("c", best=None, default_s=None, trials=0, measured=0, ending=Ending.STOPPED),
    )
    report = TuneReport(tasks, Ending.STOPPED, 12.34)
    assert repr(report) == ("<TuneReport: tasks=3, measured=10, ending='stopped', seconds=12.3>")
    assert str(report).splitlines() == [
        "a: best 2.81 us, default 2.853 us, trials 12, ended by trials",
        "b: best 2.81 us (search), trials 12, ended by time",
        "c: no best, trials 0, ended by stopped",
    ]


def test_expected_gains_and_reasons_are_said() -> None:
    tasks = (
        _report("a", expectation=Expectation(gain_per_minute=0.0123, dead=False)),
        _report("b", expectation=Expectation(gain_per_minute=0.0, dead=True)),
    )
    reason = "stopped: the expected gain is under 0.1 % a minute"
    lines = str(TuneReport(tasks, Ending.GAIN, 1.0, reason)).splitlines()
    assert lines[0].endswith("trials 12, ended by trials, expected gain 1.2 % a minute")
    assert lines[1].endswith("ended by trials, left alone: no gain expected")
    assert lines[2] == reason
