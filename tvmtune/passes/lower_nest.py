"""From a schedule to loop IR: copies of loops, storage maps, statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from tvmtune.errors import LoweringError
from tvmtune.ir.affine import Affine
from tvmtune.ir.expr import Buffer, Expr, Load, NonNegative, Read, binary
from tvmtune.ir.stmt import Allocate, Fence, For, Function, If, LoopKind, Stmt, Store, block
from tvmtune.ir.traverse import conjunction, map_expr
from tvmtune.layout import Layout
from tvmtune.passes.tensorize_loops import tensorize_loops
from tvmtune.schedule.base import ScheduleState
from tvmtune.schedule.bounds import infer_copies
from tvmtune.schedule.nest import Loop, Node, Point, Region
from tvmtune.schedule.stage import Annotation, Kind, Prepare
from tvmtune.symbolic import as_int
from tvmtune.te import Placeholder, Reduction

_DIRECTIONS = 3
"""Of a register tile that a fence follows: vectors, and several rows of several pixels.

LLVM keeps what neighbouring tiles of one body both load.  Tiles of one row gain by it (up to 11 %,
depthwise); those of several rows share values among their own, and would spill.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """What a schedule computes at every call, and once ahead; both over the same arguments."""

    kernel: Function
    prepare: Function | None


def lower_schedule(
    schedule: ScheduleState, name: str = "kernel", *, checked: bool = False
) -> Program:
    """The loop IR of a schedule over integers; ``checked`` as for `infer_copies`.

    Arguments come in this order: inputs, constants, prepared stages, outputs.

    Raises
    ------
    LoweringError
        If a tail cannot be expanded.
    SymbolError
        If a knob is still a symbol.
    """
    nest = infer_copies(schedule, checked=checked)
    buffers = argument_buffers(schedule)
    arguments = tuple(buffers.values())
    lowering = _Lowering(
        schedule,
        {
            n: _Storage(b, (), schedule.layout_of(n), _extents(schedule, n))
            for n, b in buffers.items()
        },
    )
    outputs = frozenset(t.name for t in schedule.outputs)
    kernel = Function(name, arguments, lowering.statements(nest.roots), outputs)
    if not nest.prepare:
        return Program(kernel, None)
    prepared = frozenset(n for n, s in schedule.stages.items() if isinstance(s.place, Prepare))
    body = lowering.statements(nest.prepare)
    return Program(kernel, Function(f"{name}_prepare", arguments, body, prepared))


def argument_buffers(schedule: ScheduleState) -> dict[str, Buffer]:
    """The arrays that a kernel takes, in order, by name."""
    inputs = schedule.inputs.values()
    constant = [t.name for t in inputs if isinstance(t.op, Placeholder) and t.op.constant]
    given = [t.name for t in inputs if t.name not in constant]
    prepared = [n for n, s in schedule.stages.items() if isinstance(s.place, Prepare)]
    outputs = [t.name for t in schedule.outputs]
    return {n: _argument(schedule, n) for n in (*given, *constant, *prepared, *outputs)}


def _argument(schedule: ScheduleState, name: str) -> Buffer:
    source = schedule.inputs.get(name)
    dtype = source.dtype if source is not None else schedule.stage(name).dtype
    elements = schedule.layout_of(name).size(_extents(schedule, name))
    return Buffer(name, dtype, elements, argument=True)


def _extents(schedule: ScheduleState, name: str) -> tuple[int, ...]:
    return tuple(as_int(e) for e in schedule.shape_of(name))


@dataclass(frozen=True, slots=True, eq=False)
class _Storage:
    """A buffer and the part of a tensor it holds."""

    buffer: Buffer
    origin: tuple[Affine, ...]
    layout: Layout
    extents: tuple[int, ...]

    def offset(self, indices: tuple[Affine, ...]) -> Affine:
        """Elements from the start of the buffer to the element at plain indices."""
        local = (
            tuple(i - o for i, o in zip(indices, self.origin, strict=True))
            if self.origin
            else indices
        )
        total, stride = Affine(), 1
        shape = [as_int(e) for e in self.layout.storage_shape(self.extents)]
        for dim, extent in zip(reversed(self.layout.dims), reversed(shape), strict=True):
            index = local[dim.axis]
            if as_int(dim.divisor) != 1:
                index = index.divmod(as_int(dim.divisor))[0]
            if dim.modulus is not None:
                index = index.divmod(as_int(dim.modulus))[1]
            total = total + index * stride
            stride *= extent
        return total.recombined()


@dataclass(frozen=True, slots=True, eq=False)
class _Lowering:
    schedule: ScheduleState
    live: dict[str, _Storage]

    def statements(self, body: tuple[Node, ...]) -> Stmt:
        return block([self.statement(n) for n in body])

    def statement(self, node: Node) -> Stmt:
        match node:
            case Loop():
                loop = For(
                    node.var,
                    (Affine(0),),
                    (Affine(as_int(node.var.extent)),),
                    _loop_kind(node.annotation, as_int(node.var.extent)),
                    self.statements(node.body),
                    f"{node.stage}.{node.axis}",
                    node.reduce,
                )
                intrinsic = node.annotation.intrinsic
                return loop if intrinsic is None else tensorize_loops(loop, intrinsic)
            case Region():
                return self._region(node)
            case Point():
                return self._point(node)
            case _:
                assert_never(node)

    def _region(self, region: Region) -> Stmt:
        stage = self.schedule.stage(region.stage)
        extents = tuple(as_int(e) for e in region.extents)
        layout = self.schedule.layout_of(region.stage)
        buffer = Buffer(region.stage, stage.dtype, layout.size(extents), region.scope.value)
        origin = (
            () if all(o.is_constant() and o.low() == 0 for o in region.origin) else region.origin
        )
        storage = _Storage(buffer, origin, layout, extents)
        inside = _Lowering(self.schedule, {**self.live, region.stage: storage})
        body = Allocate(buffer, inside.statements(region.body))
        apart = buffer.scope == "register" and sum(n > 1 for n in extents) >= _DIRECTIONS
        return block([body, Fence()]) if apart else body

    def _point(self, point: Point) -> Stmt:
        storage = self._storage(point.stage)
        offset = storage.offset(point.indices)
        value = map_expr(point.value, self._load)
        if point.action == "update":
            body = self.schedule.stage(point.stage).body
            op = body.op if isinstance(body, Reduction) else "add"
            value = binary(op, Load(storage.buffer, offset), value)
        store = Store(storage.buffer, offset, value, point.stage, point.action)
        condition = conjunction([NonNegative(as_int(n) - 1 - a) for a, n in point.guards])
        return store if condition is None else If(condition, store)

    def _load(self, e: Expr) -> Expr | None:
        if not isinstance(e, Read):
            return None
        storage = self._storage(e.tensor)
        return Load(storage.buffer, storage.offset(e.indices))

    def _storage(self, name: str) -> _Storage:
        if name not in self.live:
            raise LoweringError(
                f"{name} is used where it is not computed; stages here: {', '.join(self.live)}"
            )
        return self.live[name]


def _loop_kind(annotation: Annotation, extent: int) -> LoopKind:
    match annotation.kind:
        case Kind.UNROLLED:
            return "serial" if annotation.limit and extent > annotation.limit else "unrolled"
        case Kind.SERIAL:
            return "serial"
        case Kind.PARALLEL:
            return "parallel"
        case Kind.VECTORIZED:
            return "vectorized"
        case Kind.STEPS:
            return "steps"
        case Kind.BOUND | Kind.VIRTUAL_THREAD:
            raise LoweringError(f"a CPU has no {annotation.kind.value} loops")
        case _:
            assert_never(annotation.kind)
