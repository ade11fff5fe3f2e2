"""What is presumed of structures when a template's own code fails for some of them."""

from __future__ import annotations

from collections import Counter

_ENOUGH = 3


class Faults:
    """Which values of structural knobs have only ever failed.

    A value is to blame when three structures that have it failed and none came off well.  Others
    with it need not be tried: each may cost a worker process, and all of its deadline.
    """

    def __init__(self) -> None:
        self._failed: Counter[tuple[int, int]] = Counter()
        self._passed: set[tuple[int, int]] = set()

    def pass_over(self, key: tuple[int, ...]) -> None:
        """Note that the structure of some digits came off well."""
        self._passed.update(enumerate(key))

    def add(self, key: tuple[int, ...]) -> None:
        """Note that the structure of some digits failed."""
        self._failed.update(enumerate(key))

    def blamed(self, key: tuple[int, ...]) -> int | None:
        """The place of the first digit of a structure that is to blame; None if there is none."""
        return next((p for p, digit in enumerate(key) if self._is_blamed((p, digit))), None)

    def _is_blamed(self, value: tuple[int, int]) -> bool:
        return value not in self._passed and self._failed[value] >= _ENOUGH
