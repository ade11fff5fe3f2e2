"""Columns that mean the same in every task, so that what one was measured for teaches another.

The columns of `tvmtune.analysis.features` count loops from the innermost and say sizes as they are:
what ``loop3`` is, and what a good size is, differs between templates and shapes.  Here are

- *relations*: what one attribute of the loops reaches before another passes a threshold, as the
  operations per element of loops that touch fewer than ``2**13.5`` elements.  They do not depend
  on how many loops there are, nor on their order;
- figures that are relative to the machine (registers, lanes, caches) or to the work of the task.

All follow from the feature columns by a few NumPy operations.

References
----------
T. Chen et al., "Learning to Optimize Tensor Programs", NeurIPS 2018, section 4 (context
relation features).  L. Zheng et al., "Ansor: Generating High-Performance Tensor Programs for Deep
Learning", OSDI 2020, appendix (arithmetic intensity curve).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tvmtune.analysis.features import FEATURE_NAMES, FEATURE_VERSION, LOOPS
from tvmtune.symbolic import BLOCK

RELATION_VERSION = f"{FEATURE_VERSION}.1"
"""Changes whenever a column comes to mean something else."""


@dataclass(frozen=True, slots=True)
class Curve:
    """An attribute of loops against another, both as logarithms: ``log2(1 + x)``.

    Parameters
    ----------
    value, bound
        Of loops with less of ``bound`` the largest ``value`` counts.
    thresholds
        At which ``bound`` is cut, logarithms likewise, ascending.
    """

    value: str
    bound: str
    thresholds: tuple[float, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of its columns."""
        return tuple(f"{self.value}|{self.bound}<2^{t:g}" for t in self.thresholds)


def _between_powers(end: int) -> tuple[float, ...]:
    """Every second power of two below an end, times the root of two, which no whole number is."""
    return tuple(t + 0.5 for t in range(0, end, 2))


CURVES: tuple[Curve, ...] = (
    Curve("reuse", "touched", _between_powers(20)),
    Curve("out", "out.reuse", _between_powers(12)),
    Curve("a", "a.reuse", _between_powers(12)),
    Curve("b", "b.reuse", _between_powers(12)),
)
"""Operations per element touched against elements touched, which are those of a cache that a loop
fills; and for the result and both operands the elements touched against operations on each."""

AS_THEY_ARE: tuple[str, ...] = (
    "anchor.waste",
    "tile.vectors",
    "tile.pressure",
    "tile.intensity",
    "vector.lanes",
    "vector.fill",
    "stride.a",
    "stride.b",
    "code.body",
    "code.copies",
    "code.total",
    "parallel.extent",
    "parallel.balance",
    "fit.l1",
    "fit.l2",
    "fit.l3",
    "pack.repeats",
    "pack.lanes",
    "pack.stored",
    "epilogue.lanes",
    "epilogue.body",
)
"""Feature columns that are taken over."""

PER_WORK: tuple[str, ...] = (
    "anchor.updates",
    "traffic.l1",
    "traffic.l2",
    "traffic.l3",
    "pack.executions",
    "epilogue.executions",
    "epilogue.bytes",
)
"""Feature columns that are taken relative to ``work.points``."""

RELATION_NAMES: tuple[str, ...] = (
    *(name for curve in CURVES for name in curve.names),
    *AS_THEY_ARE,
    *(f"{name}/work" for name in PER_WORK),
)
"""Names of the columns, in order."""


def relations_of(
    features: NDArray[np.float32], names: Sequence[str] = FEATURE_NAMES
) -> NDArray[np.float32]:
    """The columns of configs that mean the same in every task.

    With ``Z`` the attributes of the loops around the anchor (as many as have feature columns), as
    logarithms, the relation of attribute ``i`` to attribute ``j`` at a threshold ``b`` is the
    maximum of ``Z[k, i]`` over the loops ``k`` with ``Z[k, j] < b``; 0 where there are none, or it
    is less.

    Parameters
    ----------
    features
        Shape ``(n, d)``: ``log2(1 + x)``, as a `FeatureTape` gives them.
    names
        Names of their columns; all of `FEATURE_NAMES` are among them, others are not looked at.

    Returns
    -------
    NDArray[np.float32]
        Shape ``(n, len(RELATION_NAMES))``, logarithms to the base 2.
    """
    places = {name: place for place, name in enumerate(names)}
    order = [places[name] for name in FEATURE_NAMES]
    relations = np.empty((len(features), len(RELATION_NAMES)), np.float32)
    for begin in range(0, len(features), BLOCK):
        where = slice(begin, begin + BLOCK)
        columns = dict(zip(FEATURE_NAMES, features[where].T[order], strict=True))
        parts = [*_curves(columns), *_scalars(columns)]
        relations[where] = np.concatenate(parts).T
    return relations


def _curves(columns: Mapping[str, NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """Each relation at all of its thresholds, shape ``(thresholds, n)``."""
    attributes = _attributes(columns)
    there = _of_loops(columns, "extent") > 0
    for curve in CURVES:
        thresholds = np.array(curve.thresholds, np.float32)[:, np.newaxis]
        bounds = np.where(there, attributes[curve.bound], np.float32(np.inf))
        largest = np.zeros((len(thresholds), there.shape[1]), np.float32)
        for value, bound in zip(attributes[curve.value], bounds, strict=True):
            np.maximum(largest, value * (bound < thresholds), out=largest)
        yield largest


def _attributes(columns: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """Attributes of all loops, innermost first, each of shape ``(LOOPS, n)``."""
    points, reuse = _of_loops(columns, "bottomup"), _of_loops(columns, "reuse")
    held = {q: _of_loops(columns, q) for q in ("out", "a", "b")}
    own = {f"{q}.reuse": points - elements for q, elements in held.items()}
    return {"touched": points - reuse, "reuse": reuse, **held, **own}


def _of_loops(columns: Mapping[str, NDArray[np.float32]], name: str) -> NDArray[np.float32]:
    return np.stack([columns[f"loop{i}.{name}"] for i in range(LOOPS)])


def _scalars(columns: Mapping[str, NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """What is no relation, shape ``(m, n)``."""
    yield np.stack([columns[name] for name in AS_THEY_ARE])
    yield np.stack([columns[name] for name in PER_WORK]) - columns["work.points"]
