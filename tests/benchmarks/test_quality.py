from __future__ import annotations

from dataclasses import replace

from benchmarks.quality import Step, courses_of, median_reached_s, tuning_seconds
from benchmarks.results import Results, Span

_C2 = "conv2d:ci=64,h=56,co=64,k=3"


def test_the_course_of_a_workload(results: Results) -> None:
    (course,) = courses_of(results)
    assert course.entry.name == "C2"
    assert course.steps == (Step(2.0, 5e-3), Step(6.0, 1.5e-3), Step(13.0, 1.2e-3))
    assert course.tuned_s == 20.0
    assert course.confirmed_s == 1.9e-3
    assert course.peers_s == {"onnxruntime": 2e-3, "torch": 3e-3}


def test_quality_is_by_confirmed_times(results: Results) -> None:
    """Config 4 was faster in the search; confirmed, only config 3 is as fast as the peer."""
    (course,) = courses_of(results)
    assert course.reached_s == 6.0
    unconfirmed = {_C2: results.records[_C2][:4]}
    (course,) = courses_of(replace(results, records=unconfirmed))
    assert course.reached_s is None
    assert course.confirmed_s is None


def test_time_between_spans_does_not_count() -> None:
    spans = [Span(100.0, 110.0, ended=False), Span(200.0, 220.0, ended=True)]
    assert tuning_seconds(spans, [99.0, 104.0, 150.0, 205.0, 300.0]) == [0.0, 4.0, 10.0, 15.0, 30.0]


def test_the_median_counts_those_that_never_got_there(results: Results) -> None:
    (there,) = courses_of(results)
    never = replace(there, reached_s=None)
    assert median_reached_s([there, there, never]) == 6.0
    assert median_reached_s([there, never, never]) is None
    assert median_reached_s([there, never]) is None
    assert median_reached_s([]) is None
