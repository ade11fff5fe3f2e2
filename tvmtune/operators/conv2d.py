"""Two-dimensional convolution: its tensor expression, NumPy reference and ONNX node (Conv)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tvmtune import te
from tvmtune.errors import WorkloadError
from tvmtune.ir.affine import Affine, Var
from tvmtune.operators.onnx_nodes import Attributes, Shapes, check_shape, integer, integers
from tvmtune.workload import Conv2d

_COLUMNS_BYTES = 64 * 2**20
"""Memory for the patches of the input that are multiplied at once."""


def define(workload: Conv2d) -> te.Tensor:
    """The tensor expression; stages ``pad`` (where there is padding) and ``out``.

    ``out[n, o, y, x]`` is the sum over ``c``, ``kh``, ``kw`` of
    ``pad[n, g*cg + c, y*s + kh*d, x*s + kw*d] * w[o, c, kh, kw]``, ``g`` being the group of
    ``o``.
    """
    shapes = workload.operands
    x, w = te.placeholder(shapes["x"], "x"), te.placeholder(shapes["w"], "w", constant=True)
    top, left, bottom, right = workload.pads
    data = x
    if any(workload.pads):
        axes = ("n", "c", "y", "x")
        data = te.pad(x, (0, 0, top, left), (0, 0, bottom, right), "pad", axes=axes)
    group_out, group_in = workload.co // workload.groups, shapes["w"][1]
    c = te.reduce_axis(group_in, "c")
    kh, kw = te.reduce_axis(workload.k, "kh"), te.reduce_axis(workload.kw, "kw")
    (sy, sx), (dy, dx) = workload.strides, workload.dilations

    def channel(o: Var) -> Affine:
        return o // group_out * group_in + c if workload.groups > 1 else Affine.of(c)

    return te.compute(
        workload.out_shape,
        lambda n, o, y, x: te.sum(
            data[n, channel(o), y * sy + kh * dy, x * sx + kw * dx] * w[o, c, kh, kw],
            (c, kh, kw),
        ),
        "out",
    )


def reference(workload: Conv2d, arrays: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
    """The convolution in float64, as products of weights and patches of the input.

    Parameters
    ----------
    workload
        What to compute.
    arrays
        ``x`` (n, ci, h, w) and ``w`` (co, ci // groups, k, kw).

    Returns
    -------
    numpy.ndarray
        (n, co, oh, ow), float64.
    """
    windows = _windows(workload, arrays["x"])
    weight = arrays["w"].astype(np.float64)
    weight = weight.reshape(workload.groups, -1, workload.reduction_length)
    out = np.empty(workload.out_shape)
    n, co, high, wide = out.shape
    row_bytes = n * workload.groups * workload.reduction_length * wide * out.itemsize
    step = max(1, _COLUMNS_BYTES // row_bytes)
    for row in range(0, high, step):
        rows = slice(row, min(row + step, high))
        columns = windows[..., rows, :].reshape(n, *weight.shape[::2], -1)
        out[:, :, rows] = (weight @ columns).reshape(n, co, -1, wide)
    return out


def _windows(workload: Conv2d, x: NDArray[Any]) -> NDArray[np.float64]:
    """Patches of the padded input, a view: (n, groups, ci // groups, k, kw, oh, ow)."""
    top, left, bottom, right = workload.pads
    padded = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (top, bottom), (left, right)))
    every = sliding_window_view(padded, workload.taps_shape, axis=(2, 3))
    (high, wide), (tall, broad) = workload.strides, workload.dilations
    windows = every[:, :, ::high, ::wide, ::tall, ::broad]
    n, ci, *rest = windows.shape
    grouped = windows.reshape(n, workload.groups, ci // workload.groups, *rest)
    return grouped.transpose(0, 1, 2, 5, 6, 3, 4)


def from_onnx(attributes: Attributes, input_shapes: Shapes) -> Conv2d:
    """The workload of a ``Conv`` node.

    Parameters
    ----------
    attributes
        Attributes of the node; those left out take ONNX's defaults.
    input_shapes
        Shapes of its input (n, ci, h, w) and weight (co, ci // group, k, kw).

    Raises
    ------
    WorkloadError
        A form that is no two-dimensional convolution, or an impossible one.

    References
    ----------
    ONNX operator Conv, versions 1 to 22.
    """
    check_shape("input of Conv", input_shapes[0], 4, "(n, ci, h, w)")
    check_shape("weight of Conv", input_shapes[1], 4, "(co, ci/group, k, kw)")
    (n, ci, h, w), (co, group_ci, k, kw) = input_shapes[:2]
    groups = integer(attributes, "group", 1, least=1)
    if group_ci * groups != ci:
        raise WorkloadError(
            f"Conv of {ci} input channels in {groups} groups: a weight of {group_ci} input "
            f"channels needs {group_ci * groups}"
        )
    if integers(attributes, "kernel_shape", (k, kw), least=1) != (k, kw):
        raise WorkloadError(
            f"Conv with kernel_shape={list(attributes['kernel_shape'])} and a weight of "
            f"{k} by {kw}: they must be the same"
        )
    stride, stridew = integers(attributes, "strides", (1, 1), least=1)
    dilation, dilationw = integers(attributes, "dilations", (1, 1), least=1)
    pad, padw, padb, padr = _pads(
        attributes, (h, w), (dilation * (k - 1) + 1, dilationw * (kw - 1) + 1), (stride, stridew)
    )
    return Conv2d(
        ci=ci,
        h=h,
        co=co,
        k=k,
        w=w,
        kw=kw,
        n=n,
        stride=stride,
        pad=pad,
        padw=padw,
        dilation=dilation,
        groups=groups,
        padb=padb,
        padr=padr,
        stridew=stridew,
        dilationw=dilationw,
    )


def _pads(
    attributes: Attributes, sizes: tuple[int, int], taps: tuple[int, int], strides: tuple[int, int]
) -> tuple[int, ...]:
    """Zeros above, left, below and right."""
    policy = attributes.get("auto_pad", "NOTSET")
    if policy == "NOTSET":
        return integers(attributes, "pads", (0, 0, 0, 0), least=0)
    if policy == "VALID":
        return 0, 0, 0, 0
    if policy not in ("SAME_UPPER", "SAME_LOWER"):
        raise WorkloadError(
            f"attribute auto_pad={policy!r}: NOTSET, VALID, SAME_UPPER or SAME_LOWER would work"
        )
    totals = [
        max((-(-size // stride) - 1) * stride + tap - size, 0)
        for size, tap, stride in zip(sizes, taps, strides, strict=True)
    ]
    less = [total // 2 for total in totals]
    more = [total - half for total, half in zip(totals, less, strict=True)]
    return (*less, *more) if policy == "SAME_UPPER" else (*more, *less)
