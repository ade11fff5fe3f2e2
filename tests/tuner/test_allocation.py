from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvmtune.tuner.allocation import Curve, Manner, TaskState, decide, expected_gap

MANNER = Manner.of(16, 200, per_trial=False)


def _curve(trials: int, *steps: tuple[int, float]) -> Curve:
    return Curve(trials, steps)


def _state(
    curve: Curve, weight: float = 1, trial_s: float = 0.25, remaining: float = math.inf
) -> TaskState:
    return TaskState(weight=weight, curve=curve, trial_s=trial_s, remaining=remaining)


_times = st.lists(st.one_of(st.none(), st.floats(1e-6, 1e-2)), min_size=0, max_size=120)
_states = st.builds(
    lambda times, weight, trial_s: _state(Curve().extended(times), weight, trial_s=trial_s),
    _times,
    st.integers(1, 50),
    st.floats(0.05, 5),
)


def test_curves_keep_what_improved() -> None:
    curve = Curve().extended([None, 3.0, math.nan, 4.0]).extended([1.5, 2.0])
    assert (curve.trials, curve.steps, curve.best_s) == (6, ((2, 3.0), (5, 1.5)), 1.5)
    assert curve.best_after(1) is None
    assert curve.best_after(4) == 3.0
    assert curve.fall(4) == curve.fall(0) == pytest.approx(math.log(2))
    assert Curve().best_s is None
    assert Curve().fall(3) == 0.0


def test_every_task_is_warmed_up_first() -> None:
    warm = MANNER.warm_up
    states = [_state(_curve(50, (1, 9.0))), _state(_curve(3, (1, 1e-9))), _state(_curve(2))]
    assert decide(states, MANNER).task == 2
    states[2] = _state(_curve(warm))
    decision = decide(states, MANNER)
    assert (decision.task, decision.warming) == (1, True)
    states[1] = _state(_curve(warm, (1, 1e-9)))
    assert not decide(states, MANNER).warming


def test_the_heavier_task_is_preferred() -> None:
    curve = _curve(64, (1, 1e-3), (40, 9e-4))
    decision = decide([_state(curve), _state(curve, 2)], MANNER)
    assert decision.task == 1
    assert decision.gains[1] == pytest.approx(2 * decision.gains[0])
    assert decision.model_s == pytest.approx(3 * 9e-4)


def test_the_faster_trials_are_preferred_where_time_is_scarce() -> None:
    curve = _curve(64, (1, 1e-3), (40, 9e-4))
    states = [_state(curve, trial_s=1.0), _state(curve, trial_s=0.5)]
    assert decide(states, MANNER).task == 1
    assert decide(states, dataclasses.replace(MANNER, per_trial=True)).task == 0


def test_what_cannot_gain_is_left_alone() -> None:
    live = _curve(64, (1, 1e-3), (40, 9e-4))
    settled = _curve(5000, (1, 1.0), (20, 0.5))
    decision = decide([_state(settled, 99), _state(live), _state(live, 99, remaining=0)], MANNER)
    assert decision.task == 1
    assert decision.dead == (True, False, True)
    alone = decide([_state(settled, 99), _state(live, remaining=0)], MANNER)
    assert alone.task is None
    assert alone.gain_per_minute == 0.0


def test_nothing_that_works_is_worth_ever_less() -> None:
    other = _state(_curve(64, (1, 1e-3), (40, 9e-4)))
    gains = [decide([_state(_curve(n)), other], MANNER).gains[0] for n in (8, 64, 128, 500)]
    assert gains == sorted(gains, reverse=True)
    assert decide([_state(Curve())], MANNER).task == 0


@pytest.mark.parametrize("others", [0, 2])
def test_gain_falls_with_trials_that_improve_nothing(others: int) -> None:
    beside = [_state(_curve(100, (1, 1e-3), (50, 8e-4)))] * others
    gains = [
        decide([_state(_curve(n, (1, 1e-3), (30, 9e-4))), *beside], MANNER).gains[0]
        for n in range(62, 400, 16)
    ]
    assert gains == sorted(gains, reverse=True)


def test_gaps_are_learned_from_the_others() -> None:
    young = _curve(20, (1, 1e-3))
    poor, rich = _curve(200, (1, 1e-3)), _curve(200, (1, 1e-3), (60, 5e-4))
    gaps = [expected_gap([_state(young), _state(o)], 0, MANNER.start) for o in (poor, rich)]
    assert gaps[0] < gaps[1]


@given(st.lists(_states, min_size=1, max_size=6), st.randoms())
def test_decisions_do_not_depend_on_the_order(states: Sequence[TaskState], random: object) -> None:
    first = decide(states, MANNER)
    assert first == decide(states, MANNER)
    order = list(range(len(states)))
    random.shuffle(order)  # type: ignore[attr-defined]  # a random.Random
    second = decide([states[i] for i in order], MANNER)
    assert [first.gains[i] for i in order] == pytest.approx(list(second.gains))
    assert [first.dead[i] for i in order] == list(second.dead)
    assert first.gain_per_minute >= 0
    if first.task is not None and not first.warming:
        assert second.task is not None
        assert second.gains[second.task] == pytest.approx(first.gains[first.task])
        assert not first.dead[first.task]
