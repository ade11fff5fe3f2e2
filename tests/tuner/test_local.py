from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tvmtune.analysis.features import FEATURE_VERSION
from tvmtune.errors import UsageError
from tvmtune.measure.harness import Harness
from tvmtune.measure.options import MeasureOptions
from tvmtune.records.fingerprint import machine_fingerprint, toolchain_versions
from tvmtune.tuner import Task, local
from tvmtune.tuner.local import compiled_domain, here, local_equipment


def test_this_machine_is_the_one_that_asks() -> None:
    assert here().fingerprint == machine_fingerprint()
    assert here().toolchain == toolchain_versions()


def test_what_the_memory_cannot_hold_is_not_admitted(tmp_path: Path) -> None:
    huge = Task("matmul:m=40000,k=40000,n=40000", "cpu:isa=avx2")
    with (
        local_equipment(MeasureOptions(lock_path=tmp_path / "lock")) as equipment,
        pytest.raises(UsageError, match=r"needs (about|at least) \d+\.\d GiB of memory"),
    ):
        equipment.admit(huge)


def test_harnesses_of_this_machine_share_its_workers(bed: Any, tmp_path: Path) -> None:
    options = MeasureOptions(lock_path=tmp_path / "lock", run_cores=(0,))
    with local_equipment(options, domain=bed.domains) as equipment:
        harness = equipment.harness(bed.task)
        assert isinstance(harness, Harness)
        harness.close()
        assert equipment.feature_version == FEATURE_VERSION
        assert equipment.settings["run_cores"] == [0]
        assert equipment.settings["timing"] == options.timing.to_json()


@pytest.mark.parametrize(
    ("reference", "names"),
    [
        (None, ["own matmul.packed", "own matmul.plain"]),
        ("matmul.plain", ["matmul.plain"]),
        ("mine.py:FAST", ["mine.py:FAST"]),
        ("./mine.py:FAST", ["mine.py:FAST"]),
    ],
)
def test_a_reference_stays_a_reference(
    bed: Any, monkeypatch: pytest.MonkeyPatch, reference: str | None, names: list[str]
) -> None:
    own = "matmul.plain" if reference else None
    domain, keys = bed.domains("matmul:m=8,k=8,n=8", "cpu", own)
    monkeypatch.setattr(local, "task_domain", lambda *_: domain)
    found = [SimpleNamespace(name=space.template, version=3) for space in domain.spaces]
    found.reverse()
    monkeypatch.setattr(local, "templates_for", lambda *_: found)
    spanned, labels = compiled_domain("matmul:m=8,k=8,n=8", "cpu:isa=avx2", reference)
    assert spanned is domain
    assert [(key.name, key.version) for key in labels] == [(name, "3") for name in names]
    assert len(keys) == len(labels)
