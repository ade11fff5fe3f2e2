from __future__ import annotations

import json
import os
import resource
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tvmtune.cli.stopping import stop_on_signals
from tvmtune.cli.tune_command import parse_restrictions
from tvmtune.deploy.inputs import Inputs
from tvmtune.errors import UsageError
from tvmtune.records import Purpose, read_log
from tvmtune.search_spaces.templates import TEMPLATES

TASK = "matmul:m=8,k=8,n=8"
pytestmark = pytest.mark.usefixtures("machine")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.jsonl"


def _tune(cli: Any, path: Path, *more: object) -> tuple[int, str, str]:
    result: tuple[int, str, str] = cli(
        "tune", TASK, "--log", path, "--search", "random", "--target", "cpu:isa=avx2", *more
    )
    return result


def test_a_run_and_its_continuation(cli: Any, path: Path) -> None:
    code, out, err = _tune(cli, path, "--trials", 6)
    assert code == 0
    row = out.splitlines()[1]
    assert row.startswith(TASK)
    assert row.split()[-1] == "trials"
    assert "2 build_error" in row
    assert "machine: peak 100 GFLOP/s at cpu:threads=1" in err
    assert "first build_error: LLVM said no" in err
    assert "0 ended by" not in err
    records = read_log([path]).records
    assert sum(r.purpose is Purpose.SEARCH for r in records) == 6
    assert records[0].settings["peak_flops"] == 1e11
    code, out, _ = _tune(cli, path, "--trials", 8, "--json")
    report = json.loads(out)
    assert report["ending"] == "trials"
    assert report["peak_gflops"] == 100.0
    (task,) = report["tasks"]
    assert (task["trials"], task["measured"]) == (8, 2)
    assert task["best_s"] > 0


def test_restrictions(cli: Any, path: Path) -> None:
    code, _, _ = _tune(cli, path, "--trials", 4, "--set", "order=n_outer", "--set", "steps=1,2")
    assert code == 0
    for record in read_log([path]).records:
        assert record.config["order"] == "n_outer"
        assert record.config["steps"] in (1, 2)
    assert parse_restrictions(["tile=4x16, 8x8", "f=true"]) == {
        "tile": ("4x16", "8x8"),
        "f": ("true",),
    }
    for wrong in (["tile"], ["tile="], ["=1"], ["a=1,"], ["a=1", "a=2"]):
        with pytest.raises(UsageError, match="--set"):
            parse_restrictions(wrong)


def test_dry_run(cli: Any, path: Path) -> None:
    code, out, _ = cli("tune", TASK, "D3", "--dry-run")
    assert code == 0
    assert "matmul.packed" in out
    assert "conv2d.depthwise" in out
    assert "nothing was measured" in out
    _, out, _ = _tune(cli, path, "--dry-run", "--json", "--template", "matmul.packed")
    (task,) = json.loads(out)["tasks"]
    assert task["workload"] == TASK
    assert task["templates"][0]["template"] == "matmul.packed"
    assert task["templates"][0]["configs"] > 1
    assert not path.exists()


def test_a_template_of_ones_own(cli: Any, path: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text(
        "from tvmtune.search_spaces.templates.matmul_packed import TEMPLATE as MINE  # noqa\n"
    )
    code, _, _ = _tune(cli, path, "--trials", 3, "--template", f"{own}:MINE")
    assert code == 0
    assert {r.template for r in read_log([path]).records} == {f"{own}:MINE"}


def test_models_with_nothing_to_tune(cli: Any, path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(
        "tvmtune.cli.tune_command.read_inputs", lambda *_: Inputs((), ("net.onnx: Relu x3",))
    )
    code, out, err = cli("tune", "net.onnx", "--log", path)
    assert (code, out) == (0, "")
    assert "note: net.onnx: Relu x3" in err
    assert "nothing to tune" in err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nothing"], 2, "kind:field=value"),
        (["matmul:m=0,k=8,n=8"], 2, "m"),
        (["conv2d:ci=4,h=2,co=4,k=7,pad=0"], 2, "kernel"),
        ([TASK, "--target", "gpu"], 2, "'cpu' would work"),
        ([TASK, "--target", "cpu:threads=2", "--threads", "1"], 2, "threads"),
        ([TASK, "--trials", "0"], 2, "at least 1"),
        ([TASK, "--minutes", "0"], 2, "positive number"),
        ([TASK, "--batch", "4"], 2, f"batch 4 is that of a model, and {TASK} is none"),
        ([TASK, "--seed", "-1"], 2, "0 or more"),
        ([TASK, "--search", "luck"], 2, "there are sa-xgb, "),
        ([TASK, "--template", "none"], 2, "matmul.packed"),
        ([TASK, "--template", "missing.py:X"], 2, "importing missing.py failed"),
        ([TASK, "--set", "colour=red"], 2, "colour"),
        ([TASK, "--set", "steps=999"], 2, "999"),
        (["missing.onnx"], 2, "missing.onnx"),
    ],
)
def test_bad_requests(cli: Any, path: Path, arguments: list[str], code: int, message: str) -> None:
    found, out, err = cli("tune", *arguments, "--log", path)
    assert (found, out) == (code, "")
    last = err.splitlines()[-1]
    assert last.startswith("tvmtune: error: ")
    assert message in last
    assert "Traceback" not in err


def test_files_that_are_no_models(cli: Any, path: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(b"\x00 no model")
    code, _, err = cli("tune", model, "--log", path)
    assert code == 2
    assert len(err.splitlines()) == 1
    assert str(model) in err


def test_logs_that_cannot_be_written(cli: Any, tmp_path: Path) -> None:
    code, _, err = cli("tune", TASK)
    assert code == 2
    assert "give --log FILE" in err
    for path, message in [
        (tmp_path, "directory"),
        (Path("/dev/full"), "no regular file"),
        (tmp_path / "no" / "log", "create its directory"),
    ]:
        code, _, err = _tune(cli, path, "--trials", 2)
        assert code == 1
        assert message in err
        assert len(err.splitlines()) == 1


def test_a_file_size_limit(cli: Any, path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, hard))
    try:
        code, _, err = _tune(cli, path, "--trials", 40)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert code == 1
    assert "File too large; earlier records are intact" in err.splitlines()[-1]
    assert len(read_log([path]).records) > 2
    assert _tune(cli, path, "--trials", 40)[0] == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_it_in_good_order(
    cli: Any, path: Path, machine: Any, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setattr(sys, "argv", ["tvmtune", "tune", TASK, "--log", "a b"])
    machine.append(lambda count: os.kill(os.getpid(), number) if count == 4 else None)
    before = signal.getsignal(number)
    code, out, err = _tune(cli, path, "--trials", 100)
    assert code == 128 + number
    assert out.splitlines()[1].split()[-1] == "stopped"
    assert f"{number.name}: stopping after what is being measured" in err
    assert err.splitlines()[-1] == (
        f"tvmtune: note: stopped by {number.name}; go on with: tvmtune tune {TASK} --log 'a b'"
    )
    assert len(read_log([path]).records) == 4
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_second_signal_ends_it_at_once(
    cli: Any, path: Path, machine: Any, second: signal.Signals
) -> None:
    def twice(count: int) -> None:
        if count == 3:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), second)

    machine.append(twice)
    assert _tune(cli, path, "--trials", 100)[0] == 128 + second
    assert len(read_log([path]).records) == 2


def test_a_log_that_is_removed_meanwhile(cli: Any, path: Path, machine: Any) -> None:
    machine.append(lambda count: path.unlink() if count == 3 else None)
    code, _, err = _tune(cli, path, "--trials", 100)
    assert code == 1
    assert "was removed while it was written to" in err.splitlines()[-1]


def test_tasks_that_were_not_begun(cli: Any, path: Path, machine: Any) -> None:
    machine.append(lambda count: os.kill(os.getpid(), signal.SIGINT) if count == 2 else None)
    code, out, err = _tune(cli, path, "M512", "C2", "--trials", 50)
    assert code == 130
    assert len(out.splitlines()) == 2
    assert "2 tasks not begun" in err
    assert "M512" not in err.split("stopping after", 1)[1]
    assert err.count("stopped, 2 trials in the log") == 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "2 tasks x 200 trials = 400 trials in the log; --minutes bounds the time"),
        (["--trials", "5000"], "2 tasks x 5,000 trials = 10,000 trials in the log"),
        (["--minutes", "1.5"], "2 tasks in 1.5 min"),
        (
            ["--trials", "1", "--minutes", "2"],
            "2 tasks x 1 trial = 2 trials in the log, or 2 min if they end sooner",
        ),
    ],
)
def test_what_the_budget_comes_to(cli: Any, arguments: list[str], text: str) -> None:
    _, out, _ = cli("tune", TASK, "M512", "--target", "cpu:isa=avx2", "--dry-run", *arguments)
    assert out.splitlines()[-1] == (f"{text}; for cpu:threads=1,isa=avx2, nothing was measured")


def test_the_budget_is_told_first(cli: Any, path: Path) -> None:
    _, _, err = _tune(cli, path, "--trials", 2)
    assert err.splitlines()[1] == "budget: 1 task x 2 trials = 2 trials in the log"


def test_nohup_is_respected() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stop_on_signals(lambda number: None) as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stop()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_tolerated_error(cli: Any, path: Path) -> None:
    assert _tune(cli, path, "--trials", 2, "--max-rel-error", "1e-5")[0] == 0
    known = path.read_bytes()
    for value, message in [
        ("1e-9", "no template keeps a relative error of 1e-09: matmul.packed promises"),
        ("0", "relative error 0: give a positive number"),
        ("small", "Invalid value for '--max-rel-error'"),
    ]:
        for more in ((), ("--dry-run",)):
            code, out, err = _tune(cli, path, "--trials", 3, "--max-rel-error", value, *more)
            assert (code, out) == (2, "")
            assert message in err.splitlines()[-1]
    assert path.read_bytes() == known


def test_a_dry_run_says_which_templates_are_left_out(
    cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    inexact = replace(TEMPLATES["conv2d.depthwise"], error=lambda _: 1e-5)
    exact = replace(TEMPLATES["conv2d.direct"], serves=lambda _: True)
    known = {**TEMPLATES, inexact.name: inexact, exact.name: exact}
    monkeypatch.setattr("tvmtune.compiler.templates.TEMPLATES", known)
    code, out, err = cli("tune", "D3", "--dry-run", "--max-rel-error", "2e-6")
    assert code == 0
    assert "conv2d.direct" in out
    assert "conv2d.depthwise" not in out
    assert err == (
        "tvmtune: note: conv2d.depthwise is left out: it promises a relative error of 1e-05 and "
        "mostly has 0.45 of it; tolerated is 2e-06\n"
    )


def test_little_expected_gain_is_said(cli: Any, path: Path) -> None:
    code, out, _ = _tune(cli, path, "M512", "C2", "--trials", 150, "--min-gain", 90)
    assert code == 0
    lines = out.splitlines()
    assert lines[-1] == "stopped: the expected gain is under 90 % a minute"
    assert sum("expected gain" in line for line in lines[:-1]) == 3
    again = _tune(cli, path, "M512", "--min-gain", 1, "--divide", "even")
    assert again[0] == 2
    assert "--min-gain needs expected gains" in again[2]
