from __future__ import annotations

import pytest

from tvmtune.errors import UsageError
from tvmtune.measure.demand import MemoryBudget, MemoryDemand
from tvmtune.workload import parse

GIB = 1 << 30


def test_the_demand_follows_the_shapes() -> None:
    demand = MemoryDemand.of(parse("matmul:m=10,k=20,n=30"))
    operands, out = 4 * (200 + 600), 4 * 300
    assert demand.kept_bytes == 3 * (operands + 2 * out)
    assert demand.making_bytes == 2 * operands
    assert demand.runner_bytes == 2 * operands + out + 6 * out
    assert demand.total_bytes == demand.kept_bytes + demand.making_bytes + demand.runner_bytes
    wide = MemoryDemand.of(parse("matmul:m=100,k=1,n=100"))
    assert wide.making_bytes == 2 * 8 * 10_000


def test_what_is_too_large_is_refused() -> None:
    budget = MemoryBudget(16 * GIB, 4 * GIB)
    with pytest.raises(UsageError) as error:
        budget.take(parse("matmul:m=40000,k=40000,n=40000"))
    assert str(error.value) == (
        "matmul:m=40000,k=40000,n=40000: measuring it needs about 160.9 GiB of memory (operands, "
        "references in float64, copies for checks), and there are 16.0 GiB; a smaller workload "
        "would work"
    )
    budget.take(parse("matmul:m=512,k=512,n=512"))


def test_what_does_not_fit_the_runner_is_refused() -> None:
    budget = MemoryBudget(1000 * GIB, 4 * GIB)
    with pytest.raises(UsageError, match=r"at least 11\.0 GiB .* may use 4\.0 GiB"):
        budget.take(parse("matmul:m=16384,k=16384,n=16384"))
    budget.take(parse("matmul:m=8192,k=8192,n=8192"))


def test_tasks_add_up() -> None:
    workload = parse("matmul:m=1024,k=1024,n=1024")
    demand = MemoryDemand.of(workload)
    budget = MemoryBudget(demand.total_bytes + demand.kept_bytes, 4 * GIB)
    budget.take(workload)
    budget.take(workload)
    with pytest.raises(UsageError, match=r"beside 0\.1 GiB of other tasks, and there are 0\.2 GiB"):
        budget.take(workload)


def test_unknown_memory_limits_nothing() -> None:
    MemoryBudget(0, 400 * GIB).take(parse("matmul:m=40000,k=40000,n=40000"))
