from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tvmtune.measure.problem import Problem, SharedArray
from tvmtune.workload import Matmul, Workload


def test_cases_are_seeded_and_made_once() -> None:
    calls = []

    def reference(workload: Workload, arrays: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        calls.append(workload)
        product: NDArray[np.float64] = np.matmul(arrays["x"], arrays["w"], dtype=np.float64)
        return product

    problem = Problem(Matmul(m=5, k=300, n=7), reference)
    case = problem.case()
    assert problem.case() is case
    assert len(calls) == 1
    assert {n: a.array.shape for n, a in case.operands.items()} == {"x": (5, 300), "w": (300, 7)}
    assert all(a.array.dtype == np.float32 for a in case.operands.values())
    assert case.expected.array.dtype == np.float64
    assert abs(float(case.operands["x"].array.std()) - 1) < 0.1
    other = problem.case(1)
    assert other.operands["x"].digest != case.operands["x"].digest
    again = Problem(Matmul(m=5, k=300, n=7), reference).case()
    assert set(again.arrays) == set(case.arrays)
    assert case.to_json()["operands"]["x"] == case.operands["x"].digest


def test_the_reference_of_the_operator_is_the_default() -> None:
    case = Problem(Matmul(m=2, k=3, n=4)).case()
    x, w = case.operands["x"].array, case.operands["w"].array
    np.testing.assert_allclose(case.expected.array, x.astype(np.float64) @ w)


def test_digests_tell_shapes_and_dtypes_apart() -> None:
    zeros: list[NDArray[Any]] = [
        np.zeros(4, np.float32),
        np.zeros((2, 2), np.float32),
        np.zeros(2, np.float64),
    ]
    assert len({SharedArray.of(array).digest for array in zeros}) == 3
    assert SharedArray.of(np.zeros((2, 3)).T).array.flags.c_contiguous
