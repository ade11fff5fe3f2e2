"""``budgets``: a budget divided by expected gain against the same divided evenly, on replay."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.markdown import table
from benchmarks.recorded import recorded_domain
from tvmtune.errors import UsageError
from tvmtune.experiments.model_replay import ModelTask, replay_model
from tvmtune.tuner.options import TuneOptions

_SECONDS = (60.0, 120.0, 240.0, 480.0)
_HEAD = ("budget", "even", "gain", "gain / even", "quartiles", "gain is better")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What a seed came to, both ways: estimated times of the model, over that of the optimum."""

    even: float
    gain: float

    @property
    def ratio(self) -> float:
        """The model's time by gain over that divided evenly."""
        return self.gain / self.even


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``budgets`` to the commands of a parser."""
    parser = commands.add_parser("budgets", help="budgets by expected gain against even ones")
    parser.set_defaults(command=_command)
    parser.add_argument("model", nargs="+", metavar="SPACE=COUNT", help="recorded spaces")
    parser.add_argument("--seeds", type=int, default=20, help="default 20")
    parser.add_argument("--search", default=TuneOptions().search, help="default: %(default)s")
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument(
        "--seconds", type=float, action="append", help="of all tasks; may be given several times"
    )
    budget.add_argument("--trials", type=int, action="append", help="per task; likewise")


def _command(options: argparse.Namespace) -> int:
    if options.seeds < 1:
        raise UsageError(f"{options.seeds} seeds: give at least 1 (--seeds N)")
    model = parse_model(options.model)
    rows = (
        cells(text, [compare(model, budget, seed) for seed in range(options.seeds)])
        for text, budget in _budgets(options)
    )
    for line in table(_HEAD, rows, "lrrrrr"):
        print(line, flush=True)
    return 0


def _budgets(options: argparse.Namespace) -> list[tuple[str, TuneOptions]]:
    """Budgets with their texts."""
    if options.trials:
        return [
            (f"{n} trials a task", TuneOptions(trials=n, search=options.search))
            for n in options.trials
        ]
    return [
        (f"{s:g} s", TuneOptions(minutes=s / 60, search=options.search))
        for s in options.seconds or _SECONDS
    ]


def parse_model(texts: Iterable[str]) -> list[ModelTask]:
    """The tasks of ``SPACE=COUNT`` texts.

    Raises
    ------
    UsageError
        If a text has another form.
    SpaceError
        If a space cannot be read or replayed.
    """
    return [_task(text) for text in texts]


def _task(text: str) -> ModelTask:
    path, _, count = text.rpartition("=")
    if not path or not count.isdecimal() or not int(count):
        raise UsageError(f"{text!r}: give SPACE=COUNT, as in c2-direct.space.gz=4")
    return ModelTask(recorded_domain(Path(path)), int(count))


def compare(model: Sequence[ModelTask], budget: TuneOptions, seed: int) -> Pair:
    """Search a model both ways with a seed; a strategy's thinking counts as this thread's time."""
    optimum_s = sum(task.count * task.domain.space.best_s for task in model)
    reached = {}
    for divide in ("even", "gain"):
        options = replace(budget, seed=seed, divide=divide)
        trace = replay_model(model, options, now_s=time.thread_time)
        reached[divide] = float(trace.model_s[-1]) / optimum_s
    return Pair(even=reached["even"], gain=reached["gain"])


def cells(budget: str, pairs: Sequence[Pair]) -> list[str]:
    """The line of a budget: medians over the seeds, quartiles of the ratio, and how many gained."""
    ratios = [pair.ratio for pair in pairs]
    first, middle, third = (
        statistics.quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
    )
    return [
        budget,
        f"{statistics.median(pair.even for pair in pairs):.4f}",
        f"{statistics.median(pair.gain for pair in pairs):.4f}",
        f"{middle:.4f}",
        f"{first:.4f} to {third:.4f}",
        f"{sum(ratio < 1 for ratio in ratios)} of {len(ratios)}",
    ]
