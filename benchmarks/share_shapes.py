"""Workloads like another one, of which one thing that may slow a kernel down is taken away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import prod

from tvmtune.search_spaces.config import Config
from tvmtune.search_spaces.knobs import KnobValue
from tvmtune.search_spaces.space import Space
from tvmtune.workload import Matmul, Workload

AS_IS = "as it is"
NEAR = "near"
"""Less of it, whose data stay in a near cache."""
LONG = "near, long sums"
"""The same with sums so many times as long: a tile's beginning and end take a smaller part."""

LONGER = 4

NEAR_BYTES = 2**20
_ITEM_BYTES = 4


def shapes_of(workload: Workload) -> Mapping[str, Workload]:
    """The workload and those like it, by what they are."""
    near = next((w for w in _smaller(workload) if _size_bytes(w) <= NEAR_BYTES), None)
    if near is None:
        return {AS_IS: workload}
    return {AS_IS: workload, NEAR: near, **_longer(near)}


def fitted(config: Config, space: Space) -> Config | None:
    """The config in a space of its template for another workload.

    An integer that the other space lacks becomes the largest below, anything else the knob's first
    value; None where that is not valid.
    """
    knobs: dict[str, KnobValue] = {}
    for knob in space.knobs:
        value = config.knobs.get(knob.name, space.default_config[knob.name])
        if value not in knob.values:
            below = [v for v in knob.values if isinstance(v, int) and isinstance(value, int)]
            value = max((v for v in below if v <= value), default=knob.values[0])
        knobs[knob.name] = value
    found = Config(config.template, knobs)
    return None if space.violations(found) else found


def _smaller(workload: Workload) -> Iterator[Workload]:
    """Fewer rows, none of them padded, then fewer output channels or columns, ever smaller."""
    if isinstance(workload, Matmul):
        for n in _halves(workload.n, 64):
            yield from (replace(workload, m=m, n=n) for m in _halves(workload.m, 24))
        return
    taps = (workload.k - 1) * workload.dilation + 1
    _, left, _, right = workload.pads
    for co in _halves(workload.co, 64) if workload.groups == 1 else (workload.co,):
        yield replace(workload, co=co)
        for rows in list(_halves(workload.out_shape[2], 6))[1:]:
            height = (rows - 1) * workload.stride + taps
            yield replace(workload, co=co, h=height, pad=0, padb=0, padw=left, padr=right)


def _halves(size: int, least: int) -> Iterator[int]:
    """The size, and halves of it down to ``least``."""
    yield size
    while size // 2 >= least:
        size //= 2
        yield size


def _longer(workload: Workload) -> Mapping[str, Workload]:
    if isinstance(workload, Matmul):
        return {LONG: replace(workload, k=LONGER * workload.k)}
    return {LONG: replace(workload, ci=LONGER * workload.ci)} if workload.groups == 1 else {}


def _size_bytes(workload: Workload) -> int:
    shapes = (*workload.operands.values(), workload.out_shape)
    return _ITEM_BYTES * sum(map(prod, shapes))
