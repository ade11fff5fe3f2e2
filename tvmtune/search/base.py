"""The contract of a search strategy, and the bookkeeping that all of them share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from tvmtune.errors import SearchError
from tvmtune.search.history import History
from tvmtune.search.setup import Setup, parsed_options
from tvmtune.search.shares import divide, reached
from tvmtune.search.unseen import UnseenPoints
from tvmtune.search_spaces.space import Domain, Points

Proposer = Literal["default", "random", "grid", "search", "model", "transfer"]


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


@dataclass(frozen=True, slots=True)
class NoOptions:
    """Of a strategy that has none."""


class Strategy(ABC):
    """Proposes points of a domain and is told what they cost.

    The contract, which every strategy keeps, and `tvmtune.search.conformance` checks:

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

    A subclass implements `_plan`; it draws random numbers from `rng` only.  It may look at
    `_history`, and has `_fresh`, `_random` and `_divide` to help.  One with options has them as its
    third argument, and says of what dataclass they are.

    Parameters
    ----------
    domain
        What there is to propose.
    seed
        Seeds whatever is random; at least 0.

    Attributes
    ----------
    name
        The name in `STRATEGIES`, or of the entry point.
    options_type
        The dataclass of its options, all of which have defaults; None: it has none.
    """

    name: ClassVar[str]
    options_type: ClassVar[type[Any] | None] = None

    def __init__(self, domain: Domain, seed: int = 0) -> None:
        self.domain = domain
        self.seed = seed
        self.rng = np.random.default_rng(seed)
        self._history = History(domain.width)
        self._seen: set[bytes] = set()
        self._tried = np.zeros(domain.templates, np.int64)
        self._queue: deque[tuple[bytes, Proposal]] = deque()
        self._unseen = UnseenPoints(domain, self.rng)
        self._enqueue([Proposal(point, "default") for point in domain.defaults()])

    @classmethod
    def make(cls, domain: Domain, setup: Setup) -> Self:
        """Make one for a run, with the options that a user wrote.

        Raises
        ------
        SearchError
            If it has no such options, or a value is of another type.
        """
        if cls.options_type is None:
            parsed_options(NoOptions, setup.options, f"strategy {cls.name}")
            return cls(domain, setup.seed)
        return cls(domain, setup.seed, cls.parsed(setup))  # type: ignore[call-arg]  # as it says

    @classmethod
    def parsed(cls, setup: Setup) -> Any:
        """The options that a user wrote, as a value of `options_type`."""
        assert cls.options_type is not None
        return parsed_options(cls.options_type, setup.options, f"strategy {cls.name}")

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

    def _fresh(self, points: Points) -> Points:
        """Those of some points that are valid, unseen and distinct, in their order."""
        points = points[self.domain.valid(points)] if len(points) else points
        keys = self.domain.keys(points) if len(points) else []
        new = {key: row for row, key in reversed([*enumerate(keys)]) if key not in self._seen}
        return points[sorted(new.values())]

    def _random(self, n: int, beside: Sequence[Proposal] = ()) -> list[Proposal]:
        """Random unseen points, n less those that are proposed beside them, of templates in turns.

        Fewer where there are no more; if there are none at all, everything was proposed.
        """
        planned = np.array([p.point for p in beside], np.int64).reshape(-1, self.domain.width)
        missing = Counter(self._divide(n)) - Counter(planned[:, 0].tolist())
        order = sorted(missing.elements())[: n - len(planned)]
        points = self._unseen.divided(order, self._seen.union(self.domain.keys(planned)))
        return [Proposal(point, "random") for point in points]

    def _leaders(self, n: int, template: int | None = None) -> Points:
        """The fastest valid points that were told, of all templates or one; best first."""
        leaders = self._history.leaders(len(self._history))
        if template is not None:
            leaders = leaders[leaders[:, 0] == template]
        valid = self.domain.valid(leaders) if len(leaders) else np.zeros(0, np.bool_)
        return leaders[valid][:n]

    def _divide(self, n: int) -> list[int]:
        """The templates of the next n proposals, by what was told."""
        spent = self._unseen.spent
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
