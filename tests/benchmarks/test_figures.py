from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.contest import Comparison
from benchmarks.figures import errors_by_template, group_means, left_out, rows_of, versions_of
from benchmarks.results import Deviation, Results
from benchmarks.tables import CONVOLUTIONS, PRODUCTS

_M512 = "matmul:m=512,k=512,n=512"
_C6 = "conv2d:ci=128,h=28,co=128,k=3"
Make = Callable[..., Comparison]


def test_rows(comparison: Make) -> None:
    alone = comparison("matmul:m=1,k=2,n=3", rounds=({"tvmtune": 1.0},))
    rows = rows_of(
        [comparison("matmul:m=1024,k=1024,n=1024"), comparison(), comparison(_M512), alone]
    )
    assert [row.entry.name for row in rows] == ["M1024", "M512", "C2"]
    assert rows[0].fastest == "onnxruntime"
    assert rows[0].speedup("tvmtune") == pytest.approx(2.0)
    assert rows[0].speedup("tvmtune-nchw") == pytest.approx(0.8)
    assert not rows[0].is_behind("tvmtune")
    assert rows[0].is_behind("tvmtune-nchw")


def test_behind_is_behind_in_every_round(comparison: Make) -> None:
    one, two = ({"torch": t, "tvmtune": 1.0} for t in (0.9, 0.98))
    (row,) = rows_of([comparison(rounds=(one, one, two))])
    assert not row.is_behind("tvmtune")
    assert row.speedup("tvmtune") == 0.9
    assert row.speedup("tvmtune-nchw") is None
    assert not row.is_behind("tvmtune-nchw")


def test_means_are_geometric_and_by_group(comparison: Make) -> None:
    faster = {"torch": 8.0, "tvmtune": 1.0}
    means = group_means(
        rows_of([comparison(), comparison(_M512), comparison(_C6, rounds=(faster,))])
    )
    assert means[CONVOLUTIONS]["tvmtune"] == pytest.approx(4.0)
    assert means[CONVOLUTIONS]["tvmtune-nchw"] == pytest.approx(0.8)
    assert means[PRODUCTS] == {"tvmtune": pytest.approx(2.0), "tvmtune-nchw": pytest.approx(0.8)}


def test_errors_by_template() -> None:
    deviations = [
        Deviation(workload=w, template=t, record_id="", error=e)
        for w, t, e in ((_M512, "b", 3e-7), ("C2", "a", 1e-6), ("C6", "a", 4e-6), ("C9", "a", 2e-6))
    ]
    first, second = errors_by_template(deviations)
    assert (first.template, first.count, first.worst_workload) == ("a", 3, "C6")
    assert (first.median, first.worst) == (2e-6, 4e-6)
    assert second.template == "b"


def test_who_took_part(results: Results) -> None:
    assert versions_of(results)["torch"] == ["2.13.0"]
    assert left_out(results) == [("C2", "openvino", "died"), ("M512", "openvino", "died")]
