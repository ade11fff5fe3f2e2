"""Evaluates points of a template by the nests of their structures: constraints and knobs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tvmtune.errors import ScheduleError
from tvmtune.schedule import Schedule, infer_nest
from tvmtune.search_spaces.config import Config
from tvmtune.search_spaces.space import Points, Space
from tvmtune.symbolic import Tape, compile_tape


class StructureEvaluator:
    """Judges points of one space."""

    def __init__(self, space: Space, schedule_of: Callable[[Config], Schedule]) -> None:
        self._space = space
        self._schedule_of = schedule_of
        self._tapes: dict[bytes, Tape | None] = {}

    @property
    def feature_names(self) -> tuple[str, ...]:
        """One column a knob."""
        return tuple(f"knob.{k.name}" for k in self._space.knobs)

    def satisfied(self, points: Points) -> NDArray[np.bool_]:
        """Which points satisfy the constraints of their nests."""
        good = np.ones(len(points), bool)
        for structure in self._space.structures(points):
            key = repr(structure.key).encode()
            if key not in self._tapes:
                try:
                    schedule = self._schedule_of(self._space.symbolic(points[structure.rows[0]]))
                    nest = infer_nest(schedule)
                    self._tapes[key] = compile_tape([c.condition for c in nest.constraints])
                except ScheduleError:
                    self._tapes[key] = None
            tape = self._tapes[key]
            if tape is None:
                good[structure.rows] = False
                continue
            rows = points[structure.rows]
            values = tape(self._space.columns(rows), rows=len(rows))
            good[structure.rows] = (values != 0).all(axis=1)
        return good

    def features(self, points: Points) -> NDArray[np.float32]:
        """The digits of the points."""
        return points.astype(np.float32)
