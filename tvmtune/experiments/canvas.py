"""Figures of matplotlib as SVG text; an extra: ``pip install 'tvmtune[experiments]'``.

All are as wide as a column of a paper, and as a phone; letters are at least of 9 points there.

References
----------
Okabe and Ito, "Color Universal Design", 2008: colours that colour-blind people tell apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import StringIO
from types import MappingProxyType
from typing import Any

from tvmtune.errors import UsageError

WIDTH_IN = 3.5
LETTER_PT = 9.0
LINE_IN = 0.19
"""What a line of text takes."""

INK, PALE = "#222222", "#d4d4d4"
"""Of letters and axes, and of the grid; a page may put its own colours in their place."""

_POINTS = 72.0
_CHARACTER = 0.62
"""Width of a character over the size of the font, mostly."""
_HANDLE_PT, _LONGEST_LABEL = 40.0, 36
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", INK)
_DASHES: Sequence[Any] = ("-", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.5, 1.5)), (0, (3, 1)))
_MARKERS = "osD^vPX*"
_SETTINGS: MappingProxyType[str, Any] = MappingProxyType(
    {
        "svg.fonttype": "none",
        "svg.hashsalt": "tvmtune",  # the same results, the same file
        "text.parse_math": False,  # names are of files
        "font.family": "DejaVu Sans",
        "font.size": LETTER_PT,
        "axes.titlesize": LETTER_PT,
        "axes.labelsize": LETTER_PT,
        "xtick.labelsize": LETTER_PT,
        "ytick.labelsize": LETTER_PT,
        "legend.fontsize": LETTER_PT,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.linewidth": 0.7,
        "grid.linewidth": 0.5,
        "grid.color": PALE,
        "hatch.linewidth": 0.7,
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "legend.frameon": False,
        **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor"), INK),
        **dict.fromkeys(("xtick.color", "ytick.color"), INK),
    }
)
_PLACES = re.compile(r'\s(?:d|x|y|points|transform)="[^"]*"')
_DECIMALS = re.compile(r"(\d+\.\d\d)\d+")
_NOTHING = MappingProxyType(dict.fromkeys(("Creator", "Date", "Format", "Type")))


@dataclass(frozen=True, slots=True)
class Look:
    """How a strategy is drawn: each of the three says which one it is."""

    colour: str
    dashes: Any
    marker: str


def looks(names: Sequence[str]) -> dict[str, Look]:
    """A look for each name; those of the first 280 differ, colours those of the first seven."""
    return {
        name: Look(
            _COLOURS[i % len(_COLOURS)],
            _DASHES[(i + i // len(_COLOURS)) % len(_DASHES)],
            _MARKERS[i % len(_MARKERS)],
        )
        for i, name in enumerate(names)
    }


def check_matplotlib() -> None:
    """Raise `UsageError` where matplotlib is missing, before anything is done.

    Raises
    ------
    UsageError
        With what would install it.
    """
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError as error:
        raise UsageError(
            "pictures need matplotlib, which is not installed; pip install 'tvmtune[experiments]'"
        ) from error


def drawn(draw: Callable[[Any], None], height_in: float) -> str:
    """What is drawn on a new figure, as SVG; text stays text, and the same is always the same.

    Parameters
    ----------
    draw
        Given a `matplotlib.figure.Figure` of `WIDTH_IN`.
    height_in
        Of the figure.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    settings: Any = dict(_SETTINGS)
    with mpl.rc_context(settings):
        layout = ConstrainedLayoutEngine(w_pad=0.02, h_pad=0.02, wspace=0.02, hspace=0.03)
        figure = Figure(figsize=(WIDTH_IN, height_in), layout=layout)
        draw(figure)
        text = StringIO()
        figure.savefig(text, format="svg", metadata=dict(_NOTHING))
    return _slim(text.getvalue())


def legend(figure: Any, names: Sequence[str], styles: dict[str, Look]) -> None:
    """Say on top what the lines and marks are."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=s.colour, linestyle=s.dashes, marker=s.marker, markersize=4, label="-")
        for s in (styles[name] for name in names)
    ]
    made = figure.legend(
        handles=handles,
        loc="outside upper left",
        ncols=legend_columns(names),
        handlelength=2.6,
        columnspacing=1.0,
        borderaxespad=0.1,
        handletextpad=0.5,
        labelspacing=0.25,
    )
    for label, name in zip(made.get_texts(), names, strict=True):
        label.set_text(shorten(name, _LONGEST_LABEL))  # given above it might be taken for hidden


def legend_columns(names: Sequence[str]) -> int:
    """How many names fit beside each other."""
    longest = min(max(map(len, names)), _LONGEST_LABEL)
    widest = _HANDLE_PT + _CHARACTER * LETTER_PT * longest
    return max(1, min(len(names), int(WIDTH_IN * _POINTS / widest)))


def legend_in(names: Sequence[str]) -> float:
    """What the legend takes of the height."""
    return LINE_IN * -(-len(names) // legend_columns(names)) + 0.08


def log_axis(axis: Any) -> None:
    """Whole numbers and tenths at the powers of ten, no exponents; as many as there is room for."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(numticks=8))
    axis.set_major_formatter(FuncFormatter(lambda value, _: _count(value)))
    axis.set_minor_formatter(NullFormatter())


def shorten(name: str, most: int) -> str:
    """A name that is not longer than that."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _slim(svg: str) -> str:
    """A picture with places to a hundredth of a point, and a font to fall back on."""
    named = re.sub(r"'DejaVu Sans'(, sans-serif)?", "'DejaVu Sans', sans-serif", svg)
    return _PLACES.sub(lambda part: _DECIMALS.sub(r"\1", part[0]), named)


def _count(value: float) -> str:
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"
