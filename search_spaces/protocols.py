"""What a search strategy sees of a task, and what judges the points of one template."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Points: TypeAlias = NDArray[np.int64]
"""Rows of digits, shape ``(n, width)``; one point alone has shape ``(width,)``."""

Predicate: TypeAlias = Callable[[Points], NDArray[np.bool_]]
"""Bools of shape ``(n,)`` for points of shape ``(n, width)``."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A column of the points of a template.

    Parameters
    ----------
    size
        Number of its digits.
    ordered
        Whether close digits stand for like values.
    """

    size: int
    ordered: bool


class Evaluator(Protocol):
    """Judges points of one space by the nests that its template makes of them."""

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the feature columns, all different."""
        ...

    def satisfied(self, points: Points) -> NDArray[np.bool_]:
        """Which points satisfy the constraints of their nests, shape ``(n,)``.

        Points that violate the constraints of the space are never asked for.
        """
        ...

    def features(self, points: Points) -> NDArray[np.float32]:
        """Features for the cost model, shape ``(n, len(feature_names))``."""
        ...


class Domain(Protocol):
    """All configs of a task, of one template or several, as points of one width.

    A point has the number of the template in column 0, then the digits of its config in the
    template's space, then zeros.
    """

    @property
    def width(self) -> int:
        """Columns of a point."""
        ...

    @property
    def size(self) -> int:
        """Number of points, valid or not; may exceed any machine integer."""
        ...

    @property
    def templates(self) -> int:
        """Number of templates."""
        ...

    def axes(self, template: int) -> tuple[Axis, ...]:
        """The columns of the points of a template, from the first digit on; the rest are 0."""
        ...

    def sample(
        self, rng: np.random.Generator, n: int, templates: Sequence[int] | None = None
    ) -> Points:
        """Draw valid points, repetitions possible; fewer than `n` where no more are found.

        Templates evenly, those given by number or all, and each valid point of a template with the
        same probability.
        """
        ...

    def moved(self, points: Points, rng: np.random.Generator) -> Points:
        """Neighbours, valid or not: in each point one random knob has another random value."""
        ...

    def valid(self, points: Points) -> NDArray[np.bool_]:
        """Which points satisfy all constraints, shape ``(n,)``."""
        ...

    def features(self, points: Points) -> NDArray[np.float32]:
        """Features for a cost model, shape ``(n, d)``."""
        ...

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns of `features`."""
        ...

    def relations(self, points: Points) -> NDArray[np.float32]:
        """Features that mean the same in every task, shape ``(n, r)``; none where that is 0."""
        ...

    @property
    def relation_names(self) -> tuple[str, ...]:
        """Names of the columns of `relations`, of which equal ones mean the same."""
        ...

    def defaults(self) -> Points:
        """The default config of each template, valid, shape ``(t, width)``."""
        ...

    def scan(self, start: int) -> Iterator[Points]:
        """The valid points with an index of at least `start`, one at a time, in index order."""
        ...

    def keys(self, points: Points) -> list[bytes]:
        """The identity of each point."""
        ...
