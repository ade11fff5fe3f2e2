from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from tvmtune.outcome import Status


def test_table(cli: Any, log: Any, record: Any) -> None:
    bad = record(2, None, status=Status.WRONG_ANSWER, detail="3 of 64\nelements differ")
    code, out, _ = cli("show", log(record(1, truncated=True), bad))
    assert code == 0
    _, first, second = out.splitlines()
    assert '{"tile":[1,4]}' in first
    assert "1.00 us (cut short)" in first
    assert "wrong_answer" in second
    assert second.endswith("3 of 64 elements differ")


def test_json(cli: Any, log: Any, record: Any) -> None:
    _, out, _ = cli("show", log(record(), record(workload="matmul:m=9,k=8,n=8")), "--json")
    trials = json.loads(out)["trials"]
    assert len(trials) == 2
    assert trials[0]["workload"] == "matmul:m=8,k=8,n=8"
    names = {"target", "template", "config", "status", "purpose", "median_s", "id"}
    assert names <= set(trials[0])
    assert trials[0]["status"] == "ok"
    assert trials[0]["purpose"] == "search"


def test_one_workload(cli: Any, log: Any, record: Any) -> None:
    path = log(record(), record(workload="matmul:m=512,k=512,n=512"))
    assert len(cli("show", path, "--workload", "M512")[1].splitlines()) == 2
    code, _, err = cli("show", path, "--workload", "C2")
    assert code == 2
    assert "has no trial of conv2d" in err
    assert cli("show", path, "--workload", "nonsense")[0] == 2


def test_one_trial_in_full(cli: Any, log: Any, record: Any) -> None:
    one, failed = record(), record(2, None, status=Status.CRASH)
    path = log(one, failed)
    _, out, _ = cli("show", path, "--trial", one.id[:12])
    assert "samples_s         2, from 1.00 us to 2.00 us" in out
    assert "start_s           2001-09-09T01:46:41+00:00" in out
    assert "samples_s         none" in cli("show", path, "--trial", failed.id)[1]
    code, _, err = cli("show", path, "--trial", "nope")
    assert code == 2
    assert "list them with: tvmtune show" in err


def test_a_start_that_no_calendar_has(cli: Any, log: Any, record: Any) -> None:
    code, out, _ = cli("show", log(record(start_s=1e300)), "--trial", "")
    assert code == 0
    assert "start_s           1e+300" in out


def test_the_beginning_of_an_id(cli: Any, log: Any, record: Any) -> None:
    made = [
        replace(record(i), id=name)
        for i, name in enumerate(["abcd01", "abce02", "abce03", "abce03ff", "f0"], 1)
    ]
    path = log(*made)
    for given, found in [("abcd", made[0]), ("abce03", made[2]), ("abce03f", made[3])]:
        out = cli("show", path, "--trial", given)[1]
        assert f"{'id':<18}{found.id}\n" in out
        assert len(json.loads(cli("show", path, "--trial", given, "--json")[1])["trials"]) == 1
    code, out, err = cli("show", path, "--trial", "abc")
    assert (code, out) == (2, "")
    assert err.rstrip().endswith(
        f"'abc' is ambiguous: 4 trials of log {path} begin so; "
        "give one of abcd, abce02, abce03, abce03f"
    )
    assert "5 trials" in cli("show", path, "--trial", "")[2]


def test_odd_lines_are_counted(cli: Any, log: Any, record: Any) -> None:
    path = log(record())
    path.write_bytes(path.read_bytes() + b"hello\n")
    assert "1 line left out" in cli("show", path)[2]


def test_rooflines(cli: Any, log: Any, record: Any) -> None:
    settings = {"peak_flops": 1e10, "levels": [["L1", None, 1e10]]}
    made = record(settings=settings, flops=512)
    path = log(made, record())
    first, second = cli("show", path)[1].splitlines()[1:]
    assert " 8 % of L1 " in first
    assert " of " not in second
    found = json.loads(cli("show", path, "--json")[1])["trials"]
    assert found[0]["flops"] == 512
    assert found[0]["roofline"]["bound"] == "L1"
    assert found[1]["roofline"]["bound"] is None
    assert (
        "roofline          8 % of L1; 1.02 GFLOP/s effective, 0.51 real (0.50 of the direct "
        "algorithm's operations); 0.667 operations per byte, bytes in L1\n"
    ) in cli("show", path, "--trial", made.id)[1]
    odd = record(workload="odd")
    assert "roofline" not in cli("show", log(odd), "--trial", odd.id)[1]
