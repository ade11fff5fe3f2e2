"""What a strategy was told so far."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def relative_throughput(costs_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Score times by the throughput relative to the best of them.

    Parameters
    ----------
    costs_s
        Shape (n,), float64, seconds; nan where the candidate failed.

    Returns
    -------
    NDArray[np.float64]
        Shape (n,): best time over time, in (0, 1], and 0 for failures.
    """
    ran = ~np.isnan(costs_s)
    scores = np.zeros(len(costs_s))
    if ran.any():
        scores[ran] = costs_s[ran].min() / costs_s[ran]
    return scores


class History:
    """The results told to a strategy, one row a point, in the order of their first telling.

    Parameters
    ----------
    width
        Length of a point.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._rows: dict[bytes, int] = {}
        self._points: list[NDArray[np.int64]] = []
        self._costs_s: list[float] = []
        self._version = 0

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def version(self) -> int:
        """A number that rises whenever a result is recorded."""
        return self._version

    @property
    def points(self) -> NDArray[np.int64]:
        """Shape (n, width), int64."""
        return np.array(self._points, np.int64).reshape(len(self), self._width)

    @property
    def costs_s(self) -> NDArray[np.float64]:
        """Shape (n,), float64, seconds; nan for failures."""
        return np.array(self._costs_s, np.float64)

    def __contains__(self, key: object) -> bool:
        """Whether a point was told."""
        return key in self._rows

    def cost_of(self, key: bytes) -> float:
        """Seconds of a point; inf if it failed or was not told."""
        row = self._rows.get(key)
        cost_s = np.inf if row is None else self._costs_s[row]
        return np.inf if np.isnan(cost_s) else cost_s

    def point_of(self, key: bytes) -> NDArray[np.int64]:
        """A point that was told, shape (width,)."""
        return self._points[self._rows[key]]

    def record(
        self, keys: Sequence[bytes], points: NDArray[np.int64], costs_s: NDArray[np.float64]
    ) -> None:
        """Add results; a point recorded before gets the new cost.

        Parameters
        ----------
        keys
            Identities of the points.
        points
            Shape (n, width), int64.
        costs_s
            Shape (n,), float64, seconds; nan for failures.
        """
        for key, point, cost_s in zip(keys, points, costs_s.tolist(), strict=True):
            row = self._rows.setdefault(key, len(self._rows))
            if row == len(self._costs_s):
                self._points.append(point.copy())
                self._costs_s.append(cost_s)
            else:
                self._costs_s[row] = cost_s
        self._version += len(keys)

    def leaders(self, n: int) -> NDArray[np.int64]:
        """Find the points with the smallest costs, best first.

        Parameters
        ----------
        n
            How many at most; failures never count.

        Returns
        -------
        NDArray[np.int64]
            Shape (m, width) with m <= n.
        """
        costs_s = self.costs_s
        order = np.argsort(costs_s, kind="stable")[: min(n, int((~np.isnan(costs_s)).sum()))]
        return self.points[order]
