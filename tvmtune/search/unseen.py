"""Random points that were not seen before, down to the last one of a small space."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence
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

    Attributes
    ----------
    spent
        Templates of which no more points were found.
    """

    def __init__(self, domain: Domain, rng: np.random.Generator) -> None:
        self._domain = domain
        self._rng = rng
        self._rest: dict[int, list[tuple[bytes, NDArray[np.int64]]]] | None = None
        self.spent: set[int] = set()

    def divided(self, order: Sequence[int], taken: Container[bytes]) -> NDArray[np.int64]:
        """Draw distinct points of given templates, others in place of those that are not found.

        Parameters
        ----------
        order
            The template of each point that is wanted.
        taken
            Keys of points that are not wanted. What was taken once stays taken.

        Returns
        -------
        NDArray[np.int64]
            Shape (m, width) with m <= len(order); fewer when no more were found of any template.
        """
        found: dict[int, list[NDArray[np.int64]]] = {}
        for template, count in sorted(Counter(order).items()):
            points = self.take(count, taken, [template])
            found[template] = list(points)
            if len(points) < count:
                self.spent.add(template)
        chosen = [found[template].pop() for template in order if found[template]]
        rows = np.array(chosen, np.int64).reshape(-1, self._domain.width)
        if len(rows) == len(order):
            return rows
        known = {*self._domain.keys(rows)} if len(rows) else set()
        others = self.take(len(order) - len(rows), _Either(taken, known))
        return np.concatenate([rows, others])

    def take(
        self, n: int, taken: Container[bytes], templates: Sequence[int] | None = None
    ) -> NDArray[np.int64]:
        """Draw distinct points.

        Parameters
        ----------
        n
            How many are wanted.
        taken
            Keys of points that are not wanted. What was taken once stays taken.
        templates
            Numbers of the templates whose points are wanted; None: all.

        Returns
        -------
        NDArray[np.int64]
            Shape (m, width) with m <= n; fewer when no more were found.
        """
        chosen: dict[bytes, NDArray[np.int64]] = {}
        if self._rest is None:
            self._draw(n, taken, chosen, templates)
        if len(chosen) < n and self._domain.size <= _SCAN_LIMIT:
            self._take_rest(n, taken, chosen, templates)
        points = np.array(list(chosen.values()), np.int64).reshape(-1, self._domain.width)
        return self._rng.permutation(points)

    def _draw(
        self,
        n: int,
        taken: Container[bytes],
        chosen: dict[bytes, NDArray[np.int64]],
        templates: Sequence[int] | None,
    ) -> None:
        """Sample a few times, twice as much each time.

        A round may bring nothing new without a space being used up: a search that goes on from a
        log draws first what it drew the first time.
        """
        for doubling in range(_ROUNDS):
            if len(chosen) >= n:
                return
            points = self._domain.sample(self._rng, (n - len(chosen)) << doubling, templates)
            for key, point in zip(self._domain.keys(points), points, strict=True):
                if key not in taken and len(chosen) < n:
                    chosen.setdefault(key, point)

    def _take_rest(
        self,
        n: int,
        taken: Container[bytes],
        chosen: dict[bytes, NDArray[np.int64]],
        templates: Sequence[int] | None,
    ) -> None:
        """Continue with the lists of what is left, made when they are first needed, in turns."""
        if self._rest is None:
            self._rest = self._list_rest(taken)
        wanted = sorted(self._rest) if templates is None else templates
        rests = [self._rest[template] for template in wanted if self._rest.get(template)]
        while rests and len(chosen) < n:
            for rest in rests[: n - len(chosen)]:
                key, point = rest.pop()
                if key not in taken:
                    chosen.setdefault(key, point)
            rests = [rest for rest in rests if rest]

    def _list_rest(
        self, taken: Container[bytes]
    ) -> dict[int, list[tuple[bytes, NDArray[np.int64]]]]:
        """All valid points that are not taken by template, shuffled."""
        rest: list[tuple[bytes, NDArray[np.int64]]] = []
        scan = self._domain.scan(0)
        while block := list(islice(scan, _SCAN_BLOCK)):
            keys = self._domain.keys(np.stack(block))
            rest += [pair for pair in zip(keys, block, strict=True) if pair[0] not in taken]
        lists: dict[int, list[tuple[bytes, NDArray[np.int64]]]] = {}
        for row in self._rng.permutation(len(rest)):
            key, point = rest[row]
            lists.setdefault(int(point[0]), []).append((key, point))
        return lists


class _Either:
    """Holds what either of two containers holds."""

    def __init__(self, one: Container[bytes], other: Container[bytes]) -> None:
        self._one, self._other = one, other

    def __contains__(self, key: object) -> bool:
        return key in self._one or key in self._other
