"""Columns that mean the same in every task, so that what one was measured for teaches another.

The columns of `tvmtune.analysis.features` count loops from the innermost and say sizes as they are:
what ``loop3`` is, and what a good size is, differs between templates and shapes.  Here are

- *relations*: what one attribute of the loops reaches before another passes a threshold, as the
  reuse of the input by the outermost loops that touch fewer than ``2**13.5`` elements.  They do not
  depend on how many loops there are, nor on their order;
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

import numpy as np
from numpy.typing import NDArray

from tvmtune.analysis.features import FEATURE_NAMES, FEATURE_VERSION, LOOPS
from tvmtune.symbolic import BLOCK

RELATION_VERSION = f"{FEATURE_VERSION}.1"
"""Changes whenever a column comes to mean something else."""

THRESHOLDS: tuple[float, ...] = tuple(t + 0.5 for t in range(0, 20, 2))
"""Of relations, as logarithms to the base 2; between powers of two, which most sizes are."""

CURVES: tuple[tuple[str, str], ...] = (
    ("reuse", "touched"),
    ("out.reuse", "touched"),
    ("a.reuse", "touched"),
    ("b.reuse", "touched"),
)
"""Pairs of attributes: the largest value of the first among loops with less of the second."""

AT_A_POINT: Mapping[str, float] = {
    "reuse": -1.0,
    "out.reuse": 0.0,
    "a.reuse": 0.0,
    "b.reuse": 0.0,
}
"""``log2(1 + x)`` of what a single operation has of an attribute, on one element of each tensor."""

AS_THEY_ARE: tuple[str, ...] = (
    "loops",
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
    *(f"{value}|{bound}<2^{t:g}" for value, bound in CURVES for t in THRESHOLDS),
    *AS_THEY_ARE,
    *(f"{name}/work" for name in PER_WORK),
)
"""Names of the columns, in order."""


def relations_of(
    features: NDArray[np.float32], names: Sequence[str] = FEATURE_NAMES
) -> NDArray[np.float32]:
    """The columns of configs that mean the same in every task.

    With ``Z`` the attributes of the loops around the anchor, the relation of attribute ``i`` to
    attribute ``j`` at a threshold ``b`` is the maximum of ``Z[k, i]`` over the loops ``k`` with
    ``Z[k, j] < b``, and over a single operation, which always counts.

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
    """Each relation at all thresholds, shape ``(len(THRESHOLDS), n)``."""
    attributes = _attributes(columns)
    thresholds = np.array(THRESHOLDS, np.float32)[:, np.newaxis]
    extents = _of_loops(columns, "extent")
    for bound in dict.fromkeys(bound for _, bound in CURVES):
        bounds = np.where(extents > 0, attributes[bound], np.float32(np.inf))
        below = [of_loop < thresholds for of_loop in bounds]
        for value in (value for value, other in CURVES if other == bound):
            yield _largest(attributes[value], below, np.float32(AT_A_POINT[value]))


def _largest(
    values: NDArray[np.float32], below: Sequence[NDArray[np.bool_]], least: np.float32
) -> NDArray[np.float32]:
    """The largest of the values of loops, shape ``(loops, n)``, where they count."""
    largest = np.full(below[0].shape, least)
    for value, counts in zip(values, below, strict=True):
        np.maximum(largest, np.where(counts, value, least), out=largest)
    return largest


def _attributes(columns: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """Attributes of all loops, innermost first, each of shape ``(LOOPS, n)``."""
    points, reuse = _of_loops(columns, "bottomup"), _of_loops(columns, "reuse")
    return {
        "touched": points - reuse,
        "reuse": reuse,
        **{f"{q}.reuse": points - _of_loops(columns, q) for q in ("out", "a", "b")},
    }


def _of_loops(columns: Mapping[str, NDArray[np.float32]], name: str) -> NDArray[np.float32]:
    return np.stack([columns[f"loop{i}.{name}"] for i in range(LOOPS)])


def _scalars(columns: Mapping[str, NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """What is no relation, shape ``(m, n)``."""
    yield np.stack([columns[name] for name in AS_THEY_ARE])
    yield np.stack([columns[name] for name in PER_WORK]) - columns["work.points"]
