"""Two-dimensional convolution."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import ClassVar

from tvmtune.errors import WorkloadError
from tvmtune.workload.fields import canonical_text, check_sizes, settle_fields

_MOST_PLACES = 1 << 16


@dataclass(frozen=True, slots=True)
class Conv2d:
    """Convolution of an NCHW input ``x`` with a constant OIHW weight ``w``.

    ``groups == ci == co`` makes it depthwise.  Sizes are in elements.

    Parameters
    ----------
    ci, h
        Channels and height of the input.
    co, k
        Channels of the output and height of the kernel.
    w, kw
        Width of the input and of the kernel; default ``h`` and ``k``.
    n
        Batch.
    stride
        Stride along the height.
    pad, padw
        Zeros above and left of the input; default ``k // 2`` and ``kw // 2``.
    dilation
        Distance of neighbouring taps along the height.
    groups
        Groups of channels; divides ``ci`` and ``co``.
    padb, padr
        Zeros below and right of the input; default ``pad`` and ``padw``.
    stridew, dilationw
        Stride and dilation along the width; default ``stride`` and ``dilation``.

    Raises
    ------
    WorkloadError
        A value that a field cannot have, groups that do not divide, a kernel larger than the
        padded input, or a tensor too large to address.
    """

    kind: ClassVar[str] = "conv2d"
    dtype: ClassVar[str] = "float32"
    constants: ClassVar[tuple[str, ...]] = ("w",)
    derived: ClassVar[Mapping[str, Callable[[Conv2d], int]]] = {
        "w": lambda c: c.h,
        "kw": lambda c: c.k,
        "pad": lambda c: c.k // 2,
        "padw": lambda c: c.kw // 2,
        "padb": lambda c: c.pad,
        "padr": lambda c: c.padw,
        "stridew": lambda c: c.stride,
        "dilationw": lambda c: c.dilation,
    }

    ci: int
    h: int
    co: int
    k: int
    w: int = 0
    kw: int = 0
    n: int = 1
    stride: int = 1
    pad: int = -1
    padw: int = -1
    dilation: int = 1
    groups: int = 1
    padb: int = -1
    padr: int = -1
    stridew: int = 0
    dilationw: int = 0

    def __post_init__(self) -> None:
        settle_fields(self)
        self._check_groups()
        self._check_axis("height", "k", "pad and padb", self.taps_shape[0], self.padded_shape[0])
        self._check_axis("width", "kw", "padw and padr", self.taps_shape[1], self.padded_shape[1])
        check_sizes(self.text, {**self.operands, "y": self.out_shape})

    def _check_groups(self) -> None:
        for name, channels in (("ci", self.ci), ("co", self.co)):
            if channels % self.groups:
                raise WorkloadError(
                    f"{self.text}: groups={self.groups} does not divide {name}={channels}; "
                    f"a common divisor of ci={self.ci} and co={self.co} would work"
                )

    def _check_axis(self, axis: str, kernel: str, pads: str, taps: int, padded: int) -> None:
        if taps > padded:
            raise WorkloadError(
                f"{self.text}: the kernel's {axis} of {taps} ({kernel} with its dilation) exceeds "
                f"the padded input's {padded}; {taps - padded} more in {pads} would work"
            )

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """Canonical text: the key of this workload in logs."""
        return canonical_text(self)

    @property
    def strides(self) -> tuple[int, int]:
        """Strides along height and width."""
        return self.stride, self.stridew

    @property
    def dilations(self) -> tuple[int, int]:
        """Dilations along height and width."""
        return self.dilation, self.dilationw

    @property
    def pads(self) -> tuple[int, int, int, int]:
        """Zeros above, left, below and right, in the order of ONNX."""
        return self.pad, self.padw, self.padb, self.padr

    @property
    def is_depthwise(self) -> bool:
        """Whether every channel is convolved by itself."""
        return self.groups == self.ci == self.co

    @property
    def padded_shape(self) -> tuple[int, int]:
        """Height and width of the input with its zeros."""
        return self.h + self.pad + self.padb, self.w + self.padw + self.padr

    @property
    def taps_shape(self) -> tuple[int, int]:
        """Height and width that the dilated kernel covers."""
        return self.dilation * (self.k - 1) + 1, self.dilationw * (self.kw - 1) + 1

    @property
    def operands(self) -> dict[str, tuple[int, ...]]:
        """Shapes of the operands: ``x`` (n, ci, h, w) and ``w`` (co, ci // groups, k, kw)."""
        return {
            "x": (self.n, self.ci, self.h, self.w),
            "w": (self.co, self.ci // self.groups, self.k, self.kw),
        }

    @property
    def out_shape(self) -> tuple[int, int, int, int]:
        """Shape of the output, NCHW."""
        high, wide = (
            (padded - taps) // stride + 1
            for padded, taps, stride in zip(
                self.padded_shape, self.taps_shape, self.strides, strict=True
            )
        )
        return self.n, self.co, high, wide

    @property
    def reduction_length(self) -> int:
        """Products summed for one element of the output."""
        return (self.ci // self.groups) * self.k * self.kw

    @property
    def flops(self) -> int:
        """Operations of the direct algorithm, multiply and add counted as two."""
        n, co, high, wide = self.out_shape
        return 2 * n * co * high * wide * self.reduction_length

    @property
    def traffic_bytes(self) -> int:
        """Compulsory traffic: what is needed of the input, weights and output, once each."""
        inputs = self.n * self.ci * self._needed(0) * self._needed(1)
        return 4 * (inputs + prod(self.operands["w"]) + prod(self.out_shape))

    def _needed(self, axis: int) -> int:
        """Rows (axis 0) or columns (1) of the input that some tap of some output reads."""
        return count_places(
            (self.h, self.w)[axis],
            self.out_shape[2 + axis],
            (self.k, self.kw)[axis],
            (self.strides[axis], self.dilations[axis], self.pads[axis]),
        )


def count_places(size: int, outputs: int, taps: int, moves: tuple[int, int, int]) -> int:
    """Places from 0 to ``size`` among ``y * stride + t * dilation - pad``.

    For each ``y`` of ``outputs`` and ``t`` of ``taps``; ``moves`` are stride, dilation and pad.
    Where they are too many to look at, all places between the first and the last.
    """
    stride, dilation, pad = moves
    dense = (dilation == 1 and taps >= stride) or (stride == 1 and outputs >= dilation)
    if dense or outputs * taps > _MOST_PLACES:
        last = (outputs - 1) * stride + (taps - 1) * dilation - pad
        return max(0, min(size, last + 1) - max(0, -pad))
    starts = range(-pad, outputs * stride - pad, stride)
    places = {start + t * dilation for start in starts for t in range(taps)}
    return sum(0 <= place < size for place in places)
