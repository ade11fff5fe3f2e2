"""``tvmtune show``: the trials of a log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tvmtune.cli.errors import complain
from tvmtune.cli.output import Column, one_line, say, say_json, say_table, time_text
from tvmtune.errors import UsageError
from tvmtune.records import Record, read_log
from tvmtune.records.record import config_text
from tvmtune.workload import parse

_COLUMNS = (
    Column("trial", right=False),
    Column("workload", right=False),
    Column("template", right=False),
    Column("purpose", right=False),
    Column("proposer", right=False),
    Column("status", right=False),
    Column("time"),
    Column("config or error", right=False),
)
_ERROR_SHOWN = 80


def command(
    log: Annotated[Path, typer.Argument(help="A tuning log.")],
    workload: Annotated[
        str | None, typer.Option(help="Only trials of this workload.", metavar="W")
    ] = None,
    trial: Annotated[
        str | None,
        typer.Option(
            help="Only this trial, in full; the beginning of its id will do.", metavar="ID"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Show the trials of a log, in order."""
    contents = read_log([log], need_records=True)
    for problem in contents.problems:
        complain(str(problem), "warning")
    records = _chosen(contents.records, workload, trial, log)
    if as_json:
        say_json({"trials": [record.to_json() for record in records]})
    elif trial is not None:
        for record in records:
            _say_in_full(record)
    else:
        say_table(_COLUMNS, [_cells(record) for record in records])
    return 0


def _chosen(
    records: Sequence[Record], workload: str | None, trial: str | None, log: Path
) -> list[Record]:
    """The records that were asked for, at least one."""
    text = None if workload is None else parse(workload).text
    found = [r for r in records if text in (None, r.workload) and r.id.startswith(trial or "")]
    if found:
        return found
    if trial is not None:
        raise UsageError(f"log {log} has no trial {trial!r}; list them with: tvmtune show {log}")
    known = ", ".join(sorted({r.workload for r in records})[:5])
    raise UsageError(f"log {log} has no trial of {text}; it has {known}")


def _cells(record: Record) -> list[str]:
    truncated = " (cut short)" if record.truncated else ""
    return [
        record.id[:10],
        record.workload,
        record.template,
        record.purpose.value,
        record.proposer.value,
        record.status.value,
        time_text(record.median_s) + truncated,
        config_text(record.config) if record.ok else one_line(record.detail, _ERROR_SHOWN),
    ]


def _say_in_full(record: Record) -> None:
    """One field a line, JSON values as they are in the log."""
    started = datetime.fromtimestamp(record.start_s, UTC).isoformat(timespec="seconds")
    for name, value in record.to_json().items():
        match name:
            case "samples_s":
                shown = _samples(value)
            case "median_s":
                shown = time_text(value)
            case "start_s":
                shown = started
            case _:
                shown = config_text(value) if isinstance(value, dict) else str(value)
        say(f"{name:<18}{shown}")
    say()


def _samples(samples: Sequence[float]) -> str:
    if not samples:
        return "none"
    return f"{len(samples)}, from {time_text(min(samples))} to {time_text(max(samples))}"
