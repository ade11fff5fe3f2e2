"""Statements of loop IR.

Semantics
---------
A program is a statement over buffers; distinct buffers never overlap.  `For` runs its variable from
``begin`` to ``end`` (exclusive), both evaluated once before the loop, in order; iterations of a
``parallel`` loop may run in any order and at the same time and must not depend on each other;
``unrolled`` and ``steps`` loops mean the same as serial ones and say how they are to be expanded
(``steps``: a fence between the copies); ``vectorized`` loops become lanes.  The values of a
variable always lie in ``[0, var.extent)`` even where ``begin`` and ``end`` narrow them.  Contents
of an allocated buffer are undefined until stored.  `Store` writes lane ``l`` at
``offset + l * stride``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tvmtune.ir.affine import Affine, Var
from tvmtune.ir.expr import Buffer, Expr

LoopKind = Literal["serial", "parallel", "vectorized", "unrolled", "steps"]


@dataclass(frozen=True, slots=True, eq=False)
class For:
    """A loop.  ``begin`` is the largest of its indices, ``end`` the smallest of its.

    ``label`` names stage and axis (``acc.ci``); ``reduce`` marks a reduction axis.
    """

    var: Var
    begin: tuple[Affine, ...]
    end: tuple[Affine, ...]
    kind: LoopKind
    body: Stmt
    label: str
    reduce: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Store:
    """One value, or ``value.lanes`` of them, written; ``stage`` says for which stage, and what.

    ``action`` is ``"value"`` (a plain stage), ``"init"`` or ``"update"`` (a reduction).
    """

    buffer: Buffer
    offset: Affine
    value: Expr
    stage: str
    action: Literal["value", "init", "update"] = "value"
    stride: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class If:
    """Runs ``then`` where ``condition`` holds, else ``otherwise``.

    ``neutral`` says that without the condition ``then`` would add zero to what is there.
    """

    condition: Expr
    then: Stmt
    otherwise: Stmt | None = None
    neutral: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Allocate:
    """A buffer that lives while ``body`` runs."""

    buffer: Buffer
    body: Stmt


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Statements in order."""

    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Fence:
    """Nothing is scheduled across it by the code generator; no meaning of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Tensorized:
    """What an intrinsic does: its declared behaviour, over elements of the program's buffers.

    ``body`` is a nest of serial loops around one store, made from the declaration of
    ``intrinsic``.  It means what it says; passes leave it whole, and code generators replace it
    by their rule for the intrinsic.
    """

    intrinsic: str
    body: For


Stmt = For | Store | If | Allocate | Block | Fence | Tensorized


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A named statement over its arguments, in the order in which pointers are handed over."""

    name: str
    arguments: tuple[Buffer, ...]
    body: Stmt
    written: frozenset[str] = frozenset()
    """Names of the arguments that are written."""
    unaligned: frozenset[str] = frozenset()
    """Names of the arguments that are aligned to their elements only."""


def block(statements: Sequence[Stmt]) -> Stmt:
    """Statements in order: flattened, and the statement itself if there is one."""
    flat: list[Stmt] = []
    for s in statements:
        flat.extend(s.body) if isinstance(s, Block) else flat.append(s)
    return flat[0] if len(flat) == 1 else Block(tuple(flat))


def constant_range(loop: For) -> tuple[int, int] | None:
    """``(begin, end)`` where both are integers, else None."""
    begin, end = loop.begin, loop.end
    if len(begin) == 1 and len(end) == 1 and begin[0].is_constant() and end[0].is_constant():
        return begin[0].low(), end[0].low()
    return None
