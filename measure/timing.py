"""Timing of one candidate: calibrated repeats, little time for what cannot win.

The first call, which is not counted, warms caches and pages.  Then single calls say how long one
takes; a candidate that is clearly slower than the best is dropped on their evidence.  Others are
called so often per sample that a sample is long against the clock, and get samples until their
budget is spent.  To tell two medians apart takes samples by the inverse square of the gap between
them, and so does the budget shrink for what is farther from the best.  Samples in which another
process took the core are set aside while there are enough others.  The median of the samples is
what counts.
"""

from __future__ import annotations

import math
import resource
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingOptions:
    """How long is timed.

    Parameters
    ----------
    sample_s
        Least seconds of a sample: calls are repeated to reach it.
    budget_s
        Seconds of samples for a candidate that is close to the best, or that has none before it.
    close
        Times the best up to which a candidate is close; more than 1.
    cutoff
        Times the best beyond which a candidate is dropped.
    patience_s
        Seconds after which too few samples, or interrupted ones, have to do.
    min_samples
        Least number of samples where a call is short against the patience.
    max_samples
        Largest number of samples.
    """

    sample_s: float = 0.002
    budget_s: float = 0.1
    close: float = 1.05
    cutoff: float = 2.0
    patience_s: float = 0.3
    min_samples: int = 5
    max_samples: int = 200

    def budget_for(self, times_best: float) -> float:
        """Seconds of samples for a candidate that takes so many times as long as the best."""
        gap = max(times_best - 1.0, self.close - 1.0)
        return self.budget_s * ((self.close - 1.0) / gap) ** 2

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> TimingOptions:
        """The options that :meth:`to_json` wrote."""
        return TimingOptions(**value)


@dataclass(frozen=True, slots=True)
class Timing:
    """Samples, seconds per call.

    ``truncated`` says that the candidate was dropped early; ``interrupted`` how many samples were
    interrupted, whether they were set aside or had to do.
    """

    samples_s: tuple[float, ...]
    truncated: bool = False
    interrupted: int = 0

    @property
    def median_s(self) -> float:
        """Median of the samples."""
        return statistics.median(self.samples_s)


def interruptions() -> int:
    """Return how often the threads of this process have lost a core to somebody else."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw


class Stopwatch:
    """Takes samples of a function.

    Parameters
    ----------
    call
        What to time.
    clock
        Seconds that pass.
    interruptions
        Counts what disturbs; a sample during which it grows is interrupted.
    """

    def __init__(
        self,
        call: Callable[[], object],
        clock: Callable[[], float] = time.perf_counter,
        interruptions: Callable[[], int] = interruptions,
    ) -> None:
        self.call = call
        self.clock = clock
        self.clean: list[float] = []
        self.interrupted: list[float] = []
        self._interruptions = interruptions

    def sample(self, repeats: int) -> float:
        """Time some calls in a row; seconds per call."""
        rounds, before = range(repeats), self._interruptions()
        start = self.clock()
        for _ in rounds:
            self.call()
        seconds = (self.clock() - start) / repeats
        disturbed = self._interruptions() > before
        (self.interrupted if disturbed else self.clean).append(seconds)
        return seconds

    def restart(self) -> None:
        """Forget the samples."""
        self.clean, self.interrupted = [], []


def time_calls(watch: Stopwatch, options: TimingOptions, best_s: float | None = None) -> Timing:
    """Time a function.

    Parameters
    ----------
    watch
        What to time, and how; it was called before, so that its pages are mapped.
    options
        Budgets.
    best_s
        Seconds per call of the best so far; without it nothing is dropped.
    """
    watch.call()
    singles = [watch.sample(1)]
    while len(singles) < 3 and (sum(singles) < options.sample_s or not watch.clean):
        singles.append(watch.sample(1))
    cutoff_s = math.inf if best_s is None else options.cutoff * best_s
    if _is_hopeless(watch, cutoff_s):
        return Timing(tuple(singles), truncated=True, interrupted=len(watch.interrupted))
    repeats = max(1, math.ceil(options.sample_s / max(min(singles), 1e-9)))
    if repeats > 1:
        watch.restart()
    start = watch.clock()
    while not _is_enough(watch, watch.clock() - start, options, best_s):
        watch.sample(repeats)
        samples = watch.clean + watch.interrupted
        if len(samples) == 3 and _is_hopeless(watch, cutoff_s):
            return Timing(tuple(samples), truncated=True, interrupted=len(watch.interrupted))
    return _chosen(watch, options)


def _is_hopeless(watch: Stopwatch, cutoff_s: float) -> bool:
    """Whether samples that nothing interrupted say that the candidate is beyond the cutoff."""
    return min(watch.clean, default=0.0) > cutoff_s


def _chosen(watch: Stopwatch, options: TimingOptions) -> Timing:
    """Return the samples that nothing interrupted, or all where those are few."""
    samples = watch.clean
    if len(samples) < options.min_samples:
        samples = watch.clean + watch.interrupted
    return Timing(tuple(samples), interrupted=len(watch.interrupted))


def _is_enough(
    watch: Stopwatch, spent_s: float, options: TimingOptions, best_s: float | None
) -> bool:
    """Whether a candidate had its budget, which depends on how good it seems."""
    taken = len(watch.clean) + len(watch.interrupted)
    if taken in (0, options.max_samples) or spent_s > options.patience_s:
        return taken > 0
    if len(watch.clean) < options.min_samples:
        return False
    times_best = 1.0 if best_s is None else statistics.median(watch.clean) / best_s
    return spent_s > options.budget_for(times_best)
