"""Operators: one file each, with its tensor expression, NumPy reference and ONNX nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tvmtune import te
from tvmtune.errors import WorkloadError
from tvmtune.operators import conv2d, matmul
from tvmtune.operators.onnx_nodes import Attributes, Shapes
from tvmtune.workload import Workload

__all__ = ["OPERATORS", "Operator", "reference"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """What is known about one kind of workload.

    ``define(workload)`` is the tensor expression of the output; ``reference(workload, arrays)``
    computes it in float64 from the operands by name; ``from_onnx(attributes, input_shapes)`` makes
    the workload of a node of one of ``onnx_types``, whose inputs are the operands in their order.
    """

    kind: str
    define: Callable[[Any], te.Tensor]
    reference: Callable[[Any, Mapping[str, NDArray[Any]]], NDArray[np.float64]]
    onnx_types: tuple[str, ...]
    from_onnx: Callable[[Attributes, Shapes], Workload]


OPERATORS: Mapping[str, Operator] = MappingProxyType(
    {
        "conv2d": Operator(
            kind="conv2d",
            define=conv2d.define,
            reference=conv2d.reference,
            onnx_types=("Conv",),
            from_onnx=conv2d.from_onnx,
        ),
        "matmul": Operator(
            kind="matmul",
            define=matmul.define,
            reference=matmul.reference,
            onnx_types=("Gemm", "MatMul"),
            from_onnx=matmul.from_onnx,
        ),
    }
)
"""Operators by the kind of their workloads."""


def reference(workload: Workload, arrays: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
    """The output of ``workload`` in float64, computed by NumPy.

    Parameters
    ----------
    workload
        What to compute.
    arrays
        The operands by name, of the shapes of ``workload.operands``.

    Returns
    -------
    numpy.ndarray
        Of ``workload.out_shape``, float64.

    Raises
    ------
    WorkloadError
        An operand that is missing or has another shape.
    """
    shapes = {name: array.shape for name, array in arrays.items()}
    if shapes != workload.operands:
        raise WorkloadError(
            f"reference of {workload.text}: operands {shapes} given, {workload.operands} expected"
        )
    return OPERATORS[workload.kind].reference(workload, arrays)
