from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from tvmtune.errors import GivenUpError, MeasureError
from tvmtune.measure.lock import MachineLock


def test_two_holders_take_turns(tmp_path: Path) -> None:
    path, inside, overlaps = tmp_path / "lock", threading.Lock(), []

    def work() -> None:
        lock = MachineLock(path)
        for _ in range(20):
            with lock.hold():
                overlaps.append(not inside.acquire(blocking=False))
                if not overlaps[-1]:
                    inside.release()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert overlaps == [False] * 60


def test_waiting_is_told_once_with_the_holder(tmp_path: Path) -> None:
    told: list[int | None] = []
    heard = threading.Event()

    def listen(holder: int | None) -> None:
        told.append(holder)
        heard.set()

    def work() -> None:
        with MachineLock(tmp_path / "lock", listen, patience_s=0.0).hold():
            pass

    with MachineLock(tmp_path / "lock").hold():
        thread = threading.Thread(target=work)
        thread.start()
        assert heard.wait(10)
    thread.join()
    assert told == [os.getpid()]


def test_the_file_is_for_all_users(tmp_path: Path) -> None:
    with MachineLock(tmp_path / "lock").hold():
        pass
    assert stat.S_IMODE((tmp_path / "lock").stat().st_mode) == 0o666


def test_a_file_that_only_can_be_read_locks_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lock"
    path.touch()
    plain_open = os.open

    def open_read_only(name: Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_RDWR:
            raise PermissionError(13, "Permission denied")
        return plain_open(name, flags, mode)

    monkeypatch.setattr(os, "open", open_read_only)
    with MachineLock(path).hold():
        assert path.read_text() == ""


def test_what_cannot_be_a_lock_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match="another path"), MachineLock(tmp_path / "a/b").hold():
        pass
    (tmp_path / "real").touch()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(MeasureError, match="another path"), MachineLock(tmp_path / "link").hold():
        pass


def test_a_closed_lock_is_not_waited_for(tmp_path: Path) -> None:
    waiting, failed = threading.Event(), threading.Event()
    lock = MachineLock(tmp_path / "lock", lambda _holder: waiting.set(), patience_s=0.0)

    def work() -> None:
        try:
            with lock.hold():
                pass
        except MeasureError:
            failed.set()

    with MachineLock(tmp_path / "lock").hold():
        thread = threading.Thread(target=work)
        thread.start()
        assert waiting.wait(10)
        lock.close()
        assert failed.wait(10)
    thread.join()


def test_waiting_is_given_up_when_asked(tmp_path: Path) -> None:
    asked: list[bool] = []

    def give_up() -> bool:
        asked.append(len(asked) >= 3)
        return asked[-1]

    path = tmp_path / "lock"
    with MachineLock(path, give_up=give_up).hold():
        pass
    assert asked == []
    with (
        MachineLock(path).hold(),
        pytest.raises(GivenUpError, match="given up while another had it"),
        MachineLock(path, give_up=give_up).hold(),
    ):
        pass
    assert asked == [False, False, False, True]
