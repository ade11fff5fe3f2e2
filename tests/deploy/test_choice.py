from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tvmtune.compiler.request import BuildRequest
from tvmtune.compiler.scheduling import nest_hash
from tvmtune.deploy.choice import Choice, choose
from tvmtune.deploy.match import LogMatch
from tvmtune.errors import KernelError, TemplateError
from tvmtune.records import Here, Record
from tvmtune.search_spaces.templates import TEMPLATES
from tvmtune.target import parse_target
from tvmtune.workload import parse

WORKLOAD = parse("matmul:m=8,k=8,n=8")
TARGET = parse_target("cpu:threads=1,isa=avx2")
HERE = Here({"cpu": "A", "cores": 2, "kernel": "6"}, {"llvmlite": "0.50"})


def _choose(records: list[Record] | None, here: Here = HERE, **options: Any) -> Choice:
    return choose(WORKLOAD, TARGET, records, here, **options)


def _current(record: Record) -> str:
    return nest_hash(
        BuildRequest(
            workload=record.workload,
            target=record.target,
            template=record.template,
            config=record.config,
        )
    )


def test_without_a_log(caplog: pytest.LogCaptureFixture) -> None:
    choice = _choose(None, keep_sources=True)
    assert choice.match.is_default
    assert choice.match.reason == "no log was given"
    assert choice.request.workload == WORKLOAD.text
    assert choice.request.template == choice.match.template
    assert dict(choice.request.config) == dict(choice.match.config) != {}
    assert choice.request.keep_sources
    assert not caplog.records


def test_best_of_the_log(record: Any) -> None:
    hash_now = _current(record())
    slow, fast = record(2e-6, nest_hash=hash_now), record(1e-6, nest_hash=hash_now)
    match = _choose([slow, fast]).match
    assert match.kind == "exact"
    assert match.record_id in (slow.id, fast.id)
    assert match.figure_s == pytest.approx(1.5e-6)
    assert str(match).startswith("exact (")
    assert LogMatch.from_json(match.to_json()) == match


def test_another_machine_warns(record: Any, caplog: pytest.LogCaptureFixture) -> None:
    known = record(nest_hash=_current(record()))
    match = _choose([known], Here({"cpu": "B"}, {})).match
    assert match.kind == "other machine"
    assert "measured on A" in caplog.text


def test_nothing_usable_warns(record: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tvmtune")
    stale = record(nest_hash="of another nest")
    broken = record(config={"no": "knob"})
    match = _choose([stale, broken]).match
    assert match.is_default
    assert match.record_id is None
    assert sum(match.refused.values()) == 2
    assert "the default config is used" in caplog.text
    assert "no longer accepts the config" in caplog.text


def test_a_template_by_name() -> None:
    assert _choose(None, template="matmul.packed").request.template == "matmul.packed"
    with pytest.raises(TemplateError):
        _choose(None, template="conv2d.direct")
    with pytest.raises(TemplateError):
        _choose(None, template="no.such")


def test_one_reference_however_it_is_written(record: Any, tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text(
        "from tvmtune.search_spaces.templates.matmul_packed import TEMPLATE as MINE  # noqa\n"
    )
    made = record(template=f"{own}:MINE", nest_hash=_current(record()))
    written = f"{tmp_path}/../{tmp_path.name}/own.py:MINE"
    assert _choose([made], template=written).match.record_id == made.id
    assert _choose(None, template=written).request.template == made.template


def test_broken_matches_are_refused() -> None:
    with pytest.raises(KernelError, match="match of a kernel"):
        LogMatch.from_json({"kind": "exact", "surprise": 1})


def test_only_what_is_exact_enough(record: Any) -> None:
    hash_now = _current(record())
    exact = record(2e-6, nest_hash=hash_now, checks={"harder": True, "rel_error": 1e-7})
    match = _choose([exact], max_rel_error=3e-7).match
    assert match.record_id == exact.id
    loose = record(2e-6, nest_hash=hash_now, checks={"harder": True, "rel_error": 4e-7})
    match = _choose([loose], max_rel_error=3e-7).match
    assert match.is_default
    assert list(match.refused.values()) == [1]
    assert "a relative error of 4e-07 was measured, tolerated is 3e-07" in match.reason
    assert _choose([loose]).match.record_id == loose.id


@pytest.mark.parametrize("records", [None, []])
def test_no_template_is_exact_enough(records: list[Record] | None) -> None:
    with pytest.raises(
        TemplateError, match=r"matmul.packed promises 2.53e-07; .* 2.6e-07, or a log"
    ):
        _choose(records, max_rel_error=1e-9)


def test_the_default_is_that_of_an_exact_template(monkeypatch: pytest.MonkeyPatch) -> None:
    winograd = replace(TEMPLATES["matmul.packed"], name="matmul.fast", error=lambda _: 1e-5)
    space = winograd.space
    named = replace(winograd, space=lambda w, t: replace(space(w, t), template="matmul.fast"))
    both = {"matmul.fast": named, **TEMPLATES}
    monkeypatch.setattr("tvmtune.compiler.templates.TEMPLATES", both)
    assert _choose(None).request.template == "matmul.fast"
    assert _choose(None, max_rel_error=1e-6).request.template == "matmul.packed"
