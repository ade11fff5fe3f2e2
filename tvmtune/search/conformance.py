"""Whether a strategy keeps its contract: one suite for all, those of other packages included.

With pytest::

    from tvmtune.search.conformance import CHECKS

    @pytest.mark.parametrize("check", CHECKS)
    def test_conformance(check):
        CHECKS[check](MySearch)

Without it, `check_strategy` runs them all.  The strategies search a domain that costs nothing
(`tvmtune.search.synthetic_domain`).  A strategy that computes for ever without looking at its
domain makes a check wait for ever, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from tvmtune.errors import ConformanceError, SearchError
from tvmtune.search.base import Proposal, Proposer, Strategy
from tvmtune.search.global_generators import seeded_globally, states_of_generators
from tvmtune.search.synthetic_domain import (
    SMALL_RADICES,
    Cost,
    SyntheticDomain,
    cost_s,
    drive,
)
from tvmtune.search_spaces.space import Domain, Points

Make: TypeAlias = Callable[[Domain, int], Strategy]
"""Makes the strategy of a domain and a seed; a class without options is one itself."""

TRIALS = 120
"""Proposals of a check, where the domain is not searched whole."""

_MOST_LOOKS = 20_000
_AFTER_THE_LAST = "proposed another point after all had been proposed"


@dataclass(frozen=True, slots=True)
class Check:
    """A rule of the contract, and what finds out whether a strategy keeps it.

    Attributes
    ----------
    rule
        In the words of `tvmtune.search.base.Strategy`.
    examine
        Raises `ConformanceError` with what the strategy did.
    """

    rule: str
    examine: Callable[[Make, int], None]

    def __call__(self, make: Make, trials: int = TRIALS) -> None:
        """Check a strategy.

        Parameters
        ----------
        make
            Makes it.
        trials
            How many proposals are looked at, where the domain is not searched whole; at least 8.

        Raises
        ------
        ConformanceError
            If it breaks the rule, or fails.
        """
        try:
            self.examine(make, trials)
        except ConformanceError as error:
            raise ConformanceError(f"{error} (the contract: {self.rule})") from error.__cause__
        except Exception as error:
            said = " ".join(str(error).split())
            raise ConformanceError(
                f"failed: {type(error).__name__}: {said} (the contract: {self.rule})"
            ) from error


def check_strategy(make: Make, *, trials: int = TRIALS) -> None:
    """Run all checks on a strategy.

    Parameters
    ----------
    make, trials
        As for `Check`.

    Raises
    ------
    ConformanceError
        If it breaks any rule: names each check that failed, and how.
    """
    failures = []
    for name, check in CHECKS.items():
        try:
            check(make, trials)
        except ConformanceError as error:
            failures.append(f"{name}: {error}")
    if failures:
        count = f"{len(failures)} of {len(CHECKS)} checks failed"
        raise ConformanceError(f"{count}: {'; '.join(failures)}")


def _valid_and_new(make: Make, trials: int) -> None:
    domain = SyntheticDomain()
    proposals = _searched(make(domain, 0), cost_s, trials, batch=13)
    for proposal in proposals:
        _check_form(proposal, domain)
    _check_all_new(domain, proposals)
    _check_valid(domain, proposals)


def _defaults_first(make: Make, trials: int) -> None:
    domain = SyntheticDomain(templates=3)
    strategy = make(domain, 0)
    first = _asked(strategy, 1) + _asked(strategy, 4)
    found = [proposal.point.tolist() for proposal in first[:3]]
    wanted = domain.defaults().tolist()
    _require(found == wanted, f"began with the points {found}, the defaults are {wanted}")
    proposers = [proposal.proposer == "default" for proposal in first]
    _require(proposers == [True] * 3 + [False] * 2, "marked others than the defaults as default")


def _told_defaults(make: Make, trials: int) -> None:
    domain = SyntheticDomain(templates=3)
    strategy = make(domain, 0)
    told = domain.defaults()[1:]
    strategy.tell(told, cost_s(told))
    (first, *_) = _asked(strategy, 5)
    _require(
        np.array_equal(first.point, domain.defaults()[0]),
        f"began with {first.point.tolist()}, the default that it was not told is "
        f"{domain.defaults()[0].tolist()}",
    )


def _exhausts(make: Make, trials: int) -> None:
    for batch in (1, 7, 1000):
        domain = _SmallDomain()
        strategy = make(domain, 0)
        proposals = _all(strategy, domain, batch)
        _check_all_new(domain, proposals)
        _check_complete(domain, proposals)
        _require(not strategy.ask(1), _AFTER_THE_LAST)


def _exhausts_untold(make: Make, trials: int) -> None:
    domain = _SmallDomain()
    strategy = make(domain, 0)
    proposals = strategy.ask(10**6)
    _check_all_new(domain, proposals)
    _check_complete(domain, proposals)
    _require(not strategy.ask(1), _AFTER_THE_LAST)


def _tiny_spaces(make: Make, trials: int) -> None:
    for values in (2, 1):
        domain = SyntheticDomain(radices=(1, values, *(1,) * 7), templates=1)
        count = len(make(domain, 0).ask(5))
        _require(count == values, f"a domain of {values} points: proposed {count}")


def _everything_fails(make: Make, trials: int) -> None:
    domain = SyntheticDomain()
    proposals = _searched(make(domain, 0), lambda points: np.full(len(points), np.nan), trials)
    _check_all_new(domain, proposals)
    _check_valid(domain, proposals)


def _late_results(make: Make, trials: int) -> None:
    domain, rng = SyntheticDomain(), np.random.default_rng(5)
    strategy = make(domain, 0)
    asked: list[Proposal] = []
    waiting: list[Proposal] = []
    while len(asked) < trials:
        new = _asked(strategy, 10)
        _require(bool(new), f"ended after {len(asked)} proposals while results were outstanding")
        asked, waiting = asked + new, waiting + new
        order = rng.permutation(len(waiting))
        told, waiting = [waiting[i] for i in order[:7]], [waiting[i] for i in order[7:]]
        points = _points(told)
        strategy.tell(points, cost_s(points))
    _check_all_new(domain, asked)
    _check_valid(domain, asked)


def _heeds_told(make: Make, trials: int) -> None:
    domain = _SmallDomain()
    told = np.concatenate([domain.defaults()[1:], np.stack(list(domain.scan(0)))[::3]])
    strategy = make(domain, 0)
    before = _asked(strategy, 3)
    strategy.tell(told, cost_s(told))
    after = _all(strategy, domain, 16)
    known = set(domain.keys(told))
    again = [p for p in after if domain.keys(p.point[np.newaxis])[0] in known]
    _require(not again, f"proposed a point that it had been told: {_text(again)}")
    _check_all_new(domain, before + after)
    _check_complete(domain, before + after, known)


def _strange_results(make: Make, trials: int) -> None:
    domain = SyntheticDomain()
    strategy = make(domain, 0)
    points = domain.sample(np.random.default_rng(0), 40)
    strategy.tell(points, cost_s(points))
    strategy.tell(points[::-1], cost_s(points)[::-1])
    strange = points[:3].copy()
    strange[:, 1:3] = (5, 5)
    strategy.tell(strange, np.full(3, 1e-9))
    _check_valid(domain, _searched(strategy, cost_s, trials))


def _sizes_of_asks(make: Make, trials: int) -> None:
    count = min(trials, 64)
    together = _texts(_asked(make(SyntheticDomain(), 3), count))
    one_by_one = make(SyntheticDomain(), 3)
    singly = _texts([p for _ in range(count) for p in _asked(one_by_one, 1)])
    _check_same(together, singly, f"asked for {count} at once, and one at a time")


def _deterministic(make: Make, trials: int) -> None:
    one, other = (_texts(_searched(make(SyntheticDomain(), 7), cost_s, trials)) for _ in "ab")
    _check_same(one, other, "with one seed and the same results")


def _own_generator(make: Make, trials: int) -> None:
    runs = []
    for seed in (1, 2):
        with seeded_globally(seed):
            before = states_of_generators()
            runs.append(_texts(_searched(make(SyntheticDomain(), 3), cost_s, trials)))
            drew = states_of_generators() != before
        _require(not drew, "drew from the global generators of random or numpy.random")
    _check_same(runs[0], runs[1], "with the global generators in another state")


def _refusals(make: Make, trials: int) -> None:
    strategy = make(SyntheticDomain(), 0)
    points = SyntheticDomain().defaults()
    _require(strategy.ask(0) == [], "proposed something when asked for nothing")
    strategy.tell(points[:0], np.zeros(0))
    _check_refused(lambda: strategy.ask(-1), "was asked for -1 proposals")
    _check_refused(lambda: strategy.tell(points[:, 1:], np.ones(2)), "was told points too narrow")
    _check_refused(lambda: strategy.tell(points, np.ones(3)), "was told 3 costs of 2 points")
    for cost in (0.0, -1.0, np.inf):
        tell = partial(strategy.tell, points, np.array([1.0, cost]))
        _check_refused(tell, f"was told a cost of {cost} s")


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "valid and new": Check(
            "each proposal is valid and is a point that was neither asked nor told before",
            _valid_and_new,
        ),
        "defaults first": Check("the domain's default points come first", _defaults_first),
        "defaults told": Check("default points told before are excepted", _told_defaults),
        "exhausts": Check("every valid point of a small space is proposed once", _exhausts),
        "exhausts untold": Check(
            "ask may be called while results are outstanding, for any number", _exhausts_untold
        ),
        "tiny spaces": Check("fewer, or none, when it finds no more points", _tiny_spaces),
        "everything fails": Check("failures are results too", _everything_fails),
        "late results": Check(
            "tell takes results in any order, some, all or none of those asked", _late_results
        ),
        "heeds what it is told": Check(
            "a point that was told is not proposed, even if it was never asked", _heeds_told
        ),
        "strange results": Check(
            "a point told again gets the new cost; points of an earlier run may be invalid now",
            _strange_results,
        ),
        "sizes of asks": Check(
            "how many are asked for at a time decides nothing else than that", _sizes_of_asks
        ),
        "deterministic": Check(
            "the same domain, seed and results give the same proposals", _deterministic
        ),
        "own generator": Check("it draws random numbers from rng only", _own_generator),
        "refusals": Check("ask and tell refuse what makes no sense with SearchError", _refusals),
    }
)
"""The checks by name, the plainest first."""


class _SmallDomain(SyntheticDomain):
    """A domain of few points that cannot be looked at for ever."""

    def __init__(self) -> None:
        super().__init__(radices=SMALL_RADICES)
        self._looks = 0

    def keys(self, points: Points) -> list[bytes]:
        self._looks += 1
        if self._looks > _MOST_LOOKS:
            raise ConformanceError(
                f"still looks for points after {_MOST_LOOKS} calls of Domain.keys; where all were "
                "proposed, _plan gives none"
            )
        return super().keys(points)


def _require(condition: bool, how: str) -> None:
    if not condition:
        raise ConformanceError(how)


def _asked(strategy: Strategy, n: int) -> list[Proposal]:
    """Proposals of a domain that has more than enough."""
    found = strategy.ask(n)
    _require(len(found) == n, f"gave {len(found)} proposals when asked for {n}, with many left")
    return found


def _searched(strategy: Strategy, cost: Cost, trials: int, batch: int = 16) -> list[Proposal]:
    """The proposals of a search in a domain that has more than enough."""
    proposals, _ = drive(strategy, cost, trials, batch)
    count = len(proposals)
    _require(count == trials, f"gave {count} proposals when asked for {trials}, with many left")
    return proposals


def _all(strategy: Strategy, domain: Domain, batch: int) -> list[Proposal]:
    """The proposals of a search to the end, and some more where it does not end."""
    enough = sum(1 for _ in domain.scan(0)) + 1
    return drive(strategy, cost_s, enough, batch)[0]


def _points(proposals: list[Proposal]) -> NDArray[np.int64]:
    return np.stack([proposal.point for proposal in proposals])


def _text(proposals: list[Proposal]) -> str:
    return str(proposals[0].point.tolist()) if proposals else ""


def _texts(proposals: list[Proposal]) -> list[tuple[list[int], str, float | None]]:
    return [(p.point.tolist(), p.proposer, p.predicted) for p in proposals]


def _check_form(proposal: Proposal, domain: Domain) -> None:
    point, predicted = np.asarray(proposal.point), proposal.predicted
    _require(
        point.shape == (domain.width,) and point.dtype == np.int64,
        f"proposed a point of shape {point.shape} and {point.dtype}: give ({domain.width},), int64",
    )
    known = get_args(Proposer)
    _require(
        proposal.proposer in known,
        f"proposed by {proposal.proposer!r}: give one of {', '.join(known)}",
    )
    _require(
        predicted is None or bool(np.isfinite(predicted)),
        f"predicted {predicted}: give a finite score, or None",
    )


def _check_all_new(domain: Domain, proposals: list[Proposal]) -> None:
    seen: set[bytes] = set()
    for key, proposal in zip(domain.keys(_points(proposals)), proposals, strict=True):
        _require(key not in seen, f"proposed a point twice: {_text([proposal])}")
        seen.add(key)


def _check_valid(domain: Domain, proposals: list[Proposal]) -> None:
    valid = domain.valid(_points(proposals))
    wrong = [proposal for proposal, good in zip(proposals, valid, strict=True) if not good]
    _require(not wrong, f"proposed a point that is not valid: {_text(wrong)}")


def _check_complete(
    domain: Domain, proposals: list[Proposal], known: frozenset[bytes] | set[bytes] = frozenset()
) -> None:
    _check_valid(domain, proposals)
    every = {domain.keys(point[np.newaxis])[0] for point in domain.scan(0)}
    missing = len(every - set(domain.keys(_points(proposals))) - known)
    _require(not missing, f"ended with {missing} of {len(every)} points never proposed")


def _check_same(one: Sequence[object], other: Sequence[object], when: str) -> None:
    for place, (a, b) in enumerate(zip(one, other, strict=True)):
        _require(a == b, f"{when}: proposal {place} is {a}, and then {b}")


def _check_refused(call: Callable[[], object], what: str) -> None:
    try:
        call()
    except SearchError:
        return
    raise ConformanceError(f"{what}, and did not raise SearchError")
