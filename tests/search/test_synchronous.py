"""Algorithms that call a function, as strategies."""

from __future__ import annotations

import gc
import random
import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tvmtune.errors import SearchError
from tvmtune.search import synchronous
from tvmtune.search.base import Proposal
from tvmtune.search.synchronous import Algorithm, Evaluate, SearchOverError, SynchronousSearch


def climbing(domain: Any, batch: int = 1) -> Algorithm:
    """Moves to the best of some neighbours, for ever; draws from the global generators."""

    def run(evaluate: Evaluate) -> None:
        rng = np.random.default_rng(random.getrandbits(32))
        best, best_s = domain.defaults()[:1], np.inf
        while True:
            near = domain.moved(np.repeat(best, batch, axis=0), rng)
            if np.random.random() < 0.3:
                near = domain.sample(rng, batch)
            costs = np.where(np.isnan(found := evaluate(near)), np.inf, found)
            if costs.min() < best_s:
                best, best_s = near[[costs.argmin()]], costs.min()

    return run


def ending(domain: Any) -> Algorithm:
    """Asks for three points, then returns."""

    def run(evaluate: Evaluate) -> None:
        for point in domain.sample(np.random.default_rng(1), 3):
            evaluate(point[np.newaxis])

    return run


def waiting(_: Any) -> Algorithm:
    return lambda evaluate: None


MAKERS: tuple[Callable[[Any], Algorithm], ...] = (
    climbing,
    lambda domain: climbing(domain, 7),
    ending,
    waiting,
)


def made(maker: Callable[[Any], Algorithm], domain: Any, seed: int = 0) -> SynchronousSearch:
    return SynchronousSearch(domain, seed, maker(domain))


def small(synthetic: ModuleType) -> Any:
    return synthetic.SyntheticDomain(radices=synthetic.SMALL_RADICES)


def keys_of(domain: Any, proposals: list[Proposal]) -> list[bytes]:
    keys: list[bytes] = domain.keys(np.stack([proposal.point for proposal in proposals]))
    return keys


def all_keys(domain: Any) -> list[bytes]:
    return [domain.keys(point[np.newaxis])[0] for point in domain.scan(0)]


def texts(proposals: list[Proposal]) -> list[Any]:
    return [(p.point.tolist(), p.proposer) for p in proposals]


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Any:
    before = threading.active_count()
    yield
    gc.collect()
    deadline = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before


@pytest.mark.parametrize("maker", MAKERS)
def test_never_repeats_and_proposes_valid_points(maker: Any, synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain()
    with made(maker, domain) as strategy:
        proposals, _ = synthetic.drive(strategy, synthetic.cost_s, 160, batch=13)
    assert len(set(keys_of(domain, proposals))) == len(proposals) == 160
    assert domain.valid(np.stack([p.point for p in proposals])).all()
    assert [p.proposer for p in proposals[:2]] == ["default", "default"]


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("batch", [1, 1000])
def test_exhausts_a_small_space_exactly(maker: Any, batch: int, synthetic: ModuleType) -> None:
    domain = small(synthetic)
    with made(maker, domain) as strategy:
        proposals, _ = synthetic.drive(strategy, synthetic.cost_s, 10**6, batch)
        assert sorted(keys_of(domain, proposals)) == sorted(all_keys(domain))
        assert strategy.ask(1) == []


@pytest.mark.parametrize("maker", MAKERS)
def test_takes_results_in_any_order_and_late(maker: Any, synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain()
    rng = np.random.default_rng(5)
    asked: list[Proposal] = []
    untold: list[Proposal] = []
    with made(maker, domain) as strategy:
        while len(asked) < 150:
            new = strategy.ask(10)
            asked += new
            untold += new
            rng.shuffle(untold)
            told, untold = untold[:7], untold[7:]
            points = np.stack([p.point for p in told])
            strategy.tell(points, synthetic.cost_s(points))
    assert len(set(keys_of(domain, asked))) == 150


@pytest.mark.parametrize("maker", MAKERS)
def test_is_deterministic_whatever_others_draw(maker: Any, synthetic: ModuleType) -> None:
    runs: list[Any] = []
    for seed in (7, 7, 8):
        random.seed(len(runs))
        before = random.getstate()
        with made(maker, synthetic.SyntheticDomain(), seed) as strategy:
            runs.append(texts(synthetic.drive(strategy, synthetic.cost_s, 90, batch=1)[0]))
        assert random.getstate() == before
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize("maker", MAKERS)
def test_the_size_of_asks_changes_nothing(maker: Any, synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain()
    with made(maker, domain, 3) as one, made(maker, domain, 3) as other:
        assert texts(one.ask(40)) == texts([p for _ in range(40) for p in other.ask(1)])


def test_told_at_once_it_proposes_what_the_algorithm_asks_for(synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain()
    with made(climbing, domain) as strategy:
        proposals, _ = synthetic.drive(strategy, synthetic.cost_s, 50, batch=1)
    assert {p.proposer for p in proposals[2:]} == {"search"}


def test_a_batch_is_proposed_together_and_answered_in_its_order(synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain()
    points = domain.sample(np.random.default_rng(3), 6)
    heard: list[NDArray[np.float64]] = []

    def run(evaluate: Evaluate) -> None:
        heard.append(evaluate(points))
        heard.append(evaluate(points[::-1]))

    with SynchronousSearch(domain, 0, run) as strategy:
        first = strategy.ask(9)
        assert [p.proposer for p in first] == ["default"] * 2 + ["search"] * 6 + ["random"]
        assert np.array_equal(np.stack([p.point for p in first[2:8]]), points)
        for place in (4, 0, 2, 5, 3, 1):
            assert not heard
            strategy.tell(points[[place]], np.array([1.0 + place]))
            strategy.ask(1)
    assert [found.tolist() for found in heard] == [[1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1]]


def test_what_is_known_or_not_valid_is_answered_at_once(synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain()
    known = domain.sample(np.random.default_rng(0), 4)
    strange = known[:1].copy()
    strange[:, 1:3] = (5, 5)
    assert not domain.valid(strange).any()
    heard: list[float] = []

    def run(evaluate: Evaluate) -> None:
        heard.extend(evaluate(np.concatenate([known, strange])))

    with SynchronousSearch(domain, 0, run) as strategy:
        strategy.tell(known, np.array([1.0, np.nan, 3.0, 4.0]))
        proposals = strategy.ask(4)
    assert np.array_equal(heard, [1, np.nan, 3, 4, np.nan], equal_nan=True)
    assert [p.proposer for p in proposals] == ["default", "default", "random", "random"]


def test_an_algorithm_that_goes_round_in_circles_has_ended(
    synthetic: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synchronous, "_MOST_REPEATS", 50)
    domain = synthetic.SyntheticDomain()
    rounds = []

    def run(evaluate: Evaluate) -> None:
        while True:
            rounds.append(evaluate(domain.defaults()))

    with SynchronousSearch(domain, 0, run) as strategy:
        proposals, _ = synthetic.drive(strategy, synthetic.cost_s, 10, batch=1)
    assert [p.proposer for p in proposals[2:]] == ["random"] * 8
    assert len(rounds) <= 51


def test_its_errors_are_told_by_name(synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain()

    def run(evaluate: Evaluate) -> None:
        raise ZeroDivisionError("by nothing")

    with SynchronousSearch(domain, 0, run, title="mine") as strategy:
        strategy.ask(2)
        for _ in range(2):
            with pytest.raises(SearchError, match="mine failed: ZeroDivisionError: by nothing"):
                strategy.ask(1)


def test_points_of_another_width_are_refused(synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain()
    with (
        SynchronousSearch(
            domain, 0, lambda evaluate: evaluate(np.zeros((1, 3), np.int64))
        ) as strategy,
        pytest.raises(SearchError, match=r"asked for points of the shape \(1, 3\)"),
    ):
        strategy.ask(3)


def test_who_thinks_for_too_long_is_told(
    synthetic: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def run(evaluate: Evaluate) -> None:
        go_on.wait()

    domain = synthetic.SyntheticDomain()
    strategy = SynchronousSearch(domain, 0, run, title="mine", patience_s=0.05)
    monkeypatch.setattr(synchronous, "_CLOSING_S", 0.01)
    with pytest.raises(SearchError, match=r"mine has asked for nothing for 0.05 s"):
        strategy.ask(3)
    go_on.set()


def test_closing_ends_the_algorithm(synthetic: ModuleType) -> None:
    ended: list[str] = []

    def run(evaluate: Evaluate) -> None:
        try:
            while True:
                evaluate(domain.sample(np.random.default_rng(0), 1))
        except Exception:  # noqa: BLE001
            ended.append("never: it is no error")
        finally:
            ended.append("ended")

    domain = synthetic.SyntheticDomain()
    strategy = SynchronousSearch(domain, 0, run)
    strategy.ask(3)
    strategy.close()
    strategy.close()
    assert ended == ["ended"]
    assert [p.proposer for p in strategy.ask(2)] == ["random", "random"]


def test_one_that_is_dropped_ends_its_algorithm(synthetic: ModuleType) -> None:
    strategy = made(climbing, synthetic.SyntheticDomain())
    strategy.ask(3)
    assert any(thread.daemon for thread in threading.enumerate())
    del strategy
    gc.collect()


def test_one_that_never_began_needs_no_end(synthetic: ModuleType) -> None:
    made(climbing, synthetic.SyntheticDomain()).close()


def test_an_algorithm_that_catches_everything_never_runs_again(
    synthetic: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    caught: list[int] = []
    parked = threading.Event()

    class Event:
        def wait(self) -> None:
            parked.set()
            raise SystemExit

    def run(evaluate: Evaluate) -> None:
        while not parked.is_set():
            try:
                evaluate(domain.sample(np.random.default_rng(len(caught)), 1))
            except SearchOverError:
                caught.append(1)

    domain = synthetic.SyntheticDomain()
    strategy = SynchronousSearch(domain, 0, run)
    strategy.ask(3)
    monkeypatch.setattr("tvmtune.search.synchronous._Parked", Event)
    strategy.close()
    assert parked.is_set()
    assert len(caught) == 100
