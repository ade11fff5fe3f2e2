from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tvmtune.outcome import Status
from tvmtune.records import Record

MakeRecord = Callable[..., Record]


@pytest.fixture
def make() -> MakeRecord:
    """Records of one task on one machine; each starts a second after the one before."""
    made = 0

    def record(tile: int = 1, median_s: float | None = 1e-3, **fields: Any) -> Record:
        nonlocal made
        made += 1
        values: dict[str, Any] = {
            "workload": "matmul:m=8,k=8,n=8",
            "target": "cpu:threads=1,isa=avx2",
            "template": "matmul.packed",
            "template_version": "1",
            "config": {"tile": [tile, 4], "unroll": True},
            "status": Status.OK,
            "median_s": median_s,
            "samples_s": () if median_s is None else (median_s, median_s * 1.01),
            "checks": {"harder": True},
            "start_s": 1000.0 + made,
            "fingerprint": {"cpu": "A", "cores": 2, "kernel": "6"},
            "toolchain": {"llvmlite": "0.50"},
            "nest_hash": f"nest{tile}",
        }
        return Record(**values | fields).with_id()

    return record
