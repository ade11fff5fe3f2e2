from __future__ import annotations

import os

import pytest

from tvmtune.errors import MeasureError
from tvmtune.machine import Cache, read_caches
from tvmtune.measure import machine
from tvmtune.measure.machine import measure_machine, read_sizes, size_for_each
from tvmtune.measure.workers import Workers
from tvmtune.target import parse_target


def test_facts_of_this_machine(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_LOOP_S", 0.02)
    monkeypatch.setattr(machine, "_READ_S", 0.01)
    monkeypatch.setattr(machine, "_LARGEST_READ_BYTES", 4 << 20)
    cores = sorted(os.sched_getaffinity(0))[:2]
    facts = measure_machine(workers, parse_target("cpu"), cores)
    assert facts.cores == len(cores)
    assert 1e8 < facts.peak_flops < 1e13
    assert facts.all_peak_flops > 0
    assert facts.interference > 0
    assert facts.noise >= 0
    assert 0 < facts.timer_s < 1e-3
    assert facts.bandwidths[-1].level == "memory"
    assert all(b.bytes_per_s > 1e8 for b in facts.bandwidths)
    assert all(b.all_bytes_per_s > 1e8 for b in facts.bandwidths)
    assert [b.cache for b in facts.bandwidths] == [*read_caches(cores[-1]), None]
    alone = measure_machine(workers, parse_target("cpu"), cores[:1])
    assert alone.interference == 1.0


def test_probes_that_do_not_run_say_so(workers: Workers) -> None:
    with pytest.raises(MeasureError, match="no core"):
        measure_machine(workers, parse_target("cpu"), [])
    with pytest.raises(MeasureError, match="probe 'write' for cpu"):
        workers.probe("write", parse_target("cpu").text)
    with pytest.raises(MeasureError, match="probe of the machine"):
        workers.sample(workers.probe("fma", parse_target("cpu").text), [100_000], 0.01)


def test_sizes_that_tell_the_levels_apart() -> None:
    caches = [Cache(1, 32 << 10), Cache(2, 1 << 20), Cache(3, 32 << 20)]
    sizes = read_sizes(caches, 16 << 30)
    assert sizes == [
        ("L1", 16 << 10),
        ("L2", 128 << 10),
        ("L3", 4 << 20),
        ("memory", 64 << 20),
    ]
    assert read_sizes(caches, 64 << 20)[-1] == ("memory", 16 << 20)
    assert read_sizes([], 0) == [("memory", 256 << 20)]


@pytest.mark.parametrize(
    ("size", "below", "limit", "cores", "each"),
    [
        (16 << 10, 0, 1 << 30, 2, 8 << 10),
        (128 << 10, 32 << 10, 1 << 30, 8, 64 << 10),
        (4 << 20, 1 << 20, 1 << 30, 2, 2 << 20),
        (64 << 20, 32 << 20, 2 << 30, 8, 64 << 20),
        (64 << 20, 32 << 20, 256 << 20, 64, 4 << 20),
    ],
)
def test_sizes_where_all_cores_read(
    size: int, below: int, limit: int, cores: int, each: int
) -> None:
    assert size_for_each(size, below, limit, cores) == each
