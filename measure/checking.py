"""Whether an output is right: tolerances, and comparison with a reference in float64.

A sum of ``K`` products in floating point of unit roundoff ``u``, in any order, has an error of at
most ``K u`` times the sum of the products' magnitudes; rounding errors being as good as random, it
grows as ``sqrt(K) u`` instead.  For operands of mean zero the partial sums are themselves of the
size of the result, about ``sqrt(K)`` times a product, so that the error is about ``sqrt(K) u``
times the *typical magnitude of an output*.  A fixed factor covers the largest of many outputs and
algorithms that round more often than once per product.  A missing or doubled product is an error
of ``1 / sqrt(K)`` of that magnitude: well beyond for every ``K`` below a hundred thousand.

Some algorithms (Winograd's) round worse, and say how much: a bound of their own of the error
relative to the largest output.  What is within it is right as well.

References
----------
Higham and Mary, "A new approach to probabilistic rounding error analysis", SIAM J. Sci. Comput.
41(5), 2019, theorem 2.4; and "Sharper probabilistic backward error analysis for basic linear
algebra kernels with random data", 42(5), 2020, section 3.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

FACTOR = 16.0
"""Over the growth that theory expects; measured direct convolutions need about 1."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What is tolerated: ``absolute + relative * |expected|``, and ``promised`` anywhere."""

    absolute: float
    relative: float
    promised: float = 0.0

    def to_json(self) -> dict[str, float]:
        """As plain JSON values."""
        return asdict(self)

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Tolerance:
        """The tolerance that :meth:`to_json` wrote."""
        return Tolerance(
            float(value["absolute"]), float(value["relative"]), float(value.get("promised", 0.0))
        )

    def with_promise(self, error: float | None, expected: NDArray[np.float64]) -> Tolerance:
        """Tolerate what an algorithm promises, too.

        Parameters
        ----------
        error
            Bound of max|y - expected| / max|expected|; None: nothing is promised.
        expected
            The outputs.
        """
        return self if not error else replace(self, promised=error * _largest(expected))


def tolerance_for(
    dtype: DTypeLike, reduction_length: int, expected: NDArray[np.float64]
) -> Tolerance:
    """Return the error that is tolerated.

    Parameters
    ----------
    dtype
        In which is computed.
    reduction_length
        Products summed per output element.
    expected
        The outputs; their root mean square is the typical magnitude.
    """
    if not np.issubdtype(dtype, np.floating):
        return Tolerance(0.0, 0.0)
    roundoff = float(np.finfo(np.dtype(dtype).type).eps) / 2
    growth = FACTOR * roundoff * math.sqrt(max(reduction_length, 1))
    finite = expected[np.isfinite(expected)]
    magnitude = math.sqrt(float(np.mean(np.square(finite)))) if finite.size else 0.0
    return Tolerance(growth * magnitude, growth)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Largest error as a multiple of what is tolerated; the first beyond it in words.

    ``rel_error`` is max|found - expected| / max|expected| where both are finite.
    """

    error: float
    mismatch: str | None = None
    rel_error: float = 0.0


def compare(found: NDArray[Any], expected: NDArray[np.float64], tolerance: Tolerance) -> Comparison:
    """Compare an output with its reference.

    NaN equals NaN and infinity equals infinity of the same sign; nothing else equals them.

    Parameters
    ----------
    found
        Output.
    expected
        Reference of the same shape.
    tolerance
        What is tolerated.
    """
    if found.shape != expected.shape:
        return Comparison(math.inf, f"shape {found.shape}, expected {expected.shape}")
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        allowed = np.abs(expected)
        scale = _largest_finite(allowed)
        allowed *= tolerance.relative
        allowed += tolerance.absolute
        if tolerance.promised:
            np.maximum(allowed, tolerance.promised, out=allowed)
        error = np.abs(found - expected)
        rel_error = _ratio(_largest_finite(error), scale)
        error /= allowed
    worst = float(error.max(initial=0.0))
    if not worst <= 1.0:
        _settle_special(error, found, expected)
        worst = float(error.max(initial=0.0))
    if worst <= 1.0:
        return Comparison(worst, rel_error=rel_error)
    wrong = np.flatnonzero(error > 1.0)
    first = np.unravel_index(int(wrong[0]), found.shape)
    return Comparison(
        worst,
        f"{wrong.size} of {found.size} elements differ, the first at "
        f"{tuple(int(i) for i in first)}: got {float(found[first]):.9g}, "
        f"expected {float(expected[first]):.9g} within {float(allowed[first]):.2g}",
        rel_error,
    )


def _settle_special(
    error: NDArray[np.float64], found: NDArray[Any], expected: NDArray[np.float64]
) -> None:
    """Make errors that are not finite zero where both values are the same, else infinite."""
    unclear = ~np.isfinite(error)
    here, there = found[unclear], expected[unclear]
    same = (here == there) | (np.isnan(here) & np.isnan(there))
    error[unclear] = np.where(same, 0.0, np.inf)


def _largest(values: NDArray[np.float64]) -> float:
    """The largest magnitude among finite values; 0 if there is none."""
    return _largest_finite(np.abs(values))


def _largest_finite(magnitudes: NDArray[np.float64]) -> float:
    largest = float(magnitudes.max(initial=0.0))
    if math.isfinite(largest):
        return largest
    return float(magnitudes[np.isfinite(magnitudes)].max(initial=0.0))


def _ratio(error: float, scale: float) -> float:
    if error == 0:
        return 0.0
    return error / scale if scale else math.inf
