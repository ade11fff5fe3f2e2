"""Values of loop IR as LLVM instructions."""

from __future__ import annotations

from typing import assert_never

from tvmtune.codegen.frames import FunctionText
from tvmtune.codegen.storage import Storage
from tvmtune.codegen.types import constant, intrinsic_suffix, splat, vector_type
from tvmtune.errors import CodegenError
from tvmtune.ir.expr import (
    FLOATS,
    Binary,
    Cast,
    Const,
    Expr,
    IndexValue,
    Load,
    NonNegative,
    Padded,
    Read,
    Select,
    Unary,
)

_INTEGER = {"add": "add", "sub": "sub", "mul": "mul", "and": "and", "or": "or"}
_FLOAT = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
_COMPARE = {"lt": ("olt", "slt"), "le": ("ole", "sle"), "eq": ("oeq", "eq"), "ne": ("une", "ne")}


class Values:
    """Emits values; ``declarations`` collects the intrinsics that they call."""

    def __init__(
        self, text: FunctionText, storage: Storage, declarations: set[str], *, fma: bool
    ) -> None:
        self.text = text
        self.storage = storage
        self.declarations = declarations
        self.fma = fma

    def emit(self, e: Expr) -> str:
        """The SSA value or constant of an expression."""
        match e:
            case Const():
                return constant(e.value, e.dtype, e.lanes)
            case Load():
                return self.storage.load(e)
            case Padded():
                return self._padded(e)
            case Binary():
                return self._binary(e)
            case Unary():
                return self._unary(e)
            case Select():
                c, a, b = self.emit(e.condition), self.emit(e.a), self.emit(e.b)
                return self._select(c, a, b, e.dtype, e.lanes)
            case Cast():
                return self._cast(e)
            case NonNegative():
                scalar, _ = self.storage.scalar(e.index)
                test = self.text.value(f"icmp sge i64 {scalar}, 0", "c")
                return test if e.lanes == 1 else splat(self.text, test, "i1", e.lanes)
            case IndexValue():
                scalar, _ = self.storage.scalar(e.index)
                value = self.text.value(f"trunc i64 {scalar} to i32")
                return value if e.lanes == 1 else splat(self.text, value, "i32", e.lanes)
            case Read():
                raise CodegenError(f"read of {e.tensor}: the nest has not been lowered")
            case _:
                assert_never(e)

    def _binary(self, e: Binary) -> str:
        kind = vector_type(e.a.dtype, e.a.lanes)
        if e.op == "add" and e.dtype in FLOATS and self.fma:
            for product, other in ((e.b, e.a), (e.a, e.b)):
                if isinstance(product, Binary) and product.op == "mul":
                    a, b, c = self.emit(product.a), self.emit(product.b), self.emit(other)
                    return self._call("fma", kind, e, f"{kind} {a}, {kind} {b}, {kind} {c}", 3)
        a, b = self.emit(e.a), self.emit(e.b)
        is_float = e.a.dtype in FLOATS
        if e.op in _COMPARE:
            float_test, integer_test = _COMPARE[e.op]
            if e.a.dtype == "bool":  # a set bit is 1, and not -1
                integer_test = integer_test.replace("s", "u")
            test = f"fcmp {float_test}" if is_float else f"icmp {integer_test}"
            return self.text.value(f"{test} {kind} {a}, {b}", "c")
        if e.op in ("max", "min"):
            direction = "gt" if e.op == "max" else "lt"
            test = f"fcmp o{direction}" if is_float else f"icmp s{direction}"
            c = self.text.value(f"{test} {kind} {a}, {b}", "c")
            return self._select(c, a, b, e.dtype, e.lanes)
        if e.op == "div" and not is_float:
            return self._quotient(e, kind, a, b)
        op = _FLOAT[e.op] if is_float else _INTEGER[e.op]
        return self.text.value(f"{op} {kind} {a}, {b}")

    def _quotient(self, e: Binary, kind: str, a: str, b: str) -> str:
        """An integer quotient that never traps: ``-a`` by -1, which may wrap, and ``a`` by 0."""
        if _is_plain_divisor(e.b):
            return self.text.value(f"sdiv {kind} {a}, {b}")
        one = constant(1, e.dtype, e.lanes)
        following = self.text.value(f"add {kind} {b}, {one}")
        test = self.text.value(f"icmp ult {kind} {following}, {constant(2, e.dtype, e.lanes)}", "c")
        divisor = self._select(test, one, b, e.dtype, e.lanes)
        quotient = self.text.value(f"sdiv {kind} {a}, {divisor}")
        negative = self.text.value(f"sub {kind} {constant(0, e.dtype, e.lanes)}, {a}")
        test = self.text.value(f"icmp eq {kind} {b}, {constant(-1, e.dtype, e.lanes)}", "c")
        return self._select(test, negative, quotient, e.dtype, e.lanes)

    def _unary(self, e: Unary) -> str:
        kind, a = vector_type(e.dtype, e.lanes), self.emit(e.a)
        if e.op == "not":
            return self.text.value(f"xor {kind} {a}, {constant(True, 'bool', e.lanes)}")
        if e.dtype == "int32":
            negative = self.text.value(f"sub {kind} {constant(0, 'int32', e.lanes)}, {a}")
            if e.op == "neg":
                return negative
            test = self.text.value(f"icmp sgt {kind} {a}, {negative}", "c")
            return self._select(test, a, negative, e.dtype, e.lanes)
        if e.op == "neg":
            return self.text.value(f"fneg {kind} {a}")
        return self._call("fabs" if e.op == "abs" else e.op, kind, e, f"{kind} {a}", 1)

    def _call(self, name: str, kind: str, e: Expr, arguments: str, count: int) -> str:
        function = f"@llvm.{name}.{intrinsic_suffix(e.dtype, e.lanes)}"
        self.declarations.add(f"declare {kind} {function}({', '.join([kind] * count)})")
        return self.text.value(f"call {kind} {function}({arguments})")

    def _select(self, c: str, a: str, b: str, dtype: str, lanes: int) -> str:
        kind = vector_type(dtype, lanes)
        return self.text.value(f"select {vector_type('bool', lanes)} {c}, {kind} {a}, {kind} {b}")

    def _padded(self, e: Padded) -> str:
        """Lanes between zeros; of memory, only these are read."""
        if isinstance(e.a, Load) and self.storage.reads_padded(e.a):
            return self.storage.load_padded(e.a, e.begin, e.lanes)
        a, kind = self.emit(e.a), vector_type(e.dtype, e.a.lanes)
        wide, zeros = vector_type(e.dtype, e.lanes), constant(0, e.dtype, e.lanes)
        if e.a.lanes == 1:
            return self.text.value(f"insertelement {wide} {zeros}, {kind} {a}, i64 {e.begin}")
        within = range(e.begin, e.begin + e.a.lanes)
        picks = ", ".join(
            f"i32 {i - e.begin if i in within else e.a.lanes}" for i in range(e.lanes)
        )
        zeros = constant(0, e.dtype, e.a.lanes)
        mask = f"<{e.lanes} x i32> <{picks}>"
        return self.text.value(f"shufflevector {kind} {a}, {kind} {zeros}, {mask}")

    def _cast(self, e: Cast) -> str:
        a = self.emit(e.a)
        source, target = vector_type(e.a.dtype, e.lanes), vector_type(e.dtype, e.lanes)
        if e.dtype == "bool":
            zero = constant(0, e.a.dtype, e.lanes)
            test = "fcmp une" if e.a.dtype in FLOATS else "icmp ne"
            return self.text.value(f"{test} {source} {a}, {zero}", "c")
        op = _CASTS[(e.a.dtype, e.dtype)]
        return self.text.value(f"{op} {source} {a} to {target}")


def _is_plain_divisor(e: Expr) -> bool:
    """Whether a divisor is known to be neither 0 nor -1."""
    match e:
        case Const():
            return e.value not in (0, -1)
        case IndexValue():
            return e.index.low() > 0 or e.index.high() < -1
        case _:
            return False


_CASTS = {
    ("float32", "float64"): "fpext",
    ("float64", "float32"): "fptrunc",
    ("float32", "int32"): "fptosi",
    ("float64", "int32"): "fptosi",
    ("int32", "float32"): "sitofp",
    ("int32", "float64"): "sitofp",
    ("bool", "float32"): "uitofp",
    ("bool", "float64"): "uitofp",
    ("bool", "int32"): "zext",
}
