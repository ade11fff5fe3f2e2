from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from tvmtune.compiler.request import BuildRequest
from tvmtune.compiler.scheduling import nest_hash
from tvmtune.deploy.choice import Choice, choose
from tvmtune.deploy.match import LogMatch
from tvmtune.errors import KernelError, TemplateError
from tvmtune.records import Here, Record
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
