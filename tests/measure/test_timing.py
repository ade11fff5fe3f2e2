from __future__ import annotations

from collections.abc import Callable

import pytest

from tvmtune.measure.timing import Stopwatch, Timing, TimingOptions, time_calls

OPTIONS = TimingOptions(sample_s=0.002, budget_s=0.16)


class Clock:
    """A clock that only calls advance."""

    def __init__(self, duration_s: Callable[[int], float]) -> None:
        self.now = 0.0
        self.calls = 0
        self.interruptions = 0
        self._duration_s = duration_s

    def __call__(self) -> float:
        return self.now

    def call(self) -> None:
        self.now += self._duration_s(self.calls)
        self.calls += 1


def _timed(
    duration_s: float | Callable[[int], float], best_s: float | None = None
) -> tuple[Timing, Clock]:
    clock = Clock(duration_s if callable(duration_s) else lambda _: duration_s)
    watch = Stopwatch(clock.call, clock, lambda: clock.interruptions)
    return time_calls(watch, OPTIONS, best_s), clock


def test_short_calls_are_repeated_until_a_sample_is_long_enough() -> None:
    timing, clock = _timed(1e-5)
    assert not timing.truncated
    assert timing.median_s == pytest.approx(1e-5)
    assert 70 <= len(timing.samples_s) <= 90
    assert clock.calls / len(timing.samples_s) > 190
    assert clock.now < 0.2


def test_slow_calls_get_few_samples() -> None:
    timing, clock = _timed(1.0)
    assert len(timing.samples_s) == 2
    assert clock.calls == 3


def test_what_is_clearly_slower_is_dropped_after_its_first_run() -> None:
    timing, clock = _timed(0.1, best_s=0.01)
    assert timing == Timing((pytest.approx(0.1),), truncated=True)  # type: ignore[arg-type]
    assert clock.calls == 2
    timing, clock = _timed(1e-4, best_s=1e-5)
    assert timing.truncated
    assert clock.calls == 4


def test_a_first_run_that_was_slow_by_chance_is_forgiven() -> None:
    timing, _ = _timed(lambda call: 1e-3 if call == 1 else 1e-4, best_s=1e-4)
    assert not timing.truncated
    assert timing.median_s == pytest.approx(1e-4)


def test_slowness_that_shows_later_is_dropped_too() -> None:
    timing, clock = _timed(lambda call: 1e-3 if call > 5 else 1e-4, best_s=1e-4)
    assert timing.truncated
    assert clock.now < 0.08


def test_interruptions_are_no_evidence_against_a_candidate() -> None:
    clock = Clock(lambda call: 1e-2 if call < 10 else 1e-3)

    def call() -> None:
        clock.interruptions += clock.calls < 10
        clock.call()

    timing = time_calls(Stopwatch(call, clock, lambda: clock.interruptions), OPTIONS, best_s=1e-3)
    assert not timing.truncated
    assert timing.median_s == pytest.approx(1e-3)


def test_the_farther_from_the_best_the_fewer_samples() -> None:
    far, near, close, better = (
        len(_timed(1e-4, best_s=1e-4 / times_best)[0].samples_s)
        for times_best in (1.3, 1.1, 1.05, 0.5)
    )
    assert far == OPTIONS.min_samples
    assert near == pytest.approx(close / 4, abs=2)
    assert better == close


def test_median_ignores_interruptions() -> None:
    timing, _ = _timed(lambda call: 5e-3 if call % 50 == 0 else 1e-3)
    assert timing.median_s == pytest.approx(1e-3)


def test_interrupted_samples_are_set_aside_while_there_are_enough_others() -> None:
    clock = Clock(lambda call: 5e-3 if call % 7 < 3 else 1e-3)

    def call() -> None:
        clock.interruptions += clock.calls % 7 < 3
        clock.call()

    timing = time_calls(Stopwatch(call, clock, lambda: clock.interruptions), OPTIONS)
    assert timing.median_s == pytest.approx(1e-3)
    assert len(timing.samples_s) >= OPTIONS.min_samples
    assert timing.interrupted > 0


def test_interrupted_samples_have_to_do_where_there_are_no_others() -> None:
    clock = Clock(lambda _: 3e-3)

    def call() -> None:
        clock.interruptions += 1
        clock.call()

    timing = time_calls(Stopwatch(call, clock, lambda: clock.interruptions), OPTIONS)
    assert timing.interrupted == len(timing.samples_s) > OPTIONS.min_samples
    assert clock.now < 0.4


def test_samples_are_limited() -> None:
    clock = Clock(lambda _: 0.0)
    watch = Stopwatch(clock.call, clock, lambda: clock.interruptions)
    timing = time_calls(watch, TimingOptions(sample_s=1e-9, max_samples=7))
    assert len(timing.samples_s) == 7


def test_options_round_trip() -> None:
    assert TimingOptions.from_json(OPTIONS.to_json()) == OPTIONS
