"""tvmtune among the contestants: the kernel that a tuning log gives.

Run by ``python -m benchmarks.ours NAME THREADS LOG [MAX_REL_ERROR]``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import tvmtune
from benchmarks.contestant import Desk, Loaded, serve
from benchmarks.problem import Array, Problem
from tvmtune.deploy.match import LogMatch
from tvmtune.errors import RecordError
from tvmtune.runtime.kernel import BoundKernel, Kernel

OWN_LAYOUT = "tvmtune"
NCHW = "tvmtune-nchw"

OURS: Mapping[str, str] = MappingProxyType(
    {
        OWN_LAYOUT: "own layout, inputs and outputs as the kernel stores them",
        NCHW: "NCHW (matrices: row by row) in and out, conversions included",
    }
)
"""tvmtune's contestants, and what is timed of each."""


def best_kernel(
    workload: str,
    target: str,
    log: str,
    *,
    template: str | None = None,
    max_rel_error: float | None = None,
) -> tuple[Kernel, LogMatch]:
    """The kernel of the best that a log has, as `tvmtune.build` gives it, and how it was found.

    Raises
    ------
    RecordError
        If the log has nothing usable.
    """
    kernel = tvmtune.build(
        workload, target=target, log=log, template=template, max_rel_error=max_rel_error
    )
    match = kernel.match
    if not isinstance(match, LogMatch) or match.is_default:
        raise RecordError(f"{log} has nothing usable for {workload}: {match}")
    return kernel, match


def load(
    problem: Problem,
    *,
    threads: int,
    log: str,
    own_layout: bool,
    max_rel_error: float | None = None,
) -> Loaded:
    """The best of the log, its weight packed beforehand as the peers' constants are.

    Parameters
    ----------
    problem
        What to compute.
    threads, log
        Threads of the kernel, and the tuning log.
    own_layout
        Whether conversions of input and output are left out of the time.
    max_rel_error
        As `tvmtune.build` has it.
    """
    x, w = problem.arrays()
    target = f"cpu:threads={threads}"
    kernel, match = best_kernel(problem.text, target, log, max_rel_error=max_rel_error)
    notes = {"template": match.template, "record_id": match.record_id}
    lay_out = in_own_layout if own_layout else over_plain
    return replace(lay_out(kernel.bind(w=w), x), notes=notes)


def in_own_layout(bound: BoundKernel, x: Array) -> Loaded:
    """A kernel that reads and writes arrays as it stores them."""
    packed = bound.pack(x)
    return Loaded(lambda: bound.run(packed), lambda: bound.unpack(packed))


def over_plain(bound: BoundKernel, x: Array) -> Loaded:
    """A kernel called on plain arrays, as users call it."""
    out = bound(x)
    return Loaded(lambda: bound(x, out=out), lambda: out)


def main() -> None:
    """Take part as the contestant that the command line names."""
    name, threads, log = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    limit = float(sys.argv[4]) if len(sys.argv) > 4 else None

    def load_named(problem: Problem) -> Loaded:
        own_layout = name == OWN_LAYOUT
        return load(problem, threads=threads, log=log, own_layout=own_layout, max_rel_error=limit)

    serve(Desk(load_named, lambda: str(tvmtune.__version__)))


if __name__ == "__main__":
    main()
