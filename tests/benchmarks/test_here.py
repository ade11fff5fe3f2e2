from __future__ import annotations

from pathlib import Path

from benchmarks.here import contestant_command, tune_command
from benchmarks.results import Settings
from tvmtune.workload import parse

_LOG = Path("/r/tuning.jsonl")


def test_commands() -> None:
    settings = Settings(threads=2, seed=3)
    tune = tune_command(settings, parse("C2"), 30.0, _LOG)
    assert tune[4:] == [
        *("tune", parse("C2").text, "--log", "/r/tuning.jsonl"),
        *("--minutes", "0.5", "--seed", "3", "--threads", "2"),
    ]
    contestant = contestant_command("tvmtune", settings, _LOG)
    assert contestant[1:] == ["-m", "benchmarks.ours", "tvmtune", "2", "/r/tuning.jsonl"]


def test_a_limit_of_errors_reaches_the_tuner_and_the_contestants() -> None:
    settings = Settings(max_rel_error=2e-6)
    assert tune_command(settings, parse("C2"), 30.0, _LOG)[-2:] == ["--max-rel-error", "2e-06"]
    assert contestant_command("tvmtune", settings, _LOG)[-1] == "2e-06"
