"""Points judged by their nests: constraints, features, structures without a legal schedule."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from tvmtune import te
from tvmtune.analysis.features import FEATURE_NAMES, FeatureLimits
from tvmtune.errors import ScheduleError, SymbolError, TemplateError
from tvmtune.layout import Layout
from tvmtune.schedule import Schedule, create_schedule
from tvmtune.search_spaces.knobs import candidates, choice
from tvmtune.search_spaces.space import Config, Space
from tvmtune.search_spaces.structures import StructureEvaluator, try_structure
from tvmtune.te import Tensor


def product() -> Tensor:
    x = te.placeholder((12, 8), "x")
    w = te.placeholder((8, 16), "w", constant=True)
    r = te.reduce_axis(8, "k")
    return te.compute((12, 16), lambda m, n: te.sum(x[m, r] * w[r, n], r), "out")


SPACE = Space(
    "tiled",
    (
        candidates("tile", [(1, 1), (2, 4), (3, 8), (5, 3)]),
        candidates("steps", [1, 2, 3]),
        choice("order", ["mn", "nm", "wrong"]),
        choice("tail", ["even", "pad"]),
    ),
)


class Scheduler:
    """A template's schedule that remembers how often it was asked with symbols."""

    def __init__(self) -> None:
        self.symbolic = 0

    def __call__(self, config: Config) -> Schedule:
        rows, lanes = config["tile"]
        self.symbolic += not isinstance(rows, int)
        s = create_schedule(product()).layout("w", Layout.blocked(2, [(1, 8)]))
        s = s.split("out", "m", rows, ("mo", "mi"), config["tail"])
        s = s.split("out", "n", lanes, ("no", "nl"), "even")
        s = s.split("out", "k", config["steps"], ("ko", "ki"), "peel")
        orders = {"mn": ("mo", "no"), "nm": ("no", "mo")}
        if config["order"] not in orders:
            raise ScheduleError(f"no order {config['order']}")
        s = s.reorder("out", *orders[config["order"]], "ko", "ki", "mi", "nl")
        return s.vectorize("out", "nl")


def all_points() -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return SPACE.points_from(0, SPACE.size)


def test_satisfied_is_what_the_nest_of_each_point_says() -> None:
    evaluator = StructureEvaluator(SPACE, Scheduler())
    points = all_points()
    satisfied = evaluator.satisfied(points)
    assert satisfied.tolist() == [not evaluator.violations(p) for p in points]
    assert 0 < satisfied.sum() < len(points)


def test_violations_say_why() -> None:
    evaluator = StructureEvaluator(SPACE, Scheduler())

    def of(**knobs: object) -> list[str]:
        config = Config(
            "tiled", {"tile": (2, 4), "steps": 1, "order": "mn", "tail": "even", **knobs}
        )
        return evaluator.violations(SPACE.point(config))

    assert of() == []
    assert of(tile=(5, 3)) == ["out: lanes 3 must divide the block 8 of w"]
    assert of(order="wrong") == ["no order wrong"]
    assert any("padded" in message for message in of(tail="pad", tile=(5, 3)))


def test_a_structure_that_only_symbols_cannot_make_is_refused() -> None:
    def schedule(config: Config) -> Schedule:
        if not isinstance(config["steps"], int):
            raise ScheduleError("not with symbols")
        return create_schedule(product())

    evaluator = StructureEvaluator(SPACE, schedule)
    point = all_points()[:1]
    assert not evaluator.satisfied(point).any()
    assert evaluator.violations(point[0]) == ["not with symbols"]
    assert not evaluator.features(point)[:, : len(FEATURE_NAMES)].any()


def test_a_branch_on_a_symbol_is_the_templates_fault() -> None:
    def schedule(config: Config) -> Schedule:
        if config["steps"] > 1:
            return create_schedule(product()).split("out", "k", config["steps"])
        return create_schedule(product())

    with pytest.raises(SymbolError, match="steps"):
        StructureEvaluator(SPACE, schedule).satisfied(all_points()[:1])


def test_every_structure_is_scheduled_once() -> None:
    scheduler = Scheduler()
    evaluator = StructureEvaluator(SPACE, scheduler)
    for _ in range(2):
        evaluator.satisfied(all_points())
        evaluator.features(all_points())
    assert scheduler.symbolic == 6


def test_the_structures_used_last_are_kept() -> None:
    scheduler = Scheduler()
    evaluator = StructureEvaluator(SPACE, scheduler, kept=2)
    first, second, third = (all_points()[p : p + 1] for p in (0, 12, 36))
    for points in (first, second, first, third):
        evaluator.satisfied(points)
    assert scheduler.symbolic == 3
    evaluator.satisfied(first)
    assert scheduler.symbolic == 3
    evaluator.satisfied(second)
    assert scheduler.symbolic == 4


def test_columns_are_the_nests_and_then_the_knobs() -> None:
    evaluator = StructureEvaluator(SPACE, Scheduler(), FeatureLimits(vector_bytes=16))
    names = evaluator.feature_names
    assert names[: len(FEATURE_NAMES)] == FEATURE_NAMES
    assert names[len(FEATURE_NAMES) :] == (
        "knob.tile.0",
        "knob.tile.1",
        "knob.steps",
        "knob.order",
        "knob.tail",
    )
    config = Config("tiled", {"tile": (3, 8), "steps": 3, "order": "nm", "tail": "even"})
    point = SPACE.point(config)
    columns = evaluator.features(point[np.newaxis])
    assert columns.dtype == np.float32
    found = dict(zip(names, columns[0].tolist(), strict=True))
    assert [found["knob.tile.0"], found["knob.steps"], found["knob.order"]] == [2.0, 2.0, 1.0]
    assert found["vector.lanes"] == pytest.approx(np.log2(9))


def test_columns_do_not_depend_on_what_is_evaluated_together() -> None:
    evaluator = StructureEvaluator(SPACE, Scheduler())
    points = all_points()
    together = evaluator.features(points)
    apart = np.concatenate([evaluator.features(points[i : i + 1]) for i in range(len(points))])
    assert np.array_equal(together, apart)


def test_no_points_have_no_columns() -> None:
    evaluator = StructureEvaluator(SPACE, Scheduler())
    none = np.empty((0, SPACE.width), np.int64)
    assert evaluator.features(none).shape == (0, len(evaluator.feature_names))
    assert evaluator.satisfied(none).shape == (0,)


def _fails_with(order: str, error: Exception) -> Scheduler:
    class Failing(Scheduler):
        def __call__(self, config: Config) -> Schedule:
            if config["order"] == order:
                raise error
            return super().__call__(config)

    return Failing()


def test_one_point_of_a_structure_that_fails_is_tried() -> None:
    evaluator = StructureEvaluator(SPACE, _fails_with("nm", TemplateError("a mistake")))
    points = all_points()
    failing = points[points[:, 2] == 1]
    satisfied = evaluator.satisfied(failing)
    assert np.flatnonzero(satisfied).tolist() == [0, np.flatnonzero(failing[:, 3] == 1)[0]]
    assert not evaluator.features(failing)[:, : len(FEATURE_NAMES)].any()
    assert evaluator.violations(failing[0]) == []
    assert evaluator.violations(failing[1]) == ["a mistake"]
    assert np.array_equal(evaluator.satisfied(failing[::-1]), satisfied[::-1])


def test_what_fails_its_rehearsal_is_never_called(caplog: pytest.LogCaptureFixture) -> None:
    rehearsed = []

    def rehearse(config: Config) -> str:
        rehearsed.append((config["order"], config["tail"]))
        assert isinstance(config["steps"], int)
        return "crash: SIGSEGV" if config["order"] == "nm" else ""

    scheduler = _fails_with("nm", AssertionError("called"))
    evaluator = StructureEvaluator(SPACE, scheduler, kept=1, rehearse=rehearse)
    with caplog.at_level(logging.WARNING):
        satisfied = evaluator.satisfied(all_points())
        assert np.array_equal(evaluator.satisfied(all_points()), satisfied)
    assert satisfied[all_points()[:, 2] == 1].sum() == 2
    assert rehearsed.count(("nm", "even")) == rehearsed.count(("nm", "pad")) == 1
    told = [r.getMessage() for r in caplog.records if "SIGSEGV" in r.getMessage()]
    assert told[0] == (
        "template tiled fails for {'order': 'nm', 'tail': 'even'}, which gets one trial: "
        "crash: SIGSEGV"
    )


def test_values_that_only_fail_are_not_tried_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    space = Space("many", (choice("kind", ["good", "bad"]), choice("other", list(range(9)))))
    rehearsed = []

    def rehearse(config: Config) -> str:
        rehearsed.append(config["kind"])
        return "hangs" if config["kind"] == "bad" else ""

    def schedule(config: Config) -> Schedule:
        assert config["kind"] == "good"
        return create_schedule(product())

    evaluator = StructureEvaluator(space, schedule, rehearse=rehearse)
    with caplog.at_level(logging.WARNING):
        satisfied = evaluator.satisfied(space.points_from(0, space.size))
    assert rehearsed.count("bad") == 3
    assert satisfied.tolist() == [True, True] * 3 + [True, False] * 6
    assert evaluator.violations(np.array([1, 8])) == ["one of its values has only ever failed"]
    assert "only ever failed with kind=bad" in caplog.text


def test_a_structure_is_tried_as_an_evaluator_would() -> None:
    point = all_points()[0]
    scheduler = Scheduler()
    try_structure(SPACE, scheduler, point)
    assert scheduler.symbolic == 1
    try_structure(SPACE, _fails_with("mn", ScheduleError("not legal")), point)
    with pytest.raises(ZeroDivisionError):
        try_structure(SPACE, _fails_with("mn", ZeroDivisionError()), point)
