"""Pictures of results, as SVG: for colour-blind eyes, and narrow enough for a telephone.

matplotlib (extra ``plot``) is imported here only.

References
----------
Okabe and Ito, "Color Universal Design", 2008: the colours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.figures import Row, group_means
from benchmarks.ours import NCHW, OWN_LAYOUT
from benchmarks.quality import Course
from tvmtune.errors import UsageError

_BLUE, _ORANGE, _GREEN, _RED, _PINK, _INK = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#333333",
)
_BARS = {OWN_LAYOUT: ("own layout", _BLUE), NCHW: ("NCHW in and out", _ORANGE)}
_PEERS = ((_ORANGE, "--"), (_GREEN, "-."), (_PINK, ":"), (_RED, (0, (5, 1))))
_WIDTH_IN = 4.6
_BAR_IN = 0.34
_PANEL_IN = 1.35
_SETTINGS: Any = {
    "svg.hashsalt": "tvmtune",  # the same results, the same file
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": _INK,
}


def draw_speedups(rows: Sequence[Row], path: Path) -> None:
    """Draw two bars for each workload, own layout and NCHW, from 1 on: as fast as the best peer.

    Raises
    ------
    UsageError
        Without matplotlib.
    """
    pyplot, context = _pyplot()
    with context:
        figure, axes = pyplot.subplots(
            figsize=(_WIDTH_IN, 1.2 + _BAR_IN * len(rows)), layout="constrained"
        )
        for offset, (name, (title, colour)) in zip((-0.2, 0.2), _BARS.items(), strict=True):
            speedups = [row.speedup(name) for row in rows]
            bars = [(i + offset, s) for i, s in enumerate(speedups) if s is not None]
            _draw_bars(axes, bars, title, colour)
        for i, (above, below) in enumerate(pairwise(rows)):
            if above.entry.group != below.entry.group:
                axes.axhline(i + 0.5, color=_INK, linewidth=0.4)
        _scale_speedups(axes)
        axes.set_yticks(range(len(rows)), [row.entry.name for row in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        means = [f"{g}: {_pair(m)}" for g, m in group_means(rows).items()]
        axes.set_title("\n".join(means), fontsize=8, loc="left")
        if rows:
            figure.legend(loc="outside upper left", ncols=2, frameon=False)
        _save(figure, path, pyplot)


def _draw_bars(axes: Any, bars: Sequence[tuple[float, float]], title: str, colour: str) -> None:
    """Draw bars at heights, from 1 to their speed-up, which is written beside them."""
    heights, speedups = [at for at, _ in bars], [s for _, s in bars]
    axes.barh(heights, [s - 1 for s in speedups], 0.38, left=1, color=colour, label=title)
    for at, speedup in bars:
        axes.annotate(
            f"{speedup:.2f}",
            (max(speedup, 1), at),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
        )


def _scale_speedups(axes: Any) -> None:
    """Twice as fast is as far from 1 as half as fast; beside the longest bar there is room."""
    axes.axvline(1, color=_INK, linewidth=1)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:g}")
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, 0.9), max(high, 1.2) * 1.25)
    axes.set_xlabel("times as fast as the fastest peer")


def _pair(means: dict[str, float | None]) -> str:
    texts = ("-" if means[n] is None else f"{means[n]:.2f}" for n in _BARS)
    return " | ".join(texts)


def draw_quality(courses: Sequence[Course], path: Path) -> None:
    """Draw the best so far against seconds of tuning, a panel for each workload; peers as lines.

    Raises
    ------
    UsageError
        Without matplotlib.
    """
    pyplot, context = _pyplot()
    peers = sorted({name for course in courses for name in course.peers_s})
    lines = dict(zip(peers, (_PEERS[i % len(_PEERS)] for i in range(len(peers))), strict=True))
    with context:
        lines_of_panels = -(-len(courses) // 2) or 1
        figure, panels = pyplot.subplots(
            lines_of_panels,
            2,
            figsize=(_WIDTH_IN, 0.8 + _PANEL_IN * lines_of_panels),
            layout="constrained",
            squeeze=False,
        )
        for axes, course in zip(panels.flat, courses, strict=False):
            _draw_course(axes, course, lines)
        for axes in list(panels.flat)[len(courses) :]:
            axes.axis("off")
        figure.supxlabel("seconds of tuning", fontsize=9)
        figure.supylabel("best so far, ms", fontsize=9)
        _name_lines(figure, panels.flat)
        _save(figure, path, pyplot)


def _name_lines(figure: Any, panels: Iterable[Any]) -> None:
    """Say once what the lines of all panels are."""
    handles: dict[str, Any] = {}
    for axes in panels:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    if handles:
        figure.legend(
            handles.values(), handles.keys(), loc="outside upper left", ncols=3, frameon=False
        )


def _draw_course(axes: Any, course: Course, lines: dict[str, tuple[str, Any]]) -> None:
    from matplotlib import ticker

    if course.steps:
        at_s = [step.at_s for step in course.steps] + [course.tuned_s]
        best_ms = [step.best_s * 1e3 for step in course.steps]
        axes.step(
            at_s,
            [*best_ms, best_ms[-1]],
            where="post",
            color=_BLUE,
            linewidth=1.6,
            label="tvmtune, own layout",
        )
    for name, (colour, style) in lines.items():
        if name in course.peers_s:
            axes.axhline(
                course.peers_s[name] * 1e3, color=colour, linestyle=style, linewidth=1.2, label=name
            )
    if course.reached_s is not None:
        axes.axvline(course.reached_s, color=_INK, linewidth=0.6)
    axes.set_title(course.entry.name[:24], fontsize=8, loc="left", pad=2)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:.2g}")
    axes.yaxis.set_minor_formatter("")
    axes.set_xlim(0, max(course.tuned_s, 1.0))
    axes.tick_params(which="both", labelsize=6)


def _pyplot() -> tuple[Any, Any]:
    """Pyplot with nowhere to show anything, and a context of our settings."""
    try:
        import matplotlib as mpl
        from matplotlib import pyplot
    except ImportError as error:
        raise UsageError(
            "pictures need matplotlib, which is not installed; pip install 'tvmtune[plot]'"
        ) from error
    pyplot.switch_backend("svg")
    return pyplot, mpl.rc_context(_SETTINGS)


def _save(figure: Any, path: Path, pyplot: Any) -> None:
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
