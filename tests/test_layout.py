from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvmtune.errors import LayoutError, SymbolError
from tvmtune.layout import Layout, StorageDim
from tvmtune.symbolic import substitute, symbol


def packed(layout: Layout, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    out = np.full(layout.size(array.shape), -1, array.dtype)
    layout.pack(array, out)
    return out


def test_plain_storage_is_row_major() -> None:
    a = np.arange(6).reshape(2, 3)
    assert list(packed(Layout.plain(2), a)) == list(range(6))
    assert str(Layout.plain(2)) == "[0 1]"


def test_blocks_are_rounded_up_with_zeros() -> None:
    a = np.arange(1, 11).reshape(2, 5)
    layout = Layout.blocked(2, [(1, 3)])
    assert layout.storage_shape((2, 5)) == (2, 2, 3)
    assert list(packed(layout, a)) == [1, 2, 3, 4, 5, 0, 6, 7, 8, 9, 10, 0]
    assert layout.block(1) == 3
    assert layout.block(0) == 1


def test_order_of_outer_dimensions() -> None:
    a = np.arange(8).reshape(2, 4)
    layout = Layout.blocked(2, [(1, 2)], order=(1, 0))
    assert list(packed(layout, a)) == [0, 1, 4, 5, 2, 3, 6, 7]
    assert str(layout) == "[1/2 0 1%2]"


def test_blocks_of_blocks() -> None:
    dims = (StorageDim(0, 6), StorageDim(0, 1, 2), StorageDim(0, 2, 3))
    layout = Layout(1, dims)
    assert list(packed(layout, np.arange(7))) == [0, 2, 4, 1, 3, 5, 6, 0, 0, 0, 0, 0]
    assert str(layout) == "[0/6 0%2 0/2%3]"


@st.composite
def layouts(draw: Any) -> tuple[Layout, tuple[int, ...]]:
    rank = draw(st.integers(1, 3))
    dims: list[StorageDim] = []
    for axis in range(rank):
        divisor = 1
        for _ in range(draw(st.integers(0, 2))):
            block = draw(st.integers(1, 4))
            dims.append(StorageDim(axis, divisor, block))
            divisor *= block
        dims.append(StorageDim(axis, divisor))
    shape = tuple(draw(st.integers(1, 9)) for _ in range(rank))
    return Layout(rank, tuple(draw(st.permutations(dims)))), shape


@given(layouts(), st.booleans())
def test_packing_puts_elements_where_the_dimensions_say(
    case: tuple[Layout, tuple[int, ...]], transposed: bool
) -> None:
    layout, shape = case
    array = np.arange(1, np.prod(shape) + 1, dtype="float32").reshape(shape)
    storage = packed(layout, array)
    physical = layout.storage_shape(shape)
    expected = np.zeros(physical, "float32")
    for index in np.ndindex(*shape):
        at = tuple(
            index[d.axis] // int(d.divisor) % (int(d.modulus) if d.modulus is not None else 10**9)
            for d in layout.dims
        )
        expected[at] = array[index]
    np.testing.assert_array_equal(storage, expected.ravel())
    out = np.empty(shape[::-1], "float32").T if transposed else np.empty(shape, "float32")
    layout.unpack(storage, out)
    np.testing.assert_array_equal(out, array)


@given(layouts())
def test_merged_layouts_store_the_same(case: tuple[Layout, tuple[int, ...]]) -> None:
    layout, shape = case
    array = np.arange(1, np.prod(shape) + 1, dtype="float32").reshape(shape)
    fewer, merged = layout.merged(shape)
    np.testing.assert_array_equal(packed(merged, array.reshape(fewer)), packed(layout, array))
    if layout.keeps(shape):
        np.testing.assert_array_equal(packed(layout, array), array.ravel())


@pytest.mark.parametrize(
    ("layout", "shape", "fewer", "merged"),
    [
        (Layout.plain(4), (1, 3, 7, 7), (147,), "[0]"),
        (Layout.plain(2), (1, 1), (), "[]"),
        (Layout.blocked(4, [(1, 16)]), (1, 24, 7, 7), (24, 49), "[0/16 1 0%16]"),
        (Layout.blocked(4, [(1, 16)]), (2, 24, 7, 7), (2, 24, 49), "[0 1/16 2 1%16]"),
        (Layout.blocked(4, [(1, 1)]), (2, 24, 7, 7), (2352,), "[0]"),
        (Layout.blocked(4, [(1, 8)]), (1, 24, 1, 1), (24,), "[0]"),
        (Layout.blocked(4, [(1, 8)]), (1, 20, 1, 1), (20,), "[0/8 0%8]"),
        (Layout.blocked(4, [(1, 8)]), (1, 1, 4, 4), (1, 16), "[0/8 1 0%8]"),
        (Layout.blocked(2, [(1, 8)], order=(1, 0)), (4, 16), (4, 16), "[1/8 0 1%8]"),
    ],
)
def test_merged(layout: Layout, shape: tuple[int, ...], fewer: object, merged: str) -> None:
    found, with_fewer = layout.merged(shape)
    assert (found, str(with_fewer)) == (fewer, merged)


@given(layouts())
def test_json_round_trip(case: tuple[Layout, tuple[int, ...]]) -> None:
    layout, _ = case
    assert Layout.from_json(layout.rank, layout.to_json()) == layout


def test_symbolic_blocks() -> None:
    b = symbol("b")
    layout = Layout.blocked(2, [(1, b)])
    assert [substitute(n, {"b": 4}) for n in layout.storage_shape((3, 10))] == [3, 3, 4]
    assert str(layout) == "[0 1/b 1%b]"
    with pytest.raises(SymbolError, match="b"):
        layout.size((3, 10))
    with pytest.raises(SymbolError, match="b"):
        layout.to_json()
    twice = Layout(1, (StorageDim(0, 2 * b), StorageDim(0, b, 2), StorageDim(0, 1, b)))
    assert twice.block(0) is twice.dims[0].divisor


ERRORS: list[tuple[Callable[[], object], str]] = [
    (
        lambda: Layout(2, (StorageDim(0),)),
        r"layout \[0\] of a rank-2 tensor: every axis must appear",
    ),
    (lambda: Layout(1, (StorageDim(0), StorageDim(0))), "every axis must appear once without"),
    (
        lambda: Layout(1, (StorageDim(0, 4), StorageDim(0, 1, 8))),
        r"layout \[0/4 0%8\]: the blocks of axis 0 do not nest",
    ),
    (
        lambda: Layout(1, (StorageDim(0), StorageDim(0, 1, 8))),
        "the blocks of axis 0 do not nest",
    ),
    (
        lambda: Layout(2, (StorageDim(0), StorageDim(1, symbol("a")), StorageDim(1, 1, 4))),
        r"layout \[0 1/a 1%4\]: the blocks of axis 1 do not nest",
    ),
    (lambda: Layout.blocked(2, [(1, 4), (1, 2)]), "an axis is blocked twice"),
    (lambda: Layout.from_json(1, "nonsense"), "layout 'nonsense': expected a list of"),
    (
        lambda: Layout.from_json(1, [[0, "a", None]]),
        r"expected a list of \[axis, divisor, modulus\]",
    ),
    (lambda: Layout.from_json(1, [[False, 1, None]]), "expected a list of"),
    (lambda: Layout.from_json(1, [[0, 1.5, None]]), "expected a list of"),
    (lambda: Layout.from_json(1, [[0, 1, None], [7, 1, 4]]), r"it has no axes \[7\]"),
    (lambda: Layout.from_json(1, [[0, 0, None]]), "divisors and moduli must be positive"),
]


@pytest.mark.parametrize(("make", "message"), ERRORS)
def test_errors(make: Callable[[], object], message: str) -> None:
    with pytest.raises(LayoutError, match=message):
        make()
