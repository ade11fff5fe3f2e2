"""Pieces of HTML: escaped text, tables, pictures in the page itself, and the page around them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from string import Template
from typing import Any

from tvmtune.experiments.canvas import INK, PALE
from tvmtune.experiments.page_style import STYLE

_DEEPEST = 4
"""Levels of a JSON value that are laid out; what is deeper stands as it is."""

_NO_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
"""What no page may have."""

_PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>$title</title>
<style>$style</style>
</head>
<body>
$body
</body>
</html>
""")


@dataclass(frozen=True, slots=True)
class Header:
    """A column of a table: numbers stand on the right, texts on the left; long ones may wrap."""

    name: str
    kind: str = ""

    @property
    def attribute(self) -> str:
        """The class of its cells."""
        return f' class="{self.kind}"' if self.kind else ""


TEXT, LONG = "text", "text long"


def page(title: str, body: Iterable[str]) -> str:
    """A page that needs nothing else: no script, no network.

    Parameters
    ----------
    title
        As text; it is escaped here.
    body
        HTML.
    """
    html = _PAGE.substitute(title=escape(title), style=STYLE, body="\n".join(body))
    return _NO_CHARACTERS.sub("\N{REPLACEMENT CHARACTER}", html)


def paragraph(*sentences: str, kind: str = "") -> str:
    """A paragraph of sentences, which are HTML; empty ones are left out."""
    attribute = f' class="{kind}"' if kind else ""
    return f"<p{attribute}>{' '.join(s for s in sentences if s)}</p>"


def table(headers: Sequence[Header], rows: Iterable[Sequence[str]], caption: str = "") -> str:
    """A table; all cells are texts, and are escaped here.

    Where it is wider than the screen, it is moved by itself, all but its first column.
    """
    head = "".join(f'<th scope="col"{h.attribute}>{escape(h.name)}</th>' for h in headers)
    body = "\n".join(
        "<tr>"
        + "".join(
            f"<td{header.attribute}>{escape(cell)}</td>"
            for header, cell in zip(headers, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    above = f'<p class="caption">{escape(caption)}</p>' if caption else ""
    return (
        f'{above}<div class="wide"><table><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def figure(svg: str, name: str, caption: str) -> str:
    """A picture in the page itself, with a caption.

    Parameters
    ----------
    svg
        A file's text, of :func:`tvmtune.experiments.canvas.drawn`.
    name
        That no other picture of the page has: what is referred to inside of it is prefixed so.
    caption
        As text.
    """
    return (
        f"<figure>{inline_svg(svg, name, caption)}<figcaption>{escape(caption)}</figcaption>"
        "</figure>"
    )


def figures(parts: Iterable[str]) -> str:
    """Pictures beside each other, as far as there is room."""
    return f'<div class="figures">{"".join(parts)}</div>'


def inline_svg(svg: str, name: str, label: str) -> str:
    """The element of a picture: its names prefixed, letters and grid in the page's colours."""
    element = svg[svg.index("<svg") :]
    element = re.sub(r'(\sid=")', rf"\1{name}-", element)
    element = re.sub(r'(href="#|url\(#)', rf"\1{name}-", element)
    element = re.sub(INK, "currentColor", element, flags=re.IGNORECASE)
    element = re.sub(PALE, "var(--pale)", element, flags=re.IGNORECASE)
    return element.replace("<svg", f'<svg role="img" aria-label="{escape(label)}"', 1).strip()


def values(value: Any, depth: int = 0) -> str:
    """A JSON value laid out: objects as lists of names, all else as text."""
    match value:
        case Mapping() if value and depth < _DEEPEST:
            parts = (
                f"<dt>{escape(str(name))}</dt><dd>{values(one, depth + 1)}</dd>"
                for name, one in value.items()
            )
            return f"<dl>{''.join(parts)}</dl>"
        case list() | tuple():
            return escape(", ".join(map(str, value)))
    return escape("-" if value is None else str(value))
