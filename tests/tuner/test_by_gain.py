from __future__ import annotations

import dataclasses
from typing import Any

from tvmtune.outcome import Outcome, Status
from tvmtune.records import Purpose
from tvmtune.tuner import Ending, Task


def _searches(bed: Any) -> int:
    return sum(r.purpose is Purpose.SEARCH for r in bed.records)


def _heavy(task: Task, weight: int) -> Task:
    return dataclasses.replace(task, weight=weight)


def test_the_total_is_shared_by_weight(bed: Any) -> None:
    bed.domains = dataclasses.replace(bed.domains, rows=64)
    report = bed.tune(_heavy(bed.task, 30), bed.other, trials=60)
    assert report.ending is Ending.TRIALS
    assert _searches(bed) == sum(task.trials for task in report.tasks) == 120
    assert report.tasks[0].trials > 2 * report.tasks[1].trials > 0
    assert all(task.best.confirmed for task in report.tasks)
    assert all(task.expectation is not None for task in report.tasks)


def test_the_same_command_goes_on_to_the_same_total(bed: Any) -> None:
    bed.domains = dataclasses.replace(bed.domains, rows=64)
    stopped = bed.tune(bed.task, bed.other, trials=40, stop=lambda: len(bed.events) > 30)
    assert stopped.ending is Ending.STOPPED
    assert 0 < _searches(bed) < 80
    assert bed.tune(bed.task, bed.other, trials=40).ending is Ending.TRIALS
    assert _searches(bed) == 80
    again = bed.tune(bed.task, bed.other, trials=40)
    assert (again.ending, _searches(bed)) == (Ending.TRIALS, 80)


def test_little_gain_stops_it_and_is_said(bed: Any) -> None:
    bed.domains = dataclasses.replace(bed.domains, rows=64)
    report = bed.tune(bed.task, bed.other, trials=180, min_gain=5)
    assert report.ending is Ending.GAIN
    assert report.reason == "stopped: the expected gain is under 5 % a minute"
    assert 16 < _searches(bed) < 360
    assert all(task.best.confirmed for task in report.tasks)
    expected = [task.expectation.gain_per_minute for task in report.tasks]
    assert max(expected) < 0.05


def test_a_single_task_stops_by_its_gain_too(bed: Any) -> None:
    bed.domains = dataclasses.replace(bed.domains, rows=64)
    report = bed.tune(minutes=5, min_gain=5)
    assert report.ending is Ending.GAIN
    assert report.seconds < 200


def test_exhausted_tasks_leave_their_trials_to_the_others(bed: Any) -> None:
    bed.domains = dataclasses.replace(bed.domains, rows=1)
    report = bed.tune(bed.task, bed.other, trials=500)
    assert report.ending is Ending.EXHAUSTED
    assert [task.trials for task in report.tasks] == [12, 12]


def test_faults_of_the_machinery_are_tried_again(bed: Any) -> None:
    def plant(request: Any, n: int) -> Outcome | None:
        lost = n == 1 and request["config"]["rows"] % 4 == 0
        return Outcome(status=Status.INFRASTRUCTURE, detail="lost") if lost else None

    bed.plant = plant
    report = bed.tune(bed.task, bed.other, trials=20)
    assert _searches(bed) == 40
    assert report.ending is Ending.TRIALS
    assert all("infrastructure" not in task.failures for task in report.tasks)


def test_tasks_that_never_work_do_not_take_it_all(bed: Any) -> None:
    bed.domains = dataclasses.replace(bed.domains, rows=64)

    def plant(request: Any, n: int) -> Outcome | None:
        broken = request["workload"] == bed.task.workload
        return Outcome(status=Status.CRASH, detail="boom") if broken else None

    bed.plant = plant
    report = bed.tune(bed.task, bed.other, minutes=1)
    assert report.tasks[1].trials > 20
    assert report.tasks[0].best is None
