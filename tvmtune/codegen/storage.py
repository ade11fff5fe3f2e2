"""Addresses, loads and stores, and buffers that live in registers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import gcd

from tvmtune.codegen.frames import FunctionText, RegisterKey
from tvmtune.codegen.types import (
    ALIGNMENT,
    intrinsic_suffix,
    literal,
    splat,
    stored_type,
    vector_type,
    zero,
)
from tvmtune.errors import CodegenError
from tvmtune.ir.affine import Affine, Quotient, Remainder, Var
from tvmtune.ir.expr import ITEMSIZE, Buffer, Load
from tvmtune.ir.stmt import Store


class Storage:
    """Where the elements of buffers are while a function is emitted.

    Addresses are chains of GEPs, one link per loop variable, each emitted at the head of that
    variable's loop; the constant comes last, so that it folds into the addressing mode.  They are
    not ``inbounds``: what lies between may point beside the buffer.  Register buffers are SSA
    values: the first use inside a loop creates a phi, closing the loop completes it.

    Parameters
    ----------
    text
        Of the function.
    declarations
        What the module declares; added to.
    masks
        Whether vectors with a number of lanes that is no power of two are parts of larger ones:
        else they are loaded and stored in pieces.
    vector_bits
        Of a register.
    """

    def __init__(
        self, text: FunctionText, declarations: set[str], *, masks: bool, vector_bits: int
    ) -> None:
        self.text = text
        self.declarations = declarations
        self.masks = masks
        self.vector_bits = vector_bits
        self.pointers: dict[Buffer, str] = {}
        self.variables: dict[Var, tuple[str, int]] = {}
        self.unaligned: set[Buffer] = set()
        """Buffers that are aligned to their elements only."""
        self._home: dict[Buffer, int] = {}
        self._lanes: dict[Buffer, dict[int, RegisterKey]] = {}

    def bind(self, var: Var, value: str, depth: int) -> None:
        """Say which SSA value a loop variable is, and at which depth it is defined."""
        self.variables[var] = (value, depth)

    def alignment(self, buffer: Buffer) -> int:
        """Bytes to which the start of a buffer is aligned."""
        return ITEMSIZE[buffer.dtype] if buffer in self.unaligned else ALIGNMENT

    def allocate_register(self, buffer: Buffer) -> None:
        """Begin the life of a register buffer in the current loop."""
        self._home[buffer] = self.text.depth
        self._lanes[buffer] = {}

    def release_register(self, buffer: Buffer) -> None:
        """End the life of a register buffer: its elements have no value any more."""
        del self._home[buffer], self._lanes[buffer]
        registers = self.text.top.registers
        self.text.top.registers = {k: v for k, v in registers.items() if k[0] is not buffer}

    def scalar(self, index: Affine) -> tuple[str, int]:
        """An index as an i64 value, emitted as far out as it can be; with its depth."""
        value, depth = str(index.const), 0
        for name, d, c in self._ordered(index):
            depth = max(depth, d)
            memo = self.text.frames[depth].memo
            key = ("sum", value, name, c)
            if key not in memo:
                product, total = self.text.name("m"), self.text.name("a")
                self.text.emit_head(f"{product} = mul nsw i64 {name}, {c}", depth)
                self.text.emit_head(f"{total} = add nsw i64 {product}, {value}", depth)
                memo[key] = total
            value = memo[key]
        return value, depth

    def load(self, load: Load) -> str:
        """The value of a load: contiguous, a splat, or lane by lane."""
        if load.buffer.scope == "register":
            return self._registered(load)
        key = (load.buffer, self._shape(load.offset), load.lanes, load.stride)
        loads = self.text.top.loads
        if key not in loads:
            loads[key] = self._loaded(load)
        return loads[key]

    def reads_padded(self, load: Load) -> bool:
        """Whether a load can leave out lanes."""
        return load.buffer.scope != "register" and load.dtype != "bool" and load.stride in (1, 2)

    def load_padded(self, load: Load, begin: int, lanes: int) -> str:
        """The value of a load from lane ``begin`` on, and zeros in what is left of ``lanes``."""
        key = (load.buffer, self._shape(load.offset), load.lanes, load.stride, begin, lanes)
        loads = self.text.top.loads
        if key not in loads:
            start = load.offset - begin * load.stride
            inside = range(load.stride * begin, load.stride * (begin + load.lanes - 1) + 1)
            read = self.read if load.stride == 1 else self._every_other
            loads[key] = read(load.buffer, start, lanes, inside)
        return loads[key]

    def store(self, store: Store, value: str) -> None:
        """Write a value; forgets what was loaded from the buffer."""
        lanes, dtype = store.value.lanes, store.buffer.dtype
        if store.buffer.scope == "register":
            stride = store.stride if lanes > 1 else 0
            key = self._register_key(store.buffer, store.offset, lanes, stride)
            self.text.top.registers[key] = value
            return
        if dtype == "bool":
            narrow, wide = vector_type("bool", lanes), stored_type("bool", lanes)
            value = self.text.value(f"zext {narrow} {value} to {wide}")
        if lanes == 1 or store.stride == 1:
            self.write(store.buffer, store.offset, lanes, value)
        else:
            self._scatter(store, value)
        self.forget(store.buffer)

    def forget(self, buffer: Buffer) -> None:
        """Load anew what is read of a buffer from here on."""
        loads = self.text.top.loads
        self.text.top.loads = {k: v for k, v in loads.items() if not _of_buffer(k, buffer)}

    def write(self, buffer: Buffer, offset: Affine, lanes: int, value: str) -> None:
        """Write consecutive elements in memory."""
        pointer, align = self._address(buffer, offset)
        kind = stored_type(buffer.dtype, lanes)
        if not self._is_part(lanes, buffer.dtype):
            self.text.emit(f"store {kind} {value}, ptr {pointer}, align {align}")
            return
        part = _Part.of(buffer.dtype, lanes)
        widened = self._picked(buffer.dtype, lanes, value, range(part.lanes))
        function = f"@llvm.masked.store.{part.suffix}.p0"
        self.declarations.add(
            f"declare void {function}({part.kind}, ptr, i32 immarg, {part.masks})"
        )
        self.text.emit(
            f"call void {function}({part.kind} {widened}, ptr {pointer}, i32 {align}, {part.mask})"
        )

    def _is_part(self, lanes: int, dtype: str) -> bool:
        return self.masks and dtype != "bool" and lanes & (lanes - 1) != 0

    def _scatter(self, store: Store, value: str) -> None:
        lanes, dtype = store.value.lanes, store.buffer.dtype
        for lane in range(lanes):
            part = self.text.value(
                f"extractelement {stored_type(dtype, lanes)} {value}, i64 {lane}"
            )
            pointer, align = self._address(store.buffer, store.offset + lane * store.stride)
            self.text.emit(f"store {stored_type(dtype, 1)} {part}, ptr {pointer}, align {align}")

    def _loaded(self, load: Load) -> str:
        dtype, lanes = load.dtype, load.lanes
        if lanes == 1 or load.stride == 1:
            value = self.read(load.buffer, load.offset, lanes)
        elif load.stride == 0:
            scalar = self.read(load.buffer, load.offset, 1)
            value = splat(self.text, scalar, stored_type(dtype, 1), lanes)
        else:
            value = self._gather(load)
        if dtype == "bool":
            wide = stored_type("bool", lanes)
            return self.text.value(f"icmp ne {wide} {value}, {zero(lanes)}")
        return value

    def _gather(self, load: Load) -> str:
        if load.stride == 2:
            return self._every_other(load.buffer, load.offset, load.lanes)
        value, wide = "poison", stored_type(load.dtype, load.lanes)
        for lane in range(load.lanes):
            part = self.read(load.buffer, load.offset + lane * load.stride, 1)
            scalar = stored_type(load.dtype, 1)
            value = self.text.value(f"insertelement {wide} {value}, {scalar} {part}, i64 {lane}")
        return value

    def _every_other(
        self, buffer: Buffer, offset: Affine, lanes: int, inside: range | None = None
    ) -> str:
        """Elements 0, 2, 4 ... of a vector, or of two, the second of which ends at the last."""
        dtype, span = buffer.dtype, 2 * lanes - 1
        if self._is_part(span, dtype) and 8 * ITEMSIZE[dtype] * span <= self.vector_bits:
            whole = self.read(buffer, offset, span, inside)
            return self._picked(dtype, span, whole, range(0, span, 2))
        low = self.read(buffer, offset, lanes, inside and _clipped(inside, 0, lanes))
        behind = inside and _clipped(inside, lanes - 1, lanes)
        high = self.read(buffer, offset + (lanes - 1), lanes, behind)
        places = [i if i < lanes else i + 1 for i in range(0, 2 * lanes, 2)]
        return self._picked(dtype, lanes, low, places, high)

    def _picked(
        self, dtype: str, lanes: int, low: str, places: Iterable[int], high: str = "poison"
    ) -> str:
        """Lanes of two vectors side by side."""
        kind = stored_type(dtype, lanes)
        indices = [f"i32 {i}" for i in places]
        return self.text.value(
            f"shufflevector {kind} {low}, {kind} {high}, "
            f"<{len(indices)} x i32> <{', '.join(indices)}>"
        )

    def read(self, buffer: Buffer, offset: Affine, lanes: int, inside: range | None = None) -> str:
        """Consecutive elements of memory; zeros but for those ``inside``."""
        kind = stored_type(buffer.dtype, lanes)
        if inside is not None and not inside:
            return zero(lanes) if lanes > 1 else literal(0, buffer.dtype)
        pointer, align = self._address(buffer, offset)
        whole = inside is None or len(inside) == lanes
        if whole and not self._is_part(lanes, buffer.dtype):
            return self.text.value(f"load {kind}, ptr {pointer}, align {align}", "l")
        part = _Part.of(buffer.dtype, lanes, inside)
        function = f"@llvm.masked.load.{part.suffix}.p0"
        declared = f"(ptr, i32 immarg, {part.masks}, {part.kind})"
        self.declarations.add(f"declare {part.kind} {function}{declared}")
        others = "poison" if inside is None else "zeroinitializer"
        arguments = f"ptr {pointer}, i32 {align}, {part.mask}, {part.kind} {others}"
        value = self.text.value(f"call {part.kind} {function}({arguments})", "l")
        if part.lanes == lanes:
            return value
        return self._picked(buffer.dtype, part.lanes, value, range(lanes))

    def _address(self, buffer: Buffer, offset: Affine) -> tuple[str, int]:
        """A pointer, and its alignment in bytes."""
        pointer, element = self.pointers[buffer], stored_type(buffer.dtype, 1)
        for name, depth, c in self._ordered(offset):
            memo = self.text.frames[depth].memo
            key = (pointer, name, c)
            if key not in memo:
                factor = self._product(name, depth, c)
                memo[key] = self.text.name("p")
                gep = f"{memo[key]} = getelementptr {element}, ptr {pointer}, i64 {factor}"
                self.text.emit_head(gep, depth)
            pointer = self._hidden(memo[key], depth)
        if offset.const:
            pointer = self.text.value(
                f"getelementptr {element}, ptr {pointer}, i64 {offset.const}", "p"
            )
        item = ITEMSIZE[buffer.dtype]
        if buffer in self.unaligned:
            return pointer, item
        step = item * gcd(_number(offset.const), *map(_number, offset.terms.values()))
        return pointer, min(ALIGNMENT, step & -step) if step else ALIGNMENT

    def _hidden(self, pointer: str, depth: int) -> str:
        """The pointer as LLVM's loop strength reduction cannot see it, in a loop of many accesses.

        It would try to combine all of their offsets, which takes as long as the rest of the code
        generation and gains nothing: each is a register and a constant already.
        """
        if depth != self.text.depth or not self.text.top.many:
            return pointer
        return self._once(
            ("hidden", pointer), "h", f'call ptr asm "", "=r,0"(ptr {pointer})', depth
        )

    def _product(self, name: str, depth: int, c: int) -> str:
        if c == 1:
            return name
        return self._once(("product", name, c), "m", f"mul nsw i64 {name}, {c}", depth)

    def _ordered(self, index: Affine) -> list[tuple[str, int, int]]:
        """SSA value, depth and coefficient of each atom, outermost first."""
        return sorted(
            ((*self._atom(a), _number(c)) for a, c in index.terms.items()), key=lambda t: t[1]
        )

    def _atom(self, atom: Var | Quotient | Remainder) -> tuple[str, int]:
        if isinstance(atom, Var):
            if atom not in self.variables:
                raise CodegenError(f"loop variable {atom.name} is used outside its loop")
            return self.variables[atom]
        n = _number(atom.divisor)
        below = max(0, -(atom.index.low() // n))  # whole divisors that make the dividend positive
        value, depth = self.scalar(atom.index + below * n)
        op = "udiv" if isinstance(atom, Quotient) else "urem"
        result = self._once((op, value, n), "q", f"{op} i64 {value}, {n}", depth)
        if isinstance(atom, Quotient) and below:
            result = self._once(
                ("sub", result, below), "q", f"sub nsw i64 {result}, {below}", depth
            )
        return result, depth

    def _once(self, key: object, prefix: str, text: str, depth: int) -> str:
        """A value at the head of a loop, emitted the first time that it is asked for."""
        memo = self.text.frames[depth].memo
        if key not in memo:
            memo[key] = self.text.name(prefix)
            self.text.emit_head(f"{memo[key]} = {text}", depth)
        return memo[key]

    def _shape(self, offset: Affine) -> tuple[object, ...]:
        return (offset.const, *self._ordered(offset))

    def _registered(self, load: Load) -> str:
        stride = load.stride if load.lanes > 1 else 0
        value = self.register(self._register_key(load.buffer, load.offset, load.lanes, stride))
        if value is None:
            raise CodegenError(
                f"register buffer {load.buffer.name} is read at {load.offset!r} before it is "
                "written with these lanes"
            )
        return value

    def register(self, key: RegisterKey) -> str | None:
        """The value of a register element here, carried into the loops around; None without one."""
        frames, home = self.text.frames, self._home[key[0]]
        known = [i for i in range(home, len(frames)) if key in frames[i].registers]
        if not known:
            return None
        for i in range(known[-1] + 1, len(frames)):
            phi = self.text.name("r")
            frames[i].carried[key] = (phi, register_type(key), frames[i - 1].registers[key])
            frames[i].registers[key] = phi
        return frames[-1].registers[key]

    def _register_key(self, buffer: Buffer, offset: Affine, lanes: int, stride: int) -> RegisterKey:
        if buffer not in self._lanes:
            raise CodegenError(
                f"register buffer {buffer.name} is used inside a parallel loop and allocated "
                "outside: compute it inside the loop, or store it in scope local"
            )
        if not offset.is_constant():
            raise CodegenError(
                f"register buffer {buffer.name} is indexed by {offset!r}: unroll or vectorize the "
                "loops over it, or store it in scope local"
            )
        start = _number(offset.const)
        key = (buffer, start, lanes, stride)
        claimed = self._lanes[buffer]
        if claimed.get(start) == key:
            return key
        for lane in range(lanes):
            other = claimed.setdefault(start + lane * stride, key)
            if other != key:
                raise CodegenError(
                    f"register buffer {buffer.name} is used with {lanes} lanes at {start} and with "
                    f"{other[2]} at {other[1]}: its writer and readers must use the same lanes"
                )
        return key


def register_type(key: RegisterKey) -> str:
    """Type of a register element."""
    return vector_type(key[0].dtype, key[2])


def _of_buffer(key: object, buffer: Buffer) -> bool:
    return isinstance(key, tuple) and key[0] is buffer


def _clipped(elements: range, begin: int, count: int) -> range:
    """Those of some consecutive elements that lie in a window, counted from its begin."""
    return range(max(0, elements.start - begin), min(count, elements.stop - begin))


def _number(c: object) -> int:
    if not isinstance(c, int):
        raise CodegenError(f"{c} is no integer: a knob is still a symbol")
    return c


@dataclass(frozen=True, slots=True)
class _Part:
    """The vector of a power of two that some lanes are the first of, and the mask of these."""

    lanes: int
    kind: str
    suffix: str
    mask: str

    @staticmethod
    def of(dtype: str, used: int, inside: range | None = None) -> _Part:
        lanes = 1 << (used - 1).bit_length()
        within = range(used) if inside is None else inside
        bits = ", ".join(f"i1 {int(i in within)}" for i in range(lanes))
        mask = f"<{lanes} x i1> <{bits}>"
        return _Part(lanes, stored_type(dtype, lanes), intrinsic_suffix(dtype, lanes), mask)

    @property
    def masks(self) -> str:
        return f"<{self.lanes} x i1>"
