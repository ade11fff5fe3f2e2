"""``compile-times``: what builds took by template, and trials a second by task, from records."""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.markdown import each, facts_table, in_seconds, milliseconds, table
from benchmarks.results import written_s
from benchmarks.tables import entry_of
from tvmtune.records import Purpose, Record, read_log

_BREAK_S = 30.0
"""A trial handed over so long after all before it were written belongs to another run."""


@dataclass(frozen=True, slots=True)
class Quantiles:
    """The median and the 90th percentile of some seconds."""

    median_s: float
    ninth_s: float

    @staticmethod
    def of(seconds: Sequence[float]) -> Quantiles:
        """Those of seconds, at least one."""
        return Quantiles(statistics.median(seconds), float(np.percentile(seconds, 90)))


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildTimes:
    """What the builds of a template took: lowering, LLVM, and both together."""

    template: str
    builds: int
    lowering: Quantiles
    codegen: Quantiles
    whole: Quantiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How many trials of a task there were, and in how many seconds of searching.

    Time before the first trial, between runs, while other tasks had their slice and of
    confirmations is left out.
    """

    workload: str
    target: str
    trials: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Trials a second."""
        return self.trials / self.seconds


def build_times(records: Iterable[Record]) -> list[BuildTimes]:
    """Times of the trials that were built, by template in alphabetical order."""
    groups: dict[str, list[tuple[float, float]]] = {}
    for record in records:
        steps = record.seconds
        if record.purpose is Purpose.SEARCH and {"lowering", "codegen"} <= set(steps):
            groups.setdefault(record.template, []).append((steps["lowering"], steps["codegen"]))
    return [
        BuildTimes(
            template=template,
            builds=len(group),
            lowering=Quantiles.of([lowering for lowering, _ in group]),
            codegen=Quantiles.of([codegen for _, codegen in group]),
            whole=Quantiles.of([sum(both) for both in group]),
        )
        for template, group in sorted(groups.items())
    ]


def rates(records: Iterable[Record]) -> list[Rate]:
    """Rates of the tasks of a log, in the order in which they appear."""
    found: dict[tuple[str, str], list[Sequence[Record]]] = {}
    for stretch in _stretches(r for r in records if r.purpose is Purpose.SEARCH):
        found.setdefault(stretch[0].task, []).append(stretch)
    return [
        Rate(
            workload=workload,
            target=target,
            trials=sum(map(len, stretches)),
            seconds=sum(map(_duration_s, stretches)),
        )
        for (workload, target), stretches in found.items()
        if sum(map(_duration_s, stretches)) > 0
    ]


def _stretches(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Trials of one task that followed each other without a break."""
    stretch: list[Record] = []
    end_s = 0.0
    for record in records:
        if stretch and (record.task != stretch[0].task or record.start_s > end_s + _BREAK_S):
            yield stretch
            stretch = []
        end_s = max(end_s, record.start_s + sum(record.seconds.values()))
        stretch.append(record)
    if stretch:
        yield stretch


def _duration_s(stretch: Sequence[Record]) -> float:
    return written_s(stretch)[-1] - min(record.start_s for record in stretch)


def build_table(found: Iterable[BuildTimes]) -> Iterable[str]:
    """A line for each template: medians, and 90th percentiles in parentheses."""
    return table(
        ["template", "builds", "lowering, ms", "LLVM, ms", "whole build, ms"],
        [
            [t.template, str(t.builds), _cell(t.lowering), _cell(t.codegen), _cell(t.whole)]
            for t in found
        ],
        "lrrrr",
    )


def rate_table(found: Iterable[Rate]) -> Iterable[str]:
    """A line for each task."""
    return table(
        ["task", "target", "trials", "searched for", "trials/s"],
        [
            [
                entry_of(rate.workload).name,
                rate.target,
                str(rate.trials),
                in_seconds(rate.seconds),
                f"{rate.per_second:.2f}",
            ]
            for rate in found
        ],
        "llrrr",
    )


def _cell(quantiles: Quantiles) -> str:
    return f"{milliseconds(quantiles.median_s)} ({milliseconds(quantiles.ninth_s)})"


def compile_times_text(records: Sequence[Record]) -> str:
    """The report of the records of some logs."""
    facts = {
        "machine": each(str(r.fingerprint.get("cpu", "")) for r in records),
        "versions": each(
            ", ".join(f"{name} {version}" for name, version in r.toolchain.items()) for r in records
        ),
        "records": str(len(records)),
    }
    return "\n".join(["# Compile times", "", *facts_table(facts), "", *sections(records), ""])


def sections(records: Sequence[Record]) -> Iterable[str]:
    """Both tables, and what stands in them."""
    yield (
        "Of the builds of all trials: medians, and 90th percentiles in parentheses. LLVM's seconds "
        "include making the object file."
    )
    yield ""
    yield from build_table(build_times(records))
    yield ""
    yield (
        "Searching is from a trial handed over to the last one written; starting, other tasks' "
        "slices, confirmations and pauses between runs are left out."
    )
    yield ""
    yield from rate_table(rates(records))


def add_command(commands: Any) -> None:
    """Add ``compile-times`` to the commands of a parser."""
    parser = commands.add_parser("compile-times", help="what builds took, and trials a second")
    parser.set_defaults(command=_command)
    parser.add_argument("logs", nargs="+", type=Path, metavar="log", help="tuning logs")
    parser.add_argument("-o", "--out", type=Path, help="a file; default: print it")


def _command(options: argparse.Namespace) -> int:
    text = compile_times_text(read_log(options.logs, need_records=True).records)
    if options.out is None:
        print(text, end="")
    else:
        options.out.write_text(text)
        print(options.out)
    return 0
