"""Algorithms written for Kernel Tuner, with and without it."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.experiments.synthetic import made_domain
from tests.records.test_t4 import TASK
from tvmtune.errors import SearchError, UsageError
from tvmtune.experiments import RecordedDomain, replay
from tvmtune.experiments.kernel_tuner import kernel_tuner_search
from tvmtune.experiments.optalg import FAILED, optalg_search
from tvmtune.experiments.searchspace import NEIGHBOURS, RecordedSearchspace
from tvmtune.records.tuner_cache import from_tuner_cache, to_tuner_cache

INSTALLED = importlib.util.find_spec("kernel_tuner") is not None
needs_kernel_tuner = pytest.mark.skipif(
    not INSTALLED, reason="KERNEL TUNER IS NOT INSTALLED (pip install kernel_tuner): not tried"
)


class Climb:
    """As people write them: neighbours while they are better, else elsewhere."""

    def __init__(self) -> None:
        self.heard: list[float] = []

    def __call__(self, func: Any, searchspace: Any) -> tuple[Any, float]:
        best, best_ms = None, FAILED
        while True:
            here = searchspace.get_random_sample(1)[0]
            here_ms = func(here)
            while True:
                near = searchspace.get_random_neighbor(here, neighbor_method="Hamming")
                near_ms = func(list(near))
                self.heard.append(near_ms)
                if near_ms >= here_ms:
                    break
                here, here_ms = near, near_ms
            if here_ms < best_ms:
                best, best_ms = here, here_ms
            if func.budget_spent_fraction > 0.9:
                return best, best_ms


def _rows(domain: RecordedDomain, seed: int, budget: int = 30) -> list[int]:
    with optalg_search(domain, seed, Climb(), budget) as strategy:
        trace = replay(domain, strategy, budget, ahead=1)
    assert trace.rows is not None
    return [int(row) for row in trace.rows]


def test_an_algorithm_searches_a_recorded_space() -> None:
    domain = made_domain()
    runs = [_rows(domain, seed) for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]
    assert len(set(runs[0])) == 30
    climb = Climb()
    with optalg_search(domain, 1, climb, 200) as strategy:
        replay(domain, strategy, 200, ahead=1)
    times_ms = {*(1e3 * domain.space.times_s).tolist(), FAILED}
    assert {*climb.heard} <= times_ms
    assert FAILED in climb.heard


def test_what_it_is_given() -> None:
    domain = made_domain()
    seen: dict[str, Any] = {}

    def look(func: Any, searchspace: Any) -> None:
        first, second = searchspace.list[:2]
        seen["together"] = func.eval_all([first, second, first])
        seen["again"] = func.eval(first)
        seen["invalid"] = func(tuple("no such" for _ in first))
        seen["spent"] = func.budget_spent_fraction, func.get_num_unique_results()
        seen["space"] = func.searchspace is searchspace
        func(searchspace.list[2])
        func(first)
        seen["end"] = "never: the budget is spent"

    with optalg_search(domain, 0, look, 3) as strategy:
        replay(domain, strategy, 20, ahead=1)
    first, second = (1e3 * domain.space.times_s[:2]).tolist()
    assert seen == {
        "together": [first, second, first],
        "again": first,
        "invalid": FAILED,
        "spent": (2 / 3, 2),
        "space": True,
    }


def test_requests_that_cannot_be_met() -> None:
    domain = made_domain()
    with pytest.raises(SearchError, match="a budget of 0 configs"):
        optalg_search(domain, 0, Climb(), 0)
    scaled = Climb()
    scaled.costfunc_kwargs = {"scaling": True}  # type: ignore[attr-defined]
    with pytest.raises(SearchError, match="Climb wants configs scaled or snapped: install"):
        optalg_search(domain, 0, scaled, 9)

    def broken(func: Any, searchspace: Any) -> None:
        raise KeyError("x")

    with (
        optalg_search(domain, 0, broken, 9) as strategy,
        pytest.raises(SearchError, match="broken failed: KeyError: 'x'"),
    ):
        strategy.ask(5)


@pytest.fixture(scope="module")
def space() -> RecordedSearchspace:
    return RecordedSearchspace(made_domain(), np.random.default_rng(0))


def test_configs_have_places(space: RecordedSearchspace) -> None:
    assert space.size == len(space.list) == len(set(space.list)) == len(space.indices)
    assert space.num_params == len(space.param_names) == len(space.params_values)
    places = space.get_list_param_indices_numpy()
    for row in (0, 7, space.size - 1):
        config = space.list[row]
        assert space.is_param_config_valid(config)
        assert space.get_param_config_index(config) == row
        assert space.get_param_indices(config) == tuple(places[row])
        assert space.get_param_config_from_param_indices(tuple(places[row])) == config
    assert set(space.get_true_tunable_params()) <= set(space.param_names)
    strange = ("x", *space.list[0][1:])
    assert not space.is_param_config_valid(strange)
    with pytest.raises(SearchError, match="has a value that no config has"):
        space.get_param_indices(strange)


def test_samples_are_different_configs(space: RecordedSearchspace) -> None:
    for draw in (
        space.get_random_sample,
        space.get_distributed_random_sample,
        space.get_LHS_sample,
    ):
        for count in (1, 7, space.size, 10 * space.size):
            found = draw(count)
            assert len(set(found)) == len(found) == min(count, space.size)
            assert all(space.is_param_config_valid(config) for config in found)


def test_neighbours_by_their_definitions(space: RecordedSearchspace) -> None:
    places = space.get_list_param_indices_numpy()
    for row in range(0, space.size, 5):
        steps = places - places[row]
        differing = (steps != 0).sum(axis=1)
        found = {m: space.get_neighbors_indices(space.list[row], m) for m in NEIGHBOURS}
        assert all(row not in rows for rows in found.values())
        assert found["Hamming"] == np.flatnonzero(differing == 1).tolist()
        assert found["strictly-adjacent"] == [
            r for r in range(space.size) if r != row and np.abs(steps[r]).max() == 1
        ]
        assert {*found["strictly-adjacent"]} <= {*found["adjacent"]}
        assert {*found["Hamming-adjacent"]} <= {*found["Hamming"]}
        sums = np.abs(steps).sum(axis=1)
        nearest = min(s for r, s in enumerate(sums) if r != row)
        assert found["closest-param-indices"] == np.flatnonzero(sums == nearest).tolist()
    assert space.get_neighbors(space.list[0], "Hamming") == space.get_param_configs_at_indices(
        space.get_neighbors_indices(space.list[0], "Hamming")
    )
    for method in (None, "far"):
        with pytest.raises(SearchError, match=r"no neighbours .*; there are strictly-adjacent"):
            space.get_neighbors(space.list[0], method)


def test_a_config_without_neighbours_has_no_random_one() -> None:
    whole = made_domain().space
    value = whole.to_json()
    value["columns"] = {
        name: [column[:1] for column in columns] if name == "digits" else columns[:1]
        for name, columns in value["columns"].items()
    }
    alone = RecordedSearchspace(
        RecordedDomain.of(type(whole).from_json(value)), np.random.default_rng(0)
    )
    assert alone.get_random_neighbor(alone.list[0], "adjacent") is None


def test_without_kernel_tuner_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kernel_tuner", None)
    with pytest.raises(UsageError, match=r"cannot be imported .*: pip install kernel_tuner"):
        kernel_tuner_search(made_domain(), 0, "genetic_algorithm", 9)


class _Budget:
    def __init__(self, time_limit: None, max_fevals: int) -> None:
        self.left = max_fevals

    def is_done(self) -> bool:
        return self.left <= 0

    def add_evaluations(self, count: int) -> None:
        self.left -= count


class _Options(dict[str, Any]):
    __getattr__ = dict.__getitem__


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """As much of Kernel Tuner as the adapter touches; its strategy measures all, three by three."""
    seen = SimpleNamespace(results=[])

    def tune(space: Any, runner: Any, options: Any) -> None:
        assert options.strategy_options["max_fevals"] == options.max_fevals
        runner.add_strategy_time(0.1)
        for begin in range(0, len(space.list), 3):
            found = runner.run([list(c) for c in space.list[begin : begin + 3]], options)
            seen.results += found
            runner.run(space.list[:1], options)

    def searchspace(*nothing: None, from_cache: Any) -> SimpleNamespace:
        assert nothing == (None, None, None)
        return SimpleNamespace(list=[tuple(c.values()) for c in from_cache["cache"].values()])

    class Wrapper:
        def __init__(self, algorithm: Any) -> None:
            self.tune = lambda space, runner, options: algorithm(runner, space)

    modules: dict[str, dict[str, Any]] = {
        "kernel_tuner": {},
        "kernel_tuner.interface": {
            "strategy_map": {"every_third": SimpleNamespace(tune=tune)},
            "Options": _Options,
        },
        "kernel_tuner.searchspace": {"Searchspace": searchspace},
        "kernel_tuner.util": {"TuningBudget": _Budget, "RuntimeFailedConfig": lambda: "failed"},
        "kernel_tuner.strategies": {},
        "kernel_tuner.strategies.wrapper": {"OptAlgWrapper": Wrapper},
    }
    for name, fields in modules.items():
        module = ModuleType(name)
        vars(module).update(fields)
        monkeypatch.setitem(sys.modules, name, module)
    for name in ("interface", "searchspace", "util"):
        setattr(sys.modules["kernel_tuner"], name, sys.modules[f"kernel_tuner.{name}"])
    return seen


def test_what_kernel_tuner_is_given(stub: SimpleNamespace) -> None:
    domain = made_domain()
    with kernel_tuner_search(domain, 0, "every_third", 10) as strategy:
        trace = replay(domain, strategy, 12, ahead=1)
    assert trace.rows is not None
    measured = [result for result in stub.results if result is not None]
    assert len(measured) == 10
    assert stub.results[10:12] == [None, None]
    names = list(domain.space.template.knobs)
    for row, result in enumerate(measured):
        time_s = domain.space.times_s[row]
        assert set(result) >= {*names, "time"}
        if np.isnan(time_s):
            assert result["time"] == result["__error__"] == "failed"
        else:
            assert result["time"] == time_s * 1e3
    assert any("__error__" in result for result in measured)


def test_requests_that_kernel_tuner_cannot_meet(stub: SimpleNamespace) -> None:
    with pytest.raises(UsageError, match="has no strategy 'none'; it has every_third"):
        kernel_tuner_search(made_domain(), 0, "none", 9)
    with pytest.raises(SearchError, match="a budget of 0"):
        kernel_tuner_search(made_domain(), 0, "every_third", 0)

    class Broken:
        def __call__(self, func: Any, searchspace: Any) -> None:
            raise KeyError("x")

    with (
        kernel_tuner_search(made_domain(), 0, Broken(), 9) as strategy,
        pytest.raises(SearchError, match="Broken failed: KeyError: 'x'"),
    ):
        strategy.ask(5)


_OWN = (
    "random_sample",
    "genetic_algorithm",
    "simulated_annealing",
    "hybrid_vndx",
    "adaptive_tabu_greywolf",
    "pso",
    "greedy_ils",
)


@needs_kernel_tuner
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")  # theirs, of failures
@pytest.mark.parametrize("name", _OWN)
@pytest.mark.parametrize("foreign", [False, True])
def test_kernel_tuners_own_strategies(name: str, foreign: bool) -> None:
    domain = made_domain()
    if foreign:
        domain = RecordedDomain.of(from_tuner_cache(to_tuner_cache(domain.space), TASK))
    runs = []
    for seed in (1, 1, 2):
        with kernel_tuner_search(domain, seed, name, 25) as strategy:
            trace = replay(domain, strategy, 25, ahead=1)
        assert trace.rows is not None
        runs.append([int(row) for row in trace.rows])
    assert runs[0] == runs[1] != runs[2]
    assert len(set(runs[0])) == 25


@needs_kernel_tuner
def test_neighbours_are_those_of_kernel_tuner(space: RecordedSearchspace) -> None:
    from kernel_tuner.searchspace import Searchspace

    entries = [dict(zip(space.param_names, config, strict=True)) for config in space.list]
    cache = {"tune_params": space.tune_params, "cache": dict(enumerate(entries))}
    theirs = Searchspace(None, None, None, from_cache=cache)
    for method in NEIGHBOURS[:4]:
        for config in space.list[::7]:
            assert sorted(theirs.get_neighbors(config, method)) == sorted(
                space.get_neighbors(config, method)
            )
