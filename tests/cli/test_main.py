from __future__ import annotations

import subprocess
import sys
import warnings
from typing import Any

import pytest


def test_help(cli: Any) -> None:
    code, out, _ = cli()
    assert code == 0
    for name in ("tune", "best", "build", "show", "doctor"):
        assert f"  {name} " in out
    code, out, _ = cli("tune", "--help")
    assert code == 0
    for option in ("--log", "--target", "--trials", "--minutes", "--set", "--dry-run", "--json"):
        assert option in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tuna"], "No such command 'tuna'"),
        (["best"], "Missing argument"),
        (["best", "--fast"], "No such option"),
        (["tune", "C2", "--trials", "many"], "Invalid value for '--trials'"),
        (["build", "C2"], "Missing option"),
    ],
)
def test_options_that_do_not_parse(cli: Any, arguments: list[str], message: str) -> None:
    code, out, err = cli(*arguments)
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert message in line
    assert "--help" in line


def test_warnings_are_lines(cli: Any, log: Any, record: Any, monkeypatch: Any) -> None:
    def warn(*_: object) -> list[object]:
        warnings.warn("libgomp is missing", RuntimeWarning, stacklevel=1)
        return []

    monkeypatch.setattr("tvmtune.cli.best_command.best_rows", warn)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        _, _, err = cli("best", log(record()))
    assert "tvmtune: warning: " in err
    assert "libgomp is missing" in err


def test_reading_a_log_loads_no_heavy_package(log: Any, record: Any) -> None:
    code = (
        "import sys; from tvmtune.cli.main import run; "
        "run(['best', sys.argv[1]]); print(*sys.modules)"
    )
    command = [sys.executable, "-c", code, str(log(record()))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert not {"llvmlite", "onnx", "xgboost", "tvmtune.tuner"} & loaded
