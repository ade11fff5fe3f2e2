"""``shares``: how near to the machine's peak direct kernels come, and what keeps them from it."""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.book import circumstances
from benchmarks.candidates import candidate_of
from benchmarks.contestant import Run, measure
from benchmarks.markdown import NOTHING, facts_table, origin, table
from benchmarks.ours import best_kernel, in_own_layout
from benchmarks.share_shapes import AS_IS, LONG, LONGER, NEAR, NEAR_BYTES, fitted, shapes_of
from benchmarks.spills import LoopSpills, innermost_loops
from benchmarks.tables import Entry, entry_of, problem_of, select
from tvmtune.codegen.probes import fma_probe
from tvmtune.compiler.building import SYMBOL
from tvmtune.compiler.templates import space_of, templates_for
from tvmtune.errors import TvmtuneError, UsageError
from tvmtune.measure.building import BuilderPool
from tvmtune.measure.candidate import Built
from tvmtune.measure.lock import MachineLock
from tvmtune.measure.options import MeasureOptions
from tvmtune.records import Record, read_log
from tvmtune.roofline import COMPUTE, Roofline, place
from tvmtune.runtime.kernel import Kernel
from tvmtune.search_spaces.config import Config
from tvmtune.target import Target, parse_target
from tvmtune.workload import Workload, parse

DIRECT = ("conv2d.depthwise", "conv2d.direct", "matmul.packed")
"""Templates whose kernels do no other arithmetic than the operator's, special ones first."""

_TURN_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """A kernel in its own layout, ready to run, and what it does in a call."""

    run: Run
    flops: float

    def rate(self) -> float:
        """The rate over a moment, operations per second."""
        return self.flops / float(measure(self.run, _TURN_S)["median_s"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """What came of a workload.

    Parameters
    ----------
    entry, config
        What was timed.
    shares
        By shape, the rate over the peak measured beside it, in each round.
    loop
        Its innermost loop of most vector instructions; None where there is none.
    left_out
        Why a shape was left out, by its name.
    """

    entry: Entry
    config: Config
    shares: Mapping[str, Sequence[float]]
    loop: LoopSpills | None
    left_out: Mapping[str, str] = field(default_factory=dict)

    def share(self, shape: str) -> float | None:
        """The median of the rounds."""
        found = self.shares.get(shape)
        return statistics.median(found) if found else None


def peak_timer(builder: BuilderPool, target: Target) -> Timer:
    """The machine's multiply-adds, on one thread."""
    bound = Kernel(builder.probe("fma", target.text)).bind()
    packed = bound.pack()
    for array in packed.arrays.values():
        array.fill(0)  # what lies there may be subnormal, and take a hundred times as long
    return Timer(run=lambda: bound.run(packed), flops=fma_probe(target).work)


def shares_of(entry: Entry, target: Target, log: Path, builder: BuilderPool, rounds: int) -> Shares:
    """Time the best direct kernel of a log, and its like, each right beside the peak.

    Raises
    ------
    TvmtuneError
        If the log has no usable record of a direct template, or its kernel cannot be built.
    """
    config = _best_direct(entry.workload, target, log)
    made = {
        shape: (_built(builder, workload, target, config), workload)
        for shape, workload in shapes_of(entry.workload).items()
    }
    peak = peak_timer(builder, target)
    timers = {s: _timer(b, w) for s, (b, w) in made.items() if isinstance(b, Built)}
    rates: list[dict[str, float]] = []
    for _ in range(rounds):
        beside = {s: (peak.rate(), timer.rate()) for s, timer in timers.items()}
        rates.append({s: rate / top for s, (top, rate) in beside.items()})
    as_is = made[AS_IS][0]
    return Shares(
        entry=entry,
        config=config,
        shares={s: [r[s] for r in rates] for s in timers},
        loop=_main_loop(as_is.sources["asm"]) if isinstance(as_is, Built) else None,
        left_out={s: str(b) for s, (b, _) in made.items() if not isinstance(b, Built)},
    )


def direct_template(workload: Workload, target: Target) -> str:
    """The first of the direct templates that serves a workload."""
    serving = {template.name for template in templates_for(workload, target)}
    found = [name for name in DIRECT if name in serving]
    if not found:
        raise UsageError(f"{workload.text}: no template of {', '.join(DIRECT)} serves it")
    return found[0]


def _best_direct(workload: Workload, target: Target, log: Path) -> Config:
    template = direct_template(workload, target)
    _, match = best_kernel(workload.text, target.text, str(log), template=template)
    return Config(match.template, match.config)


def _built(builder: BuilderPool, workload: Workload, target: Target, config: Config) -> Built | str:
    """A config, as near as the workload's space has it, built; or why it is not."""
    (template,) = templates_for(workload, target, config.template)
    found = fitted(config, space_of(template, workload, target))
    if found is None:
        return "its space has no config like that"
    built = builder.build(candidate_of(workload, target, found, keep_sources=True))
    return built if isinstance(built, Built) else built.detail


def _timer(built: Built, workload: Workload) -> Timer:
    x, w = problem_of(workload).arrays()
    loaded = in_own_layout(Kernel(built.artifact).bind(w=w), x)
    loaded.run()
    if not np.isfinite(loaded.output()).all():
        raise UsageError(f"{workload.text}: its output is not finite")
    return Timer(run=loaded.run, flops=built.artifact.manifest.flops)


def _main_loop(assembly: str) -> LoopSpills | None:
    own = [loop for loop in innermost_loops(assembly) if loop.function.startswith(SYMBOL)]
    return max(own, key=lambda loop: loop.multiply_adds, default=None)


def shares_text(found: Iterable[Shares], facts: Mapping[str, str]) -> str:
    """The report."""
    rows = [_row(shares) for shares in found]
    head = ["", AS_IS, NEAR, LONG, "multiply-adds", "other vector", "scalar", "spills", "config"]
    lines = ["# Shares of the peak", "", *facts_table(facts), "", *_legend(), ""]
    return "\n".join([*lines, *table(head, rows, "lrrrrrrrl")]) + "\n"


def _legend() -> Iterable[str]:
    yield (
        "The best direct kernel of the log for each workload, in own layout: its rate, of the "
        "operations that it executes (what padding makes zero is skipped), over that of a loop of "
        "nothing but multiply-adds, timed right before it; the median of the rounds. "
        f"*{NEAR}*: the same config on less of the workload, rows and then output channels, so "
        f"that all data are at most {NEAR_BYTES >> 10} KiB; what is gained is what memory costs. "
        f"*{LONG}*: that with {LONGER} times the channels to sum; what is gained is what beginning "
        "and ending a register tile cost, what is lost is what weights from beyond the first cache "
        "cost. The counts are of the innermost loop with most "
        "multiply-adds."
    )


def _row(found: Shares) -> list[str]:
    loop = found.loop
    counts = [NOTHING] * 4
    if loop is not None:
        counts = [
            str(loop.multiply_adds),
            str(loop.vectors - loop.multiply_adds),
            str(loop.instructions - loop.vectors),
            str(loop.stores + loop.reloads),
        ]
    shares = [_percent(found.share(shape)) for shape in (AS_IS, NEAR, LONG)]
    return [found.entry.name, *shares, *counts, f"`{found.config.text}`"]


def _percent(share: float | None) -> str:
    return NOTHING if share is None else f"{100 * share:.0f} %"


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``shares`` to the commands of a parser."""
    parser = commands.add_parser("shares", help="shares of the peak, and what keeps the rest")
    parser.set_defaults(command=_command)
    parser.add_argument("log", type=Path, help="a tuning log")
    parser.add_argument("workloads", nargs="*", help="default: those that arithmetic bounds")
    parser.add_argument("--rounds", type=int, default=15, help="of timing; default 15")
    parser.add_argument("-o", "--out", type=Path, required=True, help="the report")


def run(
    entries: Sequence[Entry],
    time_one: Callable[[Entry], Shares],
    exclusive: Callable[[], AbstractContextManager[None]],
    tell: Callable[[str], None] = print,
) -> list[Shares]:
    """Time all workloads that have a direct kernel; others are said and left out."""
    found = []
    for entry in entries:
        try:
            with exclusive():
                shares = time_one(entry)
        except TvmtuneError as error:
            tell(f"{entry.name}: left out: {error}")
            continue
        found.append(shares)
        tell(f"{entry.name}: {_percent(shares.share(AS_IS))}")
        for shape, why in shares.left_out.items():
            tell(f"{entry.name}: {shape}: left out: {why}")
    return found


def _computes(record: Record) -> bool:
    """Whether arithmetic bounds the workload, or nobody knows."""
    roofline = Roofline.from_settings(record.settings)
    return place(parse(record.workload), 1.0, 0, roofline).bound in (COMPUTE, None)


def _command(options: argparse.Namespace) -> int:
    if options.rounds < 1:
        raise UsageError(f"{options.rounds} rounds: give at least 1 (--rounds N)")
    target = parse_target("cpu", 1)
    records = read_log([options.log], need_records=True).records
    logged = {r.workload: r for r in records if r.target == target.text}
    computing = [entry_of(text) for text, record in logged.items() if _computes(record)]
    entries = select(options.workloads) if options.workloads else computing
    with closing(BuilderPool(MeasureOptions())) as builder:

        def time_one(entry: Entry) -> Shares:
            return shares_of(entry, target, options.log, builder, options.rounds)

        found = run(entries, time_one, MachineLock().hold)
    facts = {**origin([circumstances()]), "target": target.text, "rounds": str(options.rounds)}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(shares_text(found, facts))
    print(options.out)
    return 0
