"""Draws rooflines with matplotlib, which is an extra: ``pip install 'tvmtune[plot]'``.

A panel for each machine and target, one below the other and narrow, so that a phone shows it: the
peak, a slanted line for each level of memory, a point for each task, and below a list of what the
labels mean.  Shapes and line styles say the same as colours.

References
----------
Okabe and Ito, "Color Universal Design", 2008: colours that colour-blind people tell apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from math import atan2, cos, degrees, sin
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tvmtune.errors import UsageError
from tvmtune.label_places import Box, place_labels
from tvmtune.roofline import COMPUTE, Placement, Roofline
from tvmtune.workload import WORKLOADS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_METADATA = MappingProxyType(
    {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {"Software": None}}
)
"""Files that can be drawn; nothing in them is to depend on when."""

_BLUE, _VERMILION, _GREY, _INK = "#0072B2", "#D55E00", "#777777", "#222222"
_BACKGROUND = MappingProxyType(
    {"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 0.3}
)
"""Of letters, so that lines behind do not disturb."""
_DASHES = ("-", (0, (6, 2)), (0, (4, 1.5, 1, 1.5)), (0, (1.5, 1.5)))
"""Of the levels, nearest first."""

_INCH = 72.0
_WIDTH, _PLOT_HEIGHT, _LEFT, _RIGHT = 6.2, 4.6, 0.75, 0.2
_TOP, _BELOW, _LINE, _MARGIN = 0.6, 0.7, 0.185, 0.12
"""Inches: of the page; above and below the axes of a panel; of a line of the list; beside it."""
_LABEL, _SMALL = 9.5, 8.5
_CHARACTER, _MONOSPACE = 0.68, 0.61
"""Width of a character over the size of the font, at most."""


@dataclass(frozen=True, slots=True)
class Point:
    """A task on a machine, and where its best stands."""

    workload: str
    target: str
    machine: str
    roofline: Roofline
    placement: Placement


def check_drawable(path: Path) -> None:
    """Raise `UsageError` where `draw` could not draw into a file, before anything is done.

    Raises
    ------
    UsageError
        matplotlib is missing, or the file's name says nothing that can be drawn.
    """
    if path.suffix.lower() not in _METADATA:
        raise UsageError(
            f"{path}: a file that ends in {path.suffix or 'nothing'} cannot be drawn; "
            f"{', '.join(_METADATA)} would work"
        )
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError as error:
        raise UsageError(
            "a drawing needs matplotlib, which is not installed; the extra 'plot' has it: "
            "pip install 'tvmtune[plot]'"
        ) from error


def draw(points: Sequence[Point], path: Path) -> None:
    """Draw tasks under the rooflines of their machines into an SVG, PDF or PNG file.

    The same points give the same picture.  Where an algorithm executed fewer operations than the
    direct one, a hollow mark at its effective rate is joined to the real one by a thin line.

    Raises
    ------
    UsageError
        As by `check_drawable`; or there is nothing to draw.
    OSError
        The file cannot be written.
    """
    check_drawable(path)
    if not points:
        raise UsageError(
            f"{path}: nothing to draw: no task has a best and a measured peak; a log that this "
            "version tuned would have them"
        )
    import matplotlib as mpl

    kind = path.suffix.lower()
    with mpl.rc_context({"svg.hashsalt": "tvmtune", "font.family": "DejaVu Sans"}):
        data = BytesIO()
        make_figure(points).savefig(data, format=kind[1:], dpi=150, metadata=_METADATA[kind])
    path.write_bytes(data.getvalue())


def short_labels(workloads: Iterable[str]) -> list[str]:
    """A label for each workload: its name in the table, else a number."""
    names = {workload.text: name for name, workload in WORKLOADS.items()}
    labels: list[str] = []
    for text in workloads:
        number = 1 + sum(label.isdigit() for label in labels)
        labels.append(names.get(text, str(number)))
    return labels


def make_figure(points: Sequence[Point]) -> Figure:
    """The drawing as a figure of matplotlib, at 72 dots per inch."""
    from matplotlib.figure import Figure

    panels: dict[tuple[str, str], list[Point]] = {}
    for point in points:
        panels.setdefault((point.machine, point.target), []).append(point)
    heights = [_TOP + _PLOT_HEIGHT + _BELOW + _LINE * (len(p) + 1) for p in panels.values()]
    height = sum(heights)
    figure = Figure(figsize=(_WIDTH, height), dpi=_INCH)
    top = height
    for (machine, target), panel in panels.items():
        bottom = top - _TOP - _PLOT_HEIGHT
        wide = (_WIDTH - _LEFT - _RIGHT) / _WIDTH
        axes = figure.add_axes((_LEFT / _WIDTH, bottom / height, wide, _PLOT_HEIGHT / height))
        _draw_panel(axes, panel, f"{machine or 'unknown machine'}\n{target}")
        top = bottom - _BELOW - _LINE * (len(panel) + 1)
        _write_list(figure, panel, bottom - _BELOW)
    return figure


def _write_list(figure: Figure, panel: Sequence[Point], top: float) -> None:
    """Write below a panel what its labels mean, as large as the longest line allows."""
    lines, (width, height) = _list(panel), figure.get_size_inches()
    size = min(_LABEL, (width - 2 * _MARGIN) * _INCH / (_MONOSPACE * max(map(len, lines))))
    for i, line in enumerate(lines):
        place = _MARGIN / width, (top - _LINE * i) / height
        figure.text(*place, line, size=size, family="monospace", parse_math=False)


def _list(panel: Sequence[Point]) -> list[str]:
    """What the labels mean, and how far each task is from its bound."""
    labels = short_labels(point.workload for point in panel)
    width = max(map(len, labels))
    lines = []
    for label, point in zip(labels, panel, strict=True):
        found = point.placement
        share = "" if found.share is None else f"{100 * found.share:3.0f} % of {found.bound:8}"
        lines.append(f"{label:{width}} {share} {point.workload}")
    return lines


def _draw_panel(axes: Axes, panel: Sequence[Point], title: str) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    roofline = _shown_roofline(panel)
    marks = [_mark(point.placement, real=True) for point in panel]
    hollow = [_mark(p.placement, real=False) for p in panel if p.placement.saves]
    axes.set(xscale="log", yscale="log")
    _set_limits(axes, roofline, marks + hollow)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=30))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.tick_params(labelsize=_SMALL)
    axes.grid(color="#e6e6e6", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("operations per byte of compulsory traffic", size=_LABEL)
    axes.set_ylabel("GFLOP/s", size=_LABEL)
    axes.set_title(title, size=_LABEL, loc="left", parse_math=False)
    taken = _draw_roof(axes, roofline)
    for point, mark in zip(panel, marks, strict=True):
        _draw_point(axes, point.placement, mark)
    _draw_labels(axes, short_labels(p.workload for p in panel), marks, hollow, taken)
    _draw_legend(axes, panel)


def _shown_roofline(panel: Sequence[Point]) -> Roofline:
    """The last that knows levels: runs measure the machine anew, with small differences."""
    known = [point.roofline for point in panel]
    return ([r for r in known if r.levels] or known)[-1]


def _mark(found: Placement, *, real: bool) -> tuple[float, float]:
    """Intensity, and rate in GFLOP/s."""
    flops = found.real_flops if real else found.direct_flops
    return flops / found.traffic_bytes, flops / found.time_s / 1e9


def _set_limits(axes: Axes, roofline: Roofline, marks: Sequence[tuple[float, float]]) -> None:
    """Show all marks and all ridges, where the slanted lines meet the peak."""
    ridges = [roofline.peak_flops / level.bytes_per_s for level in roofline.levels]
    intensities = [x for x, _ in marks] + ridges
    rates = [y for _, y in marks] + [roofline.peak_flops / 1e9]
    axes.set_xlim(min(intensities) / 2.5, max(intensities) * 2.5)
    axes.set_ylim(min(min(rates) / 2.5, max(rates) / 20), max(rates) * 1.9)


def _draw_roof(axes: Axes, roofline: Roofline) -> list[Box]:
    """Draw the lines with their names on them; the places of the names."""
    peak = roofline.peak_flops / 1e9
    left, right = axes.get_xlim()
    bottom, _ = axes.get_ylim()
    start = min((roofline.peak_flops / v.bytes_per_s for v in roofline.levels), default=left)
    axes.plot([start, right], [peak, peak], color=_INK, linewidth=1.8, zorder=2)
    taken = _name_line(axes, f"peak {peak:.3g} GFLOP/s", (start, peak), (right, peak))
    for i, level in enumerate(roofline.levels):
        rate = level.bytes_per_s / 1e9
        low, end = max(left, bottom / rate), peak / rate
        style: Any = _DASHES[min(i, len(_DASHES) - 1)]
        axes.plot(
            [low, end], [rate * low, peak], color=_GREY, linewidth=1.3, linestyle=style, zorder=1
        )
        name = f"{level.name} {rate:.3g} GB/s"
        taken += _name_line(axes, name, (low, rate * low), (end, peak))
    return taken


def _name_line(
    axes: Axes, name: str, start: tuple[float, float], end: tuple[float, float]
) -> list[Box]:
    """Write above the beginning of a line that rises, or the end of a level one.

    Returns
    -------
    list of Box
        What the letters cover, one about each.
    """
    (x0, y0), (x1, y1) = axes.transData.transform([start, end])
    angle = atan2(y1 - y0, x1 - x0)
    letter = 0.6 * _SMALL
    along = 16.0 if angle else x1 - x0 - letter * len(name) - 4
    across = 3.0
    dx, dy = along * cos(angle) - across * sin(angle), along * sin(angle) + across * cos(angle)
    axes.annotate(
        name,
        start,
        xytext=(dx, dy),
        textcoords="offset points",
        rotation=degrees(angle),
        rotation_mode="anchor",
        va="baseline",
        size=_SMALL,
        color=_INK,
        zorder=5,
        bbox=dict(_BACKGROUND),
    )
    return [
        Box.around(
            x0 + dx + (i + 0.5) * letter * cos(angle) - 0.4 * _SMALL * sin(angle),
            y0 + dy + (i + 0.5) * letter * sin(angle) + 0.4 * _SMALL * cos(angle),
            letter,
            _SMALL,
        )
        for i in range(len(name))
    ]


def _draw_point(axes: Axes, found: Placement, mark: tuple[float, float]) -> None:
    colour, shape = _look(found)
    if found.saves:
        effective = _mark(found, real=False)
        axes.plot(*zip(mark, effective, strict=True), color=colour, linewidth=0.8, zorder=3)
        axes.plot(*effective, shape, color=colour, markerfacecolor="white", markersize=6, zorder=4)
    axes.plot(*mark, shape, color=colour, markeredgecolor="white", markersize=7, zorder=4)


def _look(found: Placement) -> tuple[str, str]:
    """Colour and shape of a mark."""
    if found.bound is None:
        return _INK, "D"
    return (_BLUE, "o") if found.bound == COMPUTE else (_VERMILION, "s")


def _draw_labels(
    axes: Axes,
    labels: Sequence[str],
    marks: Sequence[tuple[float, float]],
    hollow: Sequence[tuple[float, float]],
    taken: Sequence[Box],
) -> None:
    places = [(float(x), float(y)) for x, y in axes.transData.transform(marks)]
    every = axes.transData.transform([*marks, *hollow])
    covered = [Box.around(float(x), float(y), 8, 8) for x, y in every]
    sizes = [(_CHARACTER * _LABEL * len(label), 1.05 * _LABEL) for label in labels]
    area = axes.bbox
    page = Box(area.x0 + 2, area.y0 + 2, area.x1 - 2, area.y1 - 2)
    middles = place_labels(places, sizes, page, [*covered, *taken])
    for label, mark, place, middle in zip(labels, marks, places, middles, strict=True):
        axes.annotate(
            label,
            mark,
            xytext=(middle[0] - place[0], middle[1] - place[1]),
            textcoords="offset points",
            ha="center",
            va="center",
            size=_LABEL,
            color=_INK,
            zorder=6,
            bbox=dict(_BACKGROUND),
            arrowprops={"arrowstyle": "-", "color": _GREY, "linewidth": 0.5, "shrinkB": 3},
        )


def _draw_legend(axes: Axes, panel: Sequence[Point]) -> None:
    """Name the shapes that occur."""
    from matplotlib.lines import Line2D

    found = [point.placement for point in panel]
    entries = [(p.bound == COMPUTE if p.bound else None, _look(p)) for p in found]
    names = {True: "bound by compute", False: "bound by memory", None: "bound not known"}
    handles = [
        Line2D([], [], color=colour, marker=shape, linestyle="", label=names[kind])
        for kind, (colour, shape) in dict(entries).items()
    ]
    if any(p.saves for p in found):
        label = "effective: operations of the direct algorithm"
        mark = Line2D([], [], color=_GREY, marker="o", markerfacecolor="white", label=label)
        handles.append(mark)
    axes.legend(handles=handles, loc="lower right", fontsize=_SMALL, framealpha=0.9)
