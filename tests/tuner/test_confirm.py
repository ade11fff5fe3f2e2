from __future__ import annotations

from typing import Any

from tvmtune.artifact import Outcome, Status
from tvmtune.records import Here, Proposer, Purpose, find_best
from tvmtune.tuner import Confirmed, Confirming


def confirms(bed: Any) -> list[Any]:
    return [r for r in bed.records if r.purpose is Purpose.CONFIRM]


def test_the_leading_few_race_with_the_default(bed: Any) -> None:
    bed.tune(trials=60, leaders=3, confirm_s=2)
    (event,) = bed.of(Confirming)
    assert (event.configs, event.seconds) == (4, 2)
    ok = [r for r in bed.records if r.ok and r.purpose is Purpose.SEARCH]
    fastest = sorted(ok, key=lambda r: r.median_s)[:3]
    default = min((r for r in ok if r.proposer is Proposer.DEFAULT), key=lambda r: r.median_s)
    raced = [r.config_key for r in confirms(bed)]
    assert raced == [r.config_key for r in [*fastest, default]]
    assert [e.record for e in bed.of(Confirmed)] == confirms(bed)


def test_who_was_not_checked_is_checked_first(bed: Any) -> None:
    bed.tune(trials=60, leaders=5)
    by_config: dict[Any, bool] = {}
    for r in bed.records:
        by_config[r.config_key] = by_config.get(r.config_key, False) or r.checked_harder
    assert all(by_config[r.config_key] for r in confirms(bed))
    assert len(bed.harnesses[0].harder) == len(set(bed.harnesses[0].harder))


def test_who_fails_the_check_does_not_race(bed: Any) -> None:
    best = bed.tune(trials=60, leaders=1, confirm_s=0).tasks[0].best.record
    unchecked = [r for r in bed.records if r.ok and not r.checked_harder]
    second = min(unchecked, key=lambda r: r.median_s)
    wrong = Outcome(status=Status.WRONG_ANSWER, detail="off", where="runner")
    bed.plant_harder = lambda request, n: wrong if request["config"] == second.config else None
    report = bed.tune(trials=60, leaders=20)
    assert report.tasks[0].best.record.config_key == best.config_key
    failed = [r for r in confirms(bed) if not r.ok]
    assert [(r.config_key, r.status, r.detail) for r in failed] == [
        (second.config_key, Status.WRONG_ANSWER, "off")
    ]
    assert all(second.config_key[2] not in key for key in bed.harnesses[1].raced[0])


def test_a_leader_that_fails_the_race_is_out(bed: Any) -> None:
    best = bed.tune(trials=60, confirm_s=0).tasks[0].best.record
    crash = Outcome(status=Status.CRASH, detail="SIGSEGV", where="runner")
    bed.plant = lambda request, n: crash if request["config"] == best.config else None
    report = bed.tune(trials=60)
    assert report.tasks[0].best.record.config_key != best.config_key
    templates = dict.fromkeys(("matmul.packed", "matmul.plain"), "1")
    match = find_best(bed.records, bed.task.key, templates, bed.here)
    assert match.record == report.tasks[0].best.record
    assert "crashed: SIGSEGV" in [r.reason for r in match.refused]


def test_confirmation_is_made_once(bed: Any) -> None:
    bed.tune(trials=20)
    before = len(confirms(bed))
    bed.tune(trials=20)
    assert len(confirms(bed)) == before
    bed.tune(trials=21)
    assert len(confirms(bed)) > before


def test_a_confirmation_that_a_stop_prevented_is_made_up_for(bed: Any) -> None:
    bed.tune(trials=20, stop=lambda: len(bed.records) >= 20 if bed.path.exists() else False)
    assert not confirms(bed)
    bed.tune(trials=20)
    assert confirms(bed)


def test_nothing_that_works_is_not_confirmed(bed: Any) -> None:
    bed.plant = lambda request, n: Outcome(status=Status.BUILD_ERROR, detail="no")
    report = bed.tune(trials=10)
    assert not confirms(bed)
    assert report.tasks[0].best is None
    assert report.tasks[0].failures == {"build_error": 10}


def test_the_answer_of_the_log_is_that_of_the_report(bed: Any) -> None:
    report = bed.tune(trials=60)
    templates = dict.fromkeys(("matmul.packed", "matmul.plain"), "1")
    match = find_best(bed.records, bed.task.key, templates, bed.here)
    assert (match.kind, match.standing) == ("exact", report.tasks[0].best)
    other = find_best(bed.records, bed.task.key, templates, Here({"cpu": "Z"}))
    assert other.kind == "other machine"
