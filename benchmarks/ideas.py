"""``ideas``: what each idea buys, one being turned off at a time in the best configs of a log."""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.book import INVOCATION, Book
from benchmarks.contest import Pace
from benchmarks.idea_table import PAIRS, Pair
from benchmarks.idea_trials import Timed, Variants, time_in_turns, variants_of
from benchmarks.journal import Journal
from benchmarks.markdown import facts_table, origin, table, times
from benchmarks.tables import Entry, entry_of, select
from tvmtune.errors import TvmtuneError, UsageError
from tvmtune.measure.lock import MachineLock
from tvmtune.records import read_log
from tvmtune.target import Target, parse_target
from tvmtune.workload import Workload

TIMED = "timed"


@dataclass(frozen=True, slots=True)
class Gain:
    """What an idea buys: by workload, seconds without it over those with it."""

    pair: Pair
    ratios: Mapping[str, float]

    @property
    def mean(self) -> float | None:
        """Geometric mean over the workloads that have part in it."""
        return statistics.geometric_mean(self.ratios.values()) if self.ratios else None


def gains(found: Iterable[Timed]) -> list[Gain]:
    """Gains of all ideas over some workloads."""
    ratios = {entry_of(timed.workload).name: timed.ratios() for timed in found}
    return [
        Gain(pair, {name: own[pair.idea] for name, own in ratios.items() if pair.idea in own})
        for pair in PAIRS
    ]


def timed_of(events: Iterable[Mapping[str, Any]], target: Target) -> dict[str, Timed]:
    """What was timed last, by workload, of the events of a journal."""
    fields = ({k: v for k, v in e.items() if k != "event"} for e in events if e["event"] == TIMED)
    return {t.workload: t for t in map(Timed.from_json, fields) if t.target == target.text}


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What is done to the machine; made up in tests.

    Parameters
    ----------
    variants
        Kernels of a workload with and without ideas.
    exclusive
        Keeps tvmtune's tuners from timing meanwhile.
    tell
        Says a line to whoever watches.
    """

    variants: Callable[[Workload], Variants]
    exclusive: Callable[[], AbstractContextManager[None]]
    tell: Callable[[str], None] = print


def run(
    journal: Journal, entries: Sequence[Entry], target: Target, pace: Pace, steps: Steps
) -> None:
    """Time what does not stand in the journal: workloads, or rounds, or another best.

    Parameters
    ----------
    journal
        What is known, and where findings go.
    entries, target
        What is timed.
    pace
        How.
    steps
        Do the work.
    """
    with journal.held():
        book = Book(journal)
        for entry in entries:
            try:
                variants = steps.variants(entry.workload)
            except TvmtuneError as error:
                steps.tell(f"{entry.name}: left out: {error}")
                continue
            match, text = variants.match, entry.workload.text
            known = timed_of(journal.read(), target).get(text)
            if known and known.record_id == match.record_id and len(known.rounds) >= pace.rounds:
                continue
            steps.tell(f"{entry.name}: {len(variants.usable)} variants")
            timed = Timed(
                workload=text,
                target=target.text,
                record_id=match.record_id or "",
                config=f"{match.template} {dict(match.config)}",
                rounds=time_in_turns(variants.usable, pace, steps.exclusive),
                left_out=variants.left_out,
            )
            book.append(TIMED, **timed.to_json())


def ideas_text(
    entries: Sequence[Entry], target: Target, events: Sequence[Mapping[str, Any]]
) -> str:
    """The report."""
    known = timed_of(events, target)
    found = [known[e.workload.text] for e in entries if e.workload.text in known]
    rounds = {str(len(timed.rounds)) for timed in found}
    facts = {
        **origin(event for event in events if event["event"] == INVOCATION),
        "target": target.text,
        "rounds": ", ".join(sorted(rounds)),
    }
    lines = ["# Ideas", "", *facts_table(facts), "", *_legend(), "", *_gains(gains(found))]
    lines += ["", *_in_full(found)]
    return "\n".join(lines) + "\n"


def _legend() -> Iterable[str]:
    yield (
        "Time without an idea over time with it, all else being that of the best config of the "
        "log; nothing is tuned anew, so another config might lose less. Both are timed one right "
        "after the other in one process, round by round; the median of the rounds stands here. "
        "Workloads whose best has no part in an idea are not counted, nor those that cannot be "
        "built without it."
    )


def _gains(found: Sequence[Gain]) -> Iterable[str]:
    return table(
        ["idea", "without it", "workloads", "geometric mean", "least", "most"],
        [
            [
                gain.pair.idea,
                gain.pair.words,
                str(len(gain.ratios)),
                times(gain.mean),
                _named(min, gain.ratios),
                _named(max, gain.ratios),
            ]
            for gain in found
        ],
        "llrrrr",
    )


def _named(choose: Callable[..., str], ratios: Mapping[str, float]) -> str:
    """The least or the largest ratio, and the workload that has it."""
    if not ratios:
        return times(None)
    name = choose(ratios, key=lambda name: ratios[name])
    return f"{times(ratios[name])} ({name})"


def _in_full(found: Sequence[Timed]) -> Iterable[str]:
    yield from table(
        ["", *(pair.idea for pair in PAIRS)],
        [_row(timed) for timed in found],
        "l" + "r" * len(PAIRS),
    )
    yield ""
    for timed in found:
        name = entry_of(timed.workload).name
        yield f"- {name}: best: `{timed.config}`"
        yield from (f"- {name}: {idea}: left out: {why}" for idea, why in timed.left_out.items())


def _row(timed: Timed) -> Sequence[str]:
    name = entry_of(timed.workload).name
    return [name, *(times(gain.ratios.get(name)) for gain in gains([timed]))]


def add_command(commands: Any) -> None:
    """Add ``ideas`` to the commands of a parser."""
    parser = commands.add_parser("ideas", help="what each idea buys; again: go on")
    parser.set_defaults(command=_command)
    parser.add_argument("log", type=Path, help="a tuning log")
    parser.add_argument("workloads", nargs="*", help="names or texts; default: those of the log")
    parser.add_argument("--threads", type=int, default=1, help="of kernels; default 1")
    parser.add_argument("--rounds", type=int, default=7, help="of timing all variants; default 7")
    parser.add_argument(
        "-o", "--out", type=Path, required=True, help="the report; a journal is kept beside it"
    )


def _command(options: argparse.Namespace) -> int:
    if options.rounds < 1:
        raise UsageError(f"{options.rounds} rounds: give at least 1 (--rounds N)")
    target = parse_target("cpu", options.threads)
    records = read_log([options.log], need_records=True).records
    logged = dict.fromkeys(r.workload for r in records if r.target == target.text)
    entries = select(options.workloads) if options.workloads else list(map(entry_of, logged))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    journal = Journal(options.out.with_suffix(".jsonl"))
    steps = Steps(
        variants=lambda workload: variants_of(workload, target, options.log),
        exclusive=MachineLock().hold,
    )
    run(journal, entries, target, Pace(rounds=options.rounds, turn_s=0.1, pause_s=0.02), steps)
    options.out.write_text(ideas_text(entries, target, journal.read()))
    print(options.out)
    return 0
