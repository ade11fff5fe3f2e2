"""Integer expressions over knobs, and their evaluation for many configs at once."""

from tvmtune.symbolic.expressions import (
    Substitution,
    as_int,
    at_most,
    both,
    ceildiv,
    divides,
    either,
    equal,
    floordiv,
    less,
    maximum,
    minimum,
    mod,
    select,
    substitute,
    symbol,
)
from tvmtune.symbolic.polynomial import IntExpr, Symbolic, key_of, normal, same, symbols_of
from tvmtune.symbolic.tape import Tape, compile_tape

__all__ = [
    "IntExpr",
    "Substitution",
    "Symbolic",
    "Tape",
    "as_int",
    "at_most",
    "both",
    "ceildiv",
    "compile_tape",
    "divides",
    "either",
    "equal",
    "floordiv",
    "key_of",
    "less",
    "maximum",
    "minimum",
    "mod",
    "normal",
    "same",
    "select",
    "substitute",
    "symbol",
    "symbols_of",
]
