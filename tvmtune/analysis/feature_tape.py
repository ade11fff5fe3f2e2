"""Feature columns of one structure, evaluated for many configs at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log

import numpy as np
from numpy.typing import NDArray

from tvmtune.analysis.features import Column, Ratio
from tvmtune.symbolic import BLOCK, IntExpr, Symbolic, Tape, compile_tape, key_of

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
            Shape ``(rows, d)``.
        """
        out = np.empty((rows, len(self._constant)), np.float32)
        self.write(symbols, out, np.arange(rows))
        return out

    def write(
        self,
        symbols: Mapping[str, NDArray[np.int64]],
        out: NDArray[np.float32],
        rows: NDArray[np.intp],
    ) -> None:
        """Write the columns of some configs into rows of an array.

        Parameters
        ----------
        symbols
            Values of each symbol, int64 of shape ``(n,)``.
        out
            Written to, shape ``(m, d)``.
        rows
            The row of each config, shape ``(n,)``.
        """
        columns = np.empty((len(self._constant), min(len(rows), BLOCK)), np.float32)
        varying = np.empty((len(self._tape.results), columns.shape[1]), np.float32)
        for where, values in self._tape.blocks(symbols, len(rows)):
            size = where.stop - where.start
            block, logarithms = columns[:, :size], varying[:, :size]
            for row, value in zip(logarithms, values, strict=True):
                row[:] = value
            _take_logarithm(logarithms)
            block[:] = self._constant[:, np.newaxis]
            for column, place in self._above:
                block[column] += logarithms[place]
            for column, place in self._below:
                block[column] -= logarithms[place]
            out[rows[where]] = block.T


def _varying(
    expressions: Sequence[IntExpr], places: Mapping[int | bytes, int]
) -> list[tuple[int, int]]:
    """Which column has which value of a tape."""
    return [(i, places[key_of(e)]) for i, e in enumerate(expressions) if isinstance(e, Symbolic)]


def _numbers(expressions: Sequence[IntExpr]) -> NDArray[np.float64]:
    """Integers as they are, and 0 for what depends on knobs."""
    return np.array([0 if isinstance(e, Symbolic) else e for e in expressions], np.float64)


def _logarithm(values: NDArray[np.float64]) -> NDArray[np.float32]:
    logarithms = values.astype(np.float32)
    _take_logarithm(logarithms)
    return logarithms


def _take_logarithm(values: NDArray[np.float32]) -> None:
    """``log2(1 + x)`` in place; what is below 0 (forbidden configs only) counts as 0."""
    np.maximum(values, 0, out=values)
    values += np.float32(1)
    np.log(values, out=values)
    values *= _LOG2_E
