"""The report of an experiment: a page that needs nothing else, tables as CSV, and pictures.

The page opens with the answer; then comes what it rests on, then how it was measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from itertools import zip_longest
from pathlib import Path

from tvmtune.errors import RecordError
from tvmtune.experiments import plots
from tvmtune.experiments import report_tables as tables
from tvmtune.experiments.analysis import Analysis
from tvmtune.experiments.canvas import check_matplotlib
from tvmtune.experiments.frames import (
    check_pandas,
    curves_frame,
    rows_frame,
    scores_frame,
    searches_frame,
    trials_frame,
    write_csv,
)
from tvmtune.experiments.page import figure, figures, page, paragraph, table, values
from tvmtune.experiments.paired_tests import LEVEL
from tvmtune.experiments.wording import (
    answer,
    at_once,
    counted,
    in_html,
    listed,
    number,
    percent,
    seeds_text,
)

PAGE_FILE = "report.html"

Pictures = Mapping[str, tuple[str, ...]]
"""SVG texts by name; several where one would be too large for a page."""

_CAPTIONS = {
    "best-trials": "Best so far against trials, over all tasks: median and 95 % band.",
    "best-seconds": "Best so far against seconds, over all tasks: median and 95 % band.",
    "tasks-trials": "Best so far against trials, by task.",
    "tasks-seconds": "Best so far against seconds, by task.",
    "sooner-trials": "How often the strategy of the row is sooner at the share than that of the "
    "column, by trials; ties count as half.",
    "sooner-seconds": "The same by seconds.",
    "trials-to-share": "Trials to the share: medians with 95 % intervals; hollow: half of the "
    "searches never got there.",
    "performance": "Performance over the budget: 0 is random search, 1 the optimum. The exact "
    "score by trials is the mean.",
    "time": "Where the time of a search went, by the mean. Builds and runs may overlap.",
}


def write_report(analysis: Analysis, directory: Path) -> tuple[Path, ...]:
    """Write the page, the tables and the pictures of an analysis.

    Parameters
    ----------
    analysis
        Of an experiment.
    directory
        Where to; made if there is none, and files of the same names are replaced.

    Returns
    -------
    tuple of Path
        What was written, the page first.

    Raises
    ------
    UsageError
        If pandas or matplotlib is missing.
    RecordError
        If a file cannot be written.
    """
    check_pandas()
    check_matplotlib()
    pictures = draw(analysis)
    texts = {directory / PAGE_FILE: report_page(analysis, pictures)}
    texts |= {
        directory / "figures" / f"{file_name(name, i)}.svg": svg
        for name, parts in pictures.items()
        for i, svg in enumerate(parts)
    }
    try:
        (directory / "figures").mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RecordError(f"{directory}: cannot be written: {error.strerror}") from error
    return (*texts, *_write_tables(analysis, directory))


def draw(analysis: Analysis) -> Pictures:
    """The pictures of an analysis; those that would be empty are left out."""
    made = {
        "best-trials": [plots.draw_best_so_far(analysis, "trials")],
        "best-seconds": [plots.draw_best_so_far(analysis, "seconds")],
        "tasks-trials": plots.draw_best_by_task(analysis, "trials"),
        "tasks-seconds": plots.draw_best_by_task(analysis, "seconds"),
        "sooner-trials": [plots.draw_duels(analysis, "trials")],
        "sooner-seconds": [plots.draw_duels(analysis, "seconds")],
        "trials-to-share": plots.draw_reaches(analysis),
        "performance": [plots.draw_performance(analysis)],
        "time": [plots.draw_time_split(analysis)],
    }
    shown = {name: tuple(svg for svg in parts if svg) for name, parts in made.items()}
    return {name: parts for name, parts in shown.items() if parts}


def file_name(name: str, part: int) -> str:
    """What a part of a picture is called; parts count from 0, and the first has the name itself."""
    return f"{name}-{part + 1}" if part else name


def report_page(analysis: Analysis, pictures: Pictures) -> str:
    """The page.

    Parameters
    ----------
    analysis
        Of an experiment.
    pictures
        As of `draw`.
    """
    title = "Search strategies compared"
    sections: tuple[Iterable[str], ...] = (
        _head(analysis),
        _courses(pictures),
        _duels(analysis, pictures),
        _tests(analysis),
        _reaches(analysis, pictures),
        _scores(analysis, pictures),
        _time(pictures),
        _measured(analysis),
    )
    return page(title, (f"<h1>{escape(title)}</h1>", *(p for s in sections for p in s)))


def _write_tables(analysis: Analysis, directory: Path) -> list[Path]:
    results = analysis.results
    frames = {
        "trials": trials_frame(results),
        "searches": searches_frame(results),
        "curves": curves_frame(analysis.curves),
        "to-share": rows_frame(analysis.reaches),
        "head-to-head": rows_frame(analysis.duels),
        "tests": rows_frame(analysis.tests),
        "scores": scores_frame(analysis.scores),
    }
    paths = [directory / f"{name}.csv" for name in frames]
    for path, frame in zip(paths, frames.values(), strict=True):
        write_csv(frame, path)
    return paths


def _picture(pictures: Pictures, *names: str) -> str:
    """The pictures of these names; where they have several parts, in turns."""
    parts = [
        [figure(svg, file_name(name, i), _CAPTIONS[name]) for i, svg in enumerate(pictures[name])]
        for name in names
        if name in pictures
    ]
    return figures(one for turn in zip_longest(*parts, fillvalue="") for one in turn)


def _table(made: tables.Table, caption: str = "") -> str:
    return table(made.headers, made.rows, caption) if made.rows else ""


def _head(analysis: Analysis) -> Iterator[str]:
    study, results = analysis.results.study, analysis.results
    yield f'<div class="answer">{in_html(answer(analysis))}</div>'
    yield paragraph(
        f"{counted(len(analysis.strategies), 'strategy', 'strategies')}, "
        f"{counted(len(analysis.tasks), 'task')}, {counted(len(study.seeds), 'seed')}: "
        f"{counted(len(results.searches), 'search', 'searches')}.",
        f"<strong>{results.missing:,} of those that were to be made are missing.</strong>"
        if results.missing > 0
        else "",
    )
    yield _table(tables.summary_table(analysis))
    yield paragraph(
        "Sooner: how probable it is that the strategy reaches "
        f"{percent(study.share)} of the best speed sooner than another one with the same task and "
        "seed, by the mean over the others; a tie counts as half. Score: 0 is random search, 1 the "
        "optimum at once. Trials over the default's: ratio of medians with a 95 % interval; "
        "p after Holm's correction.",
        kind="note",
    )


def _courses(pictures: Pictures) -> Iterator[str]:
    yield "<h2>Best so far</h2>"
    yield paragraph(
        "The best config found so far, as a share of the speed of the best there is. A line is the "
        "median of the searches; over all tasks, of the mean of the tasks by seed. Bands hold the "
        "median of the distribution with 95 % confidence at each point, by order statistics, "
        "whatever the distribution is; below six searches with less. Searches that ended are "
        "carried on; where less than half of them last, the line is thin. Dotted: the share that "
        "was to be reached. The axis is stretched towards 100 %; what is above 99.5 % stands there."
    )
    yield _picture(pictures, "best-trials", "best-seconds")
    yield _picture(pictures, "tasks-trials", "tasks-seconds")


def _duels(analysis: Analysis, pictures: Pictures) -> Iterator[str]:
    if "sooner-trials" in pictures:
        pairs = sorted({duel.pairs for duel in analysis.duels})
        yield "<h2>Head to head</h2>"
        yield paragraph(
            "Each two strategies on the same tasks with the same seeds "
            f"({' to '.join(map(str, dict.fromkeys([pairs[0], pairs[-1]])))} pairs)."
        )
        yield _picture(pictures, "sooner-trials", "sooner-seconds")


def _tests(analysis: Analysis) -> Iterator[str]:
    if not analysis.tests:
        return
    default = escape(analysis.results.study.default)
    yield "<h2>Against the default</h2>"
    yield _table(tables.tests_table(analysis), f"By trials to the share, against {default}.")
    yield paragraph(
        "Wilcoxon's signed-rank test on the logarithm of the ratio, over all pairs of a task and a "
        "seed; a search that never got there counts as a trial more than its budget. Two-sided; "
        f"significant below {LEVEL:g} after Holm's correction for the number of strategies. "
        "Effect: matched-pairs rank-biserial correlation, +1 where the strategy is always sooner. "
        "Ratio: below 1 the strategy takes fewer trials; geometric mean over tasks of the ratios "
        "of medians, bootstrap interval over seeds.",
        "An asterisk: a median is one of searches that never got there, the ratio is a bound."
        if any(test.censored for test in analysis.tests)
        else "",
        "Pairs count as independent: this says something of these tasks, not of tasks in general.",
        kind="note",
    )


def _reaches(analysis: Analysis, pictures: Pictures) -> Iterator[str]:
    yield f"<h2>How soon at {percent(analysis.results.study.share)} of the best speed</h2>"
    yield _picture(pictures, "trials-to-share")
    easy = [name for name in analysis.tasks if at_once(analysis, name)]
    if easy:
        yield paragraph(
            f"On {escape(listed(easy))} every search got there with its first trial: by this, such "
            "tasks do not tell strategies apart."
        )
    caption = "Medians; a search that never got there counts as longer than all others."
    yield _table(tables.reaches_table(analysis), caption)


def _scores(analysis: Analysis, pictures: Pictures) -> Iterator[str]:
    yield "<h2>Scores</h2>"
    live = [name for name in analysis.tasks if name not in analysis.results.spaces]
    if live:
        yield paragraph(
            f"Not of {escape(listed(live))}: searched live, and a score needs the times of all "
            "configs. There the best that any search found stands for the optimum."
        )
    if not analysis.scores:
        return
    yield _table(tables.scores_table(analysis), "Over all tasks that have a score.")
    yield _table(tables.task_scores_table(analysis), "Exact score by trials, by task.")
    yield paragraph(
        "Exact: the mean best share so far of the searches, against its expectation for random "
        "search without replacement, failures included, after as many trials, or seconds on the "
        "same clock; the mean over the budget, which ends where random search is expected to have "
        "gone 95 % of the way from the median config to the best. Random search scores 0 in "
        "expectation; intervals by bootstrap over seeds. Published: as the package "
        "autotuning_methodology computes it, with its bias, so that it compares with figures of "
        "others; its spread is that over time, and no uncertainty.",
        kind="note",
    )
    yield _picture(pictures, "performance")


def _time(pictures: Pictures) -> Iterator[str]:
    yield "<h2>Where time went</h2>"
    yield _picture(pictures, "time")


def _measured(analysis: Analysis) -> Iterator[str]:
    study, spaces = analysis.results.study, analysis.results.spaces
    yield "<h2>How it was measured</h2>"
    budget = [counted(study.trials, "trial")] if study.trials is not None else []
    budget += [f"{number(study.seconds)} seconds"] if study.seconds is not None else []
    yield paragraph(
        f"A search ends after {escape(' or '.join(budget) or 'all configs')}.",
        f"Seeds: {seeds_text(study.seeds)}.",
        "On recorded spaces searches are replayed: charged are the recorded times of builds and "
        "runs, overlapping where they overlapped when the space was recorded, and the strategy's "
        "own thinking, as it was when it was replayed. The optimum is the fastest config of the "
        "space."
        if spaces
        else "",
    )
    yield _table(tables.tasks_table(analysis))
    noisy = [name for name, space in spaces.items() if (space.noise or 0.0) > 1 - study.share]
    yield paragraph(
        "Noise: relative standard deviation of a time as a search measures it, by the configs that "
        "were measured again in turns.",
        f"On {escape(listed(noisy))} it exceeds the {percent(1 - study.share)} between the share "
        "and the optimum: which configs count as near is partly chance there."
        if noisy
        else "",
        kind="note",
    )
    details = {s.name: s.details for s in study.strategies if s.details}
    if details:
        yield f"<h3>Strategies</h3>{values(details)}"
    if study.origin:
        yield f"<h3>Experiment</h3>{values(study.origin)}"
    origins = {name: _origin(space.origin) for name, space in spaces.items()}
    for origin in {str(o): o for o in origins.values()}.values():
        names = [name for name, other in origins.items() if other == origin]
        yield f"<h3>Recording of {escape(listed(names))}</h3>{values(origin)}"


def _origin(origin: object) -> dict[str, object]:
    """Machine and versions of a recording, which several have in common."""
    known = origin if isinstance(origin, dict) else {}
    return {name: known[name] for name in ("fingerprint", "toolchain") if name in known}
