"""The report of run directories, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.compile_times import sections
from benchmarks.figures import (
    BEHIND,
    Row,
    errors_by_template,
    group_means,
    left_out,
    peer_ranks,
    rows_of,
    tried,
    versions_of,
)
from benchmarks.markdown import NOTHING, facts_table, in_seconds, milliseconds, origin, table, times
from benchmarks.ours import NCHW, OURS, OWN_LAYOUT
from benchmarks.quality import Course, courses_of, median_reached_s
from benchmarks.results import Deviation, Results, Settings
from tvmtune.records import Purpose, inexact, rank
from tvmtune.roofline import Roofline, place

_TITLES: Mapping[str, str] = {OWN_LAYOUT: "own layout", NCHW: "NCHW"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A run directory in a report, and the pictures that were drawn of it, by paths as linked."""

    results: Results
    speedups: str | None = None
    quality: str | None = None


def report_text(sections: Sequence[Section]) -> str:
    """The whole report."""
    head = [
        "# Benchmarks",
        "",
        "Written by `python -m benchmarks`; do not edit. "
        "Speed-ups are over the fastest peer of each workload, taken round by round, contestants "
        "timed in turns; the median of the rounds stands here. tvmtune is timed twice: in "
        f"{OURS[OWN_LAYOUT]}; and with {OURS[NCHW]}. Weights are packed beforehand, as the "
        "constants of the peers are. PyTorch runs in whichever of NCHW and channels-last is "
        "faster. GFLOP/s are in operations of the direct algorithm, real ones in those that were "
        "executed; the bound is the peak of arithmetic or the bandwidth of the level of memory "
        "that the bytes of a workload live in, as measured before it was tuned.",
    ]
    return "\n".join([*head, *(line for s in sections for line in _section(s))]) + "\n"


def _section(section: Section) -> Iterable[str]:
    results = section.results
    rows = rows_of(results.comparisons.values())
    courses = courses_of(results)
    yield from ("", f"## {_title(results)}", "", *_origin(results), "")
    yield from _means(rows)
    if section.speedups:
        yield from ("", f"![Speed-up over the fastest peer]({section.speedups})")
    yield from ("", *_behind(rows), "", *_workloads(rows, results), "")
    yield from _missing(results)
    yield from ("### Time to quality", "", *_quality(courses), "")
    if section.quality:
        yield from (f"![Best so far against seconds of tuning]({section.quality})", "")
    yield from ("### Errors", "", *_errors(results), "")
    yield from ("### Compile times", "", *_compile_times(results), "", *_in_full(results))


def _title(results: Results) -> str:
    threads = results.settings.threads
    noun = "thread" if threads == 1 else "threads"
    limit = results.settings.max_rel_error
    errors = "" if limit is None else f", errors of at most {limit:g}"
    return f"{threads} {noun}, {results.settings.seconds:g} s of tuning for a workload{errors}"


def _origin(results: Results) -> Iterable[str]:
    """Where the figures come from, as a table of two columns."""
    rounds = {str(len(c.rounds)) for c in results.comparisons.values()}
    peers = {peer for c in results.comparisons.values() for peer in c.peers}
    named = [
        f"{name} {' and '.join(versions)}"
        for name, versions in versions_of(results).items()
        if name in peers
    ]
    tuned = sum(map(results.tuned_s, results.spans))
    peaks = [
        float(record.settings["peak_flops"])
        for group in results.records.values()
        for record in group
        if "peak_flops" in record.settings
    ]
    where = origin(results.invocations)
    facts = {
        "machine": where["machine"],
        "target": results.settings.target,
        "peak": f"{median(peaks) / 1e9:.0f} GFLOP/s by a loop of multiply-adds"
        if peaks
        else NOTHING,
        **where,
        "peers": ", ".join(named) or NOTHING,
        "budget": f"{results.settings.seconds:g} s for a workload, from empty logs; "
        f"{tuned / 60:.0f} min in all",
        "seed": str(results.settings.seed),
        "threads": str(results.settings.threads),
        "rounds": ", ".join(sorted(rounds)) or NOTHING,
        "errors": _limit(results.settings),
    }
    return facts_table(facts)


def _limit(settings: Settings) -> str:
    if settings.max_rel_error is None:
        return "no limit: any algorithm"
    return f"at most {settings.max_rel_error:g}, as measured (`--max-rel-error`)"


def _means(rows: Sequence[Row]) -> Iterable[str]:
    timed = [row for row in rows if row.speedup(OWN_LAYOUT) is not None]
    counts = {group: [r for r in timed if r.entry.group == group] for group in group_means(rows)}
    return table(
        ["geometric means", "workloads", *_TITLES.values()],
        [
            [group, str(len(counts[group])), *(times(means[name]) for name in _TITLES)]
            for group, means in group_means(rows).items()
        ],
        "lrrr",
    )


def _behind(rows: Sequence[Row]) -> Iterable[str]:
    for name, title in _TITLES.items():
        found = [f"{r.entry.name} ({times(r.speedup(name))})" for r in rows if r.is_behind(name)]
        yield (
            f"- Behind the fastest peer in {title}, every round's ratio below {BEHIND}: "
            f"{', '.join(found) or 'none'}. {_slower(rows, name)}"
        )
    ranks = ", ".join(f"{peer} {count}" for peer, count in peer_ranks(rows).most_common())
    yield f"- Fastest peer, by number of workloads: {ranks or NOTHING}."


def _slower(rows: Sequence[Row], name: str) -> str:
    """Those that are slower in some rounds only, in words."""
    others = [(row.entry.name, row.speedup(name)) for row in rows if not row.is_behind(name)]
    found = [f"{entry} ({times(s)})" for entry, s in others if s is not None and s < 1]
    return f"Below 1 by the median of the rounds: {', '.join(found) or 'none'}."


def _workloads(rows: Sequence[Row], results: Results) -> Iterable[str]:
    return table(
        [
            "",
            *(f"{t}, ms" for t in _TITLES.values()),
            "fastest peer, ms",
            "",
            *_TITLES.values(),
            "GFLOP/s",
            "real",
            "share of bound",
        ],
        [
            [
                row.entry.name,
                *(milliseconds(row.medians.get(name)) for name in _TITLES),
                milliseconds(row.medians[row.fastest]),
                row.fastest,
                *(times(row.speedup(name)) for name in _TITLES),
                *_placed(row, results),
            ]
            for row in rows
        ],
        "lrrrlrrrrr",
    )


def _placed(row: Row, results: Results) -> Sequence[str]:
    """Rates in own layout, of the direct algorithm and really; and what bounds it."""
    own_s, workload = row.medians.get(OWN_LAYOUT), row.entry.workload
    if own_s is None:
        return [NOTHING] * 3
    limit = results.settings.max_rel_error
    records = results.records.get(workload.text, ())
    standings, _ = rank(r for r in records if not inexact(r, limit))
    direct = f"{workload.flops / own_s / 1e9:.0f}"
    if not standings:
        return [direct, NOTHING, NOTHING]
    best = standings[0].record
    found = place(workload, own_s, best.flops, Roofline.from_settings(best.settings))
    bound = NOTHING if found.share is None else f"{100 * found.share:.0f} % of {found.bound}"
    return [direct, f"{found.real_flops_per_s / 1e9:.0f}", bound]


def _missing(results: Results) -> Iterable[str]:
    missing = left_out(results)
    if missing:
        yield from ("Left out:", "", *(f"- {name}: {who}: {why}" for name, who, why in missing), "")


def _quality(courses: Sequence[Course]) -> Iterable[str]:
    reached = [c for c in courses if c.reached_s is not None]
    yield (
        "From the start of the command to the first record of a config whose confirmed time, at "
        "the end, is at least as fast as the fastest peer (the vertical lines below): the "
        f"median is {in_seconds(median_reached_s(courses))}; {len(reached)} of {len(courses)} "
        "workloads got there."
    )
    yield ""
    groups = dict.fromkeys(course.entry.group for course in courses)
    for group in groups if len(groups) > 1 else ():
        members = [course for course in courses if course.entry.group == group]
        yield f"- {group}: median {in_seconds(median_reached_s(members))} over {len(members)}"
    yield ""
    yield from table(
        ["", "reached after", "tuned for"],
        [[c.entry.name, in_seconds(c.reached_s), in_seconds(c.tuned_s)] for c in courses],
        "lrr",
    )


def _errors(results: Results) -> Iterable[str]:
    yield (
        "Of the best of each workload against a float64 reference, on standard normal inputs (of "
        "the seed): max |y - y64| / max |y64|."
    )
    yield ""
    yield from _error_table(results.deviations.values(), "workloads")
    yield ""
    yield (
        "Of all configs that were tried, as measured while they were tuned: on one input, or the "
        "largest of three where a config was the best for a time."
    )
    yield ""
    yield from _error_table(tried(results), "configs")


def _error_table(deviations: Iterable[Deviation], counted: str) -> Iterable[str]:
    return table(
        ["template", counted, "median", "largest", "of"],
        [
            [e.template, str(e.count), f"{e.median:.1e}", f"{e.worst:.1e}", e.worst_workload]
            for e in errors_by_template(deviations)
        ],
        "lrrrl",
    )


def _compile_times(results: Results) -> Iterable[str]:
    return sections([record for group in results.records.values() for record in group])


def _in_full(results: Results) -> Iterable[str]:
    rows = rows_of(results.comparisons.values())
    yield from ("<details><summary>Workloads in full</summary>", "")
    yield from table(
        ["", "workload", "template", "error", "trials"],
        [[row.entry.name, f"`{row.entry.workload.text}`", *_best(row, results)] for row in rows],
        "lllrr",
    )
    yield from ("", "</details>")


def _best(row: Row, results: Results) -> Sequence[str]:
    """Template and error of the best of a workload, and how many trials there were."""
    text = row.entry.workload.text
    deviation = results.deviations.get(text)
    trials = sum(r.purpose is Purpose.SEARCH for r in results.records.get(text, ()))
    if deviation is None:
        return NOTHING, NOTHING, str(trials)
    return deviation.template, f"{deviation.error:.1e}", str(trials)
