"""The shipped suite on every strategy of this package, and what is said of all of them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.search.built_in import NAMES, made
from tvmtune.errors import SearchError
from tvmtune.search.conformance import CHECKS
from tvmtune.search.conformance_program import check_every_process
from tvmtune.search.setup import Setup
from tvmtune.search.strategies import STRATEGIES, make_strategy
from tvmtune.search.synthetic_domain import SyntheticDomain, cost_s, drive

OPTUNA = ("tpe", "cmaes", "nsga2")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("check", CHECKS)
def test_conformance(check: str, name: str) -> None:
    CHECKS[check](partial(made, name), 80 if name in OPTUNA else 160)


@pytest.mark.parametrize("name", NAMES)
def test_proposes_the_same_in_every_process(name: str) -> None:
    place = Path(__file__).with_name("built_in.py")
    check_every_process(f"{place}:{name}", trials=96 if name in OPTUNA else 512)


@pytest.mark.parametrize("name", NAMES)
def test_another_seed_gives_other_proposals(name: str) -> None:
    runs = [drive(made(name, SyntheticDomain(), seed), cost_s, 40)[0] for seed in (7, 8)]
    one, other = ([p.point.tolist() for p in proposals] for proposals in runs)
    assert (one == other) == (name == "grid")


def test_unknown_names_and_options() -> None:
    domain = SyntheticDomain()
    with pytest.raises(SearchError, match="no search strategy 'best'; there are sa-xgb, evo-xgb, "):
        make_strategy("best", domain)
    with pytest.raises(SearchError, match=r"or give one of your own as FILE.py:CLASS or module:"):
        make_strategy("best", domain)
    with pytest.raises(SearchError, match=r"a cost model \(xgb\) is needed here"):
        make_strategy("sa-xgb", domain)
    with pytest.raises(SearchError, match="strategy random has no option 'speed': it has none"):
        make_strategy("random", domain, Setup(options={"speed": 1}))
    with pytest.raises(SearchError, match="strategy grid has no option 'trials': it has budget"):
        make_strategy("grid", domain, Setup(options={"trials": 1}))


def test_names_agree_with_the_mapping() -> None:
    assert [made(name, SyntheticDomain()).name for name in NAMES] == list(NAMES)
    assert all(kind.name == name for name, kind in STRATEGIES.items())
