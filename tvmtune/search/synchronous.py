"""Algorithms that call a function and wait for its result, behind ask and tell.

Such an algorithm runs in a thread of its own, but never beside the search: either waits for the
other.  It ends with the search: the call that it waits in raises then.
"""

from __future__ import annotations

import queue
import random
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tvmtune.errors import SearchError
from tvmtune.search.base import Proposal, Strategy
from tvmtune.search_spaces.space import Domain

Evaluate: TypeAlias = Callable[[NDArray[np.int64]], NDArray[np.float64]]
"""Points (n, width) to their times (n,), seconds; nan for what failed or is not valid."""

Algorithm: TypeAlias = Callable[[Evaluate], object]
"""Minimises; may return, or go on until the evaluation raises `SearchOverError`."""

_MOST_REPEATS = 2_000
"""Evaluations in a row of points that are all known, after which an algorithm counts as ended."""

_CLOSING_S = 5.0
_MOST_REFUSALS = 100
_Parked = threading.Event


class SearchOverError(BaseException):
    """Raised in an algorithm that is not wanted any more; no error, and not to be caught."""


@dataclass(frozen=True, slots=True)
class _Ended:
    """What an algorithm says last."""

    error: BaseException | None


class _Conversation:
    """An algorithm in its thread; knows nothing of the search, which may be dropped meanwhile."""

    def __init__(self, algorithm: Algorithm, seed: int) -> None:
        self._algorithm = algorithm
        self._said: queue.SimpleQueue[NDArray[np.int64] | _Ended] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[NDArray[np.float64] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._generators = random.Random(seed).getstate(), _numpy_state(seed)
        self._refusals = 0
        self.closed = False

    def next(
        self, answer: NDArray[np.float64] | None, patience_s: float
    ) -> NDArray[np.int64] | _Ended:
        """Begin, or answer, and hear what is asked next; raises `queue.Empty` if it takes long."""
        with self._own_generators():
            if answer is None:
                self._thread.start()
            else:
                self._answers.put(answer)
            return self._said.get(timeout=patience_s)

    def close(self) -> None:
        """End the thread, unless the algorithm does not let go: then it never runs again."""
        self.closed = True
        self._answers.put(None)
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(_CLOSING_S)

    def _run(self) -> None:
        try:
            self._algorithm(self._evaluate)
            self._said.put(_Ended(None))
        except SearchOverError:
            self._said.put(_Ended(None))
        except BaseException as error:  # noqa: BLE001 (the boundary of the thread)
            self._said.put(_Ended(error))

    def _evaluate(self, points: NDArray[np.int64]) -> NDArray[np.float64]:
        """Ask, and wait; called by the algorithm."""
        if not self.closed:
            self._said.put(np.array(points, np.int64))
            answer = self._answers.get()
            if answer is not None:
                return answer
        self._refusals += 1
        if self._refusals > _MOST_REFUSALS:
            _Parked().wait()  # it catches everything: wait for the process to end
        raise SearchOverError

    @contextmanager
    def _own_generators(self) -> Iterator[None]:
        """Give the algorithm global random generators of its own while it runs."""
        others = random.getstate(), np.random.get_state()
        _set_generators(self._generators)
        try:
            yield
        finally:
            self._generators = random.getstate(), np.random.get_state()
            _set_generators(others)


class SynchronousSearch(Strategy):
    """A strategy made of an algorithm that calls a function.

    What the algorithm asks for is proposed, unless it is known: then it is answered from memory at
    once.  While it waits for results, or when it has ended, further proposals are random points,
    so that the contract of a strategy is kept; a search that asks for one proposal at a time and
    tells its result sees the algorithm alone.  Proposals of the algorithm are marked ``search``,
    others ``random``.

    The algorithm may draw from the generators of `random` and `numpy.random`, which are its own
    while it runs: the same seed gives the same proposals.

    Parameters
    ----------
    domain, seed
        As for `Strategy`.
    algorithm
        What searches; runs in a thread that ends with :meth:`close`, or when the strategy is
        dropped.
    title
        What to call it in errors.
    patience_s
        How long it may think without asking for anything.
    """

    name = "synchronous"

    def __init__(
        self,
        domain: Domain,
        seed: int,
        algorithm: Algorithm,
        *,
        title: str = "the algorithm",
        patience_s: float = 60.0,
    ) -> None:
        super().__init__(domain, seed)
        self.title = title
        self._patience_s = patience_s
        self._costs_s: dict[bytes, float] = {}
        self._conversation = _Conversation(algorithm, seed)
        self._finalizer = weakref.finalize(self, self._conversation.close)
        self._keys: list[bytes] | None = None
        self._failure: SearchError | None = None
        self._over = False

    def close(self) -> None:
        """End the algorithm; what is asked for afterwards is random."""
        self._over = True
        self._finalizer()

    def __enter__(self) -> SynchronousSearch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.close()

    def tell(self, points: NDArray[np.int64], costs_s: NDArray[np.float64]) -> None:
        """Take results; those that the algorithm waits for are given to it at the next `ask`."""
        super().tell(points, costs_s)
        keys = self.domain.keys(np.asarray(points, np.int64))
        self._costs_s.update(zip(keys, np.asarray(costs_s, np.float64).tolist(), strict=True))

    def _plan(self) -> Sequence[Proposal]:
        """What the algorithm asks for and is not known; a random point while it waits.

        Raises
        ------
        SearchError
            If the algorithm has failed, or thinks for too long.
        """
        if self._failure is not None:
            raise self._failure
        for _ in range(_MOST_REPEATS):
            if self._over or not self._is_answered():
                return self._filling()
            if proposals := self._asked():
                return proposals
        self.close()
        return self._filling()

    def _is_answered(self) -> bool:
        """Whether all that the algorithm has asked for is known, or it has not asked yet."""
        return self._keys is None or all(key in self._costs_s for key in self._keys)

    def _asked(self) -> list[Proposal]:
        """Answer the algorithm, and give what of its next points has not been proposed yet."""
        points = self._hear()
        if points is None:
            return []
        self._keys = self.domain.keys(points)
        for key, valid in zip(self._keys, self.domain.valid(points), strict=True):
            if not valid:
                self._costs_s[key] = np.nan
        new = {
            key: point
            for key, point in zip(self._keys, points, strict=True)
            if key not in self._costs_s and key not in self._seen
        }
        return [Proposal(point, "search") for point in new.values()]

    def _hear(self) -> NDArray[np.int64] | None:
        """The points that the algorithm asks for next; None when it has ended."""
        answer = None
        if self._keys is not None:
            answer = np.array([self._costs_s[key] for key in self._keys], np.float64)
        try:
            said = self._conversation.next(answer, self._patience_s)
        except queue.Empty as error:
            why = f"{self.title} has asked for nothing for {self._patience_s:g} s"
            raise self._failed(why) from error
        if isinstance(said, _Ended):
            self.close()
            if said.error is not None:
                why = f"{self.title} failed: {type(said.error).__name__}: {said.error}"
                raise self._failed(why) from said.error
            return None
        if said.ndim != 2 or said.shape[1] != self.domain.width:
            raise self._failed(f"{self.title} asked for points of the shape {said.shape}")
        return said

    def _failed(self, why: str) -> SearchError:
        self.close()
        self._failure = SearchError(why)
        return self._failure

    def _filling(self) -> list[Proposal]:
        """A random point that was not proposed; none when there are none."""
        return self._random(1)


def _numpy_state(seed: int) -> Any:
    return np.random.RandomState(seed % 2**32).get_state()


def _set_generators(states: tuple[Any, Any]) -> None:
    random.setstate(states[0])
    np.random.set_state(states[1])
