from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.compile_times import Quantiles, build_times, compile_times_text, rates
from tvmtune.records import LogWriter, Purpose, Record

_M512 = "matmul:m=512,k=512,n=512"
Make = Callable[..., Record]


def _built(record: Make, lowering: float, codegen: float, template: str) -> Record:
    return record(
        1, 1e-3, 0.0, seconds={"lowering": lowering, "codegen": codegen}, template=template
    )


def test_build_times_by_template(record: Make) -> None:
    records = [_built(record, 0.5 * i, 1.0 * i, "b") for i in range(1, 12)]
    records += [_built(record, 3.0, 4.0, "a")]
    records += [record(1, None, 0.0, seconds={}), record(1, 1e-3, 0.0, purpose=Purpose.CONFIRM)]
    first, second = build_times(records)
    assert (first.template, first.builds, first.whole) == ("a", 1, Quantiles(7.0, 7.0))
    assert (second.template, second.builds) == ("b", 11)
    assert second.codegen == Quantiles(6.0, 10.0)
    assert second.lowering == Quantiles(3.0, 5.0)
    assert second.whole == Quantiles(9.0, 15.0)


def test_rates_leave_out_other_tasks_and_breaks(record: Make) -> None:
    records = [
        *(record(i, 1e-3, 100.0 + i) for i in range(4)),  # 4 trials in 4 s
        *(record(i, 1e-3, 104.0 + i, workload=_M512) for i in range(2)),
        record(4, 1e-3, 110.0),
        record(5, 1e-3, 500.0),
        record(5, 1e-3, 502.0, purpose=Purpose.CONFIRM),
    ]
    conv, product = rates(records)
    assert (conv.trials, conv.seconds, conv.per_second) == (6, 6.0, 1.0)
    assert (product.workload, product.trials, product.seconds) == (_M512, 2, 2.0)


def test_trials_under_way_at_the_same_time(record: Make) -> None:
    (found,) = rates([record(i, 1e-3, at_s) for i, at_s in enumerate((10.0, 10.5, 10.1, 11.0))])
    assert found.seconds == 2.0


def test_the_command(record: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, out = tmp_path / "log.jsonl", tmp_path / "times.md"
    with LogWriter(log) as writer:
        for i in range(3):
            writer.append(record(i, 1e-3, 10.0 + i))
    assert main(["compile-times", str(log)]) == 0
    printed = capsys.readouterr().out
    assert "| conv2d.direct | 3 | 50 (50) | 200 (200) | 250 (250) |" in printed
    assert "| 3 | 3.0 s | 1.00 |" in printed
    assert main(["compile-times", str(log), "-o", str(out)]) == 0
    assert out.read_text() == printed
    assert main(["compile-times", str(tmp_path / "none.jsonl")]) == 1


def test_no_records() -> None:
    assert "| records | 0 |" in compile_times_text([])
