from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tvmtune.cli import best_command
from tvmtune.cli.best_command import best_rows
from tvmtune.compiler.code_hash import code_hash
from tvmtune.compiler.domains import task_domain
from tvmtune.deploy.choice import choose
from tvmtune.deploy.freshness import Freshness
from tvmtune.deploy.nests import current_nest_hash
from tvmtune.outcome import Status
from tvmtune.records import Here, LogContents, Proposer, Purpose, Record
from tvmtune.target import parse_target
from tvmtune.workload import parse


@pytest.fixture
def unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every config makes the nest that its record says, as those of these tests make none."""
    monkeypatch.setattr(Freshness, "nest_hash", lambda _, record: record.nest_hash)


def _records(record: Any) -> list[Any]:
    return [
        record(1, 4e-7, proposer=Proposer.DEFAULT),
        record(2, 2e-7),
        record(3, None, status=Status.BUILD_ERROR, detail="no"),
        record(2, 2e-7, purpose=Purpose.CONFIRM),
        record(1, None, workload="odd", status=Status.CRASH, where="runner"),
    ]


@pytest.mark.usefixtures("unchanged")
def test_table(cli: Any, log: Any, record: Any) -> None:
    code, out, err = cli("best", log(*_records(record)))
    assert (code, err) == (0, "")
    target, _, first, second = out.splitlines()
    assert target == "target: cpu:threads=1,isa=avx2"
    assert first.split()[0] == "matmul:m=8,k=8,n=8"
    assert "200 ns  " in first
    assert " 5.12 " in first
    assert "peak    51 %" in first
    assert "2.00x" in first
    assert "3 (1 build_error)" in first
    assert first.endswith("other machine")
    assert "1 crash" in second


def test_unconfirmed_times_say_so(cli: Any, log: Any, record: Any) -> None:
    assert "200 ns (search)" in cli("best", log(record(2, 2e-7)))[1]


@pytest.mark.usefixtures("unchanged")
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


@pytest.mark.usefixtures("unchanged")
def test_the_machine_that_asks(record: Any) -> None:
    contents = LogContents((record(settings={}),))
    (row,) = best_rows(contents, Here({"cpu": "A"}, {}))
    assert row.match == "exact"
    assert row.share_of_peak is None


def test_odd_lines_are_counted(cli: Any, log: Any, record: Any) -> None:
    path = log(record())
    newer = b'{"tvmtune":99,"crc":"00000000","record":{}}\n'
    path.write_bytes(path.read_bytes() + newer + b"\x00\x01\nhello\n")
    code, out, err = cli("best", path)
    assert code == 0
    assert len(out.splitlines()) == 3
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


@pytest.fixture
def tuned(record: Any) -> list[Record]:
    """Records of three configs that templates make today, the fastest first."""
    workload, target = parse("matmul:m=8,k=8,n=8"), parse_target("cpu:threads=1,isa=avx2")
    domain = task_domain(workload, target)
    points = domain.sample(np.random.default_rng(0), 40)
    made = [record(1, config=domain.config_of(p).knobs_json()) for p in points]
    hashes = {r.id: current_nest_hash(r) for r in made}
    good = [r for r in made if hashes[r.id] is not None][:3]
    return [
        replace(r, id="", median_s=1e-6 * (i + 1), nest_hash=hashes[r.id] or "").with_id()
        for i, r in enumerate(good)
    ]


def _changed(record: Record, **fields: Any) -> Record:
    return replace(record, id="", **{"nest_hash": "another", **fields}).with_id()


def _chosen(records: list[Record]) -> str | None:
    task = parse(records[0].workload), parse_target(records[0].target)
    return choose(*task, records, Here({"cpu": "A"}, {})).match.record_id


def test_records_of_this_code_are_taken_at_their_word(
    tuned: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = code_hash()
    assert here
    monkeypatch.delitem(sys.modules, "tvmtune.deploy.nests", raising=False)
    same = [_changed(record, code_hash=here) for record in tuned]
    (row,) = best_rows(LogContents(tuple(same)), Here({"cpu": "A"}, {}))
    assert (row.summary.record_id, row.summary.stale) == (same[0].id, 0)
    assert "tvmtune.deploy.nests" not in sys.modules
    other = [*same[1:], _changed(same[0], code_hash="0" * 16)]
    (row,) = best_rows(LogContents(tuple(other)), Here({"cpu": "A"}, {}))
    assert (row.summary.record_id, row.summary.stale) == (same[1].id, 1)


def test_a_stale_best_gives_way_as_when_it_is_built(tuned: list[Record]) -> None:
    fast, medium, slow = tuned
    for records, best, stale in [
        ([fast, medium, slow], fast, 0),
        ([_changed(fast), medium, slow], medium, 1),
        ([_changed(fast), _changed(medium, config={"no": "knob"}), slow], slow, 2),
        ([_changed(fast, template_version="0"), slow], slow, 1),
    ]:
        (row,) = best_rows(LogContents(tuple(records)), Here({"cpu": "A"}, {}))
        assert (row.match, row.summary.record_id, row.summary.stale) == ("exact", best.id, stale)
        assert _chosen(records) == best.id


def test_nothing_but_stale_records(cli: Any, log: Any, tuned: list[Record]) -> None:
    for fields, reason in [
        ({}, "makes another nest now"),
        ({"template_version": "0"}, "version 0, now 1"),
        ({"template": "matmul.gone"}, "not among those in use"),
    ]:
        records = [_changed(record, **fields) for record in tuned]
        (row,) = best_rows(LogContents(tuple(records)), Here({"cpu": "A"}, {}))
        assert row.match == "stale"
        assert reason in (row.match_reason or "")
        assert row.summary.best_s == pytest.approx(1e-6)
        assert _chosen(records) is None
    out = cli("best", log(*(_changed(record) for record in tuned)))[1]
    assert "3 stale" in out
    assert out.rstrip().endswith("stale")


def test_what_nobody_looked_at_says_so(
    cli: Any, log: Any, tuned: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(best_command, "_MAX_NESTS", 1)
    path = log(_changed(tuned[0]), tuned[1])
    (row,) = json.loads(cli("best", path, "--json")[1])["best"]
    assert (row["record_id"], row["stale"], row["unchecked"]) == (tuned[1].id, 1, True)
    assert cli("best", path)[1].rstrip().endswith(", unchecked")


def test_a_template_of_ones_own_is_never_imported(cli: Any, log: Any, record: Any) -> None:
    out = cli("best", log(record(template="missing.py:MINE")))[1]
    assert out.rstrip().endswith(", --template missing.py:MINE")


@pytest.mark.usefixtures("unchanged")
def test_shares_above_the_peak_are_explained(cli: Any, log: Any, record: Any) -> None:
    path = log(record(settings={"peak_flops": 1e8}))
    _, out, err = cli("best", path)
    assert "1024 %" in out
    assert err.startswith("tvmtune: note: shares above 100 %: the peak and the bandwidths are")
    assert not cli("best", path, "--json")[2]


def test_a_peak_that_no_float_holds(cli: Any, log: Any, record: Any) -> None:
    code, out, _ = cli("best", log(record(settings={"peak_flops": 10**400})), "--json")
    assert code == 0
    assert json.loads(out)["best"][0]["peak_gflops"] is None


_LEVELS = [["L1", 2048, 2e10], ["L2", None, 1e10]]


def _with_levels(record: Any, **fields: Any) -> Any:
    return record(settings={"peak_flops": 1e10, "levels": _LEVELS}, **fields)


@pytest.mark.usefixtures("unchanged")
def test_bounds(cli: Any, log: Any, record: Any) -> None:
    compute = _with_levels(record, median_s=2e-7)
    memory = _with_levels(record, median_s=4e-7, workload="matmul:m=1,k=64,n=8")
    path = log(compute, memory)
    target, match, head, first, second = cli("best", path)[1].splitlines()
    assert (target, match) == ("target: cpu:threads=1,isa=avx2", "match: other machine")
    assert head.split() == ["workload", "time", "GFLOP/s", "bound", "of", "it", "gain", "trials"]
    assert "compute   51 %" in first
    assert "L2        58 %" in second
    one, two = (row["roofline"] for row in json.loads(cli("best", path, "--json")[1])["best"])
    assert (one["flops"], one["bytes"], one["level"]) == (1024, 768, "L1")
    assert (two["bound"], two["share_of_bound"]) == ("L2", pytest.approx(0.584))
    assert one["intensity"] == pytest.approx(1024 / 768)


@pytest.mark.usefixtures("unchanged")
def test_real_rates_stand_beside_effective_ones(cli: Any, log: Any, record: Any) -> None:
    path = log(_with_levels(record, median_s=1e-7, flops=400), record(workload="odd"))
    _, match, head, first, second = cli("best", path)[1].splitlines()
    assert match == "match: other machine"
    assert head.split()[2:4] == ["GFLOP/s", "real"]
    assert " 10.2  4.00  compute   40 %" in first
    assert second.split() == ["odd", "1.00", "us", "(search)", *"-----", "1"]
    (row, _) = json.loads(cli("best", path, "--json")[1])["best"]
    assert row["roofline"]["effective_gflops"] == pytest.approx(10.24)
    assert row["roofline"]["real_gflops"] == pytest.approx(4.0)


@pytest.mark.usefixtures("unchanged")
def test_targets_that_differ_have_a_column(cli: Any, log: Any, record: Any) -> None:
    out = cli("best", log(record(), record(target="cpu:threads=2,isa=avx2")))[1]
    head, first, second = out.splitlines()[1:]
    assert head.split()[:2] == ["workload", "target"]
    assert first.split()[1] == "cpu:threads=1,isa=avx2"
    assert second.split()[1] == "cpu:threads=2,isa=avx2"


@pytest.mark.usefixtures("unchanged")
def test_lines_of_a_usual_table_have_at_most_100_columns(cli: Any, log: Any, record: Any) -> None:
    long = "conv2d:ci=128,h=28,co=256,k=3,stride=2"
    made = [
        _with_levels(record, workload=text, flops=100, purpose=purpose)
        for text in (long, "matmul:m=8,k=8,n=8")
        for purpose in (Purpose.SEARCH, Purpose.CONFIRM)
    ]
    out = cli("best", log(*made))[1]
    assert max(map(len, out.splitlines())) <= 100


@pytest.mark.usefixtures("unchanged")
def test_plot(cli: Any, log: Any, record: Any, tmp_path: Any) -> None:
    odd = record(workload="odd"), record(workload="matmul:m=9,k=9,n=9", median_s=5e-324)
    path, drawn = log(_with_levels(record), *odd), tmp_path / "roofline.svg"
    code, out, err = cli("best", path, "--plot", drawn)
    assert code == 0
    assert len(out.splitlines()) == 6
    assert "2 tasks not drawn" in err
    assert f"drew 1 task into {drawn}" in err
    assert "matmul:m=8,k=8,n=8 -->" in drawn.read_text()


def test_what_cannot_be_drawn(cli: Any, log: Any, record: Any, tmp_path: Any) -> None:
    code, out, err = cli("best", log(record()), "--plot", tmp_path / "roofline.gif")
    assert (code, out) == (2, "")
    assert "cannot be drawn; .svg, .pdf, .png would work" in err
    code, _, err = cli("best", log(record(settings={})), "--plot", tmp_path / "roofline.svg")
    assert code == 2
    assert "nothing to draw" in err
    assert not list(tmp_path.glob("roofline*"))


def test_matplotlib_is_an_extra(
    cli: Any, log: Any, record: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, out, err = cli("best", log(record()), "--plot", "roofline.svg")
    assert (code, out) == (2, "")
    assert "the extra 'plot' has it: pip install 'tvmtune[plot]'" in err


def test_best_loads_neither_compiler_nor_model_nor_plots(log: Any, record: Any) -> None:
    code = (
        "import sys; from tvmtune.cli.main import run; "
        f"run(['best', {str(log(record()))!r}, '--json']); "
        "sys.stderr.write(' '.join(sorted({'llvmlite', 'matplotlib', 'xgboost'} & {*sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["best"]
    assert done.stderr == ""
