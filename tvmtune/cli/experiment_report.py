"""``tvmtune experiment report``: what the results of an experiment say."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from tvmtune.cli.errors import complain
from tvmtune.cli.output import Column, say, say_json, say_table
from tvmtune.experiments.analysis import SEED, Analysis, analyse
from tvmtune.experiments.report import write_report
from tvmtune.experiments.report_tables import summary_table
from tvmtune.experiments.results import read_results
from tvmtune.experiments.wording import answer, counted


def command(
    directory: Annotated[Path, typer.Argument(help="Of an experiment's results.", metavar="DIR")],
    *,
    out: Annotated[
        Path | None, typer.Option(help="Where the report goes; default DIR.", metavar="DIR")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of bootstrap samples and simulations.")] = SEED,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Say what an experiment's results say: one HTML page, tables as CSV, pictures as SVG."""
    results = read_results(directory)
    if results.missing > 0:
        missing = counted(results.missing, "search has", "searches have")
        complain(f"{directory}: {missing} not finished", "warning")
    analysis = analyse(results, seed)
    page, *others = write_report(analysis, out or directory)
    if as_json:
        say_json(_json(analysis, page))
    else:
        made = summary_table(analysis)
        say_table([Column(h.name, right=not h.kind) for h in made.headers], made.rows)
        say("\n".join(answer(analysis)))
        say(f"{page} and {len(others)} tables and pictures")
    return 0


def _json(analysis: Analysis, page: Path) -> dict[str, Any]:
    scores = [asdict(score) for score in analysis.scores]
    for score in scores:
        score["performance"] = score["performance"].tolist()
    return {
        "report": str(page),
        "answer": answer(analysis),
        "missing": analysis.results.missing,
        "sooner": {axis: analysis.wins(axis) for axis in ("trials", "seconds")},
        "to_share": [asdict(one) for one in analysis.reaches],
        "head_to_head": [asdict(one) for one in analysis.duels],
        "tests": [asdict(one) for one in analysis.tests],
        "scores": scores,
    }
