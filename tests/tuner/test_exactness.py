"""A search that leaves out what is not exact enough."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest

from tvmtune.deploy.inputs import read_inputs
from tvmtune.errors import TemplateError
from tvmtune.outcome import Outcome, Status
from tvmtune.records import Purpose
from tvmtune.search_spaces.templates import TEMPLATES
from tvmtune.target import parse_target
from tvmtune.tuner import Equipment, TuneOptions, Warned, api
from tvmtune.tuner.local import compiled_domain

DEPTHWISE = "conv2d:ci=8,h=8,co=8,k=3,groups=8"
TARGET = parse_target("cpu:isa=avx2")


def with_errors(rows: int, error: float) -> Callable[[Any, int], Outcome | None]:
    """Configs of many rows are twice as fast and not exact."""

    def plant(request: Any, _number: int) -> Outcome | None:
        if request["config"]["rows"] < rows:
            return None
        checks = {"seeds": [0], "rel_error": error}
        return Outcome(status=Status.OK, median_s=1e-4, samples_s=(1e-4,), checks=checks)

    return plant


def test_what_was_measured_as_not_exact_enough_is_never_best(bed: Any) -> None:
    bed.plant = with_errors(9, 3e-6)
    report = bed.tune(trials=40, max_rel_error=2e-6).tasks[0]
    assert report.best.record.config["rows"] < 9
    assert report.failures["wrong_answer"] > 5
    in_log = [r for r in bed.records if r.purpose is Purpose.SEARCH]
    assert {r.status for r in in_log} == {Status.OK}, "the log is for everybody"
    again = bed.tune(trials=40, max_rel_error=2e-6).tasks[0]
    assert again.best.record.id == report.best.record.id
    anybody = bed.tune(trials=40).tasks[0]
    assert anybody.best.record.config["rows"] >= 9
    assert not anybody.failures


def test_the_error_of_the_harder_check_counts(bed: Any) -> None:
    bed.plant = with_errors(1, 1e-6)

    def harder(request: Any, _number: int) -> Outcome:
        error = 5e-6 if request["config"]["rows"] >= 9 else 1e-6
        return Outcome(status=Status.OK, checks={"harder": True, "rel_error": error})

    bed.plant_harder = harder
    best = bed.tune(trials=30, max_rel_error=2e-6).tasks[0].best
    assert best is not None
    assert best.record.config["rows"] < 9


def test_a_log_that_was_tuned_without_a_limit(bed: Any) -> None:
    bed.plant = with_errors(9, 1e-6)

    def harder(request: Any, _number: int) -> Outcome:
        error = 5e-6 if request["config"]["rows"] >= 9 else 1e-6
        return Outcome(status=Status.OK, checks={"rel_error": error})

    bed.plant_harder = harder
    best = bed.tune(trials=40).tasks[0].best
    assert best.record.config["rows"] >= 9
    for _ in range(4):
        best = bed.tune(trials=40, max_rel_error=2e-6).tasks[0].best
        assert best is None or best.record.config["rows"] < 9
    assert best is not None


@pytest.fixture
def winograd(monkeypatch: pytest.MonkeyPatch) -> None:
    """The depthwise template promises little; another serves the same workloads."""
    inexact = replace(TEMPLATES["conv2d.depthwise"], error=lambda _: 1e-5)
    exact = replace(TEMPLATES["conv2d.direct"], serves=lambda _: True)
    known = {**TEMPLATES, inexact.name: inexact, exact.name: exact}
    monkeypatch.setattr("tvmtune.compiler.templates.TEMPLATES", known)


def _plain(_request: Any, _number: int) -> Outcome:
    return Outcome(status=Status.OK, median_s=1e-3, samples_s=(1e-3,))


def tuned(bed: Any, texts: list[str], limit: float | None, trials: int = 1) -> list[str]:
    """What is said while some workloads are tuned with their own templates."""
    equipment = Equipment(harness=bed._harness, domain=compiled_domain, here=bed.here)
    options = TuneOptions(trials=trials, search="random", max_rel_error=limit, leaders=1)
    heard: list[Any] = []
    api.tune_inputs(
        read_inputs(texts),
        TARGET,
        bed.path,
        options,
        watch=api.Watch(event=heard.append),
        machinery=lambda *_: nullcontext(api.Machinery(equipment, lambda: (equipment, None))),
    )
    return [event.message for event in heard if isinstance(event, Warned)]


@pytest.mark.usefixtures("winograd")
def test_templates_that_are_left_out_are_named(bed: Any) -> None:
    bed.plant = bed.plant_harder = _plain
    assert tuned(bed, [DEPTHWISE, "matmul:m=8,k=8,n=8"], 3e-6) == [
        "conv2d.depthwise is left out of 1 of 2 tasks: it promises a relative error of 1e-05 and "
        "mostly has 0.45 of it; tolerated is 3e-06"
    ]
    assert {r.template for r in bed.records} == {"conv2d.direct", "matmul.packed"}
    assert tuned(bed, [DEPTHWISE], 4.6e-6, trials=3) == []
    assert "conv2d.depthwise" in {r.template for r in bed.records}


@pytest.mark.usefixtures("winograd")
def test_a_tolerance_that_no_template_keeps(bed: Any) -> None:
    with pytest.raises(TemplateError, match=r"depthwise promises 1e-05, conv2d.direct promises 2"):
        tuned(bed, [DEPTHWISE], 1e-9)
    assert not bed.path.exists()
    bed.plant = bed.plant_harder = _plain
    said = tuned(bed, [DEPTHWISE, "matmul:m=8,k=5000,n=8"], 1e-6)
    assert said[0] == (
        "matmul:m=8,k=5000,n=8 is left out: no template keeps a relative error of 1e-06: "
        "matmul.packed promises 6.32e-06 and mostly has 0.45 of it; what would work is "
        "--max-rel-error 6.4e-06"
    )
