"""A stage: one tensor and how it is to be computed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from tvmtune.ir.affine import Var
from tvmtune.ir.expr import Expr, Read
from tvmtune.ir.traverse import values_of
from tvmtune.layout import Layout
from tvmtune.symbolic import IntExpr
from tvmtune.te import Reduction


class Scope(StrEnum):
    """Where a stage is stored, from the nearest to the compute units outwards."""

    REGISTER = "register"
    FRAGMENT = "fragment"
    LOCAL = "local"
    SHARED = "shared"
    GLOBAL = "global"

    @property
    def rank(self) -> int:
        """0 for the nearest scope."""
        return list(Scope).index(self)


CPU_SCOPES = (Scope.REGISTER, Scope.LOCAL, Scope.GLOBAL)


class Tail(StrEnum):
    """What happens where a factor does not divide an extent (14 by 4).

    ``GUARD``: 4 x 4 with a test; ``PEEL``: 4+4+4 and 2; ``EVEN``: 4+4+3+3; ``PAD``: 4 x 4, computed
    for real into storage that is rounded up.
    """

    GUARD = "guard"
    PEEL = "peel"
    EVEN = "even"
    PAD = "pad"


class Kind(StrEnum):
    """How a loop runs; `BOUND` and `VIRTUAL_THREAD` are for targets with threads of their own."""

    SERIAL = "serial"
    PARALLEL = "parallel"
    VECTORIZED = "vectorized"
    UNROLLED = "unrolled"
    STEPS = "steps"
    BOUND = "bound"
    VIRTUAL_THREAD = "virtual_thread"


@dataclass(frozen=True, slots=True)
class Annotation:
    """The kind of a leaf; ``limit`` is the largest extent that is still unrolled (None: any).

    ``intrinsic`` names what replaces the nest from this leaf inwards.
    """

    kind: Kind = Kind.SERIAL
    limit: int | None = None
    intrinsic: str | None = None


SERIAL = Annotation()


@dataclass(frozen=True, slots=True)
class Split:
    """``axis`` = ``outer`` * ``factor`` + ``inner``."""

    axis: str
    factor: IntExpr
    outer: str
    inner: str
    tail: Tail


@dataclass(frozen=True, slots=True)
class Fuse:
    """``fused`` = ``outer`` * extent(``inner``) + ``inner``."""

    outer: str
    inner: str
    fused: str


@dataclass(frozen=True, slots=True)
class Root:
    """Computed whole, before what reads it."""


@dataclass(frozen=True, slots=True)
class At:
    """Computed in every iteration of ``axis`` of ``stage``, as much as that iteration reads."""

    stage: str
    axis: str


@dataclass(frozen=True, slots=True)
class Prepare:
    """Computed once, from constants, when the kernel is bound."""


Place = Root | At | Prepare


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """One tensor of a schedule.

    ``leaves`` are the loops in order, outermost first, over spatial and reduction axes;
    ``annotations`` gives the kinds of those that are not serial.
    """

    name: str
    dtype: str
    axes: tuple[Var, ...]
    body: Expr | Reduction
    relations: tuple[Split | Fuse, ...]
    leaves: tuple[str, ...]
    annotations: dict[str, Annotation]
    place: Place
    scope: Scope
    layout: Layout | None
    reads: tuple[Read, ...] = field(init=False, repr=False)
    """Reads of other tensors, each once."""
    _reduced: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        reads = (v for v in values_of(self.value) if isinstance(v, Read))
        object.__setattr__(self, "reads", tuple(dict.fromkeys(reads)))
        object.__setattr__(self, "_reduced", self._axes_reduced())

    @property
    def reduce_axes(self) -> tuple[Var, ...]:
        """Axes that are reduced over."""
        return self.body.axes if isinstance(self.body, Reduction) else ()

    @property
    def roots(self) -> tuple[Var, ...]:
        """All axes of the tensor expression."""
        return self.axes + self.reduce_axes

    @property
    def shape(self) -> tuple[IntExpr, ...]:
        """Plain extents."""
        return tuple(a.extent for a in self.axes)

    @property
    def value(self) -> Expr:
        """What is computed, or reduced."""
        return self.body.body if isinstance(self.body, Reduction) else self.body

    def reads_tensor(self, tensor: str) -> bool:
        """Whether the body reads ``tensor``."""
        return any(r.tensor == tensor for r in self.reads)

    def annotation(self, leaf: str) -> Annotation:
        """How a leaf runs."""
        return self.annotations.get(leaf, SERIAL)

    def axis_names(self) -> set[str]:
        """Every axis name in use: roots, leaves, and what lies between."""
        names = {a.name for a in self.roots}
        for r in self.relations:
            names |= {r.outer, r.inner} if isinstance(r, Split) else {r.fused}
        return names

    def is_reduce_axis(self, axis: str) -> bool:
        """Whether an axis, or what it was made from, is reduced over."""
        return axis in self._reduced

    def _axes_reduced(self) -> frozenset[str]:
        reduce = {a.name for a in self.reduce_axes}
        for r in self.relations:
            if isinstance(r, Split) and r.axis in reduce:
                reduce |= {r.outer, r.inner}
            elif isinstance(r, Fuse) and r.outer in reduce:
                reduce.add(r.fused)
        return frozenset(reduce)
