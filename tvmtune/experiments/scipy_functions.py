"""What is taken from scipy, which is an extra: ``pip install 'tvmtune[experiments]'``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def signed_rank_p(differences: NDArray[np.float64]) -> float:
    """Two-sided p value of Wilcoxon's signed-rank test that differences are symmetric about zero.

    Zeros are left out.  Without ties the null distribution is exact up to 50 differences, with
    ties up to 13; beyond that it is the normal approximation, corrected for ties.

    Parameters
    ----------
    differences
        Shape (n,), float64: of the pairs.

    References
    ----------
    F. Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1(6), 1945.
    """
    from scipy.stats import wilcoxon

    nonzero = differences[differences != 0]
    return float(wilcoxon(nonzero).pvalue) if len(nonzero) else 1.0


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 1, shape (n,); equal values have the mean of theirs."""
    from scipy.stats import rankdata

    return np.asarray(rankdata(values), np.float64)


def falling_fit(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Isotonic regression by pool-adjacent-violators: the closest values that never rise with x.

    Parameters
    ----------
    x, y
        Shape (n,), float64; points with one x count by their mean.

    Returns
    -------
    ndarray
        Shape (2, m): the distinct x, ascending, and the fitted values.
    """
    from scipy.optimize import isotonic_regression

    places, inverse, counts = np.unique(x, return_inverse=True, return_counts=True)
    means = np.bincount(inverse, weights=y) / counts
    fitted = isotonic_regression(means, weights=counts, increasing=False).x
    return np.stack([places, fitted])


def monotone_interpolation(
    x: NDArray[np.float64], y: NDArray[np.float64], at: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The piecewise cubic Hermite interpolation (PCHIP) of points, which keeps monotony.

    Parameters
    ----------
    x, y
        Shape (n,), float64, n at least 2; x ascending.
    at
        Shape (m,): where.

    References
    ----------
    F. N. Fritsch and J. Butland, "A method for constructing local monotone piecewise cubic
    interpolants", SIAM J. Sci. Stat. Comput. 5(2), 1984.
    """
    from scipy.interpolate import PchipInterpolator

    return np.asarray(PchipInterpolator(x, y)(at), np.float64)
