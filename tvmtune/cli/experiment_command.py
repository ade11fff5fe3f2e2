"""``tvmtune experiment``: strategies compared, a subcommand each for its steps."""

from __future__ import annotations

import typer

from tvmtune.cli import experiment_report, experiment_run

application = typer.Typer(
    help="Compare search strategies: many searches, and what they say.", rich_markup_mode=None
)
application.command("run")(experiment_run.command)
application.command("report")(experiment_report.command)
