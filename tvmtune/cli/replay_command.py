"""``tvmtune replay``: strategies on recorded spaces."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from tvmtune.cli.output import Column, say_json, say_table
from tvmtune.errors import UsageError
from tvmtune.experiments.measures import median_seconds, median_trials
from tvmtune.experiments.recorded_domain import RecordedDomain
from tvmtune.experiments.replay import replay
from tvmtune.experiments.trace import Trace
from tvmtune.records.recorded_space import read_space
from tvmtune.search.plugins import installed_strategies
from tvmtune.search.strategies import Strategies, named
from tvmtune.tuner.equipment import make_named_strategy
from tvmtune.tuner.options import TuneOptions

_COLUMNS = (
    Column("space", right=False),
    Column("configs"),
    Column("search", right=False),
    Column("reached"),
    Column("trials"),
    Column("seconds"),
    Column("thinking, s"),
)


def command(
    spaces: Annotated[list[Path], typer.Argument(help="Recorded spaces.", metavar="SPACE...")],
    *,
    search: Annotated[
        str,
        typer.Option(
            help="Strategies, separated by commas: names of tvmtune strategies, FILE.py:CLASS or "
            "module:CLASS.",
            metavar="A,B,...",
        ),
    ] = "sa-xgb,random",
    seeds: Annotated[int, typer.Option(help="Seeds from 0 on, a search each.")] = 10,
    trials: Annotated[int, typer.Option(help="Trials of a search.")] = 500,
    share: Annotated[
        float, typer.Option(help="Of the optimum's speed, that is to be reached.")
    ] = 0.95,
    template: Annotated[
        str | None,
        typer.Option(help="The template of your own that was recorded: FILE.py:NAME."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Replay searches on recorded spaces: how many trials until they are near the optimum.

    Recorded build and run times are charged, and what the strategy itself takes.
    """
    names = _names(search)
    strategies = installed_strategies(names)
    for name in names:
        named(name, strategies)
    if seeds < 1 or trials < 1 or not 0 < share <= 1:
        raise UsageError("give at least 1 seed and 1 trial, and a share between 0 and 1")
    rows = []
    for path in spaces:
        domain = RecordedDomain.of(read_space(path), path, template)
        for name in names:
            traces = [_trace(domain, name, seed, trials, strategies) for seed in range(seeds)]
            rows.append(_row(path, domain, name, traces, share))
    if as_json:
        say_json({"share": share, "seeds": seeds, "trials": trials, "searches": rows})
    else:
        say_table(_COLUMNS, [_cells(row) for row in rows])
    return 0


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise UsageError("name a strategy (--search A,B,...)")
    return names


def _trace(
    domain: RecordedDomain, name: str, seed: int, trials: int, strategies: Strategies
) -> Trace:
    options = TuneOptions(trials=trials, search=name, seed=seed)
    strategy = make_named_strategy(options, domain, seed, strategies)
    return replay(domain, strategy, trials)


def _row(
    path: Path, domain: RecordedDomain, name: str, traces: Sequence[Trace], share: float
) -> dict[str, Any]:
    reached = [trace.reached(domain.space.best_s / share) for trace in traces]
    return {
        "space": path.name,
        "configs": len(domain.space),
        "search": name,
        "reached": sum(r is not None for r in reached),
        "seeds": len(traces),
        "trials": median_trials(reached),
        "seconds": median_seconds(traces, reached),
        "thinking_s": sum(trace.thinking_s for trace in traces) / len(traces),
        "trials_by_seed": [None if r is None else r + 1 for r in reached],
    }


def _cells(row: dict[str, Any]) -> list[str]:
    return [
        row["space"],
        str(row["configs"]),
        row["search"],
        f"{row['reached']} of {row['seeds']}",
        "-" if row["trials"] is None else f"{row['trials']:.0f}",
        "-" if row["seconds"] is None else f"{row['seconds']:.1f}",
        f"{row['thinking_s']:.2f}",
    ]
