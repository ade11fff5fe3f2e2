"""The resumable benchmark: tune what is not tuned, compare what is not compared, check the rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.book import Book
from benchmarks.contest import Asked, Comparison, Pace, compare
from benchmarks.journal import Journal
from benchmarks.ours import OURS
from benchmarks.results import (
    CHECKED,
    COMPARED,
    JOURNAL,
    LOG,
    SETTINGS,
    TUNED,
    TUNING,
    Deviation,
    Results,
    Settings,
    read_results,
    settings_of,
)
from benchmarks.tables import Entry, problem_of
from tvmtune.errors import TvmtuneError, UsageError
from tvmtune.workload import Workload

_LEAST_S = 5.0
"""What is left of a workload's seconds after a kill is at least this: the leaders are confirmed."""

_STOPPED = 128
"""Exit codes of commands that a signal ended are above, or negative."""


class StoppedError(Exception):
    """The tuner was stopped by a signal: so is the benchmark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What a benchmark does to the machine; made up in tests.

    Parameters
    ----------
    tune
        Tunes a workload for some seconds; the exit code of the command.
    compare
        Contestants on a machine: peers, and tvmtune's own; lent by a context.
    deviation
        How far the best of a workload in a log is off.
    exclusive
        Keeps tvmtune's tuners from timing meanwhile.
    clock_s
        Unix time.
    tell
        Says a line to whoever watches.
    """

    tune: Callable[[Settings, Workload, float, Path], int]
    contestants: Callable[[Settings, Path], AbstractContextManager[Contestants]]
    deviation: Callable[[Settings, Workload, Path], Deviation]
    exclusive: Callable[[], AbstractContextManager[None]]
    clock_s: Callable[[], float] = time.time
    tell: Callable[[str], None] = print


@dataclass(frozen=True, slots=True)
class Contestants:
    """Who takes part."""

    peers: Sequence[Asked]
    ours: Sequence[Asked]


def agreed_settings(directory: Path, **asked: float | None) -> Settings:
    """The settings of a run directory, made with the first that are asked for.

    Parameters
    ----------
    directory
        The run directory; made if there is none.
    asked
        Fields of `Settings`; None: what the directory has, or the default.

    Raises
    ------
    UsageError
        If the directory was begun with others.
    """
    given = {name: value for name, value in asked.items() if value is not None}
    journal = Journal(directory / JOURNAL)
    known = settings_of(journal.read())
    if known is None:
        settings = Settings(**given)  # type: ignore[arg-type]
        directory.mkdir(parents=True, exist_ok=True)
        journal.append(SETTINGS, **asdict(settings))
        return settings
    for name, value in given.items():
        if getattr(known, name) != value:
            raise UsageError(
                f"{directory} was begun with {name}={getattr(known, name)}, not {value}; leave "
                f"--{name.replace('_', '-')} out, or give another directory"
            )
    return known


def run(directory: Path, entries: Sequence[Entry], pace: Pace, steps: Steps) -> Results:
    """Do for each workload what has not been done, and give what stands in the directory then.

    Parameters
    ----------
    directory
        A run directory with settings.
    entries
        The workloads.
    pace
        How contestants are timed.
    steps
        Do the work.

    Raises
    ------
    StoppedError
        A tuner was stopped by a signal.
    UsageError
        None of the peers is there.
    """
    journal = Journal(directory / JOURNAL)
    with journal.held():
        book = Book(journal, steps.clock_s)
        _check_peers(directory, steps)
        _tune_all(directory, entries, book, steps)
        tuned = [e for e in entries if read_results(directory).is_tuned(e.workload.text)]
        _compare_all(directory, tuned, book, pace, steps)
        _check_all(directory, tuned, book, steps)
    return read_results(directory)


def _check_peers(directory: Path, steps: Steps) -> None:
    """Refuse to begin where all peers are missing: that is found out before hours of tuning."""
    settings = read_results(directory).settings
    with steps.contestants(settings, directory / LOG) as contestants:
        answers = {peer.name: peer.ask(describe=True) for peer in contestants.peers}
    missing = {name: str(a["error"]) for name, a in answers.items() if "error" in a}
    for name, why in missing.items():
        steps.tell(f"{name} is missing: {why}")
    if answers and len(missing) == len(answers):
        raise UsageError(
            f"none of {', '.join(answers)} is there; give the Python that has them "
            "(--peers-python PATH), or install them: pip install 'tvmtune[peers]'"
        )


def _tune_all(directory: Path, entries: Sequence[Entry], book: Book, steps: Steps) -> None:
    for index, entry in enumerate(entries, 1):
        results, text = read_results(directory), entry.workload.text
        if results.is_tuned(text):
            continue
        seconds = max(results.settings.seconds - results.tuned_s(text), _LEAST_S)
        if not results.spans.get(text):
            seconds = results.settings.seconds
        steps.tell(f"{index}/{len(entries)} {entry.name}: tuning for {seconds:.0f} s")
        book.append(TUNING, workload=text, start_s=steps.clock_s(), seconds=seconds)
        code = steps.tune(results.settings, entry.workload, seconds, directory / LOG)
        book.append(TUNED, workload=text, end_s=steps.clock_s(), exit=code)
        if code > _STOPPED or code < 0:
            raise StoppedError(f"{entry.name}: stopped; the same command goes on")
        if code:
            steps.tell(f"{entry.name}: left out: its tuning failed with exit code {code}")


def _compare_all(
    directory: Path, entries: Sequence[Entry], book: Book, pace: Pace, steps: Steps
) -> None:
    results = read_results(directory)
    with steps.contestants(results.settings, directory / LOG) as contestants:
        for entry in entries:
            if not is_due(results.comparisons.get(entry.workload.text), contestants.peers, pace):
                continue
            with steps.exclusive():
                found = compare(
                    problem_of(entry.workload), contestants.peers, contestants.ours, pace
                )
            for name, why in found.left_out.items():
                steps.tell(f"{entry.name}: {name} left out: {why}")
            book.append(COMPARED, **found.to_json())
            medians = ", ".join(f"{n} {t * 1e3:.4g} ms" for n, t in found.medians().items())
            steps.tell(f"{entry.name}: {medians}")


def is_due(found: Comparison | None, peers: Sequence[Asked], pace: Pace) -> bool:
    """Whether a workload is to be compared (again).

    So it is where nothing stands yet, or fewer rounds than are asked for, or not all of the
    peers; and where all peers, or a contestant of tvmtune, were left out.
    """
    if found is None or len(found.rounds) < pace.rounds:
        return True
    if not {peer.name for peer in peers} <= set(found.peers):
        return True
    return found.fastest_peer() is None or not set(OURS) <= set(found.medians())


def _check_all(directory: Path, entries: Sequence[Entry], book: Book, steps: Steps) -> None:
    results = read_results(directory)
    for entry in entries:
        if entry.workload.text not in results.deviations:
            try:
                found = steps.deviation(results.settings, entry.workload, directory / LOG)
            except TvmtuneError as error:
                steps.tell(f"{entry.name}: not checked: {error}")
                continue
            book.append(CHECKED, **found.to_json())
            steps.tell(f"{entry.name}: error {found.error:.2e} of {found.template}")
