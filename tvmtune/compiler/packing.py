"""Conversion of arrays between the plain layout and that of a kernel, as functions of their own.

Each is a copy, scheduled by what the layout says and lowered as any other computation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tvmtune.artifact import Argument, Role
from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import ITEMSIZE
from tvmtune.ir.stmt import Function
from tvmtune.layout import Layout
from tvmtune.passes import lower_schedule
from tvmtune.schedule import Schedule, create_schedule
from tvmtune.symbolic import as_int
from tvmtune.target import Target
from tvmtune.te import placeholder
from tvmtune.te.intrinsics import TRANSPOSE
from tvmtune.te.tensor import compute_over

FEW = 4
"""Elements of the last axis below which there is nothing to be gained."""

SHARED_BYTES = 32 * 1024
"""Arrays below this size are converted by one thread: waking others takes as long."""


def conversions(arguments: Sequence[Argument], target: Target, symbol: str) -> dict[str, Function]:
    """Functions that pack the inputs and unpack the outputs of a kernel.

    Parameters
    ----------
    arguments
        Of the kernel.
    target
        What to build for.
    symbol
        Name of the kernel, with which theirs begin.

    Returns
    -------
    functions
        By name of the argument, before any pass: for an input over ``plain`` and ``stored``, for
        an output over ``stored`` and ``plain``.  Arguments in the plain layout, and those whose
        layout no tile can be transposed for, have none.  Rounded-up places are left alone.
    """
    found: dict[str, Function] = {}
    for argument in arguments:
        if argument.role not in (Role.INPUT, Role.OUTPUT):
            continue
        packing = argument.role is Role.INPUT
        schedule = conversion_schedule(argument, target, packing=packing)
        if schedule is not None:
            verb = "pack" if packing else "unpack"
            function = lower_schedule(schedule, f"{symbol}_{verb}_{argument.name}").kernel
            found[argument.name] = replace(function, unaligned=frozenset({"plain"}))
    return found


def conversion_schedule(argument: Argument, target: Target, *, packing: bool) -> Schedule | None:
    """How an argument is packed or unpacked; None where it is not to be done in tiles.

    That is where it is stored as it is, where its innermost axis is the same in both layouts,
    where it has blocks of blocks, or has few pixels.
    """
    if argument.dtype not in TRANSPOSE.dtypes:
        return None
    shape, layout = argument.layout.merged(argument.shape)
    tiling = _Tiling.of(shape, layout, target.vector_bytes // ITEMSIZE[argument.dtype])
    if tiling is None:
        return None
    source, result = ("plain", "stored") if packing else ("stored", "plain")
    axes = tuple(Var(f"a{d}", n) for d, n in enumerate(shape))
    copied = placeholder(shape, source, argument.dtype)[tuple(map(Affine.of, axes))]
    s = create_schedule(compute_over(axes, copied, result)).layout("stored", layout)
    blocked, last = f"a{tiling.axis}", f"a{len(shape) - 1}"
    s = s.split(result, blocked, tiling.block, ("blocks", "channels"), "peel")
    s = s.split(result, "channels", tiling.columns, ("parts", "channel"), "peel")
    s = s.split(result, last, tiling.rows, ("tiles", "pixel"), "peel")
    others = [a.name for a in axes if a.name not in (blocked, last)]
    inner = ("pixel", "channel") if packing else ("channel", "pixel")
    outer = [*others, "blocks", "tiles"]
    if target.threads > 1 and argument.storage_elements * ITEMSIZE[argument.dtype] > SHARED_BYTES:
        counts = {a.name: as_int(a.extent) for a in axes if a.name in others}
        shared = tiling.shared(counts, target.threads)
        outer = [shared, *(a for a in outer if a != shared)]
        s = s.parallel(result, shared)
    s = s.reorder(result, *outer, "parts", *inner)
    return s.tensorize(result, inner[0], TRANSPOSE.name)


@dataclass(frozen=True, slots=True)
class _Tiling:
    """How a layout is taken apart into tiles.

    ``axis`` is innermost in storage, in blocks of ``block`` elements, of which a tile takes
    ``columns``; and ``rows`` elements of the last axis, of which there are ``tiles`` times as many.
    """

    axis: int
    block: int
    blocks: int
    columns: int
    rows: int
    tiles: int

    @staticmethod
    def of(shape: Sequence[int], layout: Layout, lanes: int) -> _Tiling | None:
        """Tiles of vectors of ``lanes`` for a merged layout; None where there are none."""
        if len(shape) < 2 or shape[-1] < FEW:
            return None
        inner, last = layout.dims[-1], len(shape) - 1
        blocked = [d.axis for d in layout.dims if d.modulus is not None]
        if inner.axis == last or inner.divisor != 1 or set(blocked) - {inner.axis}:
            return None
        if len(blocked) > 1:
            return None
        block = shape[inner.axis] if inner.modulus is None else as_int(inner.modulus)
        rows = min(lanes, shape[-1])
        return _Tiling(
            axis=inner.axis,
            block=block,
            blocks=shape[inner.axis] // block,
            columns=min(lanes, block),
            rows=rows,
            tiles=shape[-1] // rows,
        )

    def shared(self, others: Mapping[str, int], threads: int) -> str:
        """The loop that threads share: the outermost one of which all get as much."""
        counts = {**others, "blocks": self.blocks, "tiles": self.tiles}
        even = (a for a, n in counts.items() if n >= 2 * threads or (n and n % threads == 0))
        return next(even, "blocks")
