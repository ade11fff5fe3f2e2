"""``tvmtune best``: what a log says is best for each of its tasks."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import typer

from tvmtune.cli.errors import complain, note_above_peak
from tvmtune.cli.output import (
    Column,
    best_text,
    counts_text,
    gain_text,
    rate_text,
    ratio,
    say_json,
    say_table,
    share_text,
    time_text,
)
from tvmtune.deploy.freshness import LimitedNestHash, current_versions
from tvmtune.errors import WorkloadError
from tvmtune.records import (
    Here,
    LogContents,
    Record,
    SummaryRow,
    is_reference,
    match_kind,
    read_log,
    summarize,
)
from tvmtune.records.fingerprint import machine_fingerprint, toolchain_versions
from tvmtune.workload import parse

_COLUMNS = (
    Column("workload", right=False),
    Column("target", right=False),
    Column("time"),
    Column("GFLOP/s"),
    Column("of peak"),
    Column("default"),
    Column("gain"),
    Column("trials"),
    Column("failures", right=False),
    Column("match", right=False),
)


_MAX_FLOAT = sys.float_info.max

_STALE = "stale"
"""What stands for a match where the best is not to be used any more."""

_MAX_NESTS = 32
"""Nests made again for one table, which is to come at once; `build` makes what it needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BestRow:
    """A row of the table: a task on a machine, and how its best would be matched here.

    ``share_of_peak`` is of the peak that was measured when the best was; ``match`` is a
    `MatchKind` or ``"stale"``, None where there is no best; ``unchecked`` says that nobody looked
    whether it is stale.
    """

    summary: SummaryRow
    peak_flops: float | None = None
    match: str | None = None
    match_reason: str | None = None
    unchecked: bool = False

    @property
    def share_of_peak(self) -> float | None:
        """The best's rate over the machine's peak."""
        gflops = self.summary.gflops
        return ratio(None if gflops is None else gflops * 1e9, self.peak_flops)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            **self.summary.to_json(),
            "peak_gflops": self.peak_flops / 1e9 if self.peak_flops else None,
            "share_of_peak": self.share_of_peak,
            "match": self.match,
            "match_reason": self.match_reason,
            "unchecked": self.unchecked,
        }

    def cells(self) -> list[str]:
        """As texts of `_COLUMNS`."""
        row = self.summary
        left_out = {"disqualified": row.disqualified, _STALE: row.stale}
        failures = {**row.failures, **{name: n for name, n in left_out.items() if n}}
        return [
            row.workload,
            row.target,
            best_text(row.best_s, confirmed=row.confirmed),
            rate_text(None if row.gflops is None else row.gflops * 1e9),
            share_text(self.share_of_peak),
            time_text(row.default_s),
            gain_text(row.gain),
            str(row.trials),
            counts_text(failures),
            self._match_text(),
        ]

    def _match_text(self) -> str:
        """How it matches, and whether it needs a template that the user has to give."""
        if self.match is None:
            return "-"
        template = self.summary.template or ""
        match = f"{self.match}, unchecked" if self.unchecked else self.match
        return f"{match}, --template {template}" if is_reference(template) else match


def command(
    log: Annotated[list[Path], typer.Argument(help="Tuning logs; several are read as one.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Show the best of each workload in a log.

    Times marked (search) were not confirmed.  How a best matches says whether it was measured on
    this model of machine with these versions; one that is stale, because its template has changed,
    is used by nobody.  A share of the peak may exceed 100 %: FLOPs are those of the direct
    algorithm, and the peak is itself measured.
    """
    contents = read_log(log, need_records=True)
    rows = best_rows(contents)
    for problem in contents.problems:
        complain(str(problem), "warning")
    if as_json:
        say_json({"best": [row.to_json() for row in rows]})
    else:
        say_table(_COLUMNS, [row.cells() for row in rows])
        note_above_peak(row.share_of_peak for row in rows)
    return 0


def best_rows(contents: LogContents, here: Here | None = None) -> list[BestRow]:
    """The rows of a log, in the order in which the tasks appear.

    Parameters
    ----------
    contents
        What was read.
    here
        The machine that asks; this one when None.
    """
    here = here or Here(machine_fingerprint(), toolchain_versions())
    by_id = {record.id: record for record in contents.records}
    nest_hash = LimitedNestHash(_MAX_NESTS)
    rows = summarize(contents.records, _flops, current_versions(), nest_hash)
    return [_row(row, by_id, here, nest_hash.unchecked) for row in rows]


def _row(
    row: SummaryRow, by_id: Mapping[str, Record], here: Here, unchecked: Collection[str]
) -> BestRow:
    if row.record_id is None:
        return BestRow(summary=row)
    best = by_id[row.record_id]
    kind, reason = match_kind(best, here)
    stale = row.stale_reason
    return BestRow(
        summary=row,
        peak_flops=peak_of(best),
        match=_STALE if stale else kind.value,
        match_reason=stale or reason,
        unchecked=best.id in unchecked,
    )


def peak_of(record: Record) -> float | None:
    """The machine's peak that a record carries, in operations per second."""
    peak = record.settings.get("peak_flops")
    return float(peak) if isinstance(peak, int | float) and 0 < peak <= _MAX_FLOAT else None


@lru_cache(maxsize=1024)
def _flops(workload: str) -> float | None:
    try:
        return parse(workload).flops
    except WorkloadError:
        return None
