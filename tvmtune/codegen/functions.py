"""Statements of loop IR as LLVM functions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never

from tvmtune.codegen.frames import Frame, FunctionText, RegisterKey
from tvmtune.codegen.intrinsics import emit_intrinsic
from tvmtune.codegen.parallel import emit_parallel
from tvmtune.codegen.storage import Storage, register_type
from tvmtune.codegen.types import ALIGNMENT
from tvmtune.codegen.values import Values
from tvmtune.errors import CodegenError
from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import Buffer
from tvmtune.ir.stmt import Allocate, Block, Fence, For, If, Stmt, Store, Tensorized

_MANY = 8
"""Statements in a loop's own body from which on its addresses are hidden from LLVM."""

_FENCE = 'call void asm sideeffect "", "~{memory}"()'


@dataclass(slots=True, eq=False)
class Arena:
    """Scratch memory laid out while code is emitted: one place per name of a buffer.

    Buffers of the same name are copies of one stage and never live together.
    """

    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    size_bytes: int = 0

    def place(self, buffer: Buffer) -> int:
        """Offset in bytes of a buffer."""
        known = self.places.get(buffer.name)
        if known is None or known[1] < buffer.size_bytes:
            known = (self.size_bytes, buffer.size_bytes)
            self.places[buffer.name] = known
            self.size_bytes += -(-buffer.size_bytes // ALIGNMENT) * ALIGNMENT
        return known[0]


@dataclass(slots=True, eq=False)
class Module:
    """What the functions of one artifact share."""

    threads: int
    fma: bool
    masks: bool
    vector_bits: int
    arguments: tuple[Buffer, ...] = ()
    """Of the function that is being emitted."""
    declarations: set[str] = field(default_factory=set)
    functions: list[str] = field(default_factory=list)
    shared: Arena = field(default_factory=Arena)
    per_thread: Arena = field(default_factory=Arena)

    @property
    def attributes(self) -> str:
        """Attributes of every function: vectors as wide as they are written."""
        bits = self.vector_bits
        return f'nounwind "min-legal-vector-width"="{bits}" "prefer-vector-width"="{bits}"'


@dataclass(frozen=True, slots=True)
class _Side:
    """What is known at the end of one side of a branch, and the block where it ends."""

    registers: dict[RegisterKey, str]
    loads: dict[object, str]
    block: str


class FunctionEmitter:
    """Emits one function's statements.

    Parameters
    ----------
    module
        What the functions of the artifact share.
    arena
        Where allocated buffers go.
    base
        The SSA value of the arena's memory.
    """

    def __init__(self, module: Module, arena: Arena, base: str) -> None:
        self.module = module
        self.arena = arena
        self.base = base
        self.text = FunctionText()
        self.storage = Storage(
            self.text, module.declarations, masks=module.masks, vector_bits=module.vector_bits
        )
        self.values = Values(self.text, self.storage, module.declarations, fma=module.fma)

    def statement(self, stmt: Stmt) -> None:
        """Emit a statement at the current place."""
        match stmt:
            case Block():
                for s in stmt.body:
                    self.statement(s)
            case Store():
                self.storage.store(stmt, self.values.emit(stmt.value))
            case Fence():
                self.text.top.loads = {}
                self.text.emit(_FENCE)
            case Allocate():
                self._allocate(stmt)
            case If():
                self._branch(stmt)
            case For():
                if stmt.kind == "parallel" and self.module.threads > 1:
                    emit_parallel(self, stmt)
                elif stmt.kind in ("serial", "parallel"):
                    self._loop(stmt)
                else:
                    raise CodegenError(f"{stmt.kind} loop {stmt.label} reached the code generator")
            case Tensorized():
                emit_intrinsic(self.storage, self.module.declarations, stmt)
            case _:
                assert_never(stmt)

    def _allocate(self, stmt: Allocate) -> None:
        buffer = stmt.buffer
        if buffer.scope == "register":
            self.storage.allocate_register(buffer)
            self.statement(stmt.body)
            self.storage.release_register(buffer)
            return
        pointer = self.text.name("w")
        offset = self.arena.place(buffer)
        gep = f"{pointer} = getelementptr inbounds i8, ptr {self.base}, i64 {offset}"
        self.text.emit_head(gep, 0)
        self.storage.pointers[buffer] = pointer
        self.statement(stmt.body)

    def _bounds(self, stmt: For) -> tuple[str, str]:
        return self._extreme("smax", stmt.begin), self._extreme("smin", stmt.end)

    def _extreme(self, name: str, indices: tuple[Affine, ...]) -> str:
        value, _ = self.storage.scalar(indices[0])
        for index in indices[1:]:
            other, _ = self.storage.scalar(index)
            function = f"@llvm.{name}.i64"
            self.module.declarations.add(f"declare i64 {function}(i64, i64)")
            value = self.text.value(f"call i64 {function}(i64 {value}, i64 {other})", "b")
        return value

    def _loop(self, stmt: For) -> None:
        begin, end = self._bounds(stmt)
        self.counted_loop(stmt.var, begin, end, stmt.body)

    def counted_loop(self, var: Var, begin: str, end: str, body: Stmt) -> None:
        """A loop that runs at least once."""
        text = self.text
        head, done = text.label("L"), text.label("E")
        index, following, test = text.name("i"), text.name("n"), text.name("c")
        before = text.block
        text.emit(f"br label %{head}")
        many = isinstance(body, Tensorized) or (isinstance(body, Block) and len(body.body) >= _MANY)
        frame = Frame(many=many)
        text.frames.append(frame)
        text.block = head
        self.storage.bind(var, index, text.depth)
        self.statement(body)
        text.frames.pop()
        latch, up = text.block, text.top
        frame.phis.append(f"  {index} = phi i64 [ {begin}, %{before} ], [ {following}, %{latch} ]")
        for key, (phi, kind, initial) in frame.carried.items():
            last = frame.registers[key]
            frame.phis.append(
                f"  {phi} = phi {kind} [ {initial}, %{before} ], [ {last}, %{latch} ]"
            )
        for key in frame.carried:
            up.registers[key] = frame.registers[key]
        self._keep_written(frame, up)
        up.loads = {}
        up.body.extend([
            f"{head}:", list(frame.phis), frame.head, frame.body,
            f"  {following} = add nuw nsw i64 {index}, 1",
            f"  {test} = icmp slt i64 {following}, {end}",
            f"  br i1 {test}, label %{head}, label %{done}",
            f"{done}:",
        ])  # fmt: skip
        text.block = done

    @staticmethod
    def _keep_written(frame: Frame, up: Frame) -> None:
        """Register elements first written in a loop are known after it: it runs at least once."""
        for key, value in frame.registers.items():
            if key not in frame.carried:
                up.registers[key] = value

    def _branch(self, stmt: If) -> None:
        text = self.text
        condition = self.values.emit(stmt.condition)
        yes, no, end = text.label("T"), text.label("F"), text.label("J")
        text.emit(f"br i1 {condition}, label %{yes}, label %{no}")
        registers, loads = dict(text.top.registers), dict(text.top.loads)
        first = self._side(yes, stmt.then, end, registers, loads)
        second = self._side(no, stmt.otherwise, end, registers, loads)
        self._restore(registers)
        text.top.loads = {k: v for k, v in first.loads.items() if second.loads.get(k) == v}
        text.start_block(end)
        for key in {**first.registers, **second.registers}:
            a, b = (self._after(side, key) for side in (first, second))
            if a != b:
                ends = f"[ {a}, %{first.block} ], [ {b}, %{second.block} ]"
                a = text.value(f"phi {register_type(key)} {ends}", "r")
            text.top.registers[key] = a

    def _side(
        self, label: str, stmt: Stmt | None, end: str,
        registers: dict[RegisterKey, str], loads: dict[object, str],
    ) -> _Side:  # fmt: skip
        """Emit one side of a branch that starts with what is known before it."""
        text = self.text
        text.start_block(label)
        self._restore(registers)
        text.top.loads = dict(loads)
        if stmt is not None:
            self.statement(stmt)
        after = _Side(text.top.registers, text.top.loads, text.block)
        text.emit(f"br label %{end}")
        return after

    def _restore(self, registers: dict[RegisterKey, str]) -> None:
        """Go back to the registers before a branch; loops carry what its sides have read."""
        top = self.text.top
        top.registers = {**{k: phi for k, (phi, _, _) in top.carried.items()}, **registers}

    def _after(self, side: _Side, key: RegisterKey) -> str:
        """A register element after one side: what it was before where the side left it alone."""
        return side.registers.get(key) or self.storage.register(key) or "poison"

    def nested(self, arena: Arena, base: str) -> FunctionEmitter:
        """An emitter for another function of the same artifact."""
        return FunctionEmitter(self.module, arena, base)
