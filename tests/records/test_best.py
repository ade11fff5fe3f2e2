from __future__ import annotations

import random
from typing import Any

import pytest

from tvmtune.outcome import Status
from tvmtune.records import Here, MatchKind, Purpose, Record, find_best, rank

TASK = ("matmul:m=8,k=8,n=8", "cpu:threads=1,isa=avx2")
HERE = Here({"cpu": "A", "cores": 2, "kernel": "6"}, {"llvmlite": "0.50"})
TEMPLATES = {"matmul.packed": "1"}
CONFIRM = {"purpose": Purpose.CONFIRM}


def best(records: list[Record], here: Here = HERE, **options: Any) -> Any:
    return find_best(records, TASK, TEMPLATES, here, **options)


def tile(match: Any) -> Any:
    return match.record and match.record.config["tile"][0]


def test_the_fastest_wins_whatever_the_order(make: Any) -> None:
    records = [make(t, 1e-3 + abs(t - 5) * 1e-4) for t in range(1, 10)]
    for seed in range(5):
        random.Random(seed).shuffle(records)
        match = best(records)
        assert (tile(match), match.kind, match.refused) == (5, MatchKind.EXACT, ())


def test_confirmed_figures_decide(make: Any) -> None:
    lucky, steady = make(1, 0.9e-3), make(2, 1.0e-3)
    assert tile(best([lucky, steady])) == 1
    match = best([lucky, steady, make(1, 1.2e-3, **CONFIRM), make(2, 1.1e-3, **CONFIRM)])
    assert tile(match) == 2
    assert match.standing.confirmed
    assert match.standing.figure_s == pytest.approx(1.1e-3)
    assert match.standing.search_s == pytest.approx(1.0e-3)


def test_a_search_figure_must_beat_search_figures(make: Any) -> None:
    raced = [
        make(1, 0.9e-3),
        make(2, 1.0e-3),
        make(1, 1.2e-3, **CONFIRM),
        make(2, 1.1e-3, **CONFIRM),
    ]
    assert tile(best([*raced, make(3, 0.95e-3)])) == 2
    assert tile(best([*raced, make(3, 0.85e-3)])) == 3


def test_several_confirmations_share(make: Any) -> None:
    records = [make(1, 1e-3), *(make(1, s, **CONFIRM) for s in (1.0e-3, 1.1e-3, 5e-3))]
    assert best(records).standing.figure_s == pytest.approx(1.1e-3)


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        ({"status": Status.WRONG_ANSWER, "detail": "off by 3"}, "gave a wrong answer: off by 3"),
        ({"status": Status.CRASH, "where": "runner", "detail": "SIGSEGV"}, "crashed: SIGSEGV"),
        ({"status": Status.RUN_TIMEOUT}, "failed later (run_timeout): "),
    ],
)
def test_a_later_failure_disqualifies(make: Any, failure: dict[str, Any], reason: str) -> None:
    good, second = make(1, 1e-3), make(2, 2e-3)
    match = best([good, second, make(1, None, purpose=Purpose.CONFIRM, **failure)])
    assert tile(match) == 2
    assert [r.reason for r in match.refused] == [reason]


def test_wrong_once_is_wrong_for_good(make: Any) -> None:
    wrong = make(1, None, status=Status.WRONG_ANSWER)
    assert best([wrong, make(1, 1e-3, purpose=Purpose.RETRY)]).record is None


@pytest.mark.parametrize(
    "failure",
    [
        {"status": Status.RUN_TIMEOUT},
        {"status": Status.CRASH, "where": "builder"},
        {"status": Status.INFRASTRUCTURE},
    ],
)
def test_failures_overcome_are_forgiven(make: Any, failure: dict[str, Any]) -> None:
    failed, good = make(1, None, **failure), make(1, 1e-3, purpose=Purpose.RETRY)
    assert tile(best([failed, good])) == 1


def test_a_fault_of_the_machinery_is_not_the_candidates(make: Any) -> None:
    assert tile(best([make(1, 1e-3), make(1, None, status=Status.INFRASTRUCTURE, **CONFIRM)])) == 1


def test_what_was_not_checked_harder_comes_last(make: Any) -> None:
    unchecked, checked = make(1, 1e-3, checks={}), make(2, 2e-3)
    assert tile(best([unchecked, checked])) == 2
    assert tile(best([unchecked])) == 1


def test_what_was_cut_short_comes_last(make: Any) -> None:
    assert tile(best([make(1, 1e-3, truncated=True), make(2, 2e-3)])) == 2


def test_hard_keys_must_agree(make: Any) -> None:
    match = best(
        [
            make(1, workload="matmul:m=9,k=8,n=8"),
            make(2, target="cpu:threads=2,isa=avx2"),
            make(3, template="mine.py:fast"),
            make(4, template_version="0"),
            make(5, schema=0),
        ]
    )
    assert (match.kind, match.record) == (MatchKind.DEFAULT, None)
    assert [r.reason for r in match.refused] == [
        "not usable: template mine.py:fast is not among those in use; "
        "give --template mine.py:fast to use it",
        "stale: matmul.packed version 0, now 1",
        "stale: schema 0, now 1",
    ]
    assert "mine.py:fast" in match.reason
    assert "and 2 other reasons" in match.reason


def test_no_record_is_a_default(make: Any) -> None:
    match = best([])
    assert match.kind is MatchKind.DEFAULT
    assert match.reason == f"no usable record of {TASK[0]} on {TASK[1]}"


def test_a_changed_nest_is_stale(make: Any) -> None:
    records = [make(t, t * 1e-3) for t in (1, 2, 3, 4)]
    asked = []

    def nest_hash(record: Record) -> str | None:
        asked.append(record.config["tile"][0])
        return {1: "other", 2: None}.get(asked[-1], record.nest_hash)

    match = best(records, nest_hash=nest_hash)
    assert tile(match) == 3
    assert asked == [1, 2, 3]
    assert [r.reason for r in match.refused] == [
        "stale: matmul.packed makes another nest now",
        "stale: matmul.packed no longer accepts the config",
    ]


def test_soft_keys_lower_the_class(make: Any) -> None:
    newer = Here({"cpu": "A", "cores": 2, "kernel": "7"}, {"llvmlite": "0.51"})
    match = best([make(1)], newer)
    assert match.kind is MatchKind.SAME_MODEL
    assert match.reason == (
        "measured on this model of CPU with kernel 6 (now 7), llvmlite 0.50 (now 0.51)"
    )
    other = Here({"cpu": "B", "cores": 2, "kernel": "6"}, HERE.toolchain)
    match = best([make(1)], other)
    assert match.kind is MatchKind.OTHER_MACHINE
    assert match.reason == "measured on A, this is B"


def test_this_machine_goes_before_a_faster_one(make: Any) -> None:
    there = [make(t, 1e-6, fingerprint={"cpu": "B"}) for t in (1, 2)]
    match = best([*there, make(3, 1e-3)])
    assert (tile(match), match.kind) == (3, MatchKind.EXACT)


def test_equal_figures_go_by_time(make: Any) -> None:
    first, second = make(7, 1e-3), make(2, 1e-3)
    assert tile(best([second, first])) == 7


def test_rank_lists_everything_that_worked(make: Any) -> None:
    records = [make(1, 2e-3), make(2, None, status=Status.BUILD_ERROR), make(3, 1e-3)]
    standings, out = rank(records)
    assert [s.record.config["tile"][0] for s in standings] == [3, 1]
    assert out == []
