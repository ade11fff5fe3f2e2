"""A search replayed on a recorded space, in the time that a real one would have taken."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tvmtune.experiments.recorded_domain import RecordedDomain
from tvmtune.experiments.trace import Trace
from tvmtune.search.base import Strategy


@dataclass(slots=True)
class _Clock:
    """When builds and runs end: one after the other, or each on a core of its own."""

    overlap: bool
    built_s: float = 0.0
    run_s: float = 0.0

    def measure(self, asked_s: float, build_s: float, run_s: float) -> float:
        """When a trial that is handed over has its result."""
        free_s = self.built_s if self.overlap else self.run_s
        self.built_s = max(asked_s, free_s) + build_s
        self.run_s = max(self.built_s, self.run_s) + run_s
        return self.run_s


class ReplayedSearch:
    """A search of a recorded space that can be interrupted, in virtual time.

    The strategy is asked for one proposal at a time, up to `ahead` of them before it is told the
    first result, as while builds and runs overlap; where they did not when the space was recorded,
    it is told each result at once.

    Parameters
    ----------
    domain
        The recorded space.
    strategy
        Of that domain, new.
    ahead
        Candidates under way at most.
    now_s
        The clock by which the strategy's thinking is charged.

    Attributes
    ----------
    exhausted
        Whether the strategy found no more.
    """

    def __init__(
        self,
        domain: RecordedDomain,
        strategy: Strategy,
        *,
        ahead: int = 6,
        now_s: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.exhausted = False
        self._domain, self._strategy, self._now_s = domain, strategy, now_s
        self._overlap = bool(domain.space.origin.get("settings", {}).get("overlap", False))
        self._ahead = ahead if self._overlap else 1
        self._times_s = domain.space.times_s
        self._waiting = deque[tuple[int, float]]()
        self._rows: list[int] = []
        self._told: list[float] = []
        self._at_s = self._thinking_s = 0.0

    @property
    def proposed(self) -> int:
        """Trials that were handed over."""
        return len(self._rows)

    @property
    def told(self) -> int:
        """Trials whose results are there."""
        return len(self._told)

    def times_s(self, start: int = 0) -> NDArray[np.float64]:
        """Times of the trials whose results are there, from one on; nan for those that failed."""
        return self._times_s[self._rows[start : self.told]]

    def search(self, start_s: float, may_go_on: Callable[[float], bool]) -> float:
        """Search from a time on while ``may_go_on(time)``; what is under way is finished.

        Returns
        -------
        float
            When the last result was there.
        """
        clock = _Clock(self._overlap, start_s, start_s)
        self._at_s = start_s
        while not self.exhausted and may_go_on(self._at_s):
            self._charged(self._ask)
            if self.exhausted:
                break
            self._waiting.append(self._measured(clock))
            if len(self._waiting) >= self._ahead:
                self._tell_first()
        while self._waiting:
            self._tell_first()
        return self._at_s

    def trace(self) -> Trace:
        """What was done, when no result is outstanding."""
        space, rows = self._domain.space, self._rows
        return Trace(
            times_s=self._times_s[rows],
            told_s=np.array(self._told),
            rows=np.array(rows, np.int64),
            thinking_s=self._thinking_s,
            building_s=float(space.build_s[rows].sum()),
            running_s=float(space.run_s[rows].sum()),
        )

    def _charged(self, work: Callable[[], None]) -> None:
        began = self._now_s()
        work()
        spent = self._now_s() - began
        self._at_s, self._thinking_s = self._at_s + spent, self._thinking_s + spent

    def _ask(self) -> None:
        proposals = self._strategy.ask(1)
        self.exhausted = not proposals
        for proposal in proposals:
            self._rows.append(int(self._domain.rows(proposal.point[np.newaxis])[0]))

    def _measured(self, clock: _Clock) -> tuple[int, float]:
        space, row = self._domain.space, self._rows[-1]
        return row, clock.measure(self._at_s, float(space.build_s[row]), float(space.run_s[row]))

    def _tell_first(self) -> None:
        row, done_s = self._waiting.popleft()
        self._at_s = max(self._at_s, done_s)
        self._told.append(done_s)
        point, time_s = self._domain.points[[row]], self._times_s[[row]]
        self._charged(lambda: self._strategy.tell(point, time_s))


def replay(
    domain: RecordedDomain,
    strategy: Strategy,
    trials: int,
    *,
    seconds: float = math.inf,
    ahead: int = 6,
    now_s: Callable[[], float] = time.perf_counter,
) -> Trace:
    """Let a strategy search a recorded space.

    Parameters
    ----------
    domain, strategy, ahead, now_s
        As `ReplayedSearch` has them.
    trials
        How many at most; fewer where the strategy finds no more.
    seconds
        Once these are over nothing more is asked for; as thinking is measured, how many trials
        there are may then differ from run to run.
    """
    search = ReplayedSearch(domain, strategy, ahead=ahead, now_s=now_s)
    search.search(0.0, lambda at_s: search.proposed < trials and at_s < seconds)
    return search.trace()
