"""Random points that were not seen before, down to the last one of a small space."""

from __future__ import annotations

from collections.abc import Container
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from tvmtune.search_spaces.space import Domain

_ROUNDS = 8
_SCAN_LIMIT = 2**20
_SCAN_BLOCK = 4096


class UnseenPoints:
    """Draws valid points at random and leaves out those that are taken.

    When drawing finds too few new ones, the points that are left are listed, shuffled and handed
    out, if the space is small enough to be scanned (about a million points, valid or not). So
    small spaces are exhausted exactly, and no space makes it draw for ever.

    Parameters
    ----------
    domain
        Where points come from.
    rng
        Decides which.
    """

    def __init__(self, domain: Domain, rng: np.random.Generator) -> None:
        self._domain = domain
        self._rng = rng
        self._rest: list[tuple[bytes, NDArray[np.int64]]] | None = None

    def take(self, n: int, taken: Container[bytes]) -> NDArray[np.int64]:
        """Draw distinct points.

        Parameters
        ----------
        n
            How many are wanted.
        taken
            Keys of points that are not wanted. What was taken once stays taken.

        Returns
        -------
        NDArray[np.int64]
            Shape (m, width) with m <= n; fewer when no more were found.
        """
        chosen: dict[bytes, NDArray[np.int64]] = {}
        if self._rest is None:
            self._draw(n, taken, chosen)
        if len(chosen) < n and self._domain.size <= _SCAN_LIMIT:
            self._take_rest(n, taken, chosen)
        points = np.array(list(chosen.values()), np.int64).reshape(-1, self._domain.width)
        return self._rng.permutation(points)

    def _draw(
        self, n: int, taken: Container[bytes], chosen: dict[bytes, NDArray[np.int64]]
    ) -> None:
        """Sample a few times, twice as much each time.

        A round may bring nothing new without a space being used up: a search that goes on from a
        log draws first what it drew the first time.
        """
        for doubling in range(_ROUNDS):
            if len(chosen) >= n:
                return
            points = self._domain.sample(self._rng, (n - len(chosen)) << doubling)
            for key, point in zip(self._domain.keys(points), points, strict=True):
                if key not in taken and len(chosen) < n:
                    chosen.setdefault(key, point)

    def _take_rest(
        self, n: int, taken: Container[bytes], chosen: dict[bytes, NDArray[np.int64]]
    ) -> None:
        """Continue with the list of what is left, made when it is first needed."""
        if self._rest is None:
            self._rest = self._list_rest(taken)
        while self._rest and len(chosen) < n:
            key, point = self._rest.pop()
            if key not in taken:
                chosen.setdefault(key, point)

    def _list_rest(self, taken: Container[bytes]) -> list[tuple[bytes, NDArray[np.int64]]]:
        """All valid points that are not taken, shuffled."""
        rest: list[tuple[bytes, NDArray[np.int64]]] = []
        scan = self._domain.scan(0)
        while block := list(islice(scan, _SCAN_BLOCK)):
            keys = self._domain.keys(np.stack(block))
            rest += [pair for pair in zip(keys, block, strict=True) if pair[0] not in taken]
        return [rest[row] for row in self._rng.permutation(len(rest))]
