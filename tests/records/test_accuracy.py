"""Which configs of a log are as exact as a user wants."""

from __future__ import annotations

from typing import Any

import pytest

from tvmtune.outcome import Status
from tvmtune.records import Exactness, Here, MatchKind, Purpose, Record, find_best, inexact

TASK = ("matmul:m=8,k=8,n=8", "cpu:threads=1,isa=avx2")
HERE = Here({"cpu": "A", "cores": 2, "kernel": "6"}, {"llvmlite": "0.50"})
VERSIONS = {"matmul.packed": "1", "matmul.other": "1"}


def best(records: list[Record], limit: float, **promised: float) -> Any:
    exactness = Exactness(limit, {f"matmul.{name}": error for name, error in promised.items()})
    return find_best(records, TASK, VERSIONS, HERE, exactness=exactness)


@pytest.mark.parametrize(
    ("checks", "error"),
    [
        ({}, None),
        ({"harder": True, "error": 0.4}, None),
        ({"rel_error": 1e-6, "harder": True}, 1e-6),
        ({"rel_error": 1e-6, "harder": {"rel_error": 3e-6}}, 3e-6),
        ({"rel_error": 0, "harder": {"error": 1.0}}, 0.0),
        ({"rel_error": "much", "harder": {"rel_error": True}}, None),
    ],
)
def test_the_error_of_a_record(checks: Any, error: float | None, make: Any) -> None:
    assert make(checks=checks).rel_error == error


def test_what_is_not_exact_enough_is_named(make: Any) -> None:
    record = make(checks={"rel_error": 1.2e-5})
    assert inexact(record, 1e-5) == (
        "not exact enough: a relative error of 1.2e-05 was measured, tolerated is 1e-05"
    )
    assert inexact(record, 1.2e-5) == inexact(record, None) == inexact(make(), 1e-9) == ""


def test_templates_that_promise_less_are_refused(make: Any) -> None:
    fast, slow = make(1, 1e-4, template="matmul.other"), make(2, 1e-3)
    assert best([fast, slow], 1e-5, other=1e-5, packed=1e-6).record == fast
    match = best([fast, slow], 9e-6, other=1e-5, packed=1e-6)
    assert match.record == slow
    (refusal,) = match.refused
    assert refusal.reason == (
        "not exact enough: matmul.other promises a relative error of 1e-05, tolerated is 9e-06, "
        "and its own was not measured on several inputs"
    )
    assert refusal.example == fast


def test_what_was_measured_decides_and_not_what_is_promised(make: Any) -> None:
    once = {"harder": True, "rel_error": 1e-6}
    checked = {"harder": {"rel_error": 8e-6}, "rel_error": 1e-6}
    unknown, measured = make(1, 1e-5, checks=once), make(2, 1e-4, checks=checked)
    assert best([unknown, measured], 9e-6, packed=1e-5).record == measured
    again = make(1, 1e-4, purpose=Purpose.CONFIRM, checks=checked)
    assert best([unknown, again], 9e-6, packed=1e-5).record in (unknown, again)
    assert best([unknown, measured, again], 7e-6, packed=1e-5).record is None
    assert best([unknown, measured], 7e-6, packed=6e-6).record == unknown


def test_records_that_were_measured_worse_are_refused_old_ones_are_not(make: Any) -> None:
    loose = make(1, 1e-4, checks={"harder": True, "rel_error": 2e-6})
    old = make(2, 1e-3)
    assert best([loose, old], 2e-6).record == loose
    assert best([loose, old], 1e-6).record == old
    assert best([loose], 1e-6).kind is MatchKind.DEFAULT


def test_a_config_is_out_with_all_of_its_records(make: Any) -> None:
    checks = {"harder": {"rel_error": 5e-6}, "rel_error": 1e-7}
    first = make(1, 1e-4, checks=checks)
    again = make(1, 1e-4, purpose=Purpose.CONFIRM, checks={"harder": True, "rel_error": 1e-7})
    match = best([first, again, make(1, None, status=Status.INFRASTRUCTURE)], 1e-6)
    assert match.record is None
    assert [refusal.count for refusal in match.refused] == [3]
