"""``constraints``: what the constraints of templates keep out, and what they let through."""

from __future__ import annotations

import argparse
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.book import INVOCATION
from benchmarks.constraint_bench import lend_here
from benchmarks.constraint_trials import Build, Findings, Plan, Timing, run
from benchmarks.draws import Drawn
from benchmarks.journal import Journal
from benchmarks.markdown import NOTHING, facts_table, milliseconds, origin, table, times
from benchmarks.tables import Entry, select
from tvmtune.errors import UsageError
from tvmtune.outcome import Status
from tvmtune.target import parse_target

_HEAVY = 0.05
_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What became of the configs of a template that satisfy all constraints."""

    template: str
    builds: tuple[Build, ...]

    @property
    def failed(self) -> list[Build]:
        """Those that could not be built."""
        return [build for build in self.builds if not build.ok]

    @property
    def spilling(self) -> list[Build]:
        """Those that spill, the worst first."""
        found = [build for build in self.builds if build.spilling]
        return sorted(found, key=lambda build: -build.spilled_share)

    def median_s(self, step: str) -> float | None:
        """The median of the seconds that a step of the builds took."""
        seconds = [build.seconds[step] for build in self.builds if build.ok]
        return statistics.median(seconds) if seconds else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """What the constraints keep out of a template's space.

    Parameters
    ----------
    template
        Its name.
    drawn, allowed
        Configs of the whole space, and how many of them satisfy its constraints.
    ended
        How many were timed (``ok``), and how the others ended.
    fastest, fastest_excluded, aliases
        How many make the fastest hundredth; how many of these are excluded; and how many more are,
        but under another name they are allowed.
    reasons
        How many of these each constraint excludes.
    best_allowed, best_excluded
        The fastest of either kind, as confirmed.
    """

    template: str
    drawn: int
    allowed: int
    ended: Mapping[str, int]
    fastest: int
    fastest_excluded: int
    aliases: int
    reasons: Mapping[str, int]
    best_allowed: Timing | None
    best_excluded: Timing | None

    @property
    def ratio(self) -> float | None:
        """Time of the best allowed over that of the best excluded: above 1, something is lost."""
        allowed_s, excluded_s = _seconds(self.best_allowed), _seconds(self.best_excluded)
        return None if allowed_s is None or excluded_s is None else allowed_s / excluded_s


def allowed_of(drawn: Drawn, findings: Findings) -> Allowed:
    """What is known of the configs that satisfy all constraints."""
    found = [findings.builds[c.text] for c in drawn.satisfying if c.text in findings.builds]
    return Allowed(template=drawn.template, builds=tuple(found))


def excluded_of(drawn: Drawn, findings: Findings) -> Excluded:
    """What is known of the configs of the whole space."""
    timed = [c.text for c in drawn.unrestricted if c.text in findings.timings]
    leading = [config.text for config in findings.leading(drawn.unrestricted)]
    aliases = [text for text in leading if findings.aliases.get(text) is not None]
    reasons = [drawn.violations[text] for text in leading if text not in aliases]
    allowed, others = (
        [findings.confirmed[c.text] for c in side if c.text in findings.confirmed]
        for side in (findings.kept(drawn), findings.lost(drawn))
    )
    return Excluded(
        template=drawn.template,
        drawn=len(timed),
        allowed=sum(not drawn.violations[text] for text in timed),
        ended=Counter(findings.timings[text].status for text in timed),
        fastest=len(leading),
        fastest_excluded=sum(map(bool, reasons)),
        aliases=len(aliases),
        reasons=Counter(message for messages in reasons for message in messages),
        best_allowed=_best(allowed),
        best_excluded=_best(others),
    )


def _best(timings: Iterable[Timing]) -> Timing | None:
    known = [timing for timing in timings if timing.median_s is not None]
    return min(known, key=lambda timing: timing.median_s or 0.0, default=None)


def _seconds(timing: Timing | None) -> float | None:
    return None if timing is None else timing.median_s


def constraints_text(
    entries: Sequence[Entry], plan: Plan, events: Sequence[Mapping[str, Any]]
) -> str:
    """The report."""
    facts = {
        **origin(event for event in events if event["event"] == INVOCATION),
        "target": plan.target.text,
        "seed": str(plan.seed),
    }
    lines = ["# Constraints", "", *facts_table(facts), "", *_legend(plan)]
    for entry in entries:
        findings = Findings.of(events, entry.workload.text, plan.target.text)
        lines += ["", *_section(entry, plan.draw(entry.workload), findings)]
    return "\n".join(lines) + "\n"


def _legend(plan: Plan) -> Iterable[str]:
    yield (
        f"First tables: of {plan.satisfying} draws from the configs that satisfy all constraints, "
        "each config once, how many cannot be built, and how many store vector registers to the "
        "stack or reload them in an innermost loop; heavily: in more than "
        f"{_HEAVY:.0%} of its vector instructions. Times are medians."
    )
    yield ""
    yield (
        f"Second tables: of {plan.whole} draws from the product of the knobs, how many satisfy the "
        "constraints of the space, how many were timed, and how many of the fastest 1 % of these "
        "are excluded; aliases are, too, but a config that is allowed makes the same loops. The "
        "ratio is the time of the best allowed over that of the best excluded that is no alias, "
        "timed again in turns: above 1, something is lost. Allowed ones are of both draws, since "
        "of the draws from the product few are allowed; and, since chance may give none of its "
        "kind, the nearest to each of the best three excluded: those that differ in one knob, or "
        "in two if none does in one."
    )


def _section(entry: Entry, draws: Sequence[Drawn], findings: Findings) -> Iterable[str]:
    allowed = [allowed_of(drawn, findings) for drawn in draws]
    excluded = [excluded_of(drawn, findings) for drawn in draws]
    yield from (f"## {entry.name}", "", f"`{entry.workload.text}`", "")
    yield from table(
        ["template", "configs", "fail", "spill", "heavily", "lowering, ms", "LLVM, ms"],
        map(_allowed_row, allowed),
        "lrrrrrr",
    )
    yield ""
    for one in allowed:
        yield from (f"- fails: `{b.config}`: {b.status}: {b.detail}" for b in one.failed[:_NAMED])
        yield from map(_spill_line, one.spilling[:_NAMED])
    yield ""
    yield from table(
        [
            *("template", "configs", "allowed", "timed", "not", "fastest", "aliases", "excluded"),
            *("best allowed, ms", "best excluded, ms", "ratio"),
        ],
        map(_excluded_row, excluded),
        "lrrrlrrrrrr",
    )
    yield ""
    for kept in excluded:
        if kept.best_excluded is not None:
            yield f"- best excluded: `{kept.best_excluded.config}`"
        if kept.best_allowed is not None:
            yield f"- best allowed: `{kept.best_allowed.config}`"
        for message, count in kept.reasons.items():
            yield f"- {kept.template}: {count} of the fastest violate: {message}"


def _allowed_row(allowed: Allowed) -> Sequence[str]:
    heavy = sum(build.spilled_share > _HEAVY for build in allowed.spilling)
    return [
        allowed.template,
        *map(str, (len(allowed.builds), len(allowed.failed), len(allowed.spilling), heavy)),
        milliseconds(allowed.median_s("lowering")),
        milliseconds(allowed.median_s("codegen")),
    ]


def _spill_line(build: Build) -> str:
    worst = max(build.spilling, key=lambda s: (s.stores + s.reloads) / s.vectors)
    return (
        f"- spills: `{build.config}`: {worst.stores} stores and {worst.reloads} reloads among "
        f"{worst.vectors} vector instructions of {worst.label}"
    )


def _excluded_row(excluded: Excluded) -> Sequence[str]:
    others = [f"{n} {status}" for status, n in excluded.ended.items() if status != Status.OK]
    return [
        excluded.template,
        *map(str, (excluded.drawn, excluded.allowed, excluded.ended.get(Status.OK, 0))),
        ", ".join(others) or NOTHING,
        *map(str, (excluded.fastest, excluded.aliases, excluded.fastest_excluded)),
        milliseconds(_seconds(excluded.best_allowed)),
        milliseconds(_seconds(excluded.best_excluded)),
        times(excluded.ratio),
    ]


def add_command(commands: Any) -> None:
    """Add ``constraints`` to the commands of a parser."""
    parser = commands.add_parser(
        "constraints", help="what constraints let through and keep out; again: go on"
    )
    parser.set_defaults(command=_command)
    parser.add_argument("workloads", nargs="+", help="names or texts")
    parser.add_argument(
        "--configs", type=int, default=300, help="that satisfy all constraints; default 300"
    )
    parser.add_argument(
        "--unconstrained", type=int, default=500, help="of the whole space; default 500"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the draws; default 0")
    parser.add_argument("--threads", type=int, default=1, help="of kernels; default 1")
    parser.add_argument(
        "--deadline", type=float, default=10.0, help="seconds for a build or a run; default 10"
    )
    parser.add_argument(
        "-o", "--out", type=Path, required=True, help="the report; a journal is kept beside it"
    )


def _command(options: argparse.Namespace) -> int:
    entries = select(options.workloads)
    if min(options.configs, options.unconstrained, options.seed) < 0 or options.deadline <= 0:
        raise UsageError("give numbers of configs and a seed from 0 on, and a deadline above 0")
    plan = Plan(
        target=parse_target("cpu", options.threads),
        satisfying=options.configs,
        whole=options.unconstrained,
        seed=options.seed,
    )
    options.out.parent.mkdir(parents=True, exist_ok=True)
    journal = Journal(options.out.with_suffix(".jsonl"))
    run(journal, entries, plan, lend_here(plan.target, options.deadline))
    options.out.write_text(constraints_text(entries, plan, journal.read()))
    print(options.out)
    return 0
