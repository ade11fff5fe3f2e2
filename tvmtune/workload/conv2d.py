"""Two-dimensional convolution."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from tvmtune.errors import WorkloadError
from tvmtune.workload.fields import canonical_text, check_sizes, settle_fields


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
