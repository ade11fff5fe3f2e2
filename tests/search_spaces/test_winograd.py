"""Transforms of minimal filtering: they compute what a filter does, of as many products."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tvmtune.ir.affine import Var
from tvmtune.search_spaces.templates.conv2d_winograd import TEMPLATES, error, serves
from tvmtune.search_spaces.winograd import Transform, filtering, polyphase
from tvmtune.workload import Conv2d, parse

FILTERS = [(1, filtering, m, r) for m in (1, 2, 4, 6) for r in (1, 2, 3, 5) if m + r < 10]
PHASES = [(2, polyphase, m, r) for m in (1, 2, 4) for r in (2, 3, 5) if m + r < 10]


@pytest.mark.parametrize(("stride", "make", "tile", "taps"), FILTERS + PHASES)
def test_filters(stride: int, make: Callable[[int, int], Transform], tile: int, taps: int) -> None:
    transform = make(tile, taps)
    assert transform.window == (tile - 1) * stride + taps
    assert (transform.tile, transform.step) == (tile, stride * tile)
    rng = np.random.default_rng(0)
    weights, data = rng.standard_normal(taps), rng.standard_normal(transform.window)
    point = Var("point", transform.points)
    rows = [int(transform.row(point).substitute({point: p}).const) for p in range(point.extent)]
    products = (np.array(transform.weights) @ weights)[rows] * (np.array(transform.inputs) @ data)
    expected = [data[i * stride : i * stride + taps] @ weights for i in range(tile)]
    np.testing.assert_allclose(np.array(transform.outputs) @ products, expected, 1e-9, 1e-9)


def test_products_and_weights() -> None:
    assert filtering(4, 3).points == 6
    assert polyphase(2, 3).points == 5
    assert len(polyphase(4, 3).weights) == 6  # five for even taps, one for the odd tap
    with pytest.raises(ValueError, match=r"F\(9, 3\) needs 11 points, there are 10"):
        filtering(9, 3)


def test_errors_grow_with_the_tile() -> None:
    assert filtering(1, 1).amplification == 1.0
    amplifications = [filtering(m, 3).amplification for m in (2, 4, 6)]
    assert amplifications == sorted(amplifications)
    workload = parse("C6")
    assert isinstance(workload, Conv2d)
    assert error(workload, 2) < 1.2e-6 < 1e-5 < error(workload, 4) < error(workload, 6) < 3e-5


@pytest.mark.parametrize(
    ("text", "tiles"),
    [
        ("C2", [2, 4, 6]),
        ("C7", [2, 4, 6]),
        ("C3", []),
        ("D1", []),
        ("conv2d:ci=8,h=9,co=8,k=3,dilation=2", []),
        ("conv2d:ci=8,h=9,co=8,k=3,stride=3", []),
        ("conv2d:ci=8,h=9,co=8,k=1,kw=3,stride=2", []),
        ("conv2d:ci=8,h=9,co=8,k=1,kw=7", [2]),
        ("conv2d:ci=8,h=2,co=8,k=3", [2]),
        ("conv2d:ci=8,h=12,co=8,k=7", [2]),
    ],
)
def test_what_is_served(text: str, tiles: list[int]) -> None:
    workload = parse(text)
    assert isinstance(workload, Conv2d)
    assert [tile for tile in (2, 4, 6) if serves(workload, tile)] == tiles
    assert [t.name for t in TEMPLATES if t.can_serve(workload)] == [
        f"conv2d.winograd{tile}" for tile in tiles
    ]
