"""Settings of all tests: seeded properties, golden files."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest
from hypothesis import settings

settings.register_profile("tvmtune", derandomize=True, database=None, deadline=None)
settings.register_profile("soak", max_examples=3000, database=None, deadline=None)
settings.register_profile("thorough", settings.get_profile("tvmtune"), max_examples=200)
settings.load_profile("tvmtune")  # pytest --hypothesis-profile=soak: other examples, and many


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--update-golden`` writes golden files in place of comparing with them."""
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")
    parser.addoption("--thorough", action="store_true", help="more configs, examples, kills")


def pytest_configure(config: pytest.Config) -> None:
    """``--thorough`` tries twice as many examples of every property that does not say how many."""
    if config.getoption("--thorough") and not config.getoption("--hypothesis-profile"):
        settings.load_profile("thorough")


def pytest_collection_finish() -> None:
    """What was imported stays: no garbage collection need look at it."""
    gc.freeze()


@pytest.fixture
def thorough(request: pytest.FixtureRequest) -> bool:
    """Whether tests try as much as before a release."""
    return bool(request.config.getoption("--thorough"))


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """``golden(name, text)``: compare a text with the file ``golden/NAME`` beside the test."""

    def compare(name: str, text: str) -> None:
        path = request.path.parent / "golden" / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        assert path.exists(), f"{path} is missing: run pytest --update-golden"
        assert text == path.read_text()

    return compare
