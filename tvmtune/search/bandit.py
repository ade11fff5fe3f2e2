"""A bandit over other strategies."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tvmtune.errors import SearchError
from tvmtune.search.base import Proposal, Strategy
from tvmtune.search.setup import Setup
from tvmtune.search_spaces.space import Domain


@dataclass(frozen=True, slots=True, kw_only=True)
class BanditOptions:
    """What is chosen from, and how.

    Attributes
    ----------
    arms
        Names of strategies.
    block
        Proposals of an arm before another may be chosen.
    window
        Latest results that count.
    exploration
        Weight of what is not known of an arm.
    """

    arms: tuple[str, ...] = ("sa-xgb", "genetic", "local")
    block: int = 4
    window: int = 100
    exploration: float = 0.05


class BanditSearch(Strategy):
    """Gives the next proposals to the strategy that lately brought new bests.

    Every arm is told every result, its own or not.  The credit of an arm is the area under the
    curve of its successes in the window, a success being a result faster than all before it, so
    that late ones count more; to it is added what is not known of an arm that is seldom used.

    Parameters
    ----------
    domain, seed
        As for `Strategy`.
    arms
        Strategies of that domain by name, new.
    options
        How is chosen.

    References
    ----------
    A. Fialho et al., "Analyzing Bandit-based Adaptive Operator Selection Mechanisms", Annals of
    Mathematics and Artificial Intelligence 60 (2010); J. Ansel et al., "OpenTuner: An Extensible
    Framework for Program Autotuning", PACT 2014, section 3.2.
    """

    name = "bandit"
    options_type = BanditOptions

    def __init__(
        self,
        domain: Domain,
        seed: int,
        arms: Mapping[str, Strategy],
        options: BanditOptions | None = None,
    ) -> None:
        super().__init__(domain, seed)
        self.options = options if options is not None else BanditOptions()
        self._arms = dict(arms)
        self._asked: dict[bytes, str] = {}
        self._uses: deque[tuple[str, bool]] = deque(maxlen=self.options.window)
        self._best_s = np.inf
        if not self._arms:
            raise SearchError("strategy bandit needs at least one arm")

    @classmethod
    def make(cls, domain: Domain, setup: Setup) -> Self:
        """Make one with arms of the run's strategies, each of a seed of its own."""
        options = cls.parsed(setup)
        arms = {}
        for place, name in enumerate(options.arms, start=1):
            if name == cls.name:
                raise SearchError("strategy bandit cannot be an arm of itself")
            seed = int(np.random.SeedSequence([setup.seed, place]).generate_state(1)[0])
            arms[name] = setup.strategy(name, domain, replace(setup, seed=seed, options={}))
        return cls(domain, setup.seed, arms, options)

    def tell(self, points: NDArray[np.int64], costs_s: NDArray[np.float64]) -> None:
        """Take results; see `Strategy.tell`."""
        super().tell(points, costs_s)
        for arm in self._arms.values():
            arm.tell(points, costs_s)
        for key, cost_s in zip(self.domain.keys(points), costs_s.tolist(), strict=True):
            better = cost_s < self._best_s
            self._best_s = min(self._best_s, cost_s) if better else self._best_s
            if key in self._asked:
                self._uses.append((self._asked.pop(key), better))

    def _plan(self) -> Sequence[Proposal]:
        while self._arms:
            name = max(self._arms, key=self._merit)
            if found := self._block(name):
                return found
            del self._arms[name]
        return []

    def _block(self, name: str) -> list[Proposal]:
        """The next new proposals of an arm; none where it finds no more."""
        found: list[Proposal] = []
        while len(found) < self.options.block and (asked := self._arms[name].ask(1)):
            (key,) = self.domain.keys(asked[0].point[np.newaxis])
            if key not in self._seen:
                self._asked[key] = name
                found.append(asked[0])
        return found

    def _merit(self, name: str) -> float:
        """The credit of an arm, and what is not known of it."""
        own = [better for used, better in self._uses if used == name]
        waiting = sum(used == name for used in self._asked.values())
        uses = len(own) + waiting
        if not uses:
            return np.inf
        n = len(own)
        area = sum(place for place, better in enumerate(own, start=1) if better)
        credit = 2 * area / (n * (n + 1)) if n else 0.0
        everyone = len(self._uses) + len(self._asked)
        return credit + self.options.exploration * float(np.sqrt(2 * np.log(everyone) / uses))
