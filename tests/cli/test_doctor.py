from __future__ import annotations

import json
from contextlib import nullcontext
from typing import Any

import pytest

from tvmtune.cli import doctor_command
from tvmtune.errors import MeasureError
from tvmtune.runtime.openmp import serial_openmp


@pytest.fixture
def measured(facts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_command, "Workers", lambda options: nullcontext())
    monkeypatch.setattr(doctor_command, "measure_machine", lambda *_: facts)


@pytest.mark.usefixtures("measured")
def test_lines(cli: Any) -> None:
    code, out, _ = cli("doctor")
    assert code == 0
    assert "100 GFLOP/s on one core, 190 on all" in out
    assert "read L1       200.0 GB/s" in out
    assert "builds and timings will alternate" in out
    assert "llvmlite" in out
    assert "OpenMP" in out


@pytest.mark.usefixtures("measured")
def test_json(cli: Any, facts: Any) -> None:
    _, out, _ = cli("doctor", "--json")
    found = json.loads(out)
    assert found["facts"] == facts.to_json()
    assert found["target"].startswith("cpu:threads=1,isa=")


@pytest.mark.usefixtures("measured")
def test_what_is_missing(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise MeasureError("no builder")

    monkeypatch.setattr(doctor_command, "measure_machine", fails)
    monkeypatch.setattr(doctor_command, "find_openmp", serial_openmp)
    code, out, _ = cli("doctor")
    assert code == 1
    assert "failed: no builder" in out
    assert "libgomp1" in out


def test_ranges() -> None:
    assert doctor_command._ranges((0, 1, 2, 4, 6, 7)) == "0-2, 4, 6-7"
