from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.experiments.synthetic import made_domain, made_space
from tvmtune.errors import SpaceError
from tvmtune.experiments.measures import median_seconds, median_trials
from tvmtune.experiments.recorded_domain import RecordedDomain
from tvmtune.experiments.replay import replay
from tvmtune.experiments.trace import Trace
from tvmtune.records.recorded_space import RecordedSpace, RecordedTemplate
from tvmtune.search.strategies import STRATEGIES
from tvmtune.tuner.equipment import make_named_strategy
from tvmtune.tuner.options import TuneOptions


def _trace(domain: RecordedDomain, name: str, seed: int, trials: int, **options: Any) -> Trace:
    chosen = TuneOptions(trials=trials, search=name, seed=seed)
    return replay(domain, make_named_strategy(chosen, domain, seed), trials, **options)


def _rows(trace: Trace) -> list[int]:
    assert trace.rows is not None
    return [int(row) for row in trace.rows]


NAMES = tuple(name for name in STRATEGIES if name not in ("gp", "tpe", "cmaes", "nsga2"))
"""All but Optuna's samplers, which take long for so many trials; tests/search has them."""


@pytest.mark.parametrize("name", NAMES)
def test_every_strategy_finds_every_config_once(name: str) -> None:
    domain = made_domain()
    trace = _trace(domain, name, 1, 10_000)
    assert sorted(_rows(trace)) == list(range(len(domain.space)))


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_proposes_the_same(name: str) -> None:
    domain = made_domain()
    traces = [_trace(domain, name, seed, 60) for seed in (3, 3, 4)]
    assert _rows(traces[0]) == _rows(traces[1])
    assert name == "grid" or _rows(traces[0]) != _rows(traces[2])
    assert len(traces[0]) == 60


def test_what_is_charged_one_after_the_other() -> None:
    ticks = count()
    domain = made_domain()
    trace = _trace(domain, "grid", 0, 3, now_s=lambda: float(next(ticks)))
    spent = domain.space.build_s[trace.rows] + domain.space.run_s[trace.rows]
    assert trace.thinking_s == 6.0
    np.testing.assert_allclose(trace.told_s - np.arange(3), np.cumsum(spent + 1))


def test_what_is_charged_when_builds_and_runs_overlap() -> None:
    domain = made_domain(origin={"settings": {"overlap": True}})
    trace = _trace(domain, "grid", 0, 8, now_s=lambda: 0.0)
    ran = domain.space.run_s[trace.rows]
    np.testing.assert_allclose(trace.told_s, 0.05 * np.arange(1, 9) + ran)


def _traced(space: RecordedSpace, rows: list[int], told_s: list[float]) -> Trace:
    return Trace(
        times_s=space.times_s[rows],
        told_s=np.array(told_s),
        rows=np.array(rows),
        thinking_s=0.0,
        building_s=0.0,
        running_s=0.0,
    )


def test_figures_of_traces() -> None:
    domain = made_domain()
    space = domain.space
    order = np.argsort(np.where(np.isnan(space.times_s), np.inf, space.times_s))
    failed = int(np.flatnonzero(np.isnan(space.times_s))[0])
    trace = _traced(space, [failed, order[9], order[4], order[0]], [1.0, 2.0, 3.0, 4.0])
    assert trace.best_so_far_s[0] == np.inf
    assert trace.reached(space.best_s) == 3
    assert trace.reached(1.0) == 1
    assert len(trace) == 4
    short = _traced(space, [failed, order[9]], [1.0, 2.0])
    assert short.reached(space.best_s) is None
    assert median_trials([3, None, 3]) == 4
    assert median_trials([3, None]) is None
    assert median_seconds([trace, short, trace], [3, None, 1]) == 4.0


def test_samples_are_of_the_space() -> None:
    domain = made_domain()
    points = domain.sample(np.random.default_rng(0), 20_000)
    assert set(domain.rows(points).tolist()) == set(range(domain.size))
    assert len(domain.sample(np.random.default_rng(0), 5, [])) == 0
    assert domain.features(points[:7]).shape[0] == 7
    moved = domain.moved(points, np.random.default_rng(1))
    valid = domain.valid(moved)
    assert 0 < valid.sum() < len(moved)
    assert set(domain.keys(moved[valid])) <= set(domain.keys(domain.points))
    assert not set(domain.keys(moved[~valid])) & set(domain.keys(domain.points))


def test_changed_templates_are_told() -> None:
    space = made_space()
    template = space.template
    older = RecordedTemplate(name=template.name, version="0", knobs=template.knobs)
    with pytest.raises(SpaceError, match=r"measured in version 0, here is .*record it anew"):
        RecordedDomain.of(made_space(template=older))
    knobs = {**template.knobs, "steps": (1, 2, 77)}
    odd = RecordedTemplate(name=template.name, version=template.version, knobs=knobs)
    with pytest.raises(SpaceError, match="has no value 77"):
        RecordedDomain.of(made_space(template=odd))
    turned = {**template.knobs, "steps": template.knobs["steps"][::-1]}
    other = RecordedTemplate(name=template.name, version=template.version, knobs=turned)
    with pytest.raises(SpaceError, match="its knobs have other values now"):
        RecordedDomain.of(made_space(template=other))
    wide = {**template.knobs, "tile_m": (2, 4, 6, 14), "tile_v": (2, 3, 8)}
    invalid = RecordedTemplate(name=template.name, version=template.version, knobs=wide)
    with pytest.raises(SpaceError, match="no longer valid"):
        RecordedDomain.of(made_space(template=invalid))


def test_code_that_only_a_file_names_is_not_run(tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text(f"import os\n\nMINE = os.mkdir({str(tmp_path / 'ran')!r})\n")
    foreign = RecordedTemplate(name=f"{own}:MINE", version="1", knobs=made_space().template.knobs)
    space = made_space(template=foreign)
    with pytest.raises(SpaceError, match=r"is not of tvmtune; if you trust .* add --template"):
        RecordedDomain.of(space)
    assert not (tmp_path / "ran").exists()
    with pytest.raises(SpaceError, match="MINE is NoneType, no Template"):
        RecordedDomain.of(space, template=f"{own}:MINE")
    assert (tmp_path / "ran").exists()
