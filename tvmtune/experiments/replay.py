"""A search replayed on a recorded space, in the time that a real one would have taken."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

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

    It is asked for one proposal at a time, up to `ahead` of them before it is told the first
    result, as while builds and runs overlap; where they did not when the space was recorded, it
    is told each result at once.

    Parameters
    ----------
    domain
        The recorded space.
    strategy
        Of that domain, new.
    trials
        How many at most; fewer where the strategy finds no more.
    seconds
        Once these are over nothing more is asked for; as thinking is measured, how many trials
        there are may then differ from run to run.
    ahead
        Candidates under way at most.
    now_s
        The clock by which the strategy's thinking is charged.
    """
    space, times_s = domain.space, domain.space.times_s
    overlap = bool(space.origin.get("settings", {}).get("overlap", False))
    clock, waiting = _Clock(overlap), deque[tuple[int, float]]()
    rows: list[int] = []
    told: list[float] = []
    at_s = thinking_s = 0.0

    def charged(work: Callable[[], None]) -> None:
        nonlocal at_s, thinking_s
        began = now_s()
        work()
        spent = now_s() - began
        at_s, thinking_s = at_s + spent, thinking_s + spent

    def tell_first() -> None:
        nonlocal at_s
        row, done_s = waiting.popleft()
        at_s = max(at_s, done_s)
        told.append(done_s)
        charged(lambda: strategy.tell(domain.points[[row]], times_s[[row]]))

    def ask() -> None:
        for proposal in strategy.ask(1):
            rows.append(int(domain.rows(proposal.point[np.newaxis])[0]))

    while len(rows) < trials and at_s < seconds:
        known = len(rows)
        charged(ask)
        if len(rows) == known:
            break
        row = rows[-1]
        done_s = clock.measure(at_s, float(space.build_s[row]), float(space.run_s[row]))
        waiting.append((row, done_s))
        if len(waiting) >= (ahead if overlap else 1):
            tell_first()
    while waiting:
        tell_first()
    return Trace(
        times_s=times_s[rows],
        told_s=np.array(told),
        rows=np.array(rows, np.int64),
        thinking_s=thinking_s,
        building_s=float(space.build_s[rows].sum()),
        running_s=float(space.run_s[rows].sum()),
    )
