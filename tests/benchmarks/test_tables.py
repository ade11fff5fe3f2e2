from __future__ import annotations

import pytest

from benchmarks.tables import DEPTHWISE, OTHERS, TABLES, UNSEEN, entry_of, problem_of, select
from tvmtune.errors import UsageError, WorkloadError
from tvmtune.workload import WORKLOADS, parse


def test_tables() -> None:
    assert [e.name for e in TABLES["paper"]] == list(WORKLOADS)
    assert sum(e.group == DEPTHWISE for e in TABLES["paper"]) == 9
    assert {e.group for e in TABLES["unseen"]} == {UNSEEN}
    every = [e for entries in TABLES.values() for e in entries]
    assert len({e.workload for e in every}) == len({e.name for e in every}) == len(every)


def test_unseen_shapes() -> None:
    shapes = {e.name: e.workload for e in TABLES["unseen"]}
    assert shapes["K1"].out_shape == (1, 72, 28, 28)
    assert shapes["I4"].out_shape == (1, 384, 17, 17)
    assert shapes["I5"].out_shape == shapes["I6"].out_shape == (1, 128, 17, 17)
    assert shapes["V4"].text == "matmul:m=197,k=3072,n=768"


def test_selection() -> None:
    assert select([]) == list(TABLES["paper"])
    assert len(select([], "all")) == sum(map(len, TABLES.values()))
    assert [e.name for e in select(["D3", "R1", "D3"])] == ["D3", "R1"]
    assert select(["C1"], "unseen")[-1].name == "C1"
    assert select(["conv2d:co=64,ci=64,h=56,k=3"])[0].name == "C2"
    assert entry_of("matmul:m=2,k=3,n=4").group == OTHERS
    with pytest.raises(UsageError, match="no table 'fast'; there are paper, unseen and all"):
        select([], "fast")
    with pytest.raises(WorkloadError, match="neither a name of the table"):
        select(["C99"])


def test_problems_pass_through_json() -> None:
    problem = problem_of(parse("conv2d:ci=8,h=9,co=4,k=3,stride=2,padb=2,groups=2"))
    assert problem == type(problem).from_json(problem.to_json())
    assert problem.pads == (1, 1, 2, 1)
    assert problem.strides == (2, 2)
    assert problem.groups == 2
    x, w = problem.arrays()
    assert (x.shape, w.shape) == ((1, 8, 9, 9), (4, 4, 3, 3))
    assert (problem.arrays()[0] == x).all()
    product = problem_of(parse("M512"))
    assert (product.kind, product.y_shape) == ("matmul", (512, 512))
