"""The contract of a search strategy, and the bookkeeping that all of them share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from tvmtune.errors import SearchError
from tvmtune.search.history import History
from tvmtune.search.shares import divide, reached
from tvmtune.search_spaces.space import Domain

Proposer = Literal["default", "random", "grid", "model"]


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """A point that a strategy wants measured.

    Attributes
    ----------
    point
        Shape (width,), int64.
    proposer
        What chose it.
    predicted
        The score that a model predicted, throughput relative to the best measured until then;
        None where no model was asked.
    """

    point: NDArray[np.int64]
    proposer: Proposer
    predicted: float | None = None


class Strategy(ABC):
    """Proposes points of a domain and is told what they cost.

    The contract, which every strategy keeps:

    - `ask(n)` gives n proposals, or fewer, or none, when it finds no more points. Each is valid
      and is a point that was neither asked nor told before.
    - The domain's default points come first, those told before excepted.
    - The first proposals are shared equally among the templates; a strategy that chooses gives
      those far behind few or none later on.
    - Every valid point of a small space is proposed once before `ask` comes back empty.
    - `tell` takes results in any order, some, all or none of those asked, and also points that
      were never asked: results of an earlier run, of another strategy. A point told again gets
      the new cost. Failures are results too.
    - `ask` may be called while results are outstanding, for any number: how many are asked for at
      a time decides nothing else than that.
    - The same domain and seed, and the same calls of `tell` between the same proposals, give the
      same proposals, in every process.

    A subclass implements `_plan`; it draws random numbers from `rng` only.

    Parameters
    ----------
    domain
        What there is to propose.
    seed
        Seeds whatever is random; at least 0.

    Attributes
    ----------
    name
        The name in `STRATEGIES`.
    """

    name: ClassVar[str]

    def __init__(self, domain: Domain, seed: int = 0) -> None:
        self.domain = domain
        self.seed = seed
        self.rng = np.random.default_rng(seed)
        self._history = History(domain.width)
        self._seen: set[bytes] = set()
        self._tried = np.zeros(domain.templates, np.int64)
        self._queue: deque[tuple[bytes, Proposal]] = deque()
        self._enqueue([Proposal(point, "default") for point in domain.defaults()])

    def ask(self, n: int) -> list[Proposal]:
        """Propose points to measure.

        Parameters
        ----------
        n
            How many are wanted, at least 0.

        Returns
        -------
        list of Proposal
            At most n; fewer when the strategy finds no more.

        Raises
        ------
        SearchError
            If n is negative.
        """
        if n < 0:
            raise SearchError(f"a strategy is asked for 0 or more proposals, not {n}")
        proposals: list[Proposal] = []
        while len(proposals) < n and self._fill_queue():
            key, proposal = self._queue.popleft()
            if key not in self._seen:
                self._seen.add(key)
                self._tried[proposal.point[0]] += 1
                proposals.append(proposal)
        return proposals

    def tell(self, points: NDArray[np.int64], costs_s: NDArray[np.float64]) -> None:
        """Take the results of some points.

        Parameters
        ----------
        points
            Shape (n, width), int64; also points that were never asked.
        costs_s
            Shape (n,), float64, seconds; nan for candidates that failed.

        Raises
        ------
        SearchError
            If shapes disagree or a cost is neither a positive number nor nan.
        """
        points = np.asarray(points, np.int64)
        costs_s = np.asarray(costs_s, np.float64)
        if points.ndim != 2 or points.shape[1] != self.domain.width:
            raise SearchError(
                f"points are told in the shape (n, {self.domain.width}), got {points.shape}"
            )
        if costs_s.shape != (len(points),):
            raise SearchError(f"{len(points)} points were told with costs of shape {costs_s.shape}")
        if not (np.isnan(costs_s) | ((costs_s > 0) & (costs_s < np.inf))).all():
            raise SearchError("a cost is a positive number of seconds, or nan for a failure")
        keys = self.domain.keys(points)
        for key, point in zip(keys, points, strict=True):
            if key not in self._seen and 0 <= point[0] < len(self._tried):
                self._seen.add(key)
                self._tried[point[0]] += 1
        self._seen.update(keys)
        self._history.record(keys, points, costs_s)

    @abstractmethod
    def _plan(self) -> Sequence[Proposal]:
        """Choose the next proposals: distinct, valid and unseen; none only when there are none."""

    def _divide(self, n: int, spent: Container[int]) -> list[int]:
        """The templates of the next n proposals, by what was told; `spent` have nothing left."""
        templates = len(self._tried)
        if templates == 1:
            return [0] * n
        points, costs_s = self._history.points, self._history.costs_s
        valid = self.domain.valid(points) if len(points) else np.zeros(0, np.bool_)
        reach = reached(templates, points[valid, 0], costs_s[valid])
        return divide(n, self._tried, reach, spent)

    def _fill_queue(self) -> bool:
        """Plan when nothing is queued; False when there is nothing to propose."""
        if not self._queue:
            self._enqueue(self._plan())
        return bool(self._queue)

    def _enqueue(self, proposals: Sequence[Proposal]) -> None:
        if proposals:
            points = np.stack([proposal.point for proposal in proposals])
            self._queue.extend(zip(self.domain.keys(points), proposals, strict=True))
