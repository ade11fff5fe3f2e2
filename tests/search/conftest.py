from __future__ import annotations

from types import ModuleType

import pytest

from tvmtune.search import synthetic_domain


@pytest.fixture(scope="session")
def synthetic() -> ModuleType:
    """The domain and the cost that the conformance suite works with."""
    return synthetic_domain
