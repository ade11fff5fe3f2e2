from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from matplotlib.text import Text

from tvmtune.errors import UsageError
from tvmtune.machine import MemoryLevel
from tvmtune.roofline import Roofline, place
from tvmtune.roofline_plot import Point, check_drawable, draw, make_figure, short_labels
from tvmtune.workload import parse

LEVELS = (MemoryLevel("L1", 32 << 10, 2e11), MemoryLevel("memory", None, 2e10))
ROOFLINE = Roofline(9e10, LEVELS)


def _point(
    text: str, time_s: float, flops: int = 0, roofline: Roofline = ROOFLINE, threads: int = 1
) -> Point:
    workload = parse(text)
    found = place(workload, time_s, flops, roofline)
    return Point(workload.text, f"cpu:threads={threads},isa=avx2", "A $1 CPU", roofline, found)


POINTS = (
    _point("C2", 1e-3, flops=10**8),
    _point("FC-2048", 1e-3),
    _point("conv2d:ci=8,h=8,co=8,k=3", 2e-6),
    _point("M512", 3e-3, roofline=Roofline(9e10), threads=2),
)


def _texts(points: Sequence[Point]) -> list[str]:
    """All that is written in a drawing."""
    return [text.get_text() for text in make_figure(points).findobj(Text)]


def test_every_line_and_task_has_its_name() -> None:
    texts = _texts(POINTS)
    for name in ("C2", "FC-2048", "1", "M512", "peak 90 GFLOP/s", "L1 200 GB/s", "memory 20 GB/s"):
        assert name in texts
    for begin in ("bound by compute", "bound by memory", "bound not known", "effective: "):
        assert any(text.startswith(begin) for text in texts)
    assert any(
        "% of memory" in text and text.endswith("matmul:m=1,k=2048,n=1000") for text in texts
    )
    assert any("cpu:threads=2,isa=avx2" in text for text in texts)


def test_the_same_points_give_the_same_picture(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        draw(POINTS, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


@pytest.mark.parametrize(("name", "begin"), [("a.png", b"\x89PNG"), ("a.PDF", b"%PDF")])
def test_other_files(tmp_path: Path, name: str, begin: bytes) -> None:
    draw(POINTS[:1], tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(begin)


def test_labels_are_names_or_numbers() -> None:
    texts = [parse(t).text for t in ("C2", "matmul:m=2,k=2,n=2", "D1", "matmul:m=3,k=3,n=3")]
    assert short_labels(texts) == ["C2", "1", "D1", "2"]


@pytest.mark.parametrize("name", ["a.gif", "a", "svg"])
def test_files_that_cannot_be_drawn(name: str) -> None:
    with pytest.raises(UsageError, match=r"cannot be drawn; \.svg, \.pdf, \.png would work"):
        check_drawable(Path(name))


def test_nothing_to_draw(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to draw: no task has a best and a measured peak"):
        draw([], tmp_path / "a.svg")
