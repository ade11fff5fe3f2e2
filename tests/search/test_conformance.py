"""The shipped suite finds what is wrong with a strategy."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tvmtune.errors import ConformanceError, TvmtuneError
from tvmtune.search.base import Proposal, Strategy
from tvmtune.search.conformance import CHECKS, check_strategy
from tvmtune.search.conformance_program import check_every_process, main
from tvmtune.search.global_generators import seeded_globally, states_of_generators
from tvmtune.search.random import RandomSearch
from tvmtune.search.synthetic_domain import SyntheticDomain
from tvmtune.search_spaces.space import Domain


class Repeats(RandomSearch):
    def ask(self, n: int) -> list[Proposal]:
        found = super().ask(n)
        return [*found[:-1], found[0]] if len(found) > 4 else found


class ProposesInvalid(RandomSearch):
    def _plan(self) -> Sequence[Proposal]:
        planned = super()._plan()
        for proposal in planned[:1]:
            proposal.point[1:3] = (5, 5)
        return planned


class RunsForEver(RandomSearch):
    def _plan(self) -> Sequence[Proposal]:
        known = [Proposal(self.domain.defaults()[0], "search")]
        return super()._plan() if len(self._seen) < 50 else known


class GivesUpEarly(RandomSearch):
    def _plan(self) -> Sequence[Proposal]:
        return super()._plan() if len(self._seen) < 70 else []


class GivesUpAtOnce(RandomSearch):
    def _plan(self) -> Sequence[Proposal]:
        return []


class NeverEnds(RandomSearch):
    def ask(self, n: int) -> list[Proposal]:
        return super().ask(n) or [Proposal(self.domain.defaults()[0], "search")] * n


class IgnoresTold(RandomSearch):
    def tell(self, points: Any, costs_s: Any) -> None:
        return


class ForgetsDefaults(RandomSearch):
    def __init__(self, domain: Domain, seed: int = 0) -> None:
        super().__init__(domain, seed)
        self._queue.clear()


class CallsAllDefaults(RandomSearch):
    def ask(self, n: int) -> list[Proposal]:
        return [replace(proposal, proposer="default") for proposal in super().ask(n)]


class InsistsOnDefaults(RandomSearch):
    def ask(self, n: int) -> list[Proposal]:
        self._seen -= set(self.domain.keys(self.domain.defaults()))
        return super().ask(n)


class IsNotDeterministic(RandomSearch):
    runs = count()

    def __init__(self, domain: Domain, seed: int = 0) -> None:
        super().__init__(domain, seed + next(self.runs))


class DependsOnSizes(RandomSearch):
    def ask(self, n: int) -> list[Proposal]:
        self.rng.random(n)
        self._queue.extend(sorted(self._queue, key=lambda one: one[0]) if n > 1 else ())
        return super().ask(n)[::-1] if n > 8 else super().ask(n)


class WantsResultsAtOnce(RandomSearch):
    def ask(self, n: int) -> list[Proposal]:
        waiting = len(self._seen) - len(self._history)
        if waiting:
            raise KeyError(f"{waiting} results")
        return super().ask(n)


class StopsWhileWaiting(RandomSearch):
    def ask(self, n: int) -> list[Proposal]:
        return super().ask(n) if len(self._history) >= len(self._seen) - 20 else []


class UsesGlobalGenerator(RandomSearch):
    def _plan(self) -> Sequence[Proposal]:
        planned = list(super()._plan())
        random.shuffle(planned)
        return planned


class UsesGlobalStateSecretly(RandomSearch):
    def _plan(self) -> Sequence[Proposal]:
        planned = list(super()._plan())
        state = np.random.get_state()
        order = np.random.permutation(len(planned))
        np.random.set_state(state)
        return [planned[place] for place in order]


class CannotFail(RandomSearch):
    def tell(self, points: Any, costs_s: Any) -> None:
        super().tell(points, costs_s)
        if len(costs_s) and np.isnan(costs_s).all():
            raise ValueError("all-nan slice")


class TrustsInvalid(RandomSearch):
    def _plan(self) -> Sequence[Proposal]:
        leaders = self._history.leaders(1)
        leaders[:, 3] += 1
        return [*(Proposal(point, "search") for point in leaders), *super()._plan()]


class RefusesNothing(RandomSearch):
    def ask(self, n: int) -> list[Proposal]:
        return super().ask(max(n, 0))


class AnswersZero(RandomSearch):
    def ask(self, n: int) -> list[Proposal]:
        return super().ask(max(n, 1))


class NarrowPoints(RandomSearch):
    def ask(self, n: int) -> list[Proposal]:
        return [replace(p, point=p.point.astype(np.int32)) for p in super().ask(n)]


class UnknownProposer(RandomSearch):
    def ask(self, n: int) -> list[Proposal]:
        return [replace(p, proposer="me") for p in super().ask(n)]  # type: ignore[arg-type]


class PredictsNothing(RandomSearch):
    def ask(self, n: int) -> list[Proposal]:
        return [replace(p, predicted=float("nan")) for p in super().ask(n)]


BROKEN: list[tuple[type[Strategy], str, str]] = [
    (Repeats, "valid and new", "proposed a point twice: [0, 0, 1, 0"),
    (ProposesInvalid, "valid and new", "proposed a point that is not valid: [0, 5, 5, "),
    (ProposesInvalid, "everything fails", "proposed a point that is not valid"),
    (NarrowPoints, "valid and new", "shape (10,) and int32: give (10,), int64"),
    (UnknownProposer, "valid and new", "proposed by 'me': give one of default, random"),
    (PredictsNothing, "valid and new", "predicted nan: give a finite score, or None"),
    (GivesUpEarly, "valid and new", "gave 82 proposals when asked for 100, with many left"),
    (ForgetsDefaults, "defaults first", "began with the points [["),
    (CallsAllDefaults, "defaults first", "marked others than the defaults as default"),
    (ForgetsDefaults, "defaults told", "the default that it was not told is [0, 0, 1, 0"),
    (RunsForEver, "exhausts", "still looks for points after 20000 calls of Domain.keys"),
    (NeverEnds, "exhausts", "proposed a point twice"),
    (NeverEnds, "exhausts untold", "proposed another point after all had been proposed"),
    (GivesUpEarly, "exhausts", "points never proposed"),
    (GivesUpAtOnce, "exhausts untold", "points never proposed"),
    (GivesUpAtOnce, "tiny spaces", "a domain of 2 points: proposed 1"),
    (CannotFail, "everything fails", "failed: ValueError: all-nan slice (the contract: failures"),
    (WantsResultsAtOnce, "late results", "failed: KeyError: '3 results' (the contract: tell "),
    (StopsWhileWaiting, "late results", "gave 0 proposals when asked for 10"),
    (IgnoresTold, "heeds what it is told", "proposed a point that it had been told: ["),
    (InsistsOnDefaults, "heeds what it is told", "proposed a point that it had been told: ["),
    (TrustsInvalid, "strange results", "proposed a point that is not valid: ["),
    (DependsOnSizes, "sizes of asks", "asked for 64 at once, and one at a time: proposal 0 is ("),
    (IsNotDeterministic, "deterministic", "with one seed and the same results: proposal "),
    (UsesGlobalGenerator, "own generator", "drew from the global generators of random or numpy"),
    (UsesGlobalStateSecretly, "own generator", "with the global generators in another state: "),
    (RefusesNothing, "refusals", "was asked for -1 proposals, and did not raise SearchError"),
    (IgnoresTold, "refusals", "was told points too narrow, and did not raise SearchError"),
    (AnswersZero, "refusals", "proposed something when asked for nothing"),
]


@pytest.mark.parametrize(("kind", "check", "message"), BROKEN)
def test_a_broken_strategy_is_found(kind: type[Strategy], check: str, message: str) -> None:
    with pytest.raises(ConformanceError) as caught:
        CHECKS[check](kind, 100)
    assert message in str(caught.value)
    assert f"(the contract: {CHECKS[check].rule})" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_check_finds_something() -> None:
    assert {check for _, check, _ in BROKEN} == set(CHECKS)


def test_errors_are_failures_of_a_test() -> None:
    assert issubclass(ConformanceError, AssertionError)
    assert issubclass(ConformanceError, TvmtuneError)


def test_all_checks_at_once() -> None:
    check_strategy(RandomSearch, trials=40)
    with pytest.raises(ConformanceError, match=r"^2 of 14 checks failed: everything fails: .*; "):
        check_strategy(CannotFailOrRefuse, trials=40)


class CannotFailOrRefuse(CannotFail, RefusesNothing):
    pass


def test_global_generators_are_left_alone() -> None:
    before = states_of_generators()
    with seeded_globally(5):
        assert states_of_generators() != before
        CHECKS["own generator"](RandomSearch, 20)
    assert states_of_generators() == before


HASHING = """
from tvmtune.search.base import Proposal
from tvmtune.search.random import RandomSearch

number = 1

class Hashing(RandomSearch):
    name = "hashing"

    def _plan(self):
        return sorted(super()._plan(), key=lambda proposal: hash(str(proposal.point)))

class Stops(RandomSearch):
    def _plan(self):
        return []

class Fails(RandomSearch):
    def _plan(self):
        raise ValueError("no plan")

class Plain(RandomSearch):
    def _plan(self):
        return [Proposal(p.point, "model", 0.5) for p in super()._plan()]
"""


@pytest.fixture
def hashing(tmp_path: Path) -> Path:
    path = tmp_path / "hashing.py"
    path.write_text(HASHING)
    return path


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Hashing", r"proposal \d+ is random None .* in one process, and random None .* in anoth"),
        ("Stops", r"hashing.py:Stops: a process made 2 of 20 proposals: no error"),
        ("Fails", r"hashing.py:Fails: a process made 0 of 20 proposals: ValueError: no plan"),
        ("Missing", r"a process made 0 of 20 proposals: .*has no Missing"),
    ],
)
def test_what_differs_between_processes_is_found(name: str, message: str, hashing: Path) -> None:
    with pytest.raises(ConformanceError, match=message):
        check_every_process(f"{hashing}:{name}", trials=20)


def test_processes_agree(
    hashing: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    check_every_process(f"{hashing}:Plain", trials=20)
    monkeypatch.syspath_prepend(hashing.parent)
    check_every_process("hashing:Plain", trials=20)
    main("hashing:Plain", 3, 12)
    assert capsys.readouterr().out.splitlines()[2].startswith("model 0x1.0000000000000p-1 [")


def test_a_process_that_takes_too_long(hashing: Path) -> None:
    with pytest.raises(ConformanceError, match=r"Plain: a process took over 0\.001 s"):
        check_every_process(f"{hashing}:Plain", trials=20, timeout_s=0.001)


def test_the_domain_is_one() -> None:
    domain = SyntheticDomain()
    assert len(domain.feature_names) == domain.features(domain.defaults()).shape[1]
    assert domain.relation_names == domain.feature_names
    assert np.array_equal(domain.relations(domain.defaults()), domain.features(domain.defaults()))
