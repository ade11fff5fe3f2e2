"""Points made of other points: neighbours, crossings, mutations; valid or not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tvmtune.search_spaces.space import Axis, Domain, Points


def neighbours(point: Points, axes: Sequence[Axis]) -> Points:
    """All points that differ from one in one digit.

    Parameters
    ----------
    point
        Shape (width,).
    axes
        The columns of its template.

    Returns
    -------
    NDArray[np.int64]
        Shape (m, width).
    """
    rows = []
    for column, axis in enumerate(axes, start=1):
        others = np.delete(np.arange(axis.size), point[column])
        block = np.repeat(point[np.newaxis], len(others), axis=0)
        block[:, column] = others
        rows.append(block)
    return np.concatenate(rows) if rows else np.zeros((0, len(point)), np.int64)


def crossed(mothers: Points, fathers: Points, rng: np.random.Generator) -> Points:
    """Points that have each digit from one of two parents of the same template (uniform crossover).

    References
    ----------
    G. Syswerda, "Uniform Crossover in Genetic Algorithms", ICGA 1989.
    """
    return np.where(rng.random(mothers.shape) < 0.5, mothers, fathers)


def mutated(points: Points, domain: Domain, rng: np.random.Generator, more: float) -> Points:
    """Points with at least one digit changed; each time with probability ``more`` another one."""
    result = domain.moved(points, rng)
    going = np.flatnonzero(rng.random(len(points)) < more)
    while len(going):
        result[going] = domain.moved(result[going], rng)
        going = going[rng.random(len(going)) < more]
    return result
