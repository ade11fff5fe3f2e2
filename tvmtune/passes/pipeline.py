"""The passes from a schedule's loop IR to what the code generator takes, in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tvmtune.ir.stmt import Function, Stmt
from tvmtune.passes.branch_selects import branch_selects
from tvmtune.passes.clip_reductions import clip_reductions
from tvmtune.passes.partition_loops import partition_loops
from tvmtune.passes.predicate_updates import predicate_updates
from tvmtune.passes.simplify import simplify
from tvmtune.passes.unroll_loops import unroll_loops
from tvmtune.passes.vectorize_loops import vectorize_loops

Pass = Callable[[Stmt], Stmt]

CPU_PASSES: tuple[Pass, ...] = (
    predicate_updates,
    simplify,
    branch_selects,
    partition_loops,
    clip_reductions,
    vectorize_loops,
    unroll_loops,
    simplify,
)


def run_passes(
    function: Function,
    passes: tuple[Pass, ...] = CPU_PASSES,
    after: Callable[[str, Function], None] | None = None,
) -> Function:
    """Run passes in order; ``after`` is called with each pass's name and what it returned."""
    for apply in passes:
        function = replace(function, body=apply(function.body))
        if after is not None:
            after(apply.__name__, function)
    return function
