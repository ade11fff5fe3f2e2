"""The tables of a report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tvmtune.experiments.analysis import Analysis
from tvmtune.experiments.bands import ALL_TASKS
from tvmtune.experiments.page import LONG, TEXT, Header
from tvmtune.experiments.standings import AXES
from tvmtune.experiments.wording import (
    NOTHING,
    number,
    p_text,
    percent,
    ratio_text,
    reached_text,
    score_of,
    score_text,
    seconds_text,
    test_of,
    within,
)


@dataclass(frozen=True, slots=True)
class Table:
    """Headers and rows, as text."""

    headers: tuple[Header, ...]
    rows: list[list[str]]


def summary_table(analysis: Analysis) -> Table:
    """A row a strategy, the one that is sooner most often first: what the answer rests on."""
    near = percent(analysis.results.study.share)
    headers = (
        Header("strategy", TEXT),
        Header(f"searches at {near}"),
        Header("sooner, trials"),
        Header("sooner, seconds"),
        Header("score, trials"),
        Header("score, seconds"),
        Header("published score"),
        Header("trials over default's"),
        Header("p"),
    )
    return Table(headers, [_summary(analysis, name) for name in analysis.wins("trials")])


def tests_table(analysis: Analysis) -> Table:
    """Each strategy against the default."""
    headers = (
        Header("strategy", TEXT),
        Header("pairs"),
        Header("sooner"),
        Header("later"),
        Header("equal"),
        Header("effect"),
        Header("ratio of medians (95 %)"),
        Header("p"),
        Header("p, Holm"),
        Header("significant"),
    )
    rows = [
        [
            test.strategy,
            *map(str, (test.pairs, test.sooner, test.later, test.equal)),
            f"{test.effect:+.2f}",
            ratio_text(test),
            p_text(test.p_value),
            p_text(test.p_corrected),
            "yes" if test.significant else "no",
        ]
        for test in analysis.tests
    ]
    return Table(headers, rows)


def reaches_table(analysis: Analysis) -> Table:
    """How soon each strategy was at the share on each task."""
    headers = (
        Header("task", TEXT),
        Header("strategy", TEXT),
        Header("reached"),
        Header("trials"),
        Header("interval"),
        Header("seconds"),
        Header("best, median"),
    )
    rows = [
        [
            r.task,
            r.strategy,
            f"{r.reached} of {r.searches}",
            reached_text(r.trials),
            f"{reached_text(r.trials_low)} to {reached_text(r.trials_high)}",
            reached_text(r.seconds),
            percent(r.best_share),
        ]
        for r in analysis.reaches
    ]
    return Table(headers, rows)


def scores_table(analysis: Analysis) -> Table:
    """Scores over all tasks, the exact ones by trials first."""
    headers = (
        Header("score", TEXT),
        Header("strategy", TEXT),
        Header("mean (95 %)"),
        Header("over the default's (95 %)"),
        Header("spread over time"),
        Header("budget covered"),
    )
    rows = [
        [
            s.variant if s.variant == "published" else f"{s.variant}, {s.axis}",
            s.strategy,
            within(s.score, s.low, s.high),
            within(s.gain, s.gain_low, s.gain_high),
            score_text(s.spread),
            percent(s.covered),
        ]
        for s in analysis.scores
        if s.task == ALL_TASKS
    ]
    return Table(headers, rows)


def task_scores_table(analysis: Analysis) -> Table:
    """Exact scores by trials, a row a task and a column a strategy."""
    names = analysis.strategies
    known = {
        (s.task, s.strategy): s.score
        for s in analysis.scores
        if (s.variant, s.axis) == ("exact", "trials") and s.task != ALL_TASKS
    }
    tasks = list(dict.fromkeys(task for task, _ in known))
    rows = [[task, *(score_text(known.get((task, name))) for name in names)] for task in tasks]
    return Table((Header("task", TEXT), *map(Header, names)), rows)


def tasks_table(analysis: Analysis) -> Table:
    """What was searched."""
    headers = (
        Header("task", TEXT),
        Header("workload", LONG),
        Header("target", LONG),
        Header("configs"),
        Header("failed"),
        Header("best"),
        Header("noise"),
        Header("searched", TEXT),
    )
    return Table(headers, [_task(analysis, name) for name in analysis.tasks])


def _summary(analysis: Analysis, name: str) -> list[str]:
    reached, searches = analysis.reached(name)
    test = test_of(analysis, name)
    found = [
        score_of(analysis, name, "exact", "trials"),
        score_of(analysis, name, "exact", "seconds"),
        score_of(analysis, name, "published", "seconds"),
    ]
    default = name == analysis.results.study.default
    return [
        f"{name} (default)" if default else name,
        f"{reached} of {searches}",
        *(f"{analysis.wins(axis)[name]:.2f}" for axis in AXES),
        *(NOTHING if s is None else score_text(s.score) for s in found),
        "1" if default else ratio_text(test),
        NOTHING if test is None else p_text(test.p_corrected),
    ]


def _task(analysis: Analysis, name: str) -> list[str]:
    task = next(t for t in analysis.results.study.tasks if t.name == name)
    space, best = analysis.results.spaces.get(name), seconds_text(analysis.optima[name].time_s)
    head = [name, task.workload, task.target]
    if space is None:
        return [*head, NOTHING, NOTHING, best, NOTHING, "live"]
    failed = int(np.isnan(space.times_s).sum())
    how = "recorded, all configs" if space.exhaustive else "recorded, a uniform sample"
    return [*head, number(len(space), 9), str(failed), best, percent(space.noise), how]
