"""Matrix product with a constant right-hand side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from tvmtune.workload.fields import canonical_text, check_sizes, settle_fields


@dataclass(frozen=True, slots=True)
class Matmul:
    """``x @ w``: ``(m, k) @ (k, n)``, where ``w`` is a constant weight.

    Parameters
    ----------
    m, k, n
        Rows of ``x``, products summed per element, columns of ``w``.

    Raises
    ------
    WorkloadError
        A value that is not a positive integer, or a tensor too large to address.
    """

    kind: ClassVar[str] = "matmul"
    dtype: ClassVar[str] = "float32"
    constants: ClassVar[tuple[str, ...]] = ("w",)
    derived: ClassVar[Mapping[str, Callable[[Matmul], int]]] = {}

    m: int
    k: int
    n: int

    def __post_init__(self) -> None:
        settle_fields(self)
        check_sizes(self.text, {**self.operands, "y": self.out_shape})

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """Canonical text: the key of this workload in logs."""
        return canonical_text(self)

    @property
    def operands(self) -> dict[str, tuple[int, ...]]:
        """Shapes of the operands: ``x`` (m, k) and ``w`` (k, n)."""
        return {"x": (self.m, self.k), "w": (self.k, self.n)}

    @property
    def out_shape(self) -> tuple[int, int]:
        """Shape of the output, (m, n)."""
        return self.m, self.n

    @property
    def reduction_length(self) -> int:
        """Products summed for one element of the output."""
        return self.k

    @property
    def flops(self) -> int:
        """Operations of the direct algorithm, multiply and add counted as two."""
        return 2 * self.m * self.k * self.n

    @property
    def traffic_bytes(self) -> int:
        """Compulsory traffic: inputs, weights and output, once each."""
        return 4 * (self.m * self.k + self.k * self.n + self.m * self.n)
