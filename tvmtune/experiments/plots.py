"""The figures of a report, as SVG text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tvmtune.experiments.analysis import Analysis
from tvmtune.experiments.bands import ALL_TASKS, Curve
from tvmtune.experiments.canvas import (
    INK,
    Look,
    drawn,
    legend,
    legend_in,
    log_axis,
    looks,
    shorten,
)
from tvmtune.experiments.head_to_head import Reach
from tvmtune.experiments.scores import CURVE_POINTS
from tvmtune.experiments.standings import Axis

_NAMES: Mapping[Axis, str] = {"trials": "trials", "seconds": "seconds of search"}
_PANEL_IN, _COLUMNS, _ALL_IN = 1.4, 2, 2.4
_PANELS, _LINES, _TITLE_LINES = 6, 40, 1.4
"""Of a picture at most: tasks, and lines of the plot of trials to the share; of a title there."""
_LONGEST_TITLE, _LONGEST_NAME = 20, 18
_HALF = 0.5
_TOP, _TICKS = 0.995, (0.5, 0.8, 0.9, 0.95, 0.98, 0.99)
"""Of the axis of shares: where it ends, and what may be written at it beside 0."""
_TIGHT = 0.35
"""How far a probability is from 1/2 where its cell is dark."""


def draw_best_so_far(analysis: Analysis, axis: Axis) -> str:
    """The best so far over all tasks, with bands."""
    found = [c for c in analysis.curves if (c.axis, c.task) == (axis, ALL_TASKS)]
    names, styles = [c.strategy for c in found], looks(analysis.strategies)

    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        _draw_curves(axes, found, styles, analysis.results.study.share, 0.75)
        axes.set_xlabel(_NAMES[axis])
        axes.set_ylabel("share of the best speed")
        legend(figure, names, styles)

    return drawn(draw, _ALL_IN + legend_in(names)) if found else ""


def draw_best_by_task(analysis: Analysis, axis: Axis) -> list[str]:
    """The best so far of each task, as small multiples; a few to a picture."""
    found = [c for c in analysis.curves if c.axis == axis and c.task != ALL_TASKS]
    tasks = list(dict.fromkeys(c.task for c in found))
    return [
        _draw_tasks(analysis, [c for c in found if c.task in part], part)
        for part in _parts(tasks, _PANELS)
    ]


def draw_performance(analysis: Analysis) -> str:
    """The performance over the budget that the exact score by trials is the mean of."""
    kind = ("exact", "trials", ALL_TASKS)
    found = [s for s in analysis.scores if (s.variant, s.axis, s.task) == kind]
    names, styles = [s.strategy for s in found], looks(analysis.strategies)

    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        axes.axhline(0, color=INK, linewidth=0.7)
        for score in found:
            look = styles[score.strategy]
            _draw_line(axes, np.linspace(0, 100, CURVE_POINTS), score.performance, look)
        axes.grid(axis="y")
        axes.set_xlim(0, 100)
        axes.set_xlabel("part of the budget, %")
        axes.set_ylabel("performance")
        legend(figure, names, styles)

    return drawn(draw, _ALL_IN + legend_in(names)) if found else ""


def draw_duels(analysis: Analysis, axis: Axis) -> str:
    """A heat map of how probable it is that one strategy is sooner than another."""
    names = list(analysis.wins(axis))
    places = {name: i for i, name in enumerate(names)}
    cells = np.full((len(names), len(names)), np.nan)
    for duel in analysis.duels:
        if duel.axis == axis:
            cells[places[duel.strategy], places[duel.other]] = duel.probability
    labels = [shorten(name, _LONGEST_NAME) for name in names]

    def draw(figure: Any) -> None:
        axes = figure.add_subplot()
        axes.pcolormesh(cells, cmap="RdBu", vmin=0, vmax=1, edgecolors="white", linewidth=1)
        for (row, column), value in np.ndenumerate(cells):
            if not np.isnan(value):
                _write_cell(axes, row, column, value)
        middles = np.arange(len(names)) + 0.5
        axes.set_xticks(middles, labels, rotation=90)
        axes.set_yticks(middles, labels)
        axes.tick_params(length=0, top=False, labeltop=True, bottom=False, labelbottom=False)
        axes.invert_yaxis()
        axes.spines[:].set_visible(False)
        axes.set_xlabel("row sooner than column, %")

    height = 0.085 * max(map(len, labels)) + 0.28 * len(names) + 0.4
    return drawn(draw, height) if len(names) > 1 else ""


def draw_reaches(analysis: Analysis) -> list[str]:
    """Trials to the share by task: medians with their intervals; a few tasks to a picture."""
    found = analysis.reaches
    tasks = list(dict.fromkeys(r.task for r in found))
    known = [v for r in found for v in (r.trials, r.trials_low, r.trials_high) if v is not None]
    never = 1.7 * max([*known, 10.0])
    most = int(_LINES / (len(analysis.strategies) + _TITLE_LINES))
    return [
        _draw_reaches(analysis, [r for r in found if r.task in part], never)
        for part in _parts(tasks, most)
    ]


def draw_time_split(analysis: Analysis) -> str:
    """Where the time of a search went, by the mean over tasks."""
    parts = {
        "thinking": ("thinking_s", "#D55E00", "////"),
        "building": ("building_s", "#0072B2", ""),
        "running": ("running_s", "#56B4E9", "||||"),
    }
    names = analysis.strategies

    def draw(figure: Any) -> None:
        axes, left = figure.add_subplot(), np.zeros(len(names))
        for label, (field, colour, hatch) in parts.items():
            widths = np.array([mean_seconds(analysis, name, field) for name in names])
            look = {"color": colour, "hatch": hatch, "edgecolor": "white", "linewidth": 0}
            axes.barh(np.arange(len(names)), widths, 0.7, left=left, label=label, **look)
            left += widths
        for i, total in enumerate(left):
            axes.text(total, i, f" {total:.3g} s", va="center")
        axes.set_xlim(0, 1.22 * max(left.max(), 1e-9))
        axes.set_yticks(range(len(names)), [shorten(n, _LONGEST_NAME) for n in names])
        axes.tick_params(axis="y", length=0)
        axes.invert_yaxis()
        axes.set_xlabel("seconds of a search")
        figure.legend(loc="outside upper left", ncols=3, handlelength=1.4, borderaxespad=0.1)

    return drawn(draw, 0.85 + 0.27 * len(names))


def mean_seconds(analysis: Analysis, strategy: str, field: str) -> float:
    """The mean over tasks of the mean of a field over a strategy's searches."""
    by_task: dict[str, list[float]] = {}
    for standing in analysis.standings:
        if standing.strategy == strategy:
            by_task.setdefault(standing.task, []).append(getattr(standing, field))
    return float(np.mean([np.mean(values) for values in by_task.values()]))


def stretched(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where a share stands on an axis that is stretched towards 1; what is above `_TOP` is there.

    Half of the distance to 1 is always as long.
    """
    where: NDArray[np.float64] = -np.log2(1 - np.minimum(share, _TOP))
    return where


def _share_ticks(share: float, apart: float) -> list[float]:
    """The share that is to be reached, and others that are so far apart on the axis."""
    chosen = [min(share, _TOP)]
    for tick in (0.0, *_TICKS):
        places = stretched(np.array([*chosen, tick]))
        if np.abs(places[:-1] - places[-1]).min() >= apart:
            chosen.append(tick)
    return sorted(chosen)


def _parts(names: Sequence[str], most: int) -> list[Sequence[str]]:
    """Names in groups that are about as large as each other."""
    count = -(-len(names) // max(1, most))
    return [names[i * len(names) // count : (i + 1) * len(names) // count] for i in range(count)]


def _draw_tasks(analysis: Analysis, found: Sequence[Curve], tasks: Sequence[str]) -> str:
    rows, styles = -(-len(tasks) // _COLUMNS), looks(analysis.strategies)
    share = analysis.results.study.share

    def draw(figure: Any) -> None:
        panels = list(figure.subplots(rows, _COLUMNS, squeeze=False, sharey=True).flat)
        for axes, task in zip(panels, tasks, strict=False):
            _draw_curves(axes, [c for c in found if c.task == task], styles, share, 1.5)
            axes.set_title(shorten(task, _LONGEST_TITLE), loc="left", pad=2)
        for axes in panels[len(tasks) :]:
            axes.axis("off")
        figure.supxlabel(_NAMES[found[0].axis], fontsize="medium")
        figure.supylabel("share of the best speed", fontsize="medium")
        legend(figure, analysis.strategies, styles)

    return drawn(draw, _PANEL_IN * rows + 0.3 + legend_in(analysis.strategies))


def _draw_reaches(analysis: Analysis, found: Sequence[Reach], never: float) -> str:
    styles, tasks = looks(analysis.strategies), list(dict.fromkeys(r.task for r in found))
    lines = len(found) + _TITLE_LINES * len(tasks)

    def draw(figure: Any) -> None:
        axes, at = figure.add_subplot(), 0.0
        for task in tasks:
            axes.text(0, -at - 0.7, shorten(task, 40), transform=axes.get_yaxis_transform())
            at += _TITLE_LINES
            for reach in (r for r in found if r.task == task):
                _draw_reach(axes, -at, reach, never, styles[reach.strategy])
                at += 1
        axes.set_xscale("log")
        log_axis(axes.xaxis)
        axes.axvline(never / 1.3, color=INK, linewidth=0.6, linestyle=(0, (1, 2)))
        axes.text(never, 0.35, "never", ha="center", va="bottom")
        axes.set_xlim(0.85, never * 1.7)
        axes.set_ylim(-lines + 0.4, 0.4)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        share = analysis.results.study.share
        axes.set_xlabel(f"trials to {100 * share:g} % of the best speed")
        legend(figure, analysis.strategies, styles)

    return drawn(draw, 0.145 * lines + 0.7 + legend_in(analysis.strategies))


def _draw_curves(
    axes: Any, found: Sequence[Curve], styles: Mapping[str, Look], share: float, apart: float
) -> None:
    """Medians over bands; thin from where less than half of the searches last."""
    axes.set_xscale("log")
    log_axis(axes.xaxis)
    axes.axhline(stretched(np.array(share)), color=INK, linewidth=0.6, linestyle=(0, (1, 2)))
    for curve in found:
        band, colour = stretched(np.array([curve.low, curve.high])), styles[curve.strategy].colour
        axes.fill_between(curve.at, *band, color=colour, alpha=0.13, linewidth=0, step="post")
    for curve in found:
        look, middle = styles[curve.strategy], stretched(curve.median)
        alive = int((curve.alive >= _HALF).sum())
        _draw_line(axes, curve.at[:alive], middle[:alive], look, step=True)
        rest = slice(max(alive - 1, 0), None)
        axes.step(curve.at[rest], middle[rest], where="post", color=look.colour, linewidth=0.5)
    ticks = _share_ticks(share, apart)
    axes.set_yticks(stretched(np.array(ticks)), [f"{100 * t:g} %" for t in ticks])
    axes.set_ylim(0, 1.02 * float(stretched(np.array(_TOP))))
    axes.set_xlim(found[0].at[0], max(found[0].at[-1], 1.01 * found[0].at[0]))
    axes.grid(axis="both")


def _draw_line(axes: Any, x: Any, y: Any, look: Look, *, step: bool = False) -> None:
    """A line with a few marks, so that it is told from others without colour."""
    every = max(1, len(x) // 5)
    axes.plot(
        x,
        y,
        drawstyle="steps-post" if step else "default",
        color=look.colour,
        linestyle=look.dashes,
        linewidth=1.4,
        marker=look.marker,
        markersize=3.6,
        markevery=(sum(map(ord, look.marker)) % every, every),
    )


def _write_cell(axes: Any, row: int, column: int, value: float) -> None:
    dark = abs(value - 0.5) > _TIGHT
    axes.text(
        column + 0.5,
        row + 0.5,
        f"{100 * value:.0f}",
        ha="center",
        va="center",
        color="#ffffff" if dark else "#000000",
    )


def _draw_reach(axes: Any, at: float, reach: Reach, never: float, look: Look) -> None:
    """A mark at the median, hollow where it was never reached, and a line along its interval."""
    low, middle, high = (
        never if v is None else v for v in (reach.trials_low, reach.trials, reach.trials_high)
    )
    axes.plot([low, high], [at, at], color=look.colour, linewidth=1.3)
    face = look.colour if reach.trials is not None else "none"
    axes.plot(middle, at, look.marker, color=look.colour, markerfacecolor=face, markersize=4.5)
