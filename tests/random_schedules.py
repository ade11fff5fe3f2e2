"""Random legal schedules of tensor programs, for properties."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tvmtune.errors import ScheduleError
from tvmtune.layout import Layout, StorageDim
from tvmtune.schedule import Schedule, Tail, create_schedule
from tvmtune.schedule.stage import Stage
from tvmtune.te import Reduction, Tensor

Draw = Callable[[st.SearchStrategy[Any]], Any]
_TAILS = [t.value for t in Tail]


class _Mover:
    """Applies one random primitive after another; those that are refused change nothing."""

    def __init__(self, draw: Draw, schedule: Schedule) -> None:
        self.draw = draw
        self.s = schedule
        self.refusals: list[str] = []
        self.names = 0

    def choose(self, options: Any) -> Any:
        return self.draw(st.sampled_from(list(options)))

    def name(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    def move(self) -> None:
        kind = self.choose(_MOVES)
        try:
            kind(self)
        except ScheduleError as error:
            self.refusals.append(str(error))

    def stage(self) -> Stage:
        found: Stage = self.choose(self.s.stages.values())
        return found

    def split(self) -> None:
        stage = self.stage()
        names = self.name("o"), self.name("i")
        axis = self.choose(stage.leaves)
        self.s = self.s.split(stage.name, axis, self.factor(), names, self.choose(_TAILS))

    def factor(self) -> int:
        return int(self.choose([1, 2, 2, 3, 3, 4, 4, 5, 8]))

    def tile(self) -> None:
        stage = self.stage()
        at = self.draw(st.integers(0, max(0, len(stage.leaves) - 2)))
        pair = stage.leaves[at : at + 2]
        if len(pair) == 2:
            tail = self.choose(_TAILS)
            self.s = self.s.tile(stage.name, *pair, (self.factor(), self.factor()), tail)

    def fuse(self) -> None:
        stage = self.stage()
        at = self.draw(st.integers(0, max(0, len(stage.leaves) - 2)))
        pair = stage.leaves[at : at + 2]
        if len(pair) == 2:
            self.s = self.s.fuse(stage.name, *pair, self.name("f"))

    def reorder(self) -> None:
        stage = self.stage()
        self.s = self.s.reorder(stage.name, *self.draw(st.permutations(stage.leaves)))

    def vectorize(self) -> None:
        stage = self.stage()
        self.s = self.s.vectorize(stage.name, stage.leaves[-1])

    def split_vectorize(self) -> None:
        stage = self.stage()
        axis = self.choose([a for a in stage.leaves if not stage.is_reduce_axis(a)])
        names = self.name("o"), self.name("v")
        tail = self.choose(_TAILS)
        s = self.s.split(stage.name, axis, self.choose([2, 3, 4, 8]), names, tail)
        rest = [a for a in s.stage(stage.name).leaves if a != names[1]]
        self.s = s.reorder(stage.name, *rest, names[1]).vectorize(stage.name, names[1])

    def unroll(self) -> None:
        stage = self.stage()
        limit = self.choose([None, None, 2, 4])
        self.s = self.s.unroll(stage.name, self.choose(stage.leaves), limit)

    def steps(self) -> None:
        stage = self.stage()
        self.s = self.s.steps(stage.name, self.choose(stage.leaves))

    def parallel(self) -> None:
        stage = self.stage()
        self.s = self.s.parallel(stage.name, self.choose(stage.leaves[:2]))

    def compute_at(self) -> None:
        stage, consumer = self.stage(), self.stage()
        readers = self.s.readers(stage.name)
        if readers and self.draw(st.integers(0, 3)):
            consumer = readers[0]
        self.s = self.s.compute_at(stage.name, consumer.name, self.choose(consumer.leaves))

    def compute_root(self) -> None:
        self.s = self.s.compute_root(self.stage().name)

    def compute_inline(self) -> None:
        self.s = self.s.compute_inline(self.stage().name)

    def prepare(self) -> None:
        self.s = self.s.prepare(self.stage().name)

    def cache_read(self) -> None:
        tensor = self.choose([*self.s.inputs, *self.s.stages])
        readers = tuple(r.name for r in self.s.readers(tensor))
        chosen = readers[: self.draw(st.integers(0, len(readers)))]
        self.s = self.s.cache_read(tensor, self.choose(["local", "global"]), chosen)

    def cache_write(self) -> None:
        self.s = self.s.cache_write(self.stage().name, self.choose(["local", "global"]))

    def set_scope(self) -> None:
        self.s = self.s.set_scope(self.stage().name, self.choose(["local", "global"]))

    def layout(self) -> None:
        name = self.choose([*self.s.inputs, *self.s.stages])
        rank = len(self.s.shape_of(name))
        order = self.draw(st.permutations(range(rank)))
        dims: list[StorageDim] = []
        inner: list[StorageDim] = []
        for axis in order:
            divisor = 1
            for _ in range(self.choose([0, 0, 1, 1, 2])):
                block = self.choose([2, 3, 4, 8])
                inner.insert(0, StorageDim(axis, divisor, block))
                divisor *= block
            dims.append(StorageDim(axis, divisor))
        if len(inner) > 1 and self.draw(st.booleans()):
            inner = list(self.draw(st.permutations(inner)))
        self.s = self.s.layout(name, Layout(rank, (*dims, *inner)))

    def registers(self) -> None:
        """A register tile, as templates make it: cached, split, unrolled, vectorized."""
        stage = self.stage()
        if stage.relations or not isinstance(stage.body, Reduction):
            return
        acc = self.name("acc")
        s = self.s.cache_write(stage.name, "register", acc)
        axes = [a.name for a in stage.axes]
        outer: list[str] = []
        inner: list[str] = []
        for axis in axes:
            names = self.name("o"), self.name("i")
            tail = self.choose(["even", "even", "peel", "guard"])
            s = s.split(stage.name, axis, self.choose([1, 2, 3, 4]), names, tail)
            outer.append(names[0])
            inner.append(names[1])
        s = s.reorder(stage.name, *outer, *inner)
        s = s.compute_at(acc, stage.name, outer[-1])
        reduce = [a.name for a in stage.reduce_axes]
        s = s.reorder(acc, *reduce, *axes)
        for name, leaves in ((stage.name, inner), (acc, axes)):
            for leaf in leaves[:-1]:
                s = s.unroll(name, leaf)
            s = s.vectorize(name, leaves[-1])
        self.s = s
        if self.draw(st.booleans()):
            names = self.name("o"), self.name("i")
            self.s = s.split(acc, reduce[0], 2, names, self.choose(_TAILS)).steps(acc, names[1])


_MOVES = [
    *[_Mover.split] * 4, _Mover.tile, _Mover.fuse, *[_Mover.reorder] * 2, _Mover.vectorize,
    *[_Mover.split_vectorize] * 2, _Mover.unroll, _Mover.steps, _Mover.parallel,
    *[_Mover.compute_at] * 4, _Mover.compute_root, _Mover.compute_inline, _Mover.prepare,
    _Mover.cache_read, _Mover.cache_write, _Mover.set_scope, *[_Mover.layout] * 2,
    *[_Mover.registers] * 2,
]  # fmt: skip


@st.composite
def schedules(
    draw: Draw, outputs: tuple[Tensor, ...], moves: int = 10
) -> tuple[Schedule, list[str]]:
    """A schedule of tensors, and the messages of the primitives that were refused on the way."""
    mover = _Mover(draw, create_schedule(*outputs))
    for _ in range(draw(st.integers(0, moves))):
        mover.move()
    return mover.s, mover.refusals
