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
    bandwidths=(
        Bandwidth("L1", 16 << 10, 2e11, 8e11, Cache(1, 32 << 10, 2)),
        Bandwidth("memory", 1 << 28, 1e10),
    ),
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
    none = tmp_path / "none"
    assert available_memory_bytes(tmp_path / "meminfo", none, none) == 2 << 20
    assert available_memory_bytes(none, none, none) == 0
    assert available_cores()


@pytest.mark.parametrize(
    ("groups", "folder", "files", "expected"),
    [
        ("0::/a/b", "a", {"memory.max": "9000", "memory.current": "4000"}, 5000),
        ("0::/a", "", {"memory.max": "9000", "memory.current": "9500"}, 0),
        ("0::/a", "a", {"memory.max": "max", "memory.current": "4000"}, 2 << 20),
        ("0::/../a", "", {"memory.max": "3", "memory.current": "1"}, 2),
        (
            "3:cpu:/a\n2:memory:/a",
            "memory/a",
            {
                "memory.limit_in_bytes": "9000",
                "memory.usage_in_bytes": "4000",
                "memory.stat": "inactive_file 1\ntotal_inactive_file 700\n",
            },
            5700,
        ),
        (
            "2:memory:/",
            "memory",
            {"memory.limit_in_bytes": str((1 << 63) - 4096), "memory.usage_in_bytes": "1"},
            2 << 20,
        ),
    ],
)
def test_control_groups_limit_memory(
    tmp_path: Path, groups: str, folder: str, files: dict[str, str], expected: int
) -> None:
    (tmp_path / "meminfo").write_text("MemAvailable: 2048 kB\n")
    (tmp_path / "groups").write_text(groups + "\n")
    root = tmp_path / "root" / folder
    root.mkdir(parents=True)
    for name, text in files.items():
        (root / name).write_text(text + "\n")
    found = available_memory_bytes(tmp_path / "meminfo", tmp_path / "groups", tmp_path / "root")
    assert found == expected


def test_caches_that_cores_share(tmp_path: Path) -> None:
    for index, cores in enumerate(["3", "0-3,8,10-11", ""]):
        folder = tmp_path / "cpu0" / "cache" / f"index{index}"
        folder.mkdir(parents=True)
        names = {"type": "Data", "level": str(index + 1), "size": "1K", "shared_cpu_list": cores}
        for name, value in names.items():
            (folder / name).write_text(value + "\n")
    assert [cache.cores for cache in read_caches(0, tmp_path)] == [1, 7, 1]
