"""``tvmtune best``: what a log says is best for each of its tasks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import typer

from tvmtune.cli.errors import complain, note_above_bound
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
)
from tvmtune.cli.placing import known_workload, placement_of
from tvmtune.deploy.freshness import Freshness
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
from tvmtune.roofline import Placement, Roofline
from tvmtune.roofline_plot import Point, check_drawable, draw

_TARGET = Column("target", right=False)
_REAL = Column("real")
_MATCH = Column("match", right=False)
_COLUMNS = (
    Column("workload", right=False),
    _TARGET,
    Column("time"),
    Column("GFLOP/s"),
    _REAL,
    Column("bound", right=False),
    Column("of it"),
    Column("gain"),
    Column("trials"),
    _MATCH,
)

_STALE = "stale"
"""What stands for a match where the best is not to be used any more."""

_MAX_NESTS = 32
"""Nests made again for one table, which is to come at once; `build` makes what it needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BestRow:
    """A row of the table: a task on a machine, and how its best would be matched here.

    ``roofline`` is that of the machine when the best was measured, and ``placement`` where the best
    stands under it; ``match`` is a `MatchKind` or ``"stale"``, None where there is no best;
    ``unchecked`` says that nobody looked whether it is stale.
    """

    summary: SummaryRow
    roofline: Roofline | None = None
    placement: Placement | None = None
    match: str | None = None
    match_reason: str | None = None
    unchecked: bool = False

    @property
    def peak_flops(self) -> float | None:
        """The machine's peak, in operations per second."""
        return self.roofline.peak_flops if self.roofline else None

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
            "roofline": self.placement.to_json() if self.placement else None,
            "match": self.match,
            "match_reason": self.match_reason,
            "unchecked": self.unchecked,
        }

    def cells(self) -> list[str]:
        """As texts of `_COLUMNS`."""
        row, placed = self.summary, self.placement
        bound, share = self.bound()
        return [
            row.workload,
            row.target,
            best_text(row.best_s, confirmed=row.confirmed),
            rate_text(None if row.gflops is None else row.gflops * 1e9),
            rate_text(placed.real_flops_per_s if placed and placed.saves else None),
            bound,
            share_text(share),
            gain_text(row.gain),
            self._trials_text(),
            self._match_text(),
        ]

    def bound(self) -> tuple[str, float | None]:
        """What bounds the task, and the share reached; of the peak where nothing else is known."""
        if self.placement and self.placement.bound:
            return self.placement.bound, self.placement.share
        share = self.share_of_peak
        return ("-" if share is None else "peak"), share

    def _trials_text(self) -> str:
        """Trials, and what of them cannot be used."""
        row = self.summary
        failures = {**row.failures, "disqualified": row.disqualified, _STALE: row.stale}
        left_out = counts_text(failures)
        return str(row.trials) if left_out == "-" else f"{row.trials} ({left_out})"

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
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw the roofline: .svg, .pdf or .png.", metavar="FILE"),
    ] = None,
) -> int:
    """Show the best of each workload in a log.

    Times marked (search) were not confirmed.  The bound is compute or the level of memory that the
    bytes of a workload live in, and a share of it was reached.  GFLOP/s are in operations of the
    direct algorithm; real ones stand beside where fewer were executed.  How a best matches says
    whether it was measured on this model of machine with these versions; one that is stale, because
    its template has changed, is used by nobody.
    """
    if plot is not None:
        check_drawable(plot)
    contents = read_log(log, need_records=True)
    rows = best_rows(contents)
    for problem in contents.problems:
        complain(str(problem), "warning")
    if as_json:
        say_json({"best": [row.to_json() for row in rows]})
    else:
        _say_rows(rows)
    if plot is not None:
        _draw(rows, plot)
    return 0


def _say_rows(rows: Sequence[BestRow]) -> None:
    """The table, without columns that say the same in all rows."""
    targets = {row.summary.target for row in rows}
    saving = any(row.placement and row.placement.saves for row in rows)
    cells = [row.cells() for row in rows]
    alike = len(rows) > 1 and len({line[-1] for line in cells}) == 1
    left_out = {_TARGET: len(targets) == 1, _REAL: not saving, _MATCH: alike}
    if left_out[_TARGET]:
        say(f"target: {targets.pop()}")
    if alike:
        say(f"match: {cells[0][-1]}")
    kept = [i for i, column in enumerate(_COLUMNS) if not left_out.get(column)]
    say_table([_COLUMNS[i] for i in kept], [[line[i] for i in kept] for line in cells])
    note_above_bound(row.bound()[1] for row in rows)


def _draw(rows: Sequence[BestRow], path: Path) -> None:
    """Draw the rows that have a roofline, and say which have none."""
    points = [
        Point(row.summary.workload, row.summary.target, row.summary.machine, roofline, placement)
        for row in rows
        if (roofline := row.roofline)
        and (placement := row.placement)
        and isfinite(placement.effective_flops_per_s)
    ]
    if len(points) < len(rows):
        missing = counted(len(rows) - len(points), "task")
        complain(f"{missing} not drawn: no best, or a log without the machine's peak", "warning")
    draw(points, path)
    complain(f"drew {counted(len(points), 'task')} into {path}", "note")


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
    fresh = Freshness(contents.records, _MAX_NESTS)
    rows = summarize(contents.records, _flops_of, fresh.versions, fresh.nest_hash)
    return [_row(row, by_id, here, fresh.unchecked) for row in rows]


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
        roofline=Roofline.from_settings(best.settings),
        placement=placement_of(best, row.best_s),
        match=_STALE if stale else kind.value,
        match_reason=stale or reason,
        unchecked=best.id in unchecked,
    )


def _flops_of(text: str) -> float | None:
    workload = known_workload(text)
    return None if workload is None else workload.flops
