"""Optuna's samplers as strategies; the only file that imports it.

Optuna knows neither constraints of a space nor that a config is measured once only.  So what it
asks for and is not valid stands for the nearest valid point; a point whose time is known is
answered at once, and another one is asked for.
"""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tvmtune.errors import SearchError
from tvmtune.search.base import Proposal, Strategy
from tvmtune.search.variation import mutated, neighbours
from tvmtune.search_spaces.space import Axis, Domain, Points

if TYPE_CHECKING:
    import optuna

_ASKS = 16
"""Times that a sampler is asked before the nearest new point is proposed."""
_POOL = 256
"""Random points near to one that is not valid, of which the nearest valid one is taken."""
_FAILED = 2.0
"""A config that failed counts as slower than the slowest by this factor."""


class OptunaSearch(Strategy):
    """A sampler of Optuna's: knobs with an order as integers, the others as categories.

    There is a study for each template.  Costs are told as logarithms.

    Parameters
    ----------
    domain, seed
        As for `Strategy`.

    Raises
    ------
    SearchError
        If Optuna, or what the sampler needs, is not installed.

    References
    ----------
    T. Akiba et al., "Optuna: A Next-generation Hyperparameter Optimization Framework", KDD 2019.
    """

    needs: ClassVar[tuple[str, ...]] = ("optuna",)
    categories: ClassVar[bool] = True

    def __init__(self, domain: Domain, seed: int = 0) -> None:
        super().__init__(domain, seed)
        missing = [package for package in self.needs if find_spec(package) is None]
        if missing:
            raise SearchError(
                f"strategy {self.name} needs {' and '.join(missing)}: pip install "
                f"'tvmtune[experiments]' {' '.join(p for p in missing if p == 'torch')}".rstrip()
            )
        self._studies = [
            _Study(self._made_sampler(seed + template), domain.axes(template), self.categories)
            for template in range(domain.templates)
        ]
        self._open: dict[bytes, tuple[int, optuna.Trial]] = {}
        self._slowest = -np.inf

    def tell(self, points: NDArray[np.int64], costs_s: NDArray[np.float64]) -> None:
        """Take results; see `Strategy.tell`."""
        known = [key in self._history for key in self.domain.keys(points)] if len(points) else []
        super().tell(points, costs_s)
        ran = costs_s[~np.isnan(costs_s)]
        self._slowest = max([self._slowest, *np.log(ran).tolist()])
        for key, point, cost_s, was in zip(
            self.domain.keys(points), points, costs_s.tolist(), known, strict=True
        ):
            value = self._value(cost_s)
            if key in self._open:
                template, trial = self._open.pop(key)
                self._studies[template].tell(trial, value)
            elif not was and value is not None and self._has(point):
                self._studies[int(point[0])].add(point, value)

    @abstractmethod
    def _sampler(self, seed: int) -> optuna.samplers.BaseSampler:
        """The sampler, seeded."""

    def _made_sampler(self, seed: int) -> optuna.samplers.BaseSampler:
        with warnings.catch_warnings():  # some are called experimental
            warnings.simplefilter("ignore")
            return self._sampler(seed)

    def _plan(self) -> Sequence[Proposal]:
        (template,) = self._divide(1)
        for last in range(_ASKS, 0, -1):
            trial, wanted = self._studies[template].ask(template, self.domain.width)
            nearest = self._nearest(wanted)
            key = b"" if nearest is None else self.domain.keys(nearest[np.newaxis])[0]
            if nearest is not None and key in self._history and last > 1:
                self._studies[template].tell(trial, self._value(self._history.cost_of(key)))
                continue
            if nearest is None or key in self._seen:
                nearest = self._nearest(wanted, new=True)
            if nearest is None:
                self._studies[template].tell(trial, None)
                break
            self._open[self.domain.keys(nearest[np.newaxis])[0]] = template, trial
            return [Proposal(nearest, "search")]
        return self._random(1)

    def _nearest(self, wanted: NDArray[np.int64], *, new: bool = False) -> Points | None:
        """The valid point nearest to one, a new one if need be; None if none was found."""
        if not new and self.domain.valid(wanted[np.newaxis])[0]:
            return wanted
        axes = self.domain.axes(int(wanted[0]))
        rng = np.random.default_rng([self.seed, *wanted.tolist()])
        pool = np.repeat(wanted[np.newaxis], _POOL, axis=0)
        pool = np.concatenate(
            [
                neighbours(wanted, axes),
                mutated(pool, self.domain, rng, more=0.7),
                self.domain.sample(rng, _POOL, [int(wanted[0])]),
            ]
        )
        pool = self._fresh(pool) if new else pool[self.domain.valid(pool)]
        spans = np.array([max(axis.size - 1, 1) for axis in axes])
        if not len(pool):
            return None
        distance = (np.abs(pool - wanted)[:, 1 : 1 + len(axes)] / spans).sum(axis=1)
        found: Points = pool[int(distance.argmin())]
        return found

    def _value(self, cost_s: float) -> float | None:
        """What a sampler is told; None where a failure cannot be valued yet."""
        if np.isfinite(cost_s):
            return float(np.log(cost_s))
        return self._slowest + float(np.log(_FAILED)) if np.isfinite(self._slowest) else None

    def _has(self, point: NDArray[np.int64]) -> bool:
        """Whether a study has a place for a point, valid or not."""
        if not 0 <= point[0] < self.domain.templates:
            return False
        axes = self.domain.axes(int(point[0]))
        return all(0 <= digit < axis.size for digit, axis in zip(point[1:], axes, strict=False))


class TPESearch(OptunaSearch):
    """Optuna's tree-structured Parzen estimator.

    References
    ----------
    J. Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NeurIPS 2011.
    """

    name = "tpe"

    def _sampler(self, seed: int) -> optuna.samplers.BaseSampler:
        import optuna

        return optuna.samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True)


class GaussianProcessSearch(OptunaSearch):
    """Optuna's Bayesian optimisation by a Gaussian process; its time grows with the cube of trials.

    References
    ----------
    J. Snoek, H. Larochelle, R. P. Adams, "Practical Bayesian Optimization of Machine Learning
    Algorithms", NeurIPS 2012.
    """

    name = "gp"
    needs = ("optuna", "torch", "scipy")

    def _sampler(self, seed: int) -> optuna.samplers.BaseSampler:
        import optuna

        return optuna.samplers.GPSampler(seed=seed)


class CovarianceMatrixSearch(OptunaSearch):
    """Optuna's CMA-ES, with margins that keep integers moving; categories as integers, too.

    References
    ----------
    R. Hamano et al., "CMA-ES with Margin: Lower-Bounding Marginal Probability for Mixed-Integer
    Black-Box Optimization", GECCO 2022.
    """

    name = "cmaes"
    needs = ("optuna", "cmaes")
    categories = False

    def _sampler(self, seed: int) -> optuna.samplers.BaseSampler:
        import optuna

        return optuna.samplers.CmaEsSampler(
            seed=seed, with_margin=True, n_startup_trials=10, warn_independent_sampling=False
        )


class NonDominatedSortingSearch(OptunaSearch):
    """Optuna's NSGA-II, of one objective here: a genetic algorithm.

    References
    ----------
    K. Deb et al., "A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II", IEEE Transactions
    on Evolutionary Computation 6 (2002).
    """

    name = "nsga2"

    def _sampler(self, seed: int) -> optuna.samplers.BaseSampler:
        import optuna

        return optuna.samplers.NSGAIISampler(seed=seed, population_size=24)


class _Study:
    """Optuna's study of one template."""

    def __init__(
        self, sampler: optuna.samplers.BaseSampler, axes: Sequence[Axis], categories: bool
    ) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)  # it announces each study
        self._study = optuna.create_study(sampler=sampler)
        self._distributions: dict[str, Any] = {
            str(place): optuna.distributions.IntDistribution(0, axis.size - 1)
            if axis.ordered or not categories
            else optuna.distributions.CategoricalDistribution(tuple(range(axis.size)))
            for place, axis in enumerate(axes, start=1)
            if axis.size > 1
        }

    def ask(self, template: int, width: int) -> tuple[optuna.Trial, NDArray[np.int64]]:
        """A trial, and the point that it is about."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is experimental says so each time
            trial = self._study.ask(self._distributions)
        point = np.zeros(width, np.int64)
        point[0] = template
        for place, digit in trial.params.items():
            point[int(place)] = digit
        return trial, point

    def tell(self, trial: optuna.Trial, value: float | None) -> None:
        """The result of a trial; None: it failed."""
        import optuna

        state = optuna.trial.TrialState.FAIL if value is None else None
        self._study.tell(trial, value, state=state)

    def add(self, point: NDArray[np.int64], value: float) -> None:
        """A result of a point that was never asked for."""
        import optuna

        params = {place: int(point[int(place)]) for place in self._distributions}
        self._study.add_trial(
            optuna.trial.create_trial(params=params, distributions=self._distributions, value=value)
        )
