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
        self._above = _varying(above, places)
        self._below = _varying(below, places)

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
            Shape ``(rows, d)``; columns are contiguous.
        """
        logarithms = _logarithm(self._tape(symbols, rows=rows)).T
        out = np.empty((len(self._constant), rows), np.float32)
        out[:] = self._constant[:, np.newaxis]
        for column, value in self._above:
            out[column] += logarithms[value]
        for column, value in self._below:
            out[column] -= logarithms[value]
        return out.T


def _varying(
    expressions: Sequence[IntExpr], places: Mapping[int | bytes, int]
) -> list[tuple[int, int]]:
    """Which column has which value of a tape."""
    return [(i, places[key_of(e)]) for i, e in enumerate(expressions) if isinstance(e, Symbolic)]


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
