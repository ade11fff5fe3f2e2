"""``tvmtune best``: what a log says is best for each of its tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import typer

from tvmtune.cli.errors import complain
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
from tvmtune.errors import WorkloadError
from tvmtune.records import (
    Here,
    LogContents,
    Match,
    Record,
    SummaryRow,
    find_best,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class BestRow:
    """A row of the table: a task on a machine, and how its best would be matched here.

    ``share_of_peak`` is of the peak that was measured when the best was.
    """

    summary: SummaryRow
    peak_flops: float | None
    match: Match | None

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
            "match": self.match.kind.value if self.match else None,
            "match_reason": self.match.reason if self.match else None,
        }

    def cells(self) -> list[str]:
        """As texts of `_COLUMNS`."""
        row = self.summary
        failures = dict(row.failures)
        if row.disqualified:
            failures["disqualified"] = row.disqualified
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
            self.match.kind.value if self.match else "-",
        ]


def command(
    log: Annotated[list[Path], typer.Argument(help="Tuning logs; several are read as one.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Show the best of each workload in a log.

    Times marked (search) were not confirmed.  How a best matches says whether it was measured on
    this model of machine with these versions.
    """
    contents = read_log(log, need_records=True)
    rows = best_rows(contents)
    for problem in contents.problems:
        complain(str(problem), "warning")
    if as_json:
        say_json({"best": [row.to_json() for row in rows]})
    else:
        say_table(_COLUMNS, [row.cells() for row in rows])
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
    return [_row(row, by_id, here) for row in summarize(contents.records, _flops)]


def _row(row: SummaryRow, by_id: Mapping[str, Record], here: Here) -> BestRow:
    if row.record_id is None:
        return BestRow(summary=row, peak_flops=None, match=None)
    best = by_id[row.record_id]
    match = find_best([best], best.task, {best.template: best.template_version}, here)
    return BestRow(summary=row, peak_flops=peak_of(best), match=match)


def peak_of(record: Record) -> float | None:
    """The machine's peak that a record carries, in operations per second."""
    peak = record.settings.get("peak_flops")
    return float(peak) if isinstance(peak, int | float) and peak > 0 else None


@lru_cache(maxsize=1024)
def _flops(workload: str) -> float | None:
    try:
        return parse(workload).flops
    except WorkloadError:
        return None
