from __future__ import annotations

import json

import pytest

from tvmtune.measure.options import MeasureOptions


@pytest.mark.parametrize(
    ("threads", "cores", "run", "build", "overlap"),
    [
        (1, (0, 1), (1,), (0,), True),
        (2, (0, 1), (0, 1), (0, 1), False),
        (4, (3, 2, 7, 5, 6), (3, 5, 6, 7), (2,), True),
        (1, (0,), (0,), (0,), False),
        (3, (0, 1), (0, 1), (0, 1), False),
    ],
)
def test_kernels_get_the_last_cores_and_builders_the_others(
    threads: int,
    cores: tuple[int, ...],
    run: tuple[int, ...],
    build: tuple[int, ...],
    overlap: bool,
) -> None:
    placed = MeasureOptions().placed(threads, cores)
    assert (placed.run_cores, placed.build_cores, placed.overlap) == (run, build, overlap)
    assert placed.builders_aside == overlap
    assert placed.builder_settings().cores == build
    assert not placed.builder_settings().idle
    assert placed.builder_settings(aside=True).cores == run
    assert placed.builder_settings(aside=True).idle


def test_overlap_that_was_refused_stays_refused() -> None:
    assert not MeasureOptions(overlap=False).placed(1, (0, 1)).overlap


def test_flags_are_arguments_of_the_builder() -> None:
    options = MeasureOptions(builder_command=("build",))
    assert options.builder_settings(("-a", "-b")).command == ("build", "-a", "-b")
    assert options.runner_settings().command[-1] == "tvmtune.measure.runner"


def test_settings_are_plain_json() -> None:
    settings = MeasureOptions().placed(1, (0, 1)).settings
    assert json.loads(json.dumps(settings)) == settings
    assert settings["run_cores"] == [1]
    assert settings["timing"]["budget_s"] == 0.1
