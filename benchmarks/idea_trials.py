"""Kernels with and without each idea, timed in turns in this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.candidates import candidate_of
from benchmarks.contest import Pace
from benchmarks.contestant import Loaded, measure
from benchmarks.idea_table import (
    BEST,
    BY_NUMPY,
    CONVERTED,
    DIRECT,
    KNOB_IDEAS,
    PAIRS,
    PLAIN,
    WINOGRAD,
    Pair,
)
from benchmarks.ours import best_kernel, in_own_layout, over_plain
from benchmarks.tables import problem_of
from tvmtune.artifact import Artifact
from tvmtune.compiler.templates import space_of, templates_for
from tvmtune.deploy.match import LogMatch
from tvmtune.errors import TvmtuneError
from tvmtune.measure.building import BuilderPool
from tvmtune.measure.options import MeasureOptions
from tvmtune.outcome import Outcome
from tvmtune.runtime.kernel import Kernel
from tvmtune.search_spaces.config import Config
from tvmtune.target import Target
from tvmtune.workload import Workload

_TOLERANCE = 1e-3
"""Of an output's difference from that of the best, over its largest element."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """What came of a workload.

    Parameters
    ----------
    workload, target
        Canonical texts.
    record_id, config
        The best of the log.
    rounds
        For each round and idea, seconds per call with it and without.
    left_out
        Why a variant was left out.
    """

    workload: str
    target: str
    record_id: str
    config: str
    rounds: tuple[Mapping[str, Sequence[float]], ...]
    left_out: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Timed:
        """What :meth:`to_json` wrote."""
        return Timed(**{**value, "rounds": tuple(value["rounds"])})

    def ratios(self) -> dict[str, float]:
        """By idea, time without it over time with it, the median of the rounds."""
        return {
            idea: median(without / having for having, without in (r[idea] for r in self.rounds))
            for idea in self.rounds[0]
        }


@dataclass(frozen=True, slots=True, eq=False)
class Variants:
    """The best of a log, and what stands in for it without each idea: kernels, or ways to call."""

    match: LogMatch
    usable: Mapping[str, Loaded]
    left_out: Mapping[str, str]


def variants_of(workload: Workload, target: Target, log: Path) -> Variants:
    """Kernels with and without ideas, ready to run.

    Raises
    ------
    TvmtuneError
        If the log has no best, or it cannot be built.
    """
    best, match = best_kernel(workload.text, target.text, str(log))
    made: dict[str, Artifact | str] = {BEST: best.artifact}
    if match.template.startswith("conv2d.winograd"):
        made[WINOGRAD] = _best_direct(workload, target, log)
    config = Config(match.template, match.config)
    made |= _without_knobs(workload, target, config)
    left_out = {name: why for name, why in made.items() if isinstance(why, str)}
    x, w = problem_of(workload).arrays()
    built = {name: Kernel(a) for name, a in made.items() if isinstance(a, Artifact)}
    usable = {name: in_own_layout(kernel.bind(w=w), x) for name, kernel in built.items()}
    called = {name: Kernel(artifact) for name, artifact in _calls(best.artifact).items()}
    usable |= {name: over_plain(kernel.bind(w=w), x) for name, kernel in called.items()}
    wrong = _dissenters(usable)
    left_out |= wrong
    return Variants(match, {n: v for n, v in usable.items() if n not in wrong}, left_out)


def _best_direct(workload: Workload, target: Target, log: Path) -> Artifact | str:
    """The best direct convolution of a log, or why there is none."""
    try:
        kernel, _ = best_kernel(workload.text, target.text, str(log), template=DIRECT)
    except TvmtuneError as error:
        return str(error)
    return kernel.artifact


def _without_knobs(workload: Workload, target: Target, config: Config) -> dict[str, Artifact | str]:
    """By idea that the config has part in: what was built without it, or why nothing was."""
    (template,) = templates_for(workload, target, config.template)
    space = space_of(template, workload, target)
    found: dict[str, Artifact | str] = {}
    with closing(BuilderPool(MeasureOptions())) as builder:
        for idea in KNOB_IDEAS:
            plain = idea.turned_off(config, space)
            if plain is not None:
                built = builder.build(candidate_of(workload, target, plain))
                found[idea.name] = built.detail if isinstance(built, Outcome) else built.artifact
    return found


def _calls(artifact: Artifact) -> dict[str, Artifact]:
    """The artifact as it is called on plain arrays, with ever less of its own code for that."""
    manifest = artifact.manifest
    found = {PLAIN: artifact} if manifest.plain_symbol is not None else {}
    if manifest.pack_symbols:
        converted = replace(manifest, plain_symbol=None)
        found[CONVERTED] = replace(artifact, manifest=converted)
        found[BY_NUMPY] = replace(artifact, manifest=replace(converted, pack_symbols={}))
    return found


def _dissenters(variants: Mapping[str, Loaded]) -> dict[str, str]:
    """Variants whose output is another than that of the best."""
    for variant in variants.values():
        variant.run()
    expected = variants[BEST].output()
    bound = _TOLERANCE * float(np.max(np.abs(expected)))
    errors = {n: float(np.max(np.abs(v.output() - expected))) for n, v in variants.items()}
    return {n: "computed something else" for n, error in errors.items() if not error <= bound}


def time_in_turns(
    variants: Mapping[str, Loaded],
    pace: Pace,
    exclusive: Callable[[], AbstractContextManager[None]],
) -> tuple[dict[str, tuple[float, float]], ...]:
    """Rounds of timing each idea's variants one right after the other, as what disturbs lasts.

    Parameters
    ----------
    variants
        By name.
    pace
        Rounds, seconds of a turn, and the pause before it.
    exclusive
        Keeps tvmtune's tuners from timing meanwhile, two turns long.

    Returns
    -------
    rounds
        For each round and idea, seconds per call with it and without.
    """
    pairs = [pair for pair in PAIRS if pair.having in variants and pair.without in variants]

    def turn(name: str) -> float:
        time.sleep(pace.pause_s)
        return float(measure(variants[name].run, pace.turn_s)["median_s"])

    def both(pair: Pair, *, reverse: bool) -> tuple[float, float]:
        with exclusive():
            if reverse:
                without_s = turn(pair.without)
                return turn(pair.having), without_s
            return turn(pair.having), turn(pair.without)

    return tuple(
        {pair.idea: both(pair, reverse=number % 2 == 1) for pair in pairs}
        for number in range(pace.rounds)
    )
