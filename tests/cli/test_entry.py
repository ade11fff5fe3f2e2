from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tvmtune.cli import entry


def _tvmtune(*arguments: object, before: str = "", closed: str = "") -> Any:
    """Run in a process of its own, after some statements, with some streams closed."""
    code = f"import sys; {before}\nfrom tvmtune.cli.entry import main; sys.exit(main())"
    command = ["/bin/sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-c", code]
    command += map(str, arguments)
    return subprocess.run(command, check=False, capture_output=True, timeout=60)


@pytest.mark.parametrize("module", ["typer", "rich", "tvmtune.cli.main"])
def test_an_interrupt_while_it_loads(module: str) -> None:
    finder = (
        "import os, signal\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())"
    )
    done = _tvmtune("--version", before=finder)
    assert done.stderr == b"tvmtune: error: interrupted\n"
    assert done.returncode == 128 + signal.SIGINT


def test_it_begins_with_next_to_nothing() -> None:
    code = (
        "import sys; old = {*sys.modules}; import tvmtune.cli.entry; print(*{*sys.modules} - old)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"typer", "rich", "numpy", "logging", "json"} & set(done.stdout.split())


def test_the_code_of_the_command_line_is_passed_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["tvmtune", "best", str(tmp_path / "none")])
    assert entry.main() == 1


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams(log: Any, record: Any, closed: str) -> None:
    done = _tvmtune("best", log(record()), closed=closed)
    assert done.returncode == 0
    assert b"error" not in done.stderr
    assert _tvmtune("best", "missing", closed=closed).returncode == 1


@pytest.mark.parametrize("arguments", [["best"], ["show"], ["show", "--trial", ""]])
def test_text_that_no_encoding_has(log: Any, record: Any, arguments: list[str]) -> None:
    odd = record(1, None, status="crash", workload="matmul:\ud800", detail="said \ud800")
    command, *options = arguments
    done = _tvmtune(command, log(odd), *options)
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"\ud800" in done.stdout
