from __future__ import annotations

import pytest

from tvmtune.measure.failures import outcome_of, outcome_of_exception
from tvmtune.measure.process import Failure, Reason
from tvmtune.outcome import Status


@pytest.mark.parametrize("reason", Reason)
def test_only_what_a_candidate_did_itself_counts_against_it(reason: Reason) -> None:
    statuses = {
        Reason.SIGNAL: Status.CRASH,
        Reason.EXIT: Status.CRASH,
        Reason.MEMORY: Status.OUT_OF_MEMORY,
        Reason.DEADLINE: Status.RUN_TIMEOUT,
    }
    outcome = outcome_of(Failure(reason=reason, text="it is gone"), "runner")
    assert outcome.status is statuses.get(reason, Status.INFRASTRUCTURE)
    assert (outcome.where, outcome.detail) == ("runner", "runner: it is gone")


def test_outcomes_place_the_failure() -> None:
    failure = Failure(reason=Reason.DEADLINE, text="late", phase="codegen", stderr="a\nb")
    outcome = outcome_of(failure, "builder")
    assert outcome.status is Status.BUILD_TIMEOUT
    assert outcome.detail == "builder while codegen: late\na\nb"


def test_errors_of_workers_are_the_machinerys() -> None:
    assert outcome_of_exception({"detail": "odd"}, "runner").status is Status.INFRASTRUCTURE
    lacking = outcome_of_exception({"status": "out_of_memory"}, "runner")
    assert lacking.status is Status.OUT_OF_MEMORY
    assert "without sense" in lacking.detail
