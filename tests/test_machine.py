from __future__ import annotations

import json
from pathlib import Path

import pytest

from tvmtune.machine import (
    Bandwidth,
    Cache,
    MachineFacts,
    available_cores,
    available_memory_bytes,
    read_caches,
)

FACTS = MachineFacts(
    cores=4,
    peak_flops=100e9,
    all_peak_flops=340e9,
    bandwidths=(Bandwidth("L1", 16 << 10, 2e11), Bandwidth("memory", 1 << 28, 1e10)),
    noise=0.01,
    interference=1.2,
    timer_s=4e-8,
)


def test_facts_round_trip() -> None:
    assert MachineFacts.from_json(json.loads(json.dumps(FACTS.to_json()))) == FACTS


@pytest.mark.parametrize(("threads", "gflops"), [(1, 100), (2, 180), (4, 340), (9, 340)])
def test_peak_grows_with_threads(threads: int, gflops: float) -> None:
    assert FACTS.peak_for(threads) == pytest.approx(gflops * 1e9)


def test_caches_are_read_nearest_first(tmp_path: Path) -> None:
    entries = [("Unified", "2", "1M"), ("Data", "1", "32K"), ("Instruction", "1", "64K")]
    entries += [("Unified", "3", "strange")]
    for index, entry in enumerate(entries):
        folder = tmp_path / "cpu1" / "cache" / f"index{index}"
        folder.mkdir(parents=True)
        for name, value in zip(("type", "level", "size"), entry, strict=True):
            (folder / name).write_text(value + "\n")
    assert read_caches(1, tmp_path) == (Cache(1, 32 << 10), Cache(2, 1 << 20))
    assert read_caches(0, tmp_path) == ()


def test_memory_and_cores(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:    2048 kB\n")
    assert available_memory_bytes(tmp_path / "meminfo") == 2 << 20
    assert available_memory_bytes(tmp_path / "none") == 0
    assert available_cores()
