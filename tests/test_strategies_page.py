"""What docs/strategies.md shows is tried."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tvmtune.search.conformance import CHECKS, check_strategy
from tvmtune.search.plugins import GROUP, installed_strategies
from tvmtune.search.setup import Setup
from tvmtune.search.strategies import STRATEGIES, make_strategy
from tvmtune.search.synthetic_domain import SyntheticDomain

_DOCS = Path(__file__).parent.parent / "docs"
_TEXT = (_DOCS / "strategies.md").read_text()
_EXAMPLES = _DOCS / "examples"


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """What its Python makes, run from the first block to the last, beside the examples."""
    found: dict[str, Any] = {"__name__": "docs_strategies"}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(_EXAMPLES)
        for block in re.findall(r"```python\n(.*?)```", _TEXT, re.DOTALL):
            exec(compile(block, "strategies.md", "exec", dont_inherit=True), found)
    return found


def test_every_strategy_has_a_row() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \|", _TEXT, re.MULTILINE)
    assert rows == list(STRATEGIES)


def test_the_example_is_the_file() -> None:
    code = (_EXAMPLES / "near_the_best.py").read_text().split('"""\n\n', 1)[1]
    assert f"```python\n{code}```" in _TEXT
    body = code[code.index("class") :]
    assert len([line for line in body.splitlines() if line.strip()]) <= 10


def test_the_python_runs(names: dict[str, Any]) -> None:
    assert len(names["proposals"]) == 48
    assert names["local"].name == "local"


def test_the_example_conforms(names: dict[str, Any]) -> None:
    check_strategy(names["NearTheBest"], trials=60)
    for check in CHECKS:
        names["test_conformance"](check)


def test_the_example_with_options(names: dict[str, Any]) -> None:
    kind = names["NearTheFew"]
    setup = Setup(seed=2, options={"leaders": 3})
    few = make_strategy("few", SyntheticDomain(), setup, strategies={"few": kind})
    assert (few.name, len(few.ask(20))) == ("near-the-few", 20)
    check_strategy(lambda domain, seed: kind.make(domain, Setup(seed=seed)), trials=60)


def test_the_example_by_reference() -> None:
    reference = f"{_EXAMPLES}/near_the_best.py:NearTheBest"
    assert installed_strategies([reference])[reference].name == "near-the-best"


def test_fragments_of_toml() -> None:
    study, project = map(tomllib.loads, re.findall(r"```toml\n(.*?)```", _TEXT, re.DOTALL))
    (one,) = study["strategy"]
    make_strategy(one["name"], SyntheticDomain(), Setup(options=one["options"]))
    assert list(project["project"]["entry-points"][GROUP]) == ["near-the-best"]
