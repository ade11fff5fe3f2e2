from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from tvmtune.cli.errors import TRACEBACK_VARIABLE, ExitCode, guarded
from tvmtune.errors import RecordError, UsageError
from tvmtune.records.line import encode


def _raising(error: BaseException) -> Callable[[], int]:
    def action() -> int:
        raise error

    return action


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (UsageError("give\nless"), 2, "error: give less"),
        (typer.BadParameter("bad."), 2, "error: Invalid value: bad; see: tvmtune --help"),
        (RecordError("full"), 1, "error: full"),
        (FileNotFoundError(2, "No such file", "x"), 1, "error: x: No such file"),
        (OSError(28, "No space left"), 1, "error: No space left"),
        (MemoryError(), 1, "error: out of memory"),
        (KeyboardInterrupt(), 130, "error: interrupted"),
    ],
)
def test_errors_are_one_line(
    error: BaseException, code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(_raising(error)) == code
    assert capsys.readouterr().err == f"tvmtune: {line}\n"


def test_errors_of_tvmtune_itself(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert guarded(_raising(KeyError("x"))) == ExitCode.INTERNAL
    (line,) = capsys.readouterr().err.splitlines()
    assert "internal error at test_errors.py:" in line
    assert "KeyError: 'x'" in line
    monkeypatch.setenv(TRACEBACK_VARIABLE, "1")
    guarded(_raising(KeyError("x")))
    assert "Traceback" in capsys.readouterr().err


def test_exit_codes_pass() -> None:
    assert guarded(lambda: 5) == 5
    assert guarded(_raising(typer.Exit(3))) == 3


def _tvmtune(*arguments: object, **options: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tvmtune", *map(str, arguments)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, **options)


def test_a_reader_that_goes_away(record: Any, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"".join(encode(record(tile)) for tile in range(1, 1500)))
    process = _tvmtune("show", path, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.communicate()[1] == b""
    assert process.returncode == 128 + signal.SIGPIPE


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_that_cannot_be_written(log: Any, record: Any, unbuffered: str) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with open("/dev/full", "wb") as full:
        process = _tvmtune("best", log(record()), stdout=full, env=environment)
        error = process.communicate()[1]
    assert error == b"tvmtune: error: No space left on device\n"
    assert process.returncode == 1
