from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from tvmtune.errors import UsageError
from tvmtune.records import Purpose
from tvmtune.tuner import Ending, Task, TuneOptions
from tvmtune.tuner.pace import Average, Pace


def test_minutes_end_a_run_with_its_confirmation(bed: Any) -> None:
    bed.domains = dataclasses.replace(bed.domains, rows=64)
    report = bed.tune(minutes=1)
    assert report.ending is Ending.TIME
    assert 54 < report.seconds < 61
    assert bed.records[-1].purpose is Purpose.CONFIRM
    assert 150 < report.tasks[0].trials < 240


def test_several_tasks_share_the_time(bed: Any) -> None:
    tasks = [Task(f"matmul:m={m},k=8,n=8", bed.task.target) for m in range(1, 9)]
    report = bed.tune(*tasks, minutes=1)
    assert 54 < report.seconds < 63
    trials = [task.trials for task in report.tasks]
    assert min(trials) > 10
    assert max(trials) <= 2 * min(trials)
    assert all(task.best.confirmed for task in report.tasks)
    order = [r.workload for r in bed.records if r.purpose is Purpose.SEARCH]
    assert set(order[: len(order) // 2 + 6]) == {task.workload for task in tasks}


def test_whichever_comes_first_ends_it(bed: Any) -> None:
    report = bed.tune(bed.task, bed.other, minutes=10, trials=5)
    assert report.ending is Ending.TRIALS
    assert report.seconds < 60
    assert all(task.best.confirmed for task in report.tasks)


def test_time_that_a_task_does_not_need_goes_to_the_others(bed: Any) -> None:
    bed.domains = dataclasses.replace(bed.domains, rows=64)
    bed.tune(bed.task, trials=150)
    report = bed.tune(bed.task, bed.other, minutes=0.5, trials=150, divide="even")
    assert [t.ending for t in report.tasks] == [Ending.TRIALS, Ending.TIME]
    assert report.seconds > 26
    assert report.tasks[1].trials > 60


def test_no_time_at_all_is_no_error(bed: Any) -> None:
    report = bed.tune(bed.task, bed.other, minutes=1e-9)
    assert report.ending is Ending.TIME
    assert bed.records == () or len(bed.records) <= 12


def test_slow_trials_still_give_something_for_each(bed: Any) -> None:
    bed.trial_s = 2.0
    tasks = [Task(f"matmul:m={m},k=8,n=8", bed.task.target) for m in range(1, 4)]
    report = bed.tune(*tasks, minutes=1)
    assert all(task.trials for task in report.tasks)


@pytest.mark.parametrize(
    ("minutes", "tasks", "trial_s", "round_s"),
    [
        (1, 24, 0.2, 0.1),
        (1, 24, 0.6, 0.3),
        (1, 24, 0.1, 0.02),
        (1, 50, 0.3, 0.1),
        (0.5, 24, 0.2, 0),
    ],
)
def test_what_was_found_is_confirmed_however_short_the_time(
    bed: Any, minutes: float, tasks: int, trial_s: float, round_s: float
) -> None:
    bed.trial_s, bed.round_s = trial_s, round_s
    own = [Task(f"matmul:m={m},k=8,n=8", bed.task.target) for m in range(1, tasks + 1)]
    report = bed.tune(*own, minutes=minutes)
    assert all(task.best.confirmed for task in report.tasks)
    assert 54 * minutes < report.seconds < 61 * minutes


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"trials": 0}, "0 trials: give at least 1"),
        ({"minutes": 0.0}, "0.0 minutes: give a positive number"),
        ({"minutes": math.nan}, "nan minutes"),
        ({"minutes": math.inf}, "inf minutes"),
        ({"seed": -1}, "seed -1"),
        ({"plan_size": 0}, "plan_size 0: give at least 1"),
        ({"leaders": 0}, "leaders 0"),
        ({"confirm_s": -1.0}, "confirm_s -1.0"),
        ({"retries": -1}, "retries -1"),
        ({"divide": "fair"}, "divide 'fair': give gain or even (--divide D)"),
        ({"min_gain": 0.0}, "an expected gain of 0.0 % a minute: give a positive number"),
        ({"min_gain": 1.0, "divide": "even"}, "--min-gain needs expected gains"),
    ],
)
def test_options_out_of_range(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as error:
        TuneOptions(**options)
    assert message in str(error.value)


def test_the_budget_without_options() -> None:
    assert TuneOptions().trial_limit == 200
    assert TuneOptions(minutes=1).trial_limit is None
    assert TuneOptions(minutes=1, trials=3).trial_limit == 3


def test_plans_follow_the_budget() -> None:
    assert TuneOptions().proposals_per_plan(1) == 16
    assert TuneOptions(trials=10_000).proposals_per_plan(1) == 64
    assert TuneOptions(minutes=2).proposals_per_plan(1) == 40
    assert TuneOptions(minutes=3).proposals_per_plan(20) == 8
    assert TuneOptions(plan_size=7).proposals_per_plan(1) == 7


def test_seeds_are_the_same_in_every_process() -> None:
    assert TuneOptions(seed=1).seed_for(Task("w", "t")) == 2075929424
    assert TuneOptions(seed=1).seed_for(Task("w", "t", 9)) == TuneOptions(seed=1).seed_for(
        Task("w", "t")
    )


def test_pace_divides_what_is_left() -> None:
    pace = Pace.plan(100.0, 60.0, 2, confirm_s=3.0)
    assert (pace.rounds, pace.deadline_s) == (6, 160.0)
    assert pace.slice_end_s(100.0, 0, 2, 2, 3.0) == pytest.approx(100 + (60 - 6) / 12)
    assert pace.slice_end_s(140.0, 5, 1, 1, 5.0) == pytest.approx(155)
    assert (pace.leaders(5), pace.leaders(50)) == (5, 19)
    assert pace.is_last(5)
    assert not pace.is_last(4)
    free = Pace.plan(0.0, None, 2, confirm_s=3.0)
    assert not free.is_last(99)
    assert free.slice_end_s(0.0, 3, 1, 1, 3.0) == math.inf
    assert free.leaders(5) == 5
    assert Pace.plan(0.0, 1.0, 9, confirm_s=3.0).leaders(5) == 1


def test_averages_begin_with_a_guess() -> None:
    average = Average(1.0)
    average.add(2.0)
    average.add(6.0)
    assert average.value == 3.0
