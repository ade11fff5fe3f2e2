"""``tvmtune tune``: tunes workloads and models on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from tvmtune.cli.board import was_begun
from tvmtune.cli.errors import ExitCode, complain, note_above_peak
from tvmtune.cli.output import (
    Column,
    best_text,
    counted,
    counts_text,
    gain_text,
    rate_text,
    ratio,
    say,
    say_json,
    say_table,
    share_text,
    time_text,
)
from tvmtune.cli.plan import say_plan
from tvmtune.cli.watching import watched
from tvmtune.deploy.inputs import read_inputs
from tvmtune.errors import UsageError
from tvmtune.search.plugins import installed_strategies
from tvmtune.target import parse_target
from tvmtune.tuner.api import tune_inputs
from tvmtune.tuner.options import TuneOptions
from tvmtune.tuner.task import Ending, TaskReport, TuneReport, expectation_text
from tvmtune.workload import parse

_REPORT_COLUMNS = (
    Column("workload", right=False),
    Column("time"),
    Column("GFLOP/s"),
    Column("of peak"),
    Column("default"),
    Column("gain"),
    Column("trials"),
    Column("failures", right=False),
    Column("ended by", right=False),
)


def command(  # noqa: PLR0913 (one parameter an option)
    inputs: Annotated[
        list[str], typer.Argument(help="Workload texts and .onnx files.", metavar="INPUT...")
    ],
    *,
    log: Annotated[
        Path | None, typer.Option(help="The tuning log; appended to, made if there is none.")
    ] = None,
    target: Annotated[str, typer.Option(help="What to tune for, as in cpu:threads=2.")] = "cpu",
    threads: Annotated[int | None, typer.Option(help="Threads of a kernel; default 1.")] = None,
    trials: Annotated[
        int | None, typer.Option(help="Trials per task in the log; default 200 without --minutes.")
    ] = None,
    minutes: Annotated[float | None, typer.Option(help="Time for this run, all tasks.")] = None,
    search: Annotated[
        str, typer.Option(help="A name of tvmtune strategies, FILE.py:CLASS or module:CLASS.")
    ] = "sa-xgb",
    seed: Annotated[int, typer.Option(help="Same seed, same results: same proposals.")] = 0,
    template: Annotated[
        str | None,
        typer.Option(help="Use this template only: a name, FILE.py:NAME or module:NAME."),
    ] = None,
    max_rel_error: Annotated[
        float | None,
        typer.Option(
            help="Largest tolerated max|y - y64| / max|y64|; less exact templates are left out.",
            metavar="X",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="Allow a knob these values only.", metavar="KNOB=V,..."),
    ] = None,
    batch: Annotated[
        int | None, typer.Option(help="Size of a model's dynamic batch; models only.")
    ] = None,
    divide: Annotated[
        str, typer.Option(help="Several tasks share the budget by expected gain, or even.")
    ] = "gain",
    min_gain: Annotated[
        float | None,
        typer.Option(
            help="Stop when a minute is expected to save less of the whole model's time.",
            metavar="PERCENT",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show tasks, templates and sizes of spaces only.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Tune workloads and models on this machine.

    Every measurement is kept in the log; the same command goes on where it stopped.
    Ctrl-C ends it in good order.
    """
    options = TuneOptions(
        trials=trials,
        minutes=minutes,
        search=search,
        seed=seed,
        template=template,
        restrict=parse_restrictions(settings or ()),
        max_rel_error=max_rel_error,
        divide=divide,
        min_gain=min_gain,
    )
    parsed_target = parse_target(target, threads)
    if log is None and not dry_run:
        raise UsageError("tune needs a log to keep its measurements in: give --log FILE")
    found = read_inputs(inputs, batch)
    for note in found.notes:
        complain(note, "note")
    if not found.workloads:
        complain("nothing to tune", "note")
        return ExitCode.OK
    strategies = installed_strategies([search])
    if dry_run or log is None:
        say_plan(found, parsed_target, options, as_json, strategies)
        return ExitCode.OK
    with watched(parsed_target, options, len(found.workloads)) as run:
        report = tune_inputs(
            found, parsed_target, log, options, watch=run.watch, strategies=strategies
        )
    _say(report, run.board.peak_flops, as_json)
    return run.exit_code()


def parse_restrictions(texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The values by knob of ``KNOB=V,...`` texts; the values stay texts.

    Raises
    ------
    UsageError
        If a text has another form, or a knob is given twice.
    """
    allowed: dict[str, tuple[str, ...]] = {}
    for text in texts:
        knob, equals, values = text.partition("=")
        parts = tuple(value.strip() for value in values.split(","))
        if not equals or not knob.strip() or not all(parts):
            raise UsageError(f"--set {text!r}: give KNOB=VALUE,..., as in --set tile=4,8")
        if knob.strip() in allowed:
            raise UsageError(f"--set {knob.strip()} is given twice: list its values in one")
        allowed[knob.strip()] = parts
    return allowed


def _say(report: TuneReport, peak_flops: float | None, as_json: bool) -> None:
    if as_json:
        say_json(report_json(report, peak_flops))
    else:
        _say_report(report, peak_flops)


def _say_report(report: TuneReport, peak_flops: float | None) -> None:
    """The tasks that were begun, as a table."""
    begun = [task for task in report.tasks if was_begun(task)]
    if begun:
        say_table(_REPORT_COLUMNS, [_report_cells(task, peak_flops) for task in begun])
        note_above_peak(_share_of_peak(task, peak_flops) for task in begun)
    for task in begun:
        if task.expectation is not None and report.ending is not Ending.STOPPED:
            say(f"{task.task.workload}{expectation_text(task.expectation)}")
    if report.reason:
        say(report.reason)
    if others := len(report.tasks) - len(begun):
        complain(f"{counted(others, 'task')} not begun", "note")


def report_json(report: TuneReport, peak_flops: float | None) -> dict[str, Any]:
    """A report as plain JSON values."""
    return {
        "ending": report.ending.value,
        "reason": report.reason,
        "seconds": report.seconds,
        "peak_gflops": peak_flops / 1e9 if peak_flops else None,
        "tasks": [_task_json(task) for task in report.tasks],
    }


def _task_json(report: TaskReport) -> dict[str, Any]:
    best, expected = report.best, report.expectation
    return {
        "workload": report.task.workload,
        "target": report.task.target,
        "occurrences": report.task.weight,
        "ending": report.ending.value,
        "trials": report.trials,
        "measured": report.measured,
        "failures": dict(report.failures),
        "expected_gain_per_minute": expected.gain_per_minute if expected else None,
        "left_alone": expected.dead if expected else False,
        "best_s": best.figure_s if best else None,
        "confirmed": best.confirmed if best else False,
        "default_s": report.default_s,
        "template": best.record.template if best else None,
        "config": dict(best.record.config) if best else None,
        "record_id": best.record.id if best else None,
    }


def _report_cells(report: TaskReport, peak_flops: float | None) -> list[str]:
    best_s = report.best.figure_s if report.best else None
    return [
        report.task.workload,
        best_text(best_s, confirmed=report.best is not None and report.best.confirmed),
        rate_text(_rate(report)),
        share_text(_share_of_peak(report, peak_flops)),
        time_text(report.default_s),
        gain_text(ratio(report.default_s, best_s)),
        str(report.trials),
        counts_text(dict(report.failures)),
        report.ending.value,
    ]


def _rate(report: TaskReport) -> float | None:
    """Operations per second of the best."""
    return ratio(parse(report.task.workload).flops, report.best.figure_s if report.best else None)


def _share_of_peak(report: TaskReport, peak_flops: float | None) -> float | None:
    return ratio(_rate(report), peak_flops)
