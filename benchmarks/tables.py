"""The workloads that are compared, in tables, each in the group whose mean it counts in.

``paper`` is tvmtune's own table of names.  ``unseen`` has shapes that nothing in tvmtune was
developed on: let it stay so, or the table is worth nothing.

References
----------
He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, Table 1: R1-R10.
Howard et al., "Searching for MobileNetV3", ICCV 2019, Table 1, and Tan and Le, "EfficientNet",
ICML 2019, Table 1: K1-K6.  Szegedy et al., "Rethinking the Inception Architecture for Computer
Vision", CVPR 2016, Table 1: I1-I8.  Dosovitskiy et al., "An Image is Worth 16x16 Words", ICLR
2021, Table 1: V1-V4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from benchmarks.problem import Problem
from tvmtune.errors import UsageError
from tvmtune.workload import WORKLOADS, Conv2d, Matmul, Workload, parse

CONVOLUTIONS = "ResNet-18 convolutions"
DEPTHWISE = "MobileNet depthwise"
PRODUCTS = "matrix products"
UNSEEN = "unseen"
OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Entry:
    """A workload of a table: its name there, and the group it is counted in."""

    name: str
    group: str
    workload: Workload


def _paper() -> Iterator[Entry]:
    for name, workload in WORKLOADS.items():
        if isinstance(workload, Matmul):
            yield Entry(name, PRODUCTS, workload)
        else:
            yield Entry(name, DEPTHWISE if workload.groups > 1 else CONVOLUTIONS, workload)


_RESNET50_POINTWISE = (
    (64, 56, 256, 1),
    (256, 56, 64, 1),
    (256, 56, 512, 2),
    (128, 28, 512, 1),
    (512, 28, 128, 1),
    (256, 14, 1024, 1),
    (1024, 14, 256, 1),
    (1024, 14, 2048, 2),
    (512, 7, 2048, 1),
    (2048, 7, 512, 1),
)
"""Input channels, height, output channels, stride."""

_DEPTHWISE_5X5 = (
    (72, 56, 2),
    (120, 28, 1),
    (240, 28, 1),
    (672, 14, 1),
    (672, 14, 2),
    (1152, 7, 1),
)
"""Channels, height, stride."""

_INCEPTION = (
    Conv2d(192, 35, 64, 1),
    Conv2d(48, 35, 64, 5),
    Conv2d(64, 35, 96, 3),
    Conv2d(288, 35, 384, 3, stride=2, pad=0, padw=0),
    Conv2d(128, 17, 128, 1, kw=7),
    Conv2d(128, 17, 128, 7, kw=1),
    Conv2d(192, 17, 192, 1, kw=7),
    Conv2d(192, 17, 192, 7, kw=1),
)

_VISION_TRANSFORMER = ((768, 2304), (768, 768), (768, 3072), (3072, 768))
"""Products summed, columns; the rows are the 197 tokens of an image."""


def _unseen() -> Iterator[Entry]:
    families: Mapping[str, Sequence[Workload]] = {
        "R": [Conv2d(ci, h, co, 1, stride=s) for ci, h, co, s in _RESNET50_POINTWISE],
        "K": [Conv2d(c, h, c, 5, stride=s, groups=c) for c, h, s in _DEPTHWISE_5X5],
        "I": _INCEPTION,
        "V": [Matmul(197, k, n) for k, n in _VISION_TRANSFORMER],
    }
    for letter, workloads in families.items():
        for i, workload in enumerate(workloads, 1):
            yield Entry(f"{letter}{i}", UNSEEN, workload)


TABLES: Mapping[str, tuple[Entry, ...]] = MappingProxyType(
    {"paper": tuple(_paper()), "unseen": tuple(_unseen())}
)
"""Tables by name."""


def select(names: Sequence[str], table: str | None = None) -> list[Entry]:
    """The entries that are asked for, each once.

    Parameters
    ----------
    names
        Names of any table, or texts of workloads, which count among the others.
    table
        A table, all of it, or ``"all"``; None: ``"paper"`` where no names are given.

    Raises
    ------
    UsageError
        A table that does not exist.
    WorkloadError
        A name or text that names no workload.
    """
    if table is None and not names:
        table = "paper"
    if table not in (None, "all", *TABLES):
        raise UsageError(f"no table {table!r}; there are {', '.join(TABLES)} and all")
    chosen = [e for t, entries in TABLES.items() if table in (t, "all") for e in entries]
    chosen += [_entry(name) for name in names]
    return list(dict.fromkeys(chosen))


def entry_of(text: str) -> Entry:
    """The entry of a workload by its canonical text, in whichever table it stands."""
    by_text = {e.workload.text: e for entries in TABLES.values() for e in entries}
    return by_text.get(text) or Entry(text, OTHERS, parse(text))


def _entry(name: str) -> Entry:
    by_name = {e.name: e for entries in TABLES.values() for e in entries}
    return by_name.get(name) or entry_of(parse(name).text)


def problem_of(workload: Workload) -> Problem:
    """A workload as contestants are told it."""
    sizes: dict[str, Any] = {
        "text": workload.text,
        "kind": workload.kind,
        **{f"{name}_shape": shape for name, shape in workload.operands.items()},
        "y_shape": workload.out_shape,
    }
    if isinstance(workload, Conv2d):
        sizes |= {
            "strides": workload.strides,
            "dilations": workload.dilations,
            "pads": workload.pads,
            "groups": workload.groups,
        }
    return Problem.from_json(sizes)
