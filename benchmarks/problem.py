"""A workload as contestants are told it, and the arrays that it is timed on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_WEIGHT_SCALE = np.float32(0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What to compute, in words that every contestant knows.

    Parameters
    ----------
    text
        tvmtune's canonical text of the workload.
    kind
        ``"conv2d"``, over NCHW, or ``"matmul"``.
    x_shape, w_shape, y_shape
        Of the input; of the constant weight, (co, ci // groups, k, kw) or (k, n); of the output.
    strides, dilations
        Along height and width.
    pads
        Zeros above, left, below and right.
    groups
        Groups of channels.
    """

    text: str
    kind: str
    x_shape: tuple[int, ...]
    w_shape: tuple[int, ...]
    y_shape: tuple[int, ...]
    strides: tuple[int, ...] = (1, 1)
    dilations: tuple[int, ...] = (1, 1)
    pads: tuple[int, ...] = (0, 0, 0, 0)
    groups: int = 1

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Problem:
        """The problem that :meth:`to_json` wrote."""
        tuples = {k: tuple(v) for k, v in value.items() if isinstance(v, list | tuple)}
        return Problem(**{**value, **tuples})

    def arrays(self) -> tuple[Array, Array]:
        """Input and weight, the same for all contestants."""
        generator = np.random.default_rng(0)
        x = generator.standard_normal(self.x_shape, dtype=np.float32)
        return x, generator.standard_normal(self.w_shape, dtype=np.float32) * _WEIGHT_SCALE
