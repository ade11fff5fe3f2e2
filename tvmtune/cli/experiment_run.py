"""``tvmtune experiment run``: makes the searches of a study."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from tvmtune.cli.errors import ExitCode, complain
from tvmtune.cli.output import Column, one_line, say, say_json, say_table
from tvmtune.cli.stopping import StopRequest, stop_on_signals
from tvmtune.cli.study_progress import study_progress
from tvmtune.errors import UsageError
from tvmtune.experiments.contender import Budget
from tvmtune.experiments.planning import StudyPlan, plan_study
from tvmtune.experiments.running import StudyRun, StudyWatch, run_study
from tvmtune.experiments.study import LiveTask, Study
from tvmtune.experiments.study_directory import ERRORS_FILE
from tvmtune.experiments.study_toml import read_study_toml
from tvmtune.experiments.wording import counted
from tvmtune.search.plugins import installed_strategies

_COLUMNS = (
    Column("task", right=False),
    Column("", right=False),
    Column("strategy", right=False),
    Column("a search", right=False),
    Column("seeds"),
    Column("finished"),
    Column("to run"),
)
_ERRORS_SHOWN = 5


def command(
    study: Annotated[Path, typer.Argument(help="What is to be compared.", metavar="STUDY.toml")],
    *,
    out: Annotated[
        Path | None,
        typer.Option(help="Directory of the results; default as the study says.", metavar="DIR"),
    ] = None,
    jobs: Annotated[
        int,
        typer.Option(
            help="Replayed searches at a time. Thinking is charged as it is measured: more jobs "
            "than idle cores, and siblings that share one, make it longer.",
            metavar="N",
        ),
    ] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be run only.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Make the searches of a study: strategies x tasks x seeds, replayed or live.

    Each search is kept as it ends; the same command goes on where it stopped.
    """
    if jobs < 1:
        raise UsageError(f"{jobs} jobs: give at least 1 (--jobs N)")
    written = read_study_toml(study)
    directory = out or written.out
    if dry_run:
        _say_plan(plan_study(written.study, directory, installed_strategies()), as_json)
        return ExitCode.OK
    with stop_on_signals(_at_once) as stop:
        run = _run(written.study, directory, jobs, stop)
    if as_json:
        say_json(_run_json(run))
    else:
        say(_summary(run))
    return _exit_code(run, stop)


def _at_once(_received: object) -> None:
    """Nothing to wait for: a search is begun anew, and a measurement ends by itself."""


def _run(study: Study, out: Path, jobs: int, stop: StopRequest) -> StudyRun:
    with study_progress(jobs) as progress:
        watch = StudyWatch(
            planned=progress.plan,
            ended=progress.end,
            live=progress.begin_live,
            event=progress.event,
            machine=progress.machine,
            stop=stop,
        )
        return run_study(study, out, jobs, watch, strategies=installed_strategies())


def _exit_code(run: StudyRun, stop: StopRequest) -> int:
    """How the command ends; says what failed, and how to go on if it was stopped."""
    for failure in run.failures[:_ERRORS_SHOWN]:
        complain(
            f"{failure.task}, {failure.strategy}, seed {failure.seed}: {one_line(failure.error)}"
        )
    if run.failures:
        failed = counted(len(run.failures), "search", "searches") + " failed"
        complain(f"{failed}: see {run.plan.out / ERRORS_FILE}; the next run tries again")
    if stop.signal is not None:
        again = shlex.join(["tvmtune", *sys.argv[1:]])
        complain(f"stopped by {stop.signal.name}; go on with: {again}", "note")
        return ExitCode.SIGNAL + stop.signal
    return ExitCode.FAILED if run.failures else ExitCode.OK


def _summary(run: StudyRun) -> str:
    plan = run.plan
    done = plan.searches - plan.left + run.finished
    new = f"{run.finished:,} of them new" if run.finished else "nothing new"
    then = f"; see: tvmtune experiment report {shlex.quote(str(plan.out))}" if done else ""
    return f"{plan.out}: {done:,} of {counted(plan.searches, 'search', 'searches')}, {new}{then}"


def _run_json(run: StudyRun) -> dict[str, Any]:
    return {
        "out": str(run.plan.out),
        "searches": run.plan.searches,
        "new": run.finished,
        "failed": [failure.to_json() for failure in run.failures],
        "left": run.plan.left - run.finished,
    }


def _say_plan(plan: StudyPlan, as_json: bool) -> None:
    rows = [
        {
            "task": task.name,
            "kind": "live" if isinstance(task, LiveTask) else "replayed",
            "strategy": contender.label,
            "budget": _budget_text(contender.budget(plan.study.budget)),
            "seeds": len(plan.study.seeds_of(contender)),
            "to_run": len(plan.missing(task, contender)),
        }
        for task in plan.study.tasks
        for contender in plan.study.contenders
    ]
    if as_json:
        say_json({"out": str(plan.out), "searches": plan.searches, "left": plan.left, "of": rows})
        return
    say_table(_COLUMNS, [_cells(row) for row in rows])
    left = counted(plan.left, "search", "searches")
    say(f"{left} of {plan.searches:,} to run, results in {plan.out}; nothing was run")


def _cells(row: dict[str, Any]) -> list[str]:
    finished = row["seeds"] - row["to_run"]
    figures = [str(row["seeds"]), str(finished), str(row["to_run"])]
    return [row["task"], row["kind"], row["strategy"], row["budget"], *figures]


def _budget_text(budget: Budget) -> str:
    trials = [] if budget.trials is None else [counted(budget.trials, "trial")]
    return ", ".join(trials + ([] if budget.seconds is None else [f"{budget.seconds:g} s"]))
