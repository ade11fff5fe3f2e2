"""Random schedules of random programs compute what NumPy computes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.execution import check, host
from tests.numpy_reference import evaluate
from tests.random_programs import RandomProgram, programs
from tests.random_schedules import schedules
from tvmtune.errors import CodegenError, LoweringError, ScheduleError
from tvmtune.schedule import Schedule, create_schedule

MANY = settings().max_examples
_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@st.composite
def scheduled(draw: Any, moves: int) -> tuple[RandomProgram, Schedule, list[str]]:
    program = draw(programs())
    schedule, refusals = draw(schedules(program.outputs, moves))
    return program, schedule, refusals


def assert_right(case: tuple[RandomProgram, Schedule, list[str]], threads: int = 1) -> None:
    """A schedule is refused by an error that names its stage, or it computes what NumPy does."""
    program, schedule, refusals = case
    for message in refusals:
        assert_named(message, schedule)
    expected = evaluate(program.outputs, program.arrays)
    try:
        check(schedule, program.arrays, expected, host(threads), exact=program.exact)
    except (ScheduleError, LoweringError, CodegenError) as error:
        assert_named(str(error), schedule)


def assert_named(message: str, schedule: Schedule) -> None:
    known = {a for step in schedule.trace for a in step.arguments if isinstance(a, str)}
    known |= schedule.stages.keys() | schedule.inputs.keys()
    assert any(name in message for name in known), message
    assert "\n" not in message


@settings(suppress_health_check=_SLOW, max_examples=3 * MANY // 2)
@given(scheduled(10))
def test_one_thread(case: tuple[RandomProgram, Schedule, list[str]]) -> None:
    assert_right(case)


@pytest.mark.slow
@settings(suppress_health_check=_SLOW, max_examples=3 * MANY // 4)
@given(scheduled(25))
def test_long_schedules_on_two_threads(case: tuple[RandomProgram, Schedule, list[str]]) -> None:
    assert_right(case, threads=2)


@settings(suppress_health_check=_SLOW, max_examples=MANY // 4)
@given(scheduled(15))
def test_traces_replay(case: tuple[RandomProgram, Schedule, list[str]]) -> None:
    program, schedule, _ = case
    replayed = create_schedule(*program.outputs).replay(schedule.trace)
    assert str(replayed) == str(schedule)
    assert replayed.trace == schedule.trace
