"""The points of a template, judged by the nests that it makes of them.

Points that agree in their structural knobs share a *structure*: its schedule is made once, over
symbols for the numeric knobs, and what follows from it is evaluated for all of its points at once.

A structure on which the template's own code fails (it raises, crashes or hangs) is *opaque*: one
point of it counts as valid, so that the failure is tried, and recorded, once.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tvmtune.analysis.feature_tape import FeatureTape
from tvmtune.analysis.features import FEATURE_NAMES, FeatureLimits, features_of
from tvmtune.errors import LayoutError, ScheduleError, TemplateError
from tvmtune.schedule import Schedule, infer_nest
from tvmtune.schedule.nest import Nest
from tvmtune.search_spaces.config import Config
from tvmtune.search_spaces.faults import Faults
from tvmtune.search_spaces.knobs import Knob, KnobValue
from tvmtune.search_spaces.protocols import Points
from tvmtune.search_spaces.space import Space
from tvmtune.symbolic import Tape, as_int, compile_tape

_log = logging.getLogger(__name__)

_REFUSALS = (ScheduleError, LayoutError)
"""What a schedule raises that is not legal, however its factors are chosen."""

Rehearse = Callable[[Config], str]
"""Tries elsewhere what the structure of a config makes of a template; says what went wrong."""


class StructureEvaluator:
    """Judges points by their nests; `tvmtune.search_spaces.protocols.Evaluator`.

    Parameters
    ----------
    space
        The template's space.
    schedule_of
        The schedule of a config of it, in integers or symbols.
    limits
        What features are relative to.
    kept
        Number of structures that are remembered; those not used for the longest time are dropped.
    rehearse
        Called before the schedule of a new structure is made here; None: it is trusted.
    """

    def __init__(
        self,
        space: Space,
        schedule_of: Callable[[Config], Schedule],
        limits: FeatureLimits | None = None,
        kept: int = 1024,
        rehearse: Rehearse | None = None,
    ) -> None:
        self._space = space
        self._schedule_of = schedule_of
        self._limits = limits or FeatureLimits()
        self._kept = kept
        self._rehearse = rehearse
        self._structures: OrderedDict[tuple[int, ...], _Structure] = OrderedDict()
        self._opaque: dict[tuple[int, ...], _Structure] = {}
        self._faults = Faults()
        self._knob_columns = tuple(_knob_columns(space.knobs))
        self._feature_names = (*FEATURE_NAMES, *(name for name, _, _ in self._knob_columns))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns: those of the nest are the same for every template, then the knobs.

        A numeric knob has a column for each of its numbers, ``log2(1 + x)``; a structural one has
        the place of its value.
        """
        return self._feature_names

    def satisfied(self, points: Points) -> NDArray[np.bool_]:
        """Which points satisfy the constraints of their nests, shape ``(n,)``.

        Points of a structure that has no legal schedule do not, nor all but one of those of a
        structure on which the template's own code fails.
        """
        valid = np.zeros(len(points), np.bool_)
        for group in self._space.structures(points):
            structure = self._structure(group.key, points[group.rows[0]])
            valid[group.rows] = structure.satisfied(self._space, points[group.rows])
        return valid

    def features(self, points: Points) -> NDArray[np.float32]:
        """Feature columns, shape ``(n, d)``; those of the nest are 0 where no schedule is legal."""
        features = np.empty((len(points), len(self._feature_names)), np.float32)
        nests, knobs = features[:, : len(FEATURE_NAMES)], features[:, len(FEATURE_NAMES) :]
        for column, (_, place, table) in zip(knobs.T, self._knob_columns, strict=True):
            column[:] = table[points[:, place]]
        for group in self._space.structures(points):
            structure = self._structure(group.key, points[group.rows[0]])
            structure.write_features(self._space, points, nests, group.rows)
        return features

    def violations(self, point: Points) -> list[str]:
        """What is wrong with a point, in numbers; nothing for one that is satisfied.

        Parameters
        ----------
        point
            Digits, shape ``(width,)``.
        """
        (group,) = self._space.structures(point[np.newaxis])
        structure = self._structure(group.key, point)
        if structure.is_opaque:
            return [] if structure.satisfied(self._space, point[np.newaxis])[0] else [structure.why]
        try:
            nest = infer_nest(self._schedule_of(self._space.config_of(point)))
        except _REFUSALS as error:
            return [str(error)]
        violated = [c.message for c in nest.constraints if as_int(c.condition) == 0]
        return violated or ([structure.why] if structure.schedule is None else [])

    def _structure(self, key: tuple[int, ...], point: Points) -> _Structure:
        """What is known of a structure, of which `point` is one."""
        if key in self._opaque:
            return self._opaque[key]
        structure = self._structures.pop(key, None) or self._new_structure(key, point)
        kept = self._opaque if structure.is_opaque else self._structures
        kept[key] = structure
        while len(self._structures) > self._kept:
            self._structures.popitem(last=False)
        return structure

    def _new_structure(self, key: tuple[int, ...], point: Points) -> _Structure:
        if self._faults.blamed(key) is not None:
            why = "one of its values has only ever failed"
            return _Structure(self._limits, None, None, why, tried=point[:0])
        fault = self._rehearse(self._space.config_of(point)) if self._rehearse else ""
        try:
            structure = None if fault else self._made(point)
        except TemplateError as error:
            structure, fault = None, str(error)
        if structure is None:
            return self._failed(key, point, fault)
        self._faults.pass_over(key)
        return structure

    def _made(self, point: Points) -> _Structure:
        try:
            schedule = self._schedule_of(self._space.symbolic(point))
            return _Structure(self._limits, schedule, infer_nest(schedule))
        except _REFUSALS as error:
            shown = self._structural_knobs(point)
            _log.warning(
                "template %s has no schedule for %s: %s", self._space.template, shown, error
            )
            return _Structure(self._limits, None, None, str(error))

    def _failed(self, key: tuple[int, ...], point: Points, fault: str) -> _Structure:
        """The opaque structure of a point that failed."""
        shown = self._structural_knobs(point)
        _log.warning(
            "template %s fails for %s, which gets one trial: %s", self._space.template, shown, fault
        )
        self._faults.add(key)
        place = self._faults.blamed(key)
        if place is not None:
            name, value = list(shown.items())[place]
            _log.warning(
                "template %s has only ever failed with %s=%s, which is not tried any more",
                self._space.template,
                name,
                value,
            )
        return _Structure(self._limits, None, None, fault, tried=point.copy())

    def _structural_knobs(self, point: Points) -> dict[str, KnobValue]:
        """The values that make a structure, in the order of the digits of its key."""
        knobs = self._space.config_of(point).knobs
        return {k.name: knobs[k.name] for k in self._space.knobs if not k.numeric}


def try_structure(
    space: Space,
    schedule_of: Callable[[Config], Schedule],
    point: Points,
    limits: FeatureLimits | None = None,
) -> None:
    """Do what an evaluator does for the structure of a point, and let whatever is raised through.

    A structure without a legal schedule is no failure.
    """
    try:
        schedule = schedule_of(space.symbolic(point))
        structure = _Structure(limits or FeatureLimits(), schedule, infer_nest(schedule))
    except _REFUSALS:
        return
    structure.satisfied(space, point[np.newaxis])
    features = np.empty((1, len(FEATURE_NAMES)), np.float32)
    structure.write_features(space, point[np.newaxis], features, np.arange(1))


@dataclass(eq=False)
class _Structure:
    """A symbolic schedule and its tapes; or why there is none.

    ``tried`` is the one point that is valid where the template's own code failed; no digits where
    it is only presumed to fail.
    """

    limits: FeatureLimits
    schedule: Schedule | None
    nest: Nest | None
    why: str = ""
    tried: Points | None = None

    @property
    def is_opaque(self) -> bool:
        """Whether the template's own code failed, or is presumed to."""
        return self.tried is not None

    @cached_property
    def constraint_tape(self) -> Tape | None:
        conditions = [c.condition for c in self.nest.constraints] if self.nest else []
        return compile_tape(conditions) if conditions else None

    @cached_property
    def feature_tape(self) -> FeatureTape:
        assert self.schedule is not None
        return FeatureTape(features_of(self.schedule, self.limits))

    def write_features(
        self, space: Space, points: Points, out: NDArray[np.float32], rows: NDArray[np.intp]
    ) -> None:
        """Write the features of some of the points into the same rows of an array."""
        if self.schedule is None:
            out[rows] = 0
        else:
            self.feature_tape.write(space.columns(points[rows]), out, rows)

    def _are_tried(self, points: Points) -> NDArray[np.bool_]:
        if self.tried is None or not self.tried.size:
            return np.zeros(len(points), np.bool_)
        return np.asarray((points == self.tried).all(axis=1), np.bool_)

    def satisfied(self, space: Space, points: Points) -> NDArray[np.bool_]:
        if self.schedule is None:
            return self._are_tried(points)
        if self.constraint_tape is None:
            return np.ones(len(points), np.bool_)
        met = self.constraint_tape(space.columns(points), rows=len(points)) != 0
        return np.asarray(met.all(axis=1), np.bool_)


def _knob_columns(knobs: Sequence[Knob]) -> Iterator[tuple[str, int, NDArray[np.float32]]]:
    """For each column its name, the place of its knob, and its value by the knob's digit."""
    for place, knob in enumerate(knobs):
        if not knob.numeric:
            yield f"knob.{knob.name}", place, np.arange(len(knob.values), dtype=np.float32)
            continue
        table = np.array(knob.values, np.float64).reshape(len(knob.values), -1)
        for part, name in enumerate(knob.symbols):
            yield f"knob.{name}", place, np.log2(table[:, part] + 1).astype(np.float32)
