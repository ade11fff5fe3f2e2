"""Simulated annealing over a score, all chains at once."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tvmtune.search_spaces.space import Domain

Score = Callable[[NDArray[np.int64]], NDArray[np.float64]]
"""From valid points (n, width) to finite scores (n,); higher is better."""

_COLDEST = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnealingOptions:
    """How long and how hot.

    By default 12,000 neighbours are scored for a plan of about eight, eight of a chain at a time:
    a score has a price per call, so few large batches cost less than many small ones.  AutoTVM
    scores 64,000 (128 chains of 500 steps) for one of 64; chains go on where the last plan left
    them, so that many small plans search as far as few large ones.

    Attributes
    ----------
    chains
        Points that move at the same time.
    tries
        Neighbours of each that are scored before it moves to one of them or stays.
    steps
        Most moves.
    temperature
        First and last temperature, between them linear; in standard deviations of the scores of
        random points.
    patience
        Moves without a new point among the best after which annealing stops.
    """

    chains: int = 128
    tries: int = 8
    steps: int = 12
    temperature: tuple[float, float] = (1.0, 0.0)
    patience: int = 12


class BestPoints:
    """The points with the highest scores offered so far, those taken left out.

    Parameters
    ----------
    domain
        Gives points their identity.
    k
        How many are kept.
    taken
        Keys of points that are not wanted.
    """

    def __init__(self, domain: Domain, k: int, taken: Container[bytes]) -> None:
        self._domain = domain
        self._k = k
        self._taken = taken
        self._keys: set[bytes] = set()
        self.points = np.zeros((0, domain.width), np.int64)
        self.scores = np.zeros(0)

    def offer(self, points: NDArray[np.int64], scores: NDArray[np.float64]) -> bool:
        """Keep those that are new and good enough, whatever the sign of their scores.

        Parameters
        ----------
        points
            Shape (n, width), int64, valid.
        scores
            Shape (n,), float64.

        Returns
        -------
        bool
            Whether any was kept.
        """
        if len(self.scores) == self._k:
            better = scores > self.scores[-1]
            points, scores = points[better], scores[better]
        new = []
        for row, key in enumerate(self._domain.keys(points) if len(points) else ()):
            if key not in self._keys and key not in self._taken:
                self._keys.add(key)
                new.append(row)
        if not new:
            return False
        points = np.concatenate([self.points, points[new]])
        scores = np.concatenate([self.scores, scores[new]])
        order = np.argsort(-scores, kind="stable")[: self._k]
        self.points, self.scores = points[order], scores[order]
        return bool((order >= len(points) - len(new)).any())


class _BestOfEach:
    """The points with the highest scores of each template; as `BestPoints`."""

    def __init__(self, domain: Domain, limits: Sequence[int], taken: Container[bytes]) -> None:
        wanted = {number: limit for number, limit in enumerate(limits) if limit}
        self._best = {number: BestPoints(domain, k, taken) for number, k in wanted.items()}

    @property
    def points(self) -> NDArray[np.int64]:
        return np.concatenate([best.points for best in self._best.values()])

    @property
    def scores(self) -> NDArray[np.float64]:
        return np.concatenate([best.scores for best in self._best.values()])

    def offer(self, points: NDArray[np.int64], scores: NDArray[np.float64]) -> bool:
        """Keep those that are new and good enough in their template; say whether any was kept."""
        kept = False
        for number, best in self._best.items():
            own = points[:, 0] == number
            kept |= best.offer(points[own], scores[own])
        return kept


class Annealer:
    """Looks for valid points of high score by chains that persist between plans.

    Each step moves every chain to one of `tries` random neighbours or not at all: one neighbour
    is drawn with the probability of its Boltzmann weight among them, and taken by the rule of
    Metropolis. Scores are divided by the spread of those of random points, so that a temperature
    means the same whatever scale the scores have.

    Parameters
    ----------
    domain
        What is searched.
    rng
        Decides everything random.
    options
        How long and how hot.

    References
    ----------
    S. Kirkpatrick, C. D. Gelatt, M. P. Vecchi, "Optimization by Simulated Annealing", Science 220
    (1983). T. Chen et al., "Learning to Optimize Tensor Programs", NeurIPS 2018, section 3.3.
    """

    def __init__(
        self, domain: Domain, rng: np.random.Generator, options: AnnealingOptions | None = None
    ) -> None:
        self.options = options if options is not None else AnnealingOptions()
        self._domain = domain
        self._rng = rng
        self._chains = np.zeros((0, domain.width), np.int64)

    def run(
        self,
        score: Score,
        k: int | Sequence[int],
        taken: Container[bytes],
        seeds: NDArray[np.int64],
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], float]:
        """Anneal once and say which were the best points on the way.

        Parameters
        ----------
        score
            What to maximise.
        k
            How many points are wanted, of all templates together or of each; where none are
            wanted of a template, no chain stays in it.
        taken
            Keys of points that are not wanted; chains may pass through them.
        seeds
            Shape (m, width): valid points that take the places of the worst chains.

        Returns
        -------
        points : NDArray[np.int64]
            Shape (n, width) with n <= k, the best first, of each template if ``k`` is for each.
        scores : NDArray[np.float64]
            Shape (n,), theirs.
        spread : float
            Standard deviation of the scores of random points; positive.
        """
        best: BestPoints | _BestOfEach = (
            BestPoints(self._domain, k, taken)
            if isinstance(k, int)
            else _BestOfEach(self._domain, k, taken)
        )
        active = None if isinstance(k, int) else [t for t, wanted in enumerate(k) if wanted]
        fresh = self._domain.sample(self._rng, self.options.chains, active)
        if not len(fresh):
            return best.points, best.scores, 1.0
        fresh_scores = score(fresh)
        best.offer(fresh, fresh_scores)
        spread = float(fresh_scores.std()) or 1.0
        if active is not None:
            self._recall(active, fresh)
        current = self._start(score, fresh, seeds)
        idle = 0
        for temperature in np.linspace(*self.options.temperature, self.options.steps):
            heat = max(float(temperature), _COLDEST) * spread
            current, found = self._step(score, current, heat, best)
            idle = 0 if found else idle + 1
            if idle > self.options.patience:
                break
        return best.points, best.scores, spread

    def _recall(self, active: Sequence[int], fresh: NDArray[np.int64]) -> None:
        """Begin chains anew that are in other templates."""
        astray = np.flatnonzero(~np.isin(self._chains[:, 0], active))
        self._chains[astray] = np.resize(fresh, (len(astray), fresh.shape[1]))

    def _start(
        self, score: Score, fresh: NDArray[np.int64], seeds: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Set the chains to where they were, the worst of them to the seeds; give their scores."""
        if not len(self._chains):
            self._chains = np.resize(fresh, (self.options.chains, fresh.shape[1]))
        current = score(self._chains)
        seeds = seeds[: len(current)]
        if len(seeds):
            worst = np.argsort(current, kind="stable")[: len(seeds)]
            self._chains[worst] = seeds
            current[worst] = score(seeds)
        return current

    def _step(
        self,
        score: Score,
        current: NDArray[np.float64],
        heat: float,
        best: BestPoints | _BestOfEach,
    ) -> tuple[NDArray[np.float64], bool]:
        """Move all chains once; give their scores and whether a point came among the best."""
        chains, tries = len(self._chains), self.options.tries
        moved = self._domain.moved(np.repeat(self._chains, tries, axis=0), self._rng)
        scores = np.full(len(moved), -np.inf)
        valid = np.flatnonzero(self._domain.valid(moved))
        if len(valid):
            scores[valid] = score(moved[valid])
        found = best.offer(moved[valid], scores[valid])
        # Adding Gumbel noise and taking the largest draws with Boltzmann's probabilities.
        weights = scores.reshape(chains, tries) / heat
        drawn = (weights + self._rng.gumbel(size=weights.shape)).argmax(axis=1)
        rows = np.arange(chains) * tries + drawn
        gain = (scores[rows] - current) / heat
        accepted = np.log1p(-self._rng.random(chains)) < gain
        self._chains[accepted] = moved[rows[accepted]]
        return np.where(accepted, scores[rows], current), found
