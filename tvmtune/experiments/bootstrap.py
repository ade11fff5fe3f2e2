"""Bootstrap intervals of a mean over tasks of what each has over its seeds.

References
----------
B. Efron and R. J. Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 13: the percentile
interval.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000

Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def means(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of each resample, shape (r, n) to (r,)."""
    found: NDArray[np.float64] = samples.mean(axis=1)
    return found


def interval(
    groups: Sequence[NDArray[np.float64]],
    rng: np.random.Generator,
    confidence: float,
    statistic: Statistic = means,
) -> tuple[float, float]:
    """The percentile interval of the mean over groups of a statistic of each.

    Seeds are drawn anew within each task; the tasks stay as they are, so that the interval says
    something of these tasks only.

    Parameters
    ----------
    groups
        For each task what its seeds have, shape (n, ...).
    rng
        Draws the resamples.
    confidence
        Of the interval.
    statistic
        Of resamples, shape (r, n, ...) to (r,).
    """
    total = np.zeros(RESAMPLES)
    for group in groups:
        total += statistic(group[rng.integers(0, len(group), (RESAMPLES, len(group)))])
    tail = (1 - confidence) / 2
    low, high = np.quantile(total / len(groups), [tail, 1 - tail])
    return float(low), float(high)
