from __future__ import annotations

import json
from typing import Any

import pytest

from tvmtune.artifact import Status
from tvmtune.cli.best_command import best_rows
from tvmtune.records import Here, LogContents, Proposer, Purpose


def _records(record: Any) -> list[Any]:
    return [
        record(1, 4e-7, proposer=Proposer.DEFAULT),
        record(2, 2e-7),
        record(3, None, status=Status.BUILD_ERROR, detail="no"),
        record(2, 2e-7, purpose=Purpose.CONFIRM),
        record(1, None, workload="odd", status=Status.CRASH, where="runner"),
    ]


def test_table(cli: Any, log: Any, record: Any) -> None:
    code, out, err = cli("best", log(*_records(record)))
    assert (code, err) == (0, "")
    _, first, second = out.splitlines()
    assert first.split()[:2] == ["matmul:m=8,k=8,n=8", "cpu:threads=1,isa=avx2"]
    assert "200 ns  " in first
    assert " 5.12 " in first
    assert "51 %" in first
    assert "2.00x" in first
    assert "1 build_error" in first
    assert first.endswith("other machine")
    assert "1 crash" in second


def test_unconfirmed_times_say_so(cli: Any, log: Any, record: Any) -> None:
    assert "200 ns (search)" in cli("best", log(record(2, 2e-7)))[1]


def test_json(cli: Any, log: Any, record: Any) -> None:
    _, out, _ = cli("best", log(*_records(record)), "--json")
    first, second = json.loads(out)["best"]
    assert first["best_s"] == 2e-7
    assert first["gain"] == 2.0
    assert first["share_of_peak"] == pytest.approx(0.512)
    assert first["peak_gflops"] == 10.0
    assert first["match"] == "other machine"
    assert first["config"] == {"tile": [2, 4]}
    assert second["best_s"] is second["match"] is second["share_of_peak"] is None


def test_the_machine_that_asks(record: Any) -> None:
    contents = LogContents((record(settings={}),))
    (row,) = best_rows(contents, Here({"cpu": "A"}, {}))
    assert row.match is not None
    assert row.match.kind == "exact"
    assert row.share_of_peak is None


def test_odd_lines_are_counted(cli: Any, log: Any, record: Any) -> None:
    path = log(record())
    newer = b'{"tvmtune":99,"crc":"00000000","record":{}}\n'
    path.write_bytes(path.read_bytes() + newer + b"\x00\x01\nhello\n")
    code, out, err = cli("best", path)
    assert code == 0
    assert len(out.splitlines()) == 2
    assert len(err.splitlines()) == 3
    for kind in ("newer schema", "binary", "foreign"):
        assert f"1 line left out ({kind}" in err


def test_logs_without_records(cli: Any, tmp_path: Any) -> None:
    empty = tmp_path / "empty"
    empty.write_text("nothing\n")
    for path, message in [
        (empty, "has no valid record"),
        (tmp_path, "Is a directory"),
        (tmp_path / "missing", "No such file"),
    ]:
        code, out, err = cli("best", path)
        assert (code, out) == (1, "")
        assert message in err
        assert len(err.splitlines()) == 1
