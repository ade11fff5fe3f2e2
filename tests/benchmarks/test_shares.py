from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.__main__ import main
from benchmarks.share_shapes import AS_IS, LONG, NEAR, NEAR_BYTES, fitted, shapes_of
from benchmarks.shares import Shares, direct_template, run, shares_text
from benchmarks.spills import LoopSpills
from benchmarks.tables import select
from tvmtune.compiler.request import BuildRequest
from tvmtune.compiler.scheduling import nest_hash
from tvmtune.compiler.templates import space_of, templates_for
from tvmtune.errors import RecordError
from tvmtune.outcome import Status
from tvmtune.records import LogWriter, Record
from tvmtune.search_spaces.config import Config
from tvmtune.target import parse_target
from tvmtune.workload import Conv2d, Matmul, parse

_TARGET = parse_target("cpu", 1)
_TABLES = [e.workload for e in select([], "all")]


@pytest.mark.parametrize("workload", _TABLES, ids=str)
def test_shapes_are_small_and_have_configs_like_the_best(workload: Conv2d | Matmul) -> None:
    name = direct_template(workload, _TARGET)
    (template,) = templates_for(workload, _TARGET, name)
    space = space_of(template, workload, _TARGET)
    shapes = shapes_of(workload)
    assert shapes[AS_IS] == workload
    assert fitted(space.default_config, space) == space.default_config
    if NEAR not in shapes:
        return
    sizes = [*shapes[NEAR].operands.values(), shapes[NEAR].out_shape]
    assert 4 * sum(int(np.prod(s)) for s in sizes) <= NEAR_BYTES
    assert LONG not in shapes or shapes[LONG].flops == 4 * shapes[NEAR].flops
    for workload in shapes.values():
        like = fitted(space.default_config, space_of(template, workload, _TARGET))
        assert like is not None
        assert like.template == template.name


def test_values_that_another_space_lacks_become_the_largest_below() -> None:
    workload = parse("matmul:m=64,k=64,n=256")
    (template,) = templates_for(workload, _TARGET)
    config = space_of(template, workload, _TARGET).default_config
    other = space_of(template, parse("matmul:m=5,k=64,n=256"), _TARGET)
    found = fitted(Config(config.template, {**config.knobs, "tile_m": 6, "block_m": 64}), other)
    assert found is not None
    assert found["tile_m"] == found["block_m"] == 5


def _shares(name: str) -> Shares:
    (entry,) = select([name])
    loop = LoopSpills(
        function="kernel",
        label=".L1",
        instructions=40,
        vectors=36,
        stores=0,
        reloads=1,
        multiply_adds=24,
    )
    rounds = {AS_IS: (0.7, 0.8, 0.9), NEAR: (0.85, 0.86, 0.95)}
    return Shares(entry=entry, config=Config("t", {"a": 1}), shares=rounds, loop=loop)


def test_the_report_has_medians_and_counts() -> None:
    text = shares_text([_shares("C3"), replace(_shares("M512"), loop=None)], {"machine": "m"})
    (row,) = [line for line in text.splitlines() if line.startswith("| C3")]
    assert row == '| C3 | 80 % | 86 % | - | 24 | 12 | 4 | 1 | `t {"a":1}` |'
    assert "| M512 | 80 % | 86 % | - | - | - | - | - |" in text


def test_workloads_without_a_record_are_said() -> None:
    said: list[str] = []

    def time_one(entry: object) -> Shares:
        if len(said) == 0:
            raise RecordError("nothing usable")
        return replace(_shares("C3"), left_out={LONG: "too large"})

    (found,) = run(select(["C2", "C3"]), time_one, nullcontext, said.append)
    assert found.share(AS_IS) == 0.8
    assert said == ["C2: left out: nothing usable", "C3: 80 %", f"C3: {LONG}: left out: too large"]


def test_the_command_writes_a_report(tmp_path: Path) -> None:
    log, out = tmp_path / "t.jsonl", tmp_path / "shares.md"
    workload = parse("matmul:m=64,k=512,n=512")
    (template,) = templates_for(workload, _TARGET)
    config = space_of(template, workload, _TARGET).default_config
    request = BuildRequest(
        workload=workload.text,
        target=_TARGET.text,
        template=template.name,
        config=config.knobs_json(),
    )
    with LogWriter(log) as writer:
        writer.append(
            Record(
                workload=workload.text,
                target=_TARGET.text,
                template=template.name,
                template_version=str(template.version),
                config=config.knobs_json(),
                status=Status.OK,
                median_s=1e-4,
                samples_s=(1e-4,),
                nest_hash=nest_hash(request),
            )
        )
    assert main(["shares", str(log), "--rounds", "2", "-o", str(out)]) == 0
    (row,) = [line for line in out.read_text().splitlines() if "matmul.packed" in line]
    cells = [cell.strip() for cell in row.split("|")]
    assert all(cell.endswith("%") for cell in cells[2:5])
    assert int(cells[5]) > 0


def test_no_rounds_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["shares", "x", "--rounds", "0", "-o", str(tmp_path / "x")]) == 2
    assert "give at least 1" in capsys.readouterr().err
