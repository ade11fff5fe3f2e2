from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tvmtune.errors import RecordError, UsageError
from tvmtune.experiments.log_space import space_of_log
from tvmtune.outcome import Status
from tvmtune.records import Purpose, Record

Make = Callable[..., Record]


@pytest.fixture
def record() -> Make:
    made = 0

    def make(median_s: float | None = 1e-6, **fields: Any) -> Record:
        nonlocal made
        made += 1
        values: dict[str, Any] = {
            "workload": "matmul:m=8,k=8,n=8",
            "target": "cpu:threads=1,isa=avx2",
            "template": "matmul.packed",
            "template_version": "1",
            "config": {"tile": [1, 4], "order": "a"},
            "status": Status.OK,
            "median_s": median_s,
            "start_s": 1e9 + made,
            "seconds": {"lowering": 0.1, "codegen": 0.2, "running": 0.4},
            "fingerprint": {"cpu": "A"},
            "settings": {"overlap": True},
        }
        return Record(**values | fields).with_id()

    return make


def test_what_a_log_says_of_a_task(record: Make) -> None:
    space = space_of_log(
        [
            record(4e-6, config={"tile": [8, 4], "order": "b"}),
            record(1e-6),
            record(2e-6, purpose=Purpose.CONFIRM),
            record(None, config={"tile": [2, 4], "order": "a"}, status=Status.CRASH),
            record(None, config={"tile": [2, 8], "order": "a"}, status=Status.INFRASTRUCTURE),
        ]
    )
    assert dict(space.template.knobs) == {"tile": ((1, 4), (2, 4), (8, 4)), "order": ("a", "b")}
    assert (space.template.name, space.template.version) == ("matmul.packed", "1")
    found = {space.config(i)["tile"]: i for i in range(len(space))}
    assert len(found) == len(space) == 3
    assert space.search_s[found[1, 4]] == 1e-6
    assert space.confirmed_s[found[1, 4]] == 2e-6
    assert space.times_s[found[8, 4]] == pytest.approx(8e-6)  # on the scale of what is confirmed
    assert space.statuses[found[2, 4]] is Status.CRASH
    np.testing.assert_allclose(space.build_s, 0.3)
    np.testing.assert_allclose(space.run_s, 0.4)
    assert not space.exhaustive
    assert space.origin["settings"] == {"overlap": True}
    assert space.origin["took_s"] == 3.0


def test_the_newest_version_of_a_template(record: Make) -> None:
    old, new = {"tile": 1}, {"tile": 2}
    space = space_of_log(
        [record(config=new, template_version="2"), record(config=old, start_s=1.0)]
    )
    assert (space.template.version, len(space)) == ("2", 1)


def test_one_task_and_template_are_chosen(record: Make) -> None:
    records = [record(), record(template="other"), record(workload="matmul:m=9,k=8,n=8")]
    records.append(record(template="third", target="cpu:threads=2,isa=avx2"))
    with pytest.raises(UsageError, match=r"several workloads: choose one with --workload; it has"):
        space_of_log(records)
    workload = records[0].workload
    with pytest.raises(UsageError, match=r"several targets: choose one with --target"):
        space_of_log(records, workload)
    target = records[0].target
    with pytest.raises(UsageError, match=r"several templates: choose .* matmul.packed, other"):
        space_of_log(records, workload, target)
    assert space_of_log(records, workload, target, "other").template.name == "other"
    assert space_of_log(records, template="third").target == records[3].target
    with pytest.raises(UsageError, match=r"nothing of template no; it has matmul.packed, other"):
        space_of_log(records, workload, target, "no")
    many = [record(template=f"t{i}") for i in range(9)]
    with pytest.raises(UsageError, match=r"t4, \.\.\. \(9\)"):
        space_of_log(many)


def test_logs_that_are_no_space(record: Make) -> None:
    with pytest.raises(RecordError, match="has no time of matmul"):
        space_of_log([record(None, status=Status.CRASH)])
    with pytest.raises(RecordError, match=r"configs of matmul.packed with different knobs"):
        space_of_log([record(), record(config={"tile": 1})])
    with pytest.raises(RecordError, match=r"several models of machine \(A, B\)"):
        space_of_log([record(), record(config={"tile": 1}, fingerprint={"cpu": "B"})])


def test_values_of_several_kinds_keep_their_order(record: Make) -> None:
    configs = [{"tile": value} for value in ("x", 3, 1)]
    space = space_of_log([record(config=config) for config in configs])
    assert set(space.template.knobs["tile"]) == {"x", 3, 1}
