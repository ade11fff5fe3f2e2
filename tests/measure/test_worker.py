from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace

from tvmtune.measure.frames import Frame
from tvmtune.measure.process import Failure, Reason, WorkerSettings
from tvmtune.measure.worker import Worker

SERVE = """
import os, time
from tvmtune.measure.child import serve
from tvmtune.measure.frames import Frame
def answer(message, payloads, progress):
    if message["do"] == "hang":
        time.sleep(600)
    return Frame({"pid": os.getpid()})
serve(lambda: answer)
"""

MakeSettings = Callable[..., WorkerSettings]


def _pid(answer: Frame | Failure) -> int:
    assert isinstance(answer, Frame)
    return int(answer.message["pid"])


def test_a_worker_is_replaced_after_a_failure_and_when_it_died_idle(script: MakeSettings) -> None:
    worker = Worker(script(SERVE))
    assert worker.pid is None
    first = _pid(worker.request({"do": "tell"}, [], 20))
    assert _pid(worker.request({"do": "tell"}, [], 20)) == first == worker.pid
    assert isinstance(worker.request({"do": "hang"}, [], 0.1), Failure)
    assert worker.pid is None
    second = _pid(worker.request({"do": "tell"}, [], 20))
    os.kill(second, signal.SIGKILL)
    os.waitid(os.P_PID, second, os.WEXITED | os.WNOWAIT)
    third = _pid(worker.request({"do": "tell"}, [], 20))
    assert len({first, second, third}) == 3
    worker.close()


def test_killing_ends_a_request_in_flight_and_those_to_come(script: MakeSettings) -> None:
    worker = Worker(script(SERVE))
    assert worker.start() is None
    threading.Timer(0.2, worker.kill).start()
    answer = worker.request({"do": "hang"}, [], 60)
    assert isinstance(answer, Failure)
    after = worker.request({"do": "tell"}, [], 20)
    assert isinstance(after, Failure)
    assert after.reason is Reason.LOST
    worker.close()
    worker.close()


def test_a_command_that_does_not_exist_is_a_failure(script: MakeSettings) -> None:
    worker = Worker(replace(script(SERVE), command=("/no/such/program",)))
    failure = worker.start()
    assert failure is not None
    assert failure.reason is Reason.START
    assert "No such file" in failure.text


def test_a_worker_that_does_not_come_up_is_a_failure(script: MakeSettings) -> None:
    worker = Worker(script("raise SystemExit(3)"))
    answer = worker.request({"do": "tell"}, [], 20)
    assert isinstance(answer, Failure)
    assert answer.reason is Reason.START
