from __future__ import annotations

from dataclasses import dataclass, field
from types import ModuleType

import pytest

from tvmtune.errors import SearchError
from tvmtune.search.bandit import BanditSearch
from tvmtune.search.setup import Setup, parsed_options
from tvmtune.search.strategies import make_strategy


@dataclass(frozen=True)
class Inner:
    heat: tuple[float, float] = (1.0, 0.0)
    names: tuple[str, ...] = ("a",)


@dataclass(frozen=True)
class Options:
    size: int = 8
    share: float = 0.5
    limit: int | None = None
    label: str = ""
    inner: Inner = field(default_factory=Inner)


def test_options_as_a_text_gives_them() -> None:
    assert parsed_options(Options, {}, "it") == Options()
    given = {"size": 3, "share": 1, "limit": None, "inner": {"heat": [2, 0.5], "names": ["x", "y"]}}
    found = parsed_options(Options, given, "it")
    assert found == Options(size=3, share=1, inner=Inner((2, 0.5), ("x", "y")))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sizes": 3}, "it has no option 'sizes': it has size, share, limit, label, inner"),
        ({"size": 3.5}, "it: size is int, got 3.5"),
        ({"size": True}, "it: size is int, got True"),
        ({"share": "much"}, "it: share is float, got 'much'"),
        ({"share": True}, "it: share is float, got True"),
        ({"limit": "none"}, r"it: limit is int \| None, got 'none'"),
        ({"label": 3}, "it: label is str, got 3"),
        ({"inner": 3}, "it: inner is Inner, got 3"),
        ({"inner": {"cold": 1}}, "it: inner has no option 'cold': it has heat, names"),
        ({"inner": {"heat": [1.0]}}, r"it: inner: heat is tuple\[float, float\], got \[1.0\]"),
        ({"inner": {"names": ["x", 1]}}, r"it: inner: names is tuple\[str, ...\], got \['x', 1\]"),
        ({"inner": {"names": "x"}}, "got 'x'"),
    ],
)
def test_options_of_another_name_or_type(given: dict[str, object], message: str) -> None:
    with pytest.raises(SearchError, match=message):
        parsed_options(Options, given, "it")


def test_a_bandit_needs_arms_that_are_others(synthetic: ModuleType) -> None:
    domain = synthetic.SyntheticDomain()
    with pytest.raises(SearchError, match="needs at least one arm"):
        make_strategy("bandit", domain, Setup(options={"arms": []}))
    with pytest.raises(SearchError, match="cannot be an arm of itself"):
        make_strategy("bandit", domain, Setup(options={"arms": ["bandit"]}))
    with pytest.raises(SearchError, match="make this one by make_strategy"):
        BanditSearch.make(domain, Setup())
