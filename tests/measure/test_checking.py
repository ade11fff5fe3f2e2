from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvmtune.measure.checking import Comparison, Tolerance, compare, tolerance_for


@pytest.mark.parametrize("length", [1, 9, 576, 4608, 50_000])
def test_sums_in_single_precision_pass_in_any_order(length: int) -> None:
    rng = np.random.default_rng(length)
    x = rng.standard_normal((64, length), dtype=np.float32)
    w = rng.standard_normal(length, dtype=np.float32)
    expected = x.astype(np.float64) @ w.astype(np.float64)
    tolerance = tolerance_for("float32", length, expected)
    forwards = np.cumsum(x * w, axis=1, dtype=np.float32)[:, -1]
    backwards = np.cumsum((x * w)[:, ::-1], axis=1, dtype=np.float32)[:, -1]
    for found in (forwards, backwards, x @ w):
        assert compare(found, expected, tolerance).error < 0.5


@pytest.mark.parametrize("length", [1, 9, 576, 4608])
def test_a_missing_product_does_not_pass(length: int) -> None:
    rng = np.random.default_rng(length)
    x, w = rng.standard_normal((1000, length)), rng.standard_normal(length)
    expected = x @ w
    found = (expected - x[:, -1] * w[-1]).astype(np.float32)
    assert compare(found, expected, tolerance_for("float32", length, expected)).error > 100


def test_integers_must_agree_exactly() -> None:
    expected = np.array([1.0, 2.0])
    tolerance = tolerance_for("int32", 9, expected)
    assert tolerance == Tolerance(0.0, 0.0)
    assert compare(np.array([1, 2], np.int32), expected, tolerance).mismatch is None
    assert compare(np.array([1, 3], np.int32), expected, tolerance).error == math.inf


def test_the_first_mismatch_is_named() -> None:
    found = np.zeros((2, 3), np.float32)
    found[1, 1], found[1, 2] = 5, 7
    comparison = compare(found, np.ones((2, 3)) * [0, 1, 0], Tolerance(2.0, 0.25))
    assert comparison.mismatch == (
        "2 of 6 elements differ, the first at (1, 1): got 5, expected 1 within 2.2"
    )
    assert comparison.error == pytest.approx(3.5)


@pytest.mark.parametrize(
    ("found", "expected", "same"),
    [
        (math.nan, math.nan, True),
        (math.inf, math.inf, True),
        (-math.inf, math.inf, False),
        (math.nan, 1.0, False),
        (1.0, math.nan, False),
        (math.inf, 1.0, False),
        (1.0, math.inf, False),
        (0.0, 0.0, True),
    ],
)
def test_special_values(found: float, expected: float, same: bool) -> None:
    arrays = np.array([found, 1.0], np.float32), np.array([expected, 1.0])
    comparison = compare(*arrays, Tolerance(0.0, 1e-6))
    assert (comparison.mismatch is None) == same
    assert comparison.error == (0.0 if same else math.inf)


def test_shapes_must_agree() -> None:
    comparison = compare(np.zeros(3), np.zeros((3, 1)), Tolerance(1.0, 1.0))
    assert comparison.mismatch == "shape (3,), expected (3, 1)"


def test_magnitude_ignores_what_is_not_finite() -> None:
    assert tolerance_for("float32", 4, np.array([math.inf, 3.0])).absolute == pytest.approx(
        tolerance_for("float32", 4, np.array([3.0])).absolute
    )
    assert tolerance_for("float32", 4, np.array([math.nan])).absolute == 0.0


@given(st.floats(0, 1), st.floats(0, 1))
def test_tolerance_round_trips(absolute: float, relative: float) -> None:
    tolerance = Tolerance(absolute, relative)
    assert Tolerance.from_json(tolerance.to_json()) == tolerance


def test_the_relative_error_is_of_the_largest_output() -> None:
    expected = np.array([[1.0, -8.0], [2.0, 4.0]])
    found = expected + np.array([[0.0, 0.01], [-0.04, 0.0]])
    tolerance = Tolerance(1.0, 0.0)
    assert compare(found, expected, tolerance).rel_error == pytest.approx(0.04 / 8)
    assert compare(expected, expected, tolerance).rel_error == 0.0
    assert compare(np.zeros(2), np.zeros(2), tolerance).rel_error == 0.0
    assert compare(np.ones(2), np.zeros(2), Tolerance(0.0, 0.0)).rel_error == math.inf
    with_nan = np.array([1.0, np.nan])
    assert compare(with_nan, with_nan, tolerance) == Comparison(0.0, rel_error=0.0)
    wrong = compare(found + 3, expected, tolerance)
    assert wrong.mismatch is not None
    assert wrong.rel_error == pytest.approx(3.01 / 8)


def test_what_is_promised_is_tolerated_everywhere() -> None:
    expected = np.array([8.0, 0.0, -1.0])
    tolerance = Tolerance(1e-7, 1e-7).with_promise(1e-3, expected)
    assert tolerance.promised == 8e-3
    assert Tolerance.from_json(tolerance.to_json()) == tolerance
    assert compare(expected + 7.9e-3, expected, tolerance).mismatch is None
    assert compare(expected + 8.1e-3, expected, tolerance).mismatch is not None
    assert Tolerance(1.0, 0.5).with_promise(None, expected) == Tolerance(1.0, 0.5)
    assert compare(expected + 1, expected, Tolerance(2.0, 0.0, 1e-3)).mismatch is None
    assert Tolerance.from_json({"absolute": 1, "relative": 2}) == Tolerance(1.0, 2.0)
