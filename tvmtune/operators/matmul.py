"""Matrix product: its tensor expression, NumPy reference and ONNX nodes (Gemm, MatMul)."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tvmtune import te
from tvmtune.errors import WorkloadError
from tvmtune.operators.onnx_nodes import Attributes, Shapes, check_shape, integer
from tvmtune.workload import Matmul


def define(workload: Matmul) -> te.Tensor:
    """The tensor expression: ``out[m, n] = sum over k of x[m, k] * w[k, n]``."""
    shapes = workload.operands
    x, w = te.placeholder(shapes["x"], "x"), te.placeholder(shapes["w"], "w", constant=True)
    k = te.reduce_axis(workload.k, "k")
    return te.compute(workload.out_shape, lambda m, n: te.sum(x[m, k] * w[k, n], k), "out")


def reference(workload: Matmul, arrays: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
    """The product in float64.

    Parameters
    ----------
    workload
        What to compute.
    arrays
        ``x`` (m, k) and ``w`` (k, n).

    Returns
    -------
    numpy.ndarray
        (m, n), float64.
    """
    product: NDArray[np.float64] = arrays["x"].astype(np.float64) @ arrays["w"].astype(np.float64)
    return product


def from_onnx(attributes: Attributes, input_shapes: Shapes) -> Matmul:
    """The workload of a ``Gemm`` or ``MatMul`` node whose second input is a constant.

    A transposed operand counts as transposed beforehand; ``alpha``, ``beta`` and the addend of
    Gemm are not part of the product.  Axes of the first input before its last are rows.

    Parameters
    ----------
    attributes
        Attributes of the node: ``transA`` and ``transB`` count.
    input_shapes
        Shapes of the operands: (..., m, k) or (k,), and (k, n), (1, ..., k, n) or (k,).

    Raises
    ------
    WorkloadError
        A batch of right-hand sides, empty operands, or sizes that do not agree.

    References
    ----------
    ONNX operators Gemm, versions 6 to 13, and MatMul, versions 1 to 13.
    """
    left, right = input_shapes[:2]
    if not left:
        raise WorkloadError("matmul of a scalar: expected a left-hand side of at least one axis")
    if len(right) == 1:
        right = (*right, 1)
    if prod(right[:-2]) != 1:
        raise WorkloadError(
            f"matmul with a batch of right-hand sides, shape {right}: one (k, n) would work"
        )
    right = right[-2:]
    if integer(attributes, "transA", 0, least=0):
        check_shape("left-hand side of Gemm", left, 2, "(k, m)")
        left = left[::-1]
    if integer(attributes, "transB", 0, least=0):
        right = right[::-1]
    rows = (prod(left[:-1]), left[-1])
    check_shape("left-hand side of matmul", rows, 2, "(m, k)")
    check_shape("right-hand side of matmul", right, 2, "(k, n)")
    if rows[1] != right[0]:
        raise WorkloadError(
            f"matmul of shapes {rows} and {right}: the columns of the first must be the rows of "
            "the second"
        )
    return Matmul(m=rows[0], k=rows[1], n=right[1])
