from __future__ import annotations

import json
from typing import Any

import pytest

from tvmtune.artifact import Status
from tvmtune.records import Proposer, Purpose, summarize


def test_a_row_per_task(make: Any) -> None:
    (row, other) = summarize(
        [
            make(1, 4e-3, proposer=Proposer.DEFAULT),
            make(2, 1e-3),
            make(3, None, status=Status.BUILD_ERROR),
            make(4, None, status=Status.INFRASTRUCTURE),
            make(4, 3e-3, purpose=Purpose.RETRY),
            make(5, None, status=Status.INFRASTRUCTURE),
            make(1, 5e-3, purpose=Purpose.CONFIRM, proposer=Proposer.DEFAULT),
            make(2, 2e-3, purpose=Purpose.CONFIRM),
            make(1, None, workload="odd", status=Status.BUILD_ERROR),
        ],
        lambda text: None if text == "odd" else 1e6,
    )
    assert row.best_s == 2e-3
    assert row.confirmed
    assert row.gflops == pytest.approx(0.5)
    assert row.default_s == 5e-3
    assert row.gain == pytest.approx(2.5)
    assert row.trials == 5
    assert row.failures == {"build_error": 1, "infrastructure": 1}
    assert row.config == {"tile": [2, 4], "unroll": True}
    assert (other.workload, other.best_s, other.gflops, other.gain) == ("odd", None, None, None)
    assert other.failures == {"build_error": 1}
    json.dumps(row.to_json(), allow_nan=False)


def test_machines_and_versions_are_not_mixed(make: Any) -> None:
    rows = summarize(
        [
            make(1, 1e-9, template_version="0"),
            make(1, 2e-3),
            make(1, 1e-9, fingerprint={"cpu": "B"}),
        ],
        lambda _: 1.0,
    )
    assert [(r.machine, r.best_s, r.stale) for r in rows] == [("A", 2e-3, 1), ("B", 1e-9, 0)]


def test_disqualified_configs_are_counted(make: Any) -> None:
    (row,) = summarize(
        [make(1, 1e-3), make(1, None, status=Status.WRONG_ANSWER, purpose=Purpose.CONFIRM)],
        lambda _: None,
    )
    assert (row.best_s, row.disqualified) == (None, 1)
