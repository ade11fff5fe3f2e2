"""``tvmtune show``: the trials of a log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Annotated, Any

import typer

from tvmtune.cli.errors import complain
from tvmtune.cli.output import Column, one_line, say, say_json, say_table, time_text
from tvmtune.cli.placing import bound_text, placement_of, sentence
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
    Column("bound"),
    Column("config or error", right=False),
)
_ERROR_SHOWN = 80
_SHOWN = 5
"""Workloads or ids that an error lists."""


def command(
    log: Annotated[Path, typer.Argument(help="A tuning log.")],
    workload: Annotated[
        str | None, typer.Option(help="Only trials of this workload.", metavar="W")
    ] = None,
    trial: Annotated[
        str | None,
        typer.Option(
            help="Only this trial, in full; as much of its id as no other has.", metavar="ID"
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
        say_json({"trials": [_json(record) for record in records]})
    elif trial is not None:
        _say_in_full(records[0])
    else:
        say_table(_COLUMNS, [_cells(record) for record in records])
    return 0


def _chosen(
    records: Sequence[Record], workload: str | None, trial: str | None, log: Path
) -> list[Record]:
    """The records that were asked for, at least one."""
    text = None if workload is None else parse(workload).text
    found = [record for record in records if text in (None, record.workload)]
    if not found:
        known = ", ".join(sorted({r.workload for r in records})[:_SHOWN])
        raise UsageError(f"log {log} has no trial of {text}; it has {known}")
    return found if trial is None else [_only(found, trial, log)]


def _only(records: Sequence[Record], trial: str, log: Path) -> Record:
    """The one trial whose id is, or else begins as, what was given."""
    by_id = {record.id: record for record in records}
    if trial in by_id:
        return by_id[trial]
    ids = sorted(one for one in by_id if one.startswith(trial))
    if not ids:
        raise UsageError(f"log {log} has no trial {trial!r}; list them with: tvmtune show {log}")
    if len(ids) > 1:
        more = ", ..." if len(ids) > _SHOWN else ""
        raise UsageError(
            f"--trial {trial!r} is ambiguous: {len(ids)} trials of log {log} begin so; give one of "
            f"{', '.join(_shortest_prefixes(ids)[:_SHOWN])}{more}"
        )
    return by_id[ids[0]]


def _shortest_prefixes(ids: Sequence[str]) -> list[str]:
    """The beginning of each of some sorted ids that no other shares."""
    shared = [_shared(*pair) for pair in pairwise(ids)]
    longest = [max(pair) for pair in pairwise([0, *shared, 0])]
    return [one[: length + 1] for one, length in zip(ids, longest, strict=True)]


def _shared(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


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
        bound_text(placement_of(record, record.median_s)),
        config_text(record.config) if record.ok else one_line(record.detail, _ERROR_SHOWN),
    ]


def _say_in_full(record: Record) -> None:
    """One field a line, JSON values as they are in the log."""
    for name, value in record.to_json().items():
        match name:
            case "samples_s":
                shown = _samples(value)
            case "median_s":
                shown = time_text(value)
            case "start_s":
                shown = _moment(value)
            case _:
                shown = config_text(value) if isinstance(value, dict) else str(value)
        say(f"{name:<18}{shown}")
    if found := placement_of(record, record.median_s):
        say(f"{'roofline':<18}{sentence(found)}")
    say()


def _json(record: Record) -> dict[str, Any]:
    found = placement_of(record, record.median_s)
    return {**record.to_json(), "roofline": found.to_json() if found else None}


def _moment(unix_s: float) -> str:
    """A Unix time as a date; as it is where no calendar has it."""
    try:
        return datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return f"{unix_s:g}"


def _samples(samples: Sequence[float]) -> str:
    if not samples:
        return "none"
    return f"{len(samples)}, from {time_text(min(samples))} to {time_text(max(samples))}"
