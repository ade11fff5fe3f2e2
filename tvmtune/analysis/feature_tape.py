"""Feature columns of one structure, evaluated for many configs at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log

import numpy as np
from numpy.typing import NDArray

from tvmtune.analysis.features import Column, Ratio
from tvmtune.symbolic import IntExpr, Symbolic, Tape, compile_tape, key_of

_LOG2_E = np.float32(1 / log(2))


class FeatureTape:
    """Compiled columns: a tape for what depends on knobs, constants for the rest.

    Parameters
    ----------
    columns
        What `features_of` gives.
    """

    def __init__(self, columns: Mapping[str, Column]) -> None:
        above = [c.above if isinstance(c, Ratio) else c for c in columns.values()]
        below = [c.below if isinstance(c, Ratio) else 0 for c in columns.values()]
        varying = {key_of(e): e for e in (*above, *below) if isinstance(e, Symbolic)}
        places = {key: place for place, key in enumerate(varying)}
        self._tape: Tape = compile_tape(list(varying.values()))
        self._constant = _logarithm(_numbers(above)) - _logarithm(_numbers(below))
        self._above = _Places.of(above, places)
        self._below = _Places.of(below, places)

    def __call__(self, symbols: Mapping[str, NDArray[np.int64]], rows: int) -> NDArray[np.float32]:
        """Columns for some configs: ``log2(1 + x)``, of ratios the difference.

        Parameters
        ----------
        symbols
            Values of each symbol, int64 of shape ``(rows,)``.
        rows
            Number of configs.

        Returns
        -------
        NDArray[np.float32]
            Shape ``(rows, d)``.
        """
        logarithms = _logarithm(self._tape(symbols, rows=rows))
        out = np.empty((rows, len(self._constant)), np.float32)
        out[:] = self._constant
        out[:, self._above.columns] += logarithms[:, self._above.values]
        out[:, self._below.columns] -= logarithms[:, self._below.values]
        return out


class _Places:
    """Which values of a tape go to which columns."""

    def __init__(self, columns: Sequence[int], values: Sequence[int]) -> None:
        self.columns = np.array(columns, np.intp)
        self.values = np.array(values, np.intp)

    @staticmethod
    def of(expressions: Sequence[IntExpr], places: Mapping[int | bytes, int]) -> _Places:
        varying = [(i, e) for i, e in enumerate(expressions) if isinstance(e, Symbolic)]
        return _Places([i for i, _ in varying], [places[key_of(e)] for _, e in varying])


def _numbers(expressions: Sequence[IntExpr]) -> NDArray[np.float64]:
    """Integers as they are, and 0 for what depends on knobs."""
    return np.array([0 if isinstance(e, Symbolic) else e for e in expressions], np.float64)


def _logarithm(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """``log2(1 + x)``; what is below 0 (forbidden configs only) counts as 0."""
    shifted = np.maximum(values, 0).astype(np.float32)
    shifted += np.float32(1)
    np.log(shifted, out=shifted)
    shifted *= _LOG2_E
    return shifted
