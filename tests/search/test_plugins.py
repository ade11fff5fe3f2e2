from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tvmtune.errors import SearchError
from tvmtune.search.plugins import AvailableStrategies, PlugIn, clash, installed_strategies
from tvmtune.search.random import RandomSearch
from tvmtune.search.setup import Setup
from tvmtune.search.strategies import STRATEGIES, make_strategy, named
from tvmtune.search.synthetic_domain import SyntheticDomain

MODULE = """
from dataclasses import dataclass
from tvmtune.search.base import Strategy
from tvmtune.search.random import RandomSearch

number = 1

@dataclass(frozen=True)
class Speed:
    most: int = 3

class Fast(RandomSearch):
    name = "fast"
    options_type = Speed

    def __init__(self, domain, seed=0, options=Speed()):
        super().__init__(domain, seed)
        self.options = options

class Renamed(RandomSearch):
    name = "other-name"

class Nameless(Strategy):
    def _plan(self):
        return []

class Unfinished(Strategy):
    name = "unfinished"
"""

Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a package whose entry points are ``name="module:Class"``."""
    modules = set(sys.modules)

    def make(package: str = "fast_search", code: str = MODULE, **points: str) -> Path:
        folder = tmp_path / package
        information = folder / f"{package}-1.2.dist-info"
        information.mkdir(parents=True)
        (folder / f"{package}.py").write_text(code)
        (information / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n"
        )
        lines = [f"{name.replace('_', '-')} = {value}" for name, value in points.items()]
        text = "\n".join(["[tvmtune.strategies]", *lines, ""])
        (information / "entry_points.txt").write_text(text)
        monkeypatch.syspath_prepend(folder)
        return folder / f"{package}.py"

    yield make
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def test_a_plug_in_is_a_strategy(install: Install) -> None:
    install(fast="fast_search:Fast")
    strategies = installed_strategies()
    assert list(strategies) == [*STRATEGIES, "fast"]
    assert len(strategies) == len(STRATEGIES) + 1
    assert "fast" in strategies
    assert "fast_search" not in sys.modules
    setup = Setup(seed=3, options={"most": 4})
    strategy = make_strategy("fast", SyntheticDomain(), setup, strategies=strategies)
    assert strategy.name == "fast"
    assert strategies["fast"] is type(strategy)
    assert len(strategy.ask(5)) == 5
    assert strategies.origin("fast") == "fast_search 1.2"
    assert strategies["random"] is RandomSearch
    with pytest.raises(SearchError, match="strategy fast has no option 'least': it has most"):
        make_strategy("fast", SyntheticDomain(), Setup(options={"least": 1}), strategies=strategies)


def test_names_that_there_are_not(install: Install) -> None:
    install(fast="fast_search:Fast")
    strategies = installed_strategies()
    with pytest.raises(KeyError):
        strategies["slow"]
    assert 3 not in strategies  # type: ignore[comparison-overlap]
    with pytest.raises(SearchError, match=r"no search strategy 'slow'; there are .* fast, or give"):
        named("slow", strategies)
    assert "fast_search" not in sys.modules


@pytest.mark.parametrize(
    ("point", "message"),
    [
        (
            "fast_search:Renamed",
            r"plug-in fast = fast_search:Renamed of fast_search 1\.2: the class calls itself 'other"
            r"-name'; its author has to give entry point and class one name",
        ),
        ("fast_search:Nameless", "Nameless has no name: give the class one, as in name = "),
        ("fast_search:Unfinished", "Unfinished does not implement _plan"),
        ("fast_search:number", "number is of type int, no subclass of tvmtune's Strategy"),
        ("fast_search:Speed", "Speed is Speed, no subclass of tvmtune's Strategy"),
        ("fast_search:Missing", "fast_search has no Missing"),
        (
            "slow_search:Fast",
            r"fast = slow_search:Fast of fast_search 1\.2: importing slow_search failed: "
            "ModuleNotFoundError: No module named 'slow_search'",
        ),
        ("fast_search", "give its class as package.module:Class"),
        ("fast_search.py:Fast", "give its class as package.module:Class"),
    ],
)
def test_a_broken_plug_in_harms_itself_only(point: str, message: str, install: Install) -> None:
    install(fast=point)
    strategies = installed_strategies()
    assert make_strategy("random", SyntheticDomain(), strategies=strategies).ask(3)
    with pytest.raises(SearchError, match=message) as caught:
        named("fast", strategies)
    assert str(caught.value).startswith(f"plug-in fast = {point} of fast_search 1.2: ")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("1 / 0", "importing broken_search failed: ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", "importing broken_search failed: SystemExit: 3"),
        ("def f(:", "importing broken_search failed: SyntaxError: "),
    ],
)
def test_a_plug_in_that_cannot_be_imported(code: str, message: str, install: Install) -> None:
    install("broken_search", code, broken="broken_search:Broken")
    strategies = installed_strategies()
    assert "broken" in strategies
    with pytest.raises(SearchError, match=message):
        strategies["broken"]


def test_built_in_names_stay(install: Install) -> None:
    install(random="fast_search:Fast", fast="fast_search:Fast")
    strategies = installed_strategies()
    assert strategies["random"] is RandomSearch
    assert strategies.origin("random") == "tvmtune"
    (refused,) = strategies.refused
    assert clash(refused) == (
        "plug-in random = fast_search:Fast of fast_search 1.2 is passed over: tvmtune has a "
        "strategy 'random' itself; its author has to choose another name"
    )
    assert strategies["fast"].name == "fast"


def test_two_packages_with_one_name(install: Install) -> None:
    install(fast="fast_search:Fast")
    install("other_search", fast="other_search:Fast")
    strategies = installed_strategies()
    with pytest.raises(SearchError, match=r"of (fast|other)_search 1\.2 has the same name; uninst"):
        strategies["fast"]
    assert sorted(strategies.origin("fast").split(", ")) == ["fast_search 1.2", "other_search 1.2"]


def test_a_plug_in_that_is_found_twice_is_one() -> None:
    once = PlugIn("collections", "collections:Counter", "a 1")
    assert len(AvailableStrategies([once, once], built_in={})) == 1


def test_strategies_of_ones_own(
    install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = install()
    monkeypatch.chdir(tmp_path)
    ways = [f"{path}:Fast", "fast_search/fast_search.py:Fast", "./fast_search/fast_search.py:Fast"]
    strategies = installed_strategies(["random", *ways, "fast_search:Fast"])
    own = ["fast_search/fast_search.py:Fast", "fast_search:Fast"]
    assert list(strategies) == [*STRATEGIES, *own]
    assert len({strategies[way] for way in ways}) == 1
    assert {strategies.origin(way) for way in ways} == {"own"}
    setup = Setup(options={"most": 4})
    strategy = make_strategy(ways[0], SyntheticDomain(), setup, strategies=strategies)
    assert (strategy.name, len(strategy.ask(4))) == ("fast", 4)
    with pytest.raises(SearchError, match="no search strategy 'other:Fast'"):
        named("other:Fast", strategies)


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("{path}:Missing", r"strategy .*fast_search.py:Missing: .*fast_search\.py has no Missing"),
        ("{path}:Nameless", "Nameless has no name"),
        ("{path}x.py:Fast", "importing .*x.py failed: FileNotFoundError"),
        ("no_such_module:Fast", "strategy no_such_module:Fast: importing no_such_module failed"),
    ],
)
def test_references_that_lead_nowhere(reference: str, message: str, install: Install) -> None:
    given = reference.format(path=install())
    with pytest.raises(SearchError, match=message):
        named(given, installed_strategies([given]))
