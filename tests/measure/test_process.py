from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tvmtune.measure import process
from tvmtune.measure.child import ChildLimits
from tvmtune.measure.frames import Frame
from tvmtune.measure.process import Failure, Reason, WorkerProcess, WorkerSettings

MakeSettings = Callable[..., WorkerSettings]

SERVE = """
import ctypes, os, resource, signal, sys, time
from tvmtune.measure.child import Channel, serve
from tvmtune.measure.frames import Frame
def answer(message, payloads, progress):
    progress("working")
    value = eval(message["do"])
    return Frame({"value": value}, payloads)
outgoing = []
send = Channel.send
def note(channel, *frame):
    outgoing[:] = [channel._outgoing]
    send(channel, *frame)
Channel.send = note
serve(lambda: answer)
"""


@contextmanager
def started(settings: WorkerSettings) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(settings)
    try:
        assert worker.wait_ready() is None
        yield worker
    finally:
        worker.close()


def _failure(answer: Frame | Failure) -> Failure:
    assert isinstance(answer, Failure)
    return answer


def test_requests_are_answered_with_payloads_of_any_size(script: MakeSettings) -> None:
    with started(script(SERVE)) as worker:
        for size in (0, 1, 3_000_000):
            answer = worker.request({"do": "1 + 1"}, [b"x" * size, b"y"], 20)
            assert isinstance(answer, Frame)
            assert answer.message["value"] == 2
            assert [len(p) for p in answer.payloads] == [size, 1]
        assert worker.is_alive()
    assert not worker.is_alive()


def test_children_limit_themselves(script: MakeSettings) -> None:
    core = min(os.sched_getaffinity(0))
    settings = script(SERVE)
    pinned = WorkerSettings(
        name="worker", command=settings.command, memory_bytes=1 << 30, cores=(core,)
    )
    with started(pinned) as worker:
        assert Path(f"/proc/{worker.pid}/oom_score_adj").read_text() == "1000\n"
        answer = worker.request(
            {
                "do": "[list(os.sched_getaffinity(0)), resource.getrlimit(resource.RLIMIT_DATA)[0],"
                " os.getsid(0) == os.getpid(), os.environ['OPENBLAS_NUM_THREADS']]"
            },
            [],
            20,
        )
        assert isinstance(answer, Frame)
        assert answer.message["value"] == [[core], 2 << 30, True, "1"]
    for limits in (ChildLimits(), ChildLimits(data_bytes=1, cores=(0, 2), idle=True)):
        assert ChildLimits.from_argument(limits.to_argument()) == limits


@pytest.mark.parametrize(
    ("do", "reason", "text"),
    [
        ("ctypes.string_at(0)", Reason.SIGNAL, "SIGSEGV"),
        ("os.abort()", Reason.SIGNAL, "SIGABRT"),
        ("os.kill(os.getpid(), signal.SIGBUS)", Reason.SIGNAL, "SIGBUS"),
        ("os.kill(os.getpid(), signal.SIGILL)", Reason.SIGNAL, "SIGILL"),
        ("os.kill(os.getpid(), signal.SIGFPE)", Reason.SIGNAL, "SIGFPE"),
        ("os.kill(os.getpid(), signal.SIGTRAP)", Reason.SIGNAL, "SIGTRAP"),
        ("os.kill(os.getpid(), signal.SIGSYS)", Reason.SIGNAL, "SIGSYS"),
        ("os.kill(os.getpid(), 9)", Reason.LOST, "SIGKILL from outside"),
        ("os.kill(os.getpid(), 40)", Reason.LOST, "signal 40 from outside"),
        ("os.kill(os.getpid(), signal.SIGQUIT)", Reason.LOST, "SIGQUIT from outside"),
        ("os.kill(os.getpid(), signal.SIGUSR1)", Reason.LOST, "SIGUSR1 from outside"),
        ("os.kill(os.getpid(), signal.SIGALRM)", Reason.LOST, "SIGALRM from outside"),
        ("os.kill(os.getpid(), signal.SIGXCPU)", Reason.LOST, "SIGXCPU from outside"),
        (
            "signal.signal(15, signal.SIG_DFL) and os.kill(os.getpid(), 15)",
            Reason.LOST,
            "SIGTERM from outside",
        ),
        ("os._exit(5)", Reason.EXIT, "status 5"),
        ("os._exit(0)", Reason.EXIT, "status 0"),
        ("os.write(2, b'std::bad_alloc') and os.abort()", Reason.MEMORY, "SIGABRT"),
        ("os.close(outgoing[0]) or time.sleep(60)", Reason.LOST, "without a cause"),
        ("os.write(outgoing[0], b'nonsense') and time.sleep(60)", Reason.LOST, "broken"),
    ],
)
def test_every_death_has_its_reason(
    script: MakeSettings,
    monkeypatch: pytest.MonkeyPatch,
    do: str,
    reason: Reason,
    text: str,
) -> None:
    monkeypatch.setattr(process, "_REAP_S", 0.3)
    with started(script(SERVE)) as worker:
        failure = _failure(worker.request({"do": do}, [], 20))
        assert (failure.reason, failure.phase) == (reason, "working")
        assert text in failure.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_requests_to_end_are_for_the_parent(script: MakeSettings, number: signal.Signals) -> None:
    with started(script(SERVE)) as worker:
        os.killpg(worker.pid, number)
        do = f"os.kill(os.getpid(), {int(number)}) or time.sleep(0.05) or 7"
        answer = worker.request({"do": do}, [], 20)
        assert isinstance(answer, Frame)
        assert answer.message["value"] == 7


def test_a_process_that_ignores_requests_to_end_is_closed(script: MakeSettings) -> None:
    with started(script(SERVE)) as worker:
        worker.kill()
        assert _failure(worker.request({"do": "1"}, [], 20)).reason is Reason.LOST
    assert not worker.is_alive()


def test_deadlines_kill(script: MakeSettings) -> None:
    with started(script(SERVE)) as worker:
        failure = _failure(worker.request({"do": "time.sleep(60)"}, [], 0.2))
        assert failure.reason is Reason.DEADLINE
        assert not worker.is_alive()


def test_a_child_that_does_not_read_is_killed_at_the_deadline(script: MakeSettings) -> None:
    with started(script(SERVE)) as worker:
        os.kill(worker.pid, signal.SIGSTOP)
        failure = _failure(worker.request({"do": "0"}, [b"x" * 10_000_000], 0.2))
        assert failure.reason is Reason.DEADLINE


def test_touched_memory_is_watched(script: MakeSettings) -> None:
    with started(script(SERVE, memory_bytes=150 << 20)) as worker:
        do = "(kept := [bytes([1]) * (1 << 24) for _ in range(12)]) and time.sleep(60)"
        failure = _failure(worker.request({"do": do}, [], 20))
        assert failure.reason is Reason.MEMORY
        assert "the limit is 150 MiB" in failure.text


def test_a_hopeless_allocation_fails_in_the_child(script: MakeSettings) -> None:
    with started(script(SERVE, memory_bytes=150 << 20)) as worker:
        answer = worker.request({"do": "len(bytes(1 << 30))"}, [], 20)
        assert isinstance(answer, Frame)
        assert answer.message["status"] == "out_of_memory"


def test_the_system_that_kills_for_memory_is_recognised(
    script: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    kills = iter([3, 4])
    with started(script(SERVE)) as worker:
        monkeypatch.setattr(process, "_oom_kills", lambda: next(kills))
        failure = _failure(worker.request({"do": "os.kill(os.getpid(), 9)"}, [], 20))
        assert failure.reason is Reason.MEMORY


def test_errors_of_the_handler_are_answers(script: MakeSettings) -> None:
    with started(script(SERVE)) as worker:
        answer = worker.request({"do": "1 / 0"}, [], 20)
        assert isinstance(answer, Frame)
        assert answer.message["status"] == "exception"
        assert answer.message["detail"].startswith("ZeroDivisionError: division by zero\n")
        assert isinstance(worker.request({"do": "1"}, [], 20), Frame)


def test_prints_and_errors_do_not_break_the_stream(script: MakeSettings) -> None:
    with started(script(SERVE)) as worker:
        do = "[print('o' * 999) for _ in range(300)] and os.write(2, b'the end') and os._exit(1)"
        failure = _failure(worker.request({"do": do}, [], 20))
        assert failure.stderr.endswith("the end")
        assert len(failure.stderr) <= 16 << 10


def test_a_child_without_standard_error_is_awaited(script: MakeSettings) -> None:
    with started(script(SERVE)) as worker:
        do = "os.close(1) or os.close(2) or time.sleep(0.2)"
        assert isinstance(worker.request({"do": do}, [], 20), Frame)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import sys; sys.exit('no such library')", "status 1"),
        ("print('hello, world')", "broken stream"),
        ("import time; time.sleep(60)", "its time was over"),
    ],
)
def test_what_does_not_start_is_said(script: MakeSettings, text: str, said: str) -> None:
    worker = WorkerProcess(script(text, start_s=1.0))
    failure = worker.wait_ready()
    worker.close()
    assert failure is not None
    assert failure.reason is Reason.START
    assert failure.text.startswith("worker did not start: ")
    assert said in failure.text


def test_closing_takes_the_whole_group(script: MakeSettings) -> None:
    with started(script(SERVE)) as worker:
        do = "__import__('subprocess').Popen(['sleep', '600'], stdout=2).pid"
        answer = worker.request({"do": do}, [], 20)
        assert isinstance(answer, Frame)
        grandchild = answer.message["value"]
        assert _runs(grandchild)
    deadline = time.monotonic() + 5
    while _runs(grandchild) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _runs(grandchild)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
