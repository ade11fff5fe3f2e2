"""``tvmtune strategies``: what searches there are, and whether one keeps the contract."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from tvmtune.cli.errors import ExitCode, complain
from tvmtune.cli.output import Column, say_json, say_table
from tvmtune.cost_models.models import make_cost_model
from tvmtune.errors import ConformanceError, SearchError, UsageError
from tvmtune.search.base import Strategy
from tvmtune.search.conformance import CHECKS
from tvmtune.search.plugins import AvailableStrategies, clash, installed_strategies
from tvmtune.search.setup import Setup
from tvmtune.search.strategies import Strategies, make_strategy, named
from tvmtune.search_spaces.space import Domain

_COLUMNS = (
    Column("strategy", right=False),
    Column("from", right=False),
    Column("what it does", right=False),
)
_OPTION_COLUMNS = (
    Column("strategy", right=False),
    Column("option", right=False),
    Column("default", right=False),
)
_CHECK_COLUMNS = (
    Column("strategy", right=False),
    Column("check", right=False),
    Column("result", right=False),
)


def command(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Show the options of these: names, FILE.py:CLASS or module:CLASS.",
            metavar="[NAME]...",
        ),
    ] = None,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Say whether these keep a strategy's contract.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """List the search strategies there are, or the options of some, or check some.

    Those that installed packages offer are among them.
    """
    if check and not names:
        raise UsageError("name the strategies to check, as in tvmtune strategies random --check")
    strategies = installed_strategies(names or ())
    kinds = {name: named(name, strategies) for name in names or ()}
    if check:
        return _say_checks(_checked(kinds, strategies), as_json)
    for plug_in in strategies.refused:
        complain(clash(plug_in), "warning")
    rows = list(_rows(kinds or strategies, strategies))
    if as_json:
        say_json({"strategies": rows})
    elif kinds:
        say_table(_OPTION_COLUMNS, list(_option_cells(rows)))
    else:
        say_table(_COLUMNS, [[row["name"], row["from"], row["summary"]] for row in rows])
    return ExitCode.OK


def _rows(names: Strategies, strategies: AvailableStrategies) -> Iterator[dict[str, Any]]:
    """What there is to say of strategies; of those that cannot be loaded, why."""
    for name in names:
        row: dict[str, Any] = {"name": name, "from": strategies.origin(name), "error": None}
        try:
            yield row | _details(strategies[name])
        except SearchError as error:
            complain(str(error), "warning")
            yield row | {"summary": "cannot be used", "options": {}, "error": str(error)}


def _details(kind: type[Strategy]) -> dict[str, Any]:
    """First line and options of a class."""
    lines = inspect.cleandoc(kind.__doc__ or "").splitlines()
    return {"summary": lines[0] if lines else "", "options": _options(kind)}


def _options(kind: type[Strategy]) -> dict[str, Any]:
    """The options of a strategy with their defaults."""
    if kind.options_type is None:
        return {}
    try:
        return asdict(kind.options_type())
    except TypeError as error:
        raise SearchError(
            f"strategy {kind.name}: its options are to be a dataclass whose fields all have "
            f"defaults: {error}"
        ) from error


def _option_cells(rows: Sequence[Mapping[str, Any]]) -> Iterator[list[str]]:
    for row in rows:
        for option, default in _flat(row["options"]) or [("none", "")]:
            yield [row["name"], option, default]


def _flat(options: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Options as texts; those of an option that has some itself by ``option.name``."""
    found = []
    for name, value in options.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{prefix}{name}.")
        else:
            found.append((f"{prefix}{name}", "not set" if value is None else str(value)))
    return found


def _checked(kinds: Mapping[str, type[Strategy]], strategies: Strategies) -> list[dict[str, Any]]:
    """What the conformance suite says of strategies with their default options."""
    rows = []
    for strategy in kinds:

        def make(domain: Domain, seed: int, strategy: str = strategy) -> Strategy:
            setup = Setup(seed=seed, models=lambda model: make_cost_model(model, seed))
            return make_strategy(strategy, domain, setup, strategies=strategies)

        for name, check in CHECKS.items():
            try:
                check(make)
                failure = None
            except ConformanceError as error:
                failure = str(error)
            rows.append({"strategy": strategy, "check": name, "failure": failure})
    return rows


def _say_checks(rows: Sequence[Mapping[str, Any]], as_json: bool) -> int:
    if as_json:
        say_json({"checks": rows})
    else:
        cells = [[row["strategy"], row["check"], row["failure"] or "ok"] for row in rows]
        say_table(_CHECK_COLUMNS, cells)
    return ExitCode.FAILED if any(row["failure"] for row in rows) else ExitCode.OK
