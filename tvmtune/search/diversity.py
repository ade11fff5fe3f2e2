"""Choosing a plan that is good and does not repeat itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def select_diverse(
    points: NDArray[np.int64], merits: NDArray[np.float64], n: int, weight: float
) -> NDArray[np.int64]:
    """Pick rows greedily by merit plus what they add to the knob values already picked.

    Parameters
    ----------
    points
        Shape (m, width), int64, digits at least 0.
    merits
        Shape (m,), float64, in units in which a difference of 1 is a large one; higher is better.
    n
        How many rows to pick.
    weight
        Worth of a row all of whose digits are new, in the units of the merits; 0 picks by merit
        alone.

    Returns
    -------
    NDArray[np.int64]
        Shape (min(n, m),): distinct rows in the order they were picked; ties go to the first.

    References
    ----------
    T. Chen et al., "Learning to Optimize Tensor Programs", NeurIPS 2018, equation 3. The greedy
    rule is that for submodular functions of G. L. Nemhauser, L. A. Wolsey and M. L. Fisher (1978).
    """
    count = min(n, len(points))
    columns = np.arange(points.shape[1])
    covered = np.zeros((points.shape[1], int(points.max(initial=0)) + 1), bool)
    left = merits.astype(np.float64)
    picked = np.zeros(count, np.int64)
    for place in range(count):
        new = ~covered[columns, points]
        row = int((left + weight * new.mean(axis=1)).argmax())
        picked[place] = row
        covered[columns, points[row]] = True
        left[row] = -np.inf
    return picked
