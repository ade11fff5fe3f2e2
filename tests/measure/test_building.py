"""The parent's side of builders, beyond what the harness's tests ask of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tvmtune.machine import available_cores
from tvmtune.measure.building import BuilderPool
from tvmtune.measure.candidate import Built, Candidate
from tvmtune.measure.options import MeasureOptions
from tvmtune.measure.process import WorkerSettings
from tvmtune.outcome import Outcome, Status

MakeCandidate = Callable[..., Candidate]

ANSWER = """
from tvmtune.measure.child import serve
from tvmtune.measure.frames import Frame
serve(lambda: lambda message, payloads, progress: {answer})
"""


def test_a_pool_builds_in_the_callers_thread_and_keeps_sources(
    options: MeasureOptions, candidate: MakeCandidate
) -> None:
    pool = BuilderPool(options)
    built = pool.build(candidate("none"))
    assert isinstance(built, Built)
    assert "define" in built.sources["llvm"]
    pool.kill()
    after = pool.build(candidate("none"))
    assert isinstance(after, Outcome)
    assert after.status is Status.INFRASTRUCTURE
    flagged = pool.build(candidate("none", "-max-sched-reorder=9"))
    assert isinstance(flagged, Outcome)
    assert flagged.status is Status.INFRASTRUCTURE
    pool.close()


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ('Frame({"status": "ok"}, [b"no artifact"])', "not an artifact"),
        ('Frame({"status": "ok"})', "an answer without sense"),
        ('Frame({"status": "strange"})', "an answer without sense"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_answers_without_sense_are_faults_of_the_infrastructure(
    options: MeasureOptions,
    candidate: MakeCandidate,
    script: Callable[..., WorkerSettings],
    answer: str,
    text: str,
) -> None:
    command = script(ANSWER.format(answer=answer)).command
    pool = BuilderPool(replace(options, builder_command=command))
    outcome = pool.build(candidate("none"))
    pool.close()
    assert isinstance(outcome, Outcome)
    assert outcome.status is Status.INFRASTRUCTURE
    assert text in outcome.detail


SLOW_ASIDE = """
import os, time
from tvmtune.measure.child import serve
from tvmtune.measure.frames import Frame

def answer(message, payloads, progress):
    with open({log!r}, "a") as log:
        log.write("aside " if os.sched_getscheduler(0) == os.SCHED_IDLE else "own ")
    if os.sched_getscheduler(0) == os.SCHED_IDLE:
        time.sleep(60)
    return Frame({{"status": "ok"}}, [b"no artifact"])

serve(lambda: answer)
"""


def test_a_builder_without_time_proves_nothing(
    options: MeasureOptions,
    candidate: MakeCandidate,
    script: Callable[..., WorkerSettings],
    tmp_path: Path,
) -> None:
    log = tmp_path / "log"
    command = script(SLOW_ASIDE.format(log=str(log))).command
    (core, *_) = available_cores()
    slow = replace(
        options,
        builder_command=command,
        builders_aside=1,
        run_cores=(core,),
        build_deadline_s=1.0,
    )
    pool = BuilderPool(slow)
    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(pool.build, [candidate("none"), candidate("none")]))
    pool.close()
    assert all(isinstance(o, Outcome) and "not an artifact" in o.detail for o in outcomes)
    assert sorted(log.read_text().split()) in (["aside", "own", "own"], ["own", "own"])
