"""The templates of this package: figures against running, columns of symbols against integers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tvmtune.analysis.feature_tape import FeatureTape
from tvmtune.analysis.features import FEATURE_NAMES, FeatureLimits, features_of
from tvmtune.analysis.relations import relations_of
from tvmtune.schedule import infer_nest
from tvmtune.schedule.nest import map_numbers, print_nest
from tvmtune.search_spaces.space import Config, Space
from tvmtune.search_spaces.structures import StructureEvaluator
from tvmtune.search_spaces.template import Template
from tvmtune.search_spaces.templates import TEMPLATES
from tvmtune.symbolic import Substitution
from tvmtune.target import Target
from tvmtune.workload import Workload, parse

TARGET = Target(isa="x86-64")

SMALL = [
    ("matmul.packed", "matmul:m=10,k=6,n=12"),
    ("matmul.packed", "matmul:m=13,k=7,n=11"),
    ("conv2d.direct", "conv2d:ci=4,h=6,co=8,k=3"),
    ("conv2d.direct", "conv2d:ci=5,h=7,w=11,co=3,k=3,stride=2"),
    ("conv2d.direct", "conv2d:ci=4,h=5,co=6,k=3,groups=2,dilation=2,pad=2"),
    ("conv2d.winograd2", "conv2d:ci=4,h=6,co=8,k=3"),
    ("conv2d.winograd2", "conv2d:ci=3,h=5,w=8,co=5,k=3,stride=2,pad=0"),
    ("conv2d.winograd4", "conv2d:ci=3,h=5,w=9,co=5,k=1,kw=3"),
    ("conv2d.depthwise", "conv2d:ci=8,h=6,co=8,k=3,groups=8"),
    ("conv2d.depthwise", "conv2d:ci=5,h=7,w=11,co=5,k=3,groups=5,stride=2,n=2"),
    ("conv2d.depthwise", "conv2d:ci=4,h=8,w=9,co=4,k=11,kw=7,pad=5,padw=3,groups=4"),
]

LARGE = [
    ("matmul.packed", "matmul:m=128,k=768,n=3072"),
    ("matmul.packed", "matmul:m=127,k=251,n=509"),
    ("matmul.packed", "matmul:m=1,k=2048,n=1000"),
    ("conv2d.direct", "conv2d:ci=64,h=56,co=64,k=3"),
    ("conv2d.direct", "conv2d:ci=61,h=31,w=37,co=67,k=5,stride=2"),
    ("conv2d.direct", "conv2d:ci=64,h=56,co=128,k=1,stride=2"),
    ("conv2d.direct", "conv2d:ci=64,h=14,co=48,k=3,groups=2"),
    ("conv2d.winograd2", "conv2d:ci=256,h=14,co=512,k=3,stride=2"),
    ("conv2d.winograd4", "conv2d:ci=61,h=31,w=37,co=67,k=3"),
    ("conv2d.winograd6", "conv2d:ci=64,h=56,co=64,k=3"),
    ("conv2d.depthwise", "conv2d:ci=128,h=56,co=128,k=3,groups=128"),
    ("conv2d.depthwise", "conv2d:ci=61,h=31,w=37,co=61,k=5,groups=61"),
    ("conv2d.depthwise", "conv2d:ci=48,h=14,co=48,k=7,groups=48"),
    ("conv2d.depthwise", "conv2d:ci=96,h=28,co=96,k=3,groups=96,stride=2,n=2"),
]


class _Drawn:
    """Random valid configs of a template for a workload."""

    def __init__(self, template: str, workload: str, n: int) -> None:
        self.template: Template = TEMPLATES[template]
        self.workload: Workload = parse(workload)
        self.space: Space = self.template.space(self.workload, TARGET)
        self.evaluator = StructureEvaluator(self.space, self.schedule)
        rng = np.random.default_rng(0)
        self.points: NDArray[np.int64] = self.space.sample(rng, n, self.evaluator.satisfied)

    def schedule(self, config: Config) -> Any:
        return self.template.schedule_of(self.workload, TARGET, config)


def _count(template: str, count: int, *, thorough: bool) -> int:
    """How many configs to try: of Winograd's, each of which takes five times as long, fewer."""
    return count if thorough or "winograd" not in template else count // 3


@pytest.mark.parametrize(("template", "workload"), SMALL)
def test_figures_are_what_running_counts(
    template: str, workload: str, compared: Any, thorough: bool
) -> None:
    count = _count(template, 50 if thorough else 25, thorough=thorough)
    drawn = _Drawn(template, workload, count)
    assert len(drawn.points) == count
    for point in drawn.points:
        config = drawn.space.config_of(point)
        found = compared(drawn.schedule(config))
        assert found.figures.bounds == set(), config.text
        assert found.differences == {}, config.text
        assert found.too_small == {}, config.text


@pytest.mark.parametrize(("template", "workload"), LARGE)
def test_symbols_give_what_integers_give(template: str, workload: str, thorough: bool) -> None:
    count = _count(template, 200 if thorough else 25, thorough=thorough)
    drawn = _Drawn(template, workload, count)
    columns, names = drawn.evaluator.features(drawn.points), drawn.evaluator.feature_names
    for point, row in zip(drawn.points, columns, strict=True):
        config = drawn.space.config_of(point)
        schedule = drawn.schedule(config)
        values = drawn.space.columns(point[np.newaxis])
        substitute = Substitution({name: int(column[0]) for name, column in values.items()})
        symbolic = infer_nest(drawn.schedule(drawn.space.symbolic(point)))
        assert print_nest(map_numbers(symbolic, substitute)) == print_nest(infer_nest(schedule))
        wanted = FeatureTape(features_of(schedule, FeatureLimits()))({}, 1)[0]
        assert np.array_equal(row[: len(FEATURE_NAMES)], wanted), config.text
        own = relations_of(wanted[np.newaxis])
        assert np.array_equal(relations_of(row[np.newaxis], names), own), config.text
        assert drawn.evaluator.violations(point) == []


def test_features_tell_configs_apart() -> None:
    drawn = _Drawn("conv2d.direct", "conv2d:ci=64,h=56,co=64,k=3", 200)
    columns = drawn.evaluator.features(drawn.points)[:, : len(FEATURE_NAMES)]
    assert np.isfinite(columns).all()
    different = len(np.unique(drawn.points, axis=0))
    assert len(np.unique(columns, axis=0)) > 0.95 * different
