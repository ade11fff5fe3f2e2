from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tvmtune.experiments.live_trace import trace_of
from tvmtune.outcome import Status
from tvmtune.records import Purpose, Record


def _record(tile: int, start_s: float, **fields: Any) -> Record:
    values: dict[str, Any] = {
        "workload": "matmul:m=8,k=8,n=8",
        "target": "cpu:threads=1,isa=avx2",
        "template": "matmul.packed",
        "template_version": "1",
        "config": {"tile": tile},
        "status": Status.OK,
        "median_s": tile * 1e-6,
        "start_s": 1e9 + start_s,
        "seconds": {"lowering": 0.25, "codegen": 0.25, "running": 1.0, "checking": 0.5},
    }
    return Record(**values | fields)


def test_trials_in_the_order_in_which_they_were_handed_over() -> None:
    failed = _record(2, 0.5, status=Status.CRASH, median_s=None)
    trace = trace_of([_record(1, 0.0), _record(3, 1.0), failed])
    np.testing.assert_array_equal(trace.times_s, [1e-6, np.nan, 3e-6])
    np.testing.assert_allclose(trace.told_s, [2.0, 5.0, 3.5])
    assert trace.rows is None
    assert (trace.building_s, trace.running_s, trace.thinking_s) == (1.5, 4.5, 0.0)


def test_thinking_is_when_nothing_is_under_way_and_pauses_are_left_out() -> None:
    trace = trace_of([_record(1, 0.0), _record(2, 5.0), _record(3, 1000.0)])
    np.testing.assert_allclose(trace.told_s, [2.0, 7.0, 9.0])
    assert trace.thinking_s == pytest.approx(3.0)


def test_faults_of_the_machinery_have_the_time_of_their_retry() -> None:
    fault: dict[str, Any] = {"status": Status.INFRASTRUCTURE, "median_s": None}
    trace = trace_of(
        [
            _record(1, 0.0, **fault),
            _record(2, 1.0, **fault),
            _record(1, 2.0, purpose=Purpose.RETRY),
            _record(1, 3.0, purpose=Purpose.CONFIRM, median_s=9.0),
            _record(2, 4.0, purpose=Purpose.RETRY, **fault),
        ]
    )
    np.testing.assert_array_equal(trace.times_s, [1e-6, np.nan])


def test_nothing() -> None:
    trace = trace_of([])
    assert len(trace) == 0
    assert trace.thinking_s == 0.0
