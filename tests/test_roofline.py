from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvmtune.machine import Bandwidth, Cache, MachineFacts, MemoryLevel
from tvmtune.roofline import COMPUTE, Roofline, place
from tvmtune.workload import WORKLOADS, parse
from tvmtune.workload.conv2d import count_places

LEVELS = (
    MemoryLevel("L1", 1000, 8e9),
    MemoryLevel("L2", 5000, 4e9),
    MemoryLevel("memory", None, 1e9),
)
ROOFLINE = Roofline(1e10, LEVELS)
MATMUL = parse("matmul:m=8,k=8,n=8")


@pytest.mark.parametrize(
    ("size", "level"),
    [(1, "L1"), (1000, "L1"), (1001, "L2"), (5000, "L2"), (5001, "memory"), (10**15, "memory")],
)
def test_bytes_live_in_the_nearest_level_that_holds_them(size: int, level: str) -> None:
    found = ROOFLINE.level_of(size)
    assert found is not None
    assert found.name == level


def test_levels_without_memory() -> None:
    last = Roofline(1e10, LEVELS[:2]).level_of(10**9)
    assert last is LEVELS[1]
    assert Roofline(1e10).level_of(1) is None


def test_bound_by_compute() -> None:
    found = place(MATMUL, 2e-7, 0, ROOFLINE)
    assert (found.direct_flops, found.real_flops, found.traffic_bytes) == (1024, 1024, 768)
    assert (found.level, found.bound) == ("L1", COMPUTE)
    assert found.share == pytest.approx(0.512)
    assert found.effective_flops_per_s == found.real_flops_per_s == pytest.approx(5.12e9)
    assert not found.saves


def test_bound_by_memory() -> None:
    found = place(parse("matmul:m=1,k=64,n=8"), 1e-6, 0, ROOFLINE)
    assert (found.level, found.bound) == ("L2", "L2")
    assert found.bound_s == pytest.approx(4 * (64 + 512 + 8) / 4e9)
    assert found.share == pytest.approx(0.584)


def test_fewer_operations_lower_the_bound() -> None:
    found = place(MATMUL, 2e-7, 400, ROOFLINE)
    assert found.saves
    assert found.effective_flops_per_s == pytest.approx(5.12e9)
    assert found.real_flops_per_s == pytest.approx(2e9)
    assert found.bound == "L1"
    assert found.share == pytest.approx(768 / 8e9 / 2e-7)
    assert place(MATMUL, 2e-7, 961, ROOFLINE).bound_s == pytest.approx(961 / 1e10)
    assert place(MATMUL, 2e-7, 900, ROOFLINE).bound == "L1"
    assert place(MATMUL, 2e-7, 970, ROOFLINE).bound == COMPUTE


def test_operations_beyond_the_direct_ones_are_no_merit() -> None:
    assert place(MATMUL, 2e-7, 5000, ROOFLINE) == place(MATMUL, 2e-7, 0, ROOFLINE)


def test_without_levels_nothing_is_said_of_a_bound() -> None:
    for roofline in (None, Roofline(1e10)):
        found = place(MATMUL, 2e-7, 0, roofline)
        assert (found.level, found.bound, found.bound_s, found.share) == (None,) * 4
        assert found.effective_flops_per_s == pytest.approx(5.12e9)
        json.dumps(found.to_json(), allow_nan=False)


def test_settings_round_trip() -> None:
    assert Roofline.from_settings(json.loads(json.dumps(ROOFLINE.to_settings()))) == ROOFLINE


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, None),
        ({"peak_flops": "fast"}, None),
        ({"peak_flops": True}, None),
        ({"peak_flops": -1.0}, None),
        ({"peak_flops": 10**400}, None),
        ({"peak_flops": 2e9}, Roofline(2e9)),
        ({"peak_flops": 2e9, "levels": 3}, Roofline(2e9)),
        ({"peak_flops": 2e9, "levels": [["L1", 1, 2.0], ["L2", 5]]}, Roofline(2e9)),
        ({"peak_flops": 2e9, "levels": [["L1", "big", 2.0]]}, Roofline(2e9)),
        ({"peak_flops": 2e9, "levels": [["L1", 8, 0]]}, Roofline(2e9)),
        ({"peak_flops": 2e9, "levels": [[1, 8, 2.0]]}, Roofline(2e9)),
    ],
)
def test_settings_of_others(settings: dict[str, Any], expected: Roofline | None) -> None:
    assert Roofline.from_settings(settings) == expected


def test_of_a_machine() -> None:
    facts = MachineFacts(
        cores=4,
        peak_flops=1e11,
        all_peak_flops=3.4e11,
        bandwidths=(
            Bandwidth("L1", 500, 8e9, 32e9, Cache(1, 1000)),
            Bandwidth("L3", 4000, 2e9, 5e9, Cache(3, 8000, 4)),
            Bandwidth("memory", 1 << 20, 1e9),
        ),
        noise=0.0,
        interference=1.0,
        timer_s=1e-8,
    )
    assert Roofline.of(facts, 1).levels == (
        MemoryLevel("L1", 1000, 8e9),
        MemoryLevel("L3", 8000, 2e9),
        MemoryLevel("memory", None, 1e9),
    )
    assert Roofline.of(facts, 2) == Roofline(
        1.8e11,
        (
            MemoryLevel("L1", 2000, 16e9),
            MemoryLevel("L3", 8000, 3e9),
            MemoryLevel("memory", None, 1e9),
        ),
    )
    assert Roofline.of(facts, 4).levels[0] == MemoryLevel("L1", 4000, 32e9)


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        ("matmul:m=2,k=3,n=5", 6 + 15 + 10),
        ("conv2d:ci=4,h=6,co=8,k=3", 4 * 36 + 8 * 4 * 9 + 8 * 36),
        ("conv2d:ci=4,h=6,co=8,k=1,stride=2", 4 * 9 + 8 * 4 + 8 * 9),
        ("conv2d:ci=4,h=6,co=4,k=3,groups=4", 4 * 36 + 4 * 9 + 4 * 36),
    ],
)
def test_compulsory_traffic(text: str, elements: int) -> None:
    assert parse(text).traffic_bytes == 4 * elements


def test_traffic_of_the_table_is_whole_unless_strides_jump() -> None:
    for name, workload in WORKLOADS.items():
        whole = 4 * sum(
            _elements(shape) for shape in (*workload.operands.values(), workload.out_shape)
        )
        assert workload.traffic_bytes <= whole
        assert (workload.traffic_bytes < whole) == (name in ("C5", "C8", "C11"))


def _elements(shape: tuple[int, ...]) -> int:
    total = 1
    for extent in shape:
        total *= extent
    return total


@given(
    *(st.integers(1, 30), st.integers(1, 12), st.integers(1, 6)),
    *(st.integers(1, 5), st.integers(1, 5), st.integers(0, 8)),
)
def test_places_are_those_that_are_read(
    size: int, outputs: int, taps: int, stride: int, dilation: int, pad: int
) -> None:
    read = {y * stride + t * dilation - pad for y in range(outputs) for t in range(taps)}
    expected = sum(0 <= place < size for place in read)
    assert count_places(size, outputs, taps, (stride, dilation, pad)) == expected


def test_places_that_are_too_many_to_look_at() -> None:
    assert count_places(10**9, 10**8, 1, (9, 1, 0)) == 9 * (10**8 - 1) + 1
