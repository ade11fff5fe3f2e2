"""Random search without replacement, exactly: what others are measured against.

What counts is the best so far as a share of the optimum's speed.  A config that failed is a draw,
too; it has no speed, so its share is 0, and so is that of a search that has no result yet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tvmtune.records.recorded_space import RecordedSpace

AHEAD = 6
"""Candidates under way at most while builds and runs overlap; that of `replay`."""

_ROWS = 64


def ranked_shares(space: RecordedSpace) -> NDArray[np.float64]:
    """Shares of the optimum's speed, shape (n,), best first; 0 for configs that failed."""
    return -np.sort(-_shares(space))


def expected_best(ranked: NDArray[np.float64], draws: NDArray[np.int64]) -> NDArray[np.float64]:
    """The expected best of random draws without replacement.

    E[best of M] = sum over i of x_i C(N - i, M - 1) / C(N, M), for x_1, ..., x_N from the best to
    the worst; the weights follow from p_1 = M / N and p_(i+1) = p_i (N - i - M + 1) / (N - i).

    Parameters
    ----------
    ranked
        Shape (n,), float64: all that can be drawn, the best first.
    draws
        Shape (m,): how many are drawn, from 1; more than n are n.

    Returns
    -------
    ndarray
        Shape (m,), float64.
    """
    found = np.empty(len(draws))
    for begin in range(0, len(draws), _ROWS):
        part = np.minimum(draws[begin : begin + _ROWS], len(ranked))
        found[begin : begin + _ROWS] = _first_weights(part, len(ranked)) @ ranked
    return found


def expected_draws(configs: int, enough: int) -> float:
    """The expected number of draws until one of those that are good enough: (N + 1) / (K + 1)."""
    return (configs + 1) / (enough + 1)


@dataclass(frozen=True, slots=True, eq=False)
class RandomSearches:
    """Random searches of a recorded space, simulated on the clock of a replay.

    Parameters
    ----------
    told_s
        Shape (orders, trials): when each result was there.
    best_share
        Shape (orders, trials): the best share of the optimum's speed until then.
    """

    told_s: NDArray[np.float64]
    best_share: NDArray[np.float64]

    def seconds_of(self, trials: int) -> float:
        """What as many trials take, by the mean."""
        return float(self.told_s[:, trials - 1].mean())

    def expected_at(self, grid_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """The mean best share after as many seconds, shape (g,)."""
        total = np.zeros(len(grid_s))
        for told_s, best_share in zip(self.told_s, self.best_share, strict=True):
            counts = np.searchsorted(told_s, grid_s, side="right")
            total += np.concatenate([[0.0], best_share])[counts]
        mean: NDArray[np.float64] = total / len(self.told_s)
        return mean


def simulate(
    space: RecordedSpace, trials: int, orders: int, rng: np.random.Generator
) -> RandomSearches:
    """Let random searches run on a recorded space, with the clock of `replay` and no thinking.

    Parameters
    ----------
    space
        What was measured.
    trials
        Of each search; at most the configs of the space.
    orders
        How many searches.
    rng
        Draws the orders.
    """
    rows = np.array([rng.permutation(len(space))[:trials] for _ in range(orders)])
    overlap = bool(space.origin.get("settings", {}).get("overlap", False))
    return RandomSearches(
        told_s=told_seconds(space.build_s[rows], space.run_s[rows], overlap=overlap),
        best_share=np.maximum.accumulate(_shares(space)[rows], axis=1),
    )


def told_seconds(
    build_s: NDArray[np.float64], run_s: NDArray[np.float64], *, overlap: bool
) -> NDArray[np.float64]:
    """When each result is there where proposing takes no time, all of shape (orders, trials).

    Builds and runs follow each other, or overlap with `AHEAD` candidates under way at most.
    """
    if not overlap:
        return np.cumsum(build_s + run_s, axis=1)
    told_s, built_s = np.zeros(build_s.shape), np.zeros(len(build_s))
    for trial in range(build_s.shape[1]):
        asked_s = told_s[:, trial - AHEAD] if trial >= AHEAD else np.zeros(len(build_s))
        last_s = told_s[:, trial - 1] if trial else np.zeros(len(build_s))
        built_s = np.maximum(asked_s, built_s) + build_s[:, trial]
        told_s[:, trial] = np.maximum(built_s, last_s) + run_s[:, trial]
    return told_s


def _shares(space: RecordedSpace) -> NDArray[np.float64]:
    times_s = space.times_s
    shares: NDArray[np.float64] = space.best_s / np.where(np.isnan(times_s), np.inf, times_s)
    return shares


def _first_weights(draws: NDArray[np.int64], n: int) -> NDArray[np.float64]:
    """Shape (m, n): how probable it is that the i-th of n is the best of as many draws."""
    places = np.arange(1, n)
    steps = (n - places - draws[:, np.newaxis] + 1) / (n - places)
    first = draws[:, np.newaxis] / n
    weights: NDArray[np.float64] = np.cumprod(
        np.concatenate([first, np.maximum(steps, 0.0)], axis=1), axis=1
    )
    return weights
