"""The random generators of `random` and `numpy.random`, which no strategy is to use."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


def states_of_generators() -> tuple[Any, ...]:
    """Their states, that can be compared."""
    kind, words, *rest = np.random.get_state(legacy=True)
    return random.getstate(), kind, tuple(words), *rest


@contextmanager
def seeded_globally(seed: int) -> Iterator[None]:
    """Seed them; afterwards they are what they were."""
    others = random.getstate(), np.random.get_state()
    random.seed(seed)
    np.random.seed(seed)
    try:
        yield
    finally:
        random.setstate(others[0])
        np.random.set_state(others[1])
