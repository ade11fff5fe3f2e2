"""``python -m benchmarks``: tune tables of workloads beside the peers, and report."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import (
    budgets,
    compile_times,
    constraints,
    feature_value,
    ideas,
    methodology,
    shares,
)
from benchmarks.contest import Pace
from benchmarks.figures import rows_of
from benchmarks.here import steps_here
from benchmarks.peers import PEERS
from benchmarks.plots import draw_quality, draw_speedups
from benchmarks.quality import courses_of, median_reached_s
from benchmarks.report import Section, report_text
from benchmarks.results import Results, read_results
from benchmarks.running import StoppedError, agreed_settings, run
from benchmarks.tables import TABLES, select
from tvmtune.errors import TvmtuneError, UsageError

_REPORT = "report.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.command(options)
    except TvmtuneError as error:
        print(f"benchmarks: error: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    except StoppedError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 130
    except KeyboardInterrupt:
        print("benchmarks: interrupted; the same command goes on", file=sys.stderr)
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(required=True)

    one = commands.add_parser("run", help="tune, compare, check, report; again: go on")
    one.set_defaults(command=_run)
    one.add_argument("directory", type=Path, help="keeps the log and all results; made if needed")
    one.add_argument("workloads", nargs="*", help="names or texts; default: the table")
    one.add_argument("--table", choices=[*TABLES, "all"], help="all of a table; default: paper")
    one.add_argument("--threads", type=int, help="of kernels and peers; default 1")
    one.add_argument("--seconds", type=float, help="of tuning for a workload; default 60")
    one.add_argument("--seed", type=int, help="of the search; default 0")
    one.add_argument(
        "--max-rel-error", type=float, metavar="E", help="as tvmtune tune has it; default: no limit"
    )
    one.add_argument("--rounds", type=int, default=5, help="of timing all contestants; default 5")
    one.add_argument("--peers", default=",".join(PEERS), help="default: %(default)s")
    one.add_argument(
        "--peers-python", default=sys.executable, help="Python that has them; default: this one"
    )
    one.add_argument("--out", type=Path, help="the report; default: report.md in the directory")

    again = commands.add_parser("report", help="write the report of run directories again")
    again.set_defaults(command=_report)
    again.add_argument("directories", nargs="+", type=Path, metavar="directory")
    again.add_argument("--out", type=Path, help="default: report.md in the first directory")

    budgets.add_command(commands)
    compile_times.add_command(commands)
    constraints.add_command(commands)
    feature_value.add_command(commands)
    ideas.add_command(commands)
    methodology.add_command(commands)
    shares.add_command(commands)

    quality = commands.add_parser("quality", help="best so far against seconds of tuning")
    quality.set_defaults(command=_quality)
    quality.add_argument("directory", type=Path)
    quality.add_argument("workloads", nargs="*", help="names or texts; default: all")
    quality.add_argument("--out", type=Path, help="an SVG of it")
    return parser


def _run(options: argparse.Namespace) -> int:
    entries = select(options.workloads, options.table)
    peers = [peer for peer in options.peers.split(",") if peer]
    if unknown := [peer for peer in peers if peer not in PEERS]:
        raise UsageError(f"no peers {', '.join(unknown)}; there are {', '.join(PEERS)}")
    if options.rounds < 1:
        raise UsageError(f"{options.rounds} rounds: give at least 1 (--rounds N)")
    agreed_settings(
        options.directory,
        threads=options.threads,
        seconds=options.seconds,
        seed=options.seed,
        max_rel_error=options.max_rel_error,
    )
    pace = Pace(rounds=options.rounds)
    results = run(options.directory, entries, pace, steps_here(peers, options.peers_python))
    write_report([results], options.out or options.directory / _REPORT)
    return 0


def _report(options: argparse.Namespace) -> int:
    found = [read_results(directory) for directory in options.directories]
    write_report(found, options.out or options.directories[0] / _REPORT)
    return 0


def write_report(all_results: Sequence[Results], out: Path) -> None:
    """Write the report of run directories, and beside it the pictures that it shows."""
    out.parent.mkdir(parents=True, exist_ok=True)
    sections = []
    for i, results in enumerate(all_results):
        mark = f"-{i + 1}" if i else ""
        speedups = out.with_name(f"{out.stem}{mark}.svg")
        quality = out.with_name(f"{out.stem}{mark}-quality.svg")
        try:
            draw_speedups(rows_of(results.comparisons.values()), speedups)
            draw_quality(courses_of(results), quality)
        except UsageError as error:
            print(f"benchmarks: no pictures: {error}", file=sys.stderr)
            sections.append(Section(results=results))
            continue
        sections.append(Section(results=results, speedups=speedups.name, quality=quality.name))
    out.write_text(report_text(sections))
    print(out)


def _quality(options: argparse.Namespace) -> int:
    wanted = {e.workload.text for e in select(options.workloads)} if options.workloads else None
    courses = [
        course
        for course in courses_of(read_results(options.directory))
        if wanted is None or course.entry.workload.text in wanted
    ]
    for course in courses:
        fastest = min(course.peers_s, key=lambda name: course.peers_s[name])
        reached = "never" if course.reached_s is None else f"{course.reached_s:.1f} s"
        print(f"{course.entry.name:10s} as fast as {fastest}: {reached}")
    middle = median_reached_s(courses)
    print(f"median of {len(courses)}: {'never' if middle is None else f'{middle:.1f} s'}")
    if options.out:
        draw_quality(courses, options.out)
        print(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
