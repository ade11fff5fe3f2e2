from __future__ import annotations

import json
from typing import Any

import pytest

from tvmtune.outcome import Status
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


def test_stale_records_give_way(make: Any) -> None:
    looked_at = []

    def changed_below(tile: int) -> Any:
        def nest_hash(record: Any) -> str:
            looked_at.append(record.config["tile"][0])
            return record.nest_hash if looked_at[-1] >= tile else "another"

        return nest_hash

    def row(tile: int, version: str = "1") -> Any:
        looked_at.clear()
        records = [make(t, t * 1e-3) for t in range(1, 7)]
        templates = {"matmul.packed": version}
        (found,) = summarize(records, lambda _: None, templates, changed_below(tile))
        return found

    assert (row(1).best_s, row(1).stale, looked_at) == (1e-3, 0, [1])
    assert (row(3).best_s, row(3).stale, row(3).stale_reason) == (3e-3, 2, "")
    lost = row(99)
    assert (lost.best_s, lost.stale, looked_at) == (1e-3, 4, [1, 2, 3, 4])
    assert lost.stale_reason == "stale: matmul.packed makes another nest now"
    older = row(1, version="2")
    assert (older.best_s, older.trials, older.stale, looked_at) == (1e-3, 6, 6, [])
    assert older.stale_reason == "stale: matmul.packed version 1, now 2"


def test_templates_outside_the_package_have_their_last_version(make: Any) -> None:
    own = {"template": "own.py:MINE"}
    records = [
        make(1, 1e-3, template_version="7", **own),
        make(2, 2e-3, template_version="8", **own),
    ]
    (row,) = summarize(records, lambda _: None, {"matmul.packed": "1"})
    assert (row.best_s, row.stale, row.stale_reason) == (2e-3, 1, "")
