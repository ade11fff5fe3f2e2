"""The entry point: finds the command, and turns what goes wrong into one line."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module, metadata
from types import MappingProxyType
from typing import Annotated

import typer

from tvmtune.cli.errors import ExitCode, complain, guarded
from tvmtune.cli.output import say

_COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "tune": "tvmtune.cli.tune_command",
        "best": "tvmtune.cli.best_command",
        "build": "tvmtune.cli.build_command",
        "show": "tvmtune.cli.show_command",
        "doctor": "tvmtune.cli.doctor_command",
        "strategies": "tvmtune.cli.strategies_command",
        "record": "tvmtune.cli.record_command",
        "replay": "tvmtune.cli.replay_command",
        "experiment": "tvmtune.cli.experiment_command",
        "export": "tvmtune.cli.export_command",
        "import": "tvmtune.cli.import_command",
    }
)
"""The module of each command; only that of the command given is loaded."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    Parameters
    ----------
    arguments
        What follows the program's name; those of this process when None.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    with warnings_as_lines():
        return guarded(partial(_invoke, given))


@contextmanager
def warnings_as_lines() -> Iterator[None]:
    """Show what the library logs, and Python's warnings, as lines on standard error."""
    handler = _ComplainHandler(logging.WARNING)
    loggers = [logging.getLogger(name) for name in ("tvmtune", "py.warnings")]
    propagated = [logger.propagate for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.propagate = False
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        for logger, propagate in zip(loggers, propagated, strict=True):
            logger.removeHandler(handler)
            logger.propagate = propagate


class _ComplainHandler(logging.Handler):
    """Log records as lines on standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        complain(record.getMessage(), record.levelname.lower())


def _invoke(arguments: Sequence[str]) -> int:
    command = typer.main.get_command(_application(arguments))
    with command.make_context("tvmtune", list(arguments) or ["--help"]) as context:
        result = command.invoke(context)
    return result if isinstance(result, int) else ExitCode.OK


def _version(wanted: bool) -> None:
    if wanted:
        say(f"tvmtune {metadata.version('tvmtune')}")
        raise typer.Exit


def _application(arguments: Sequence[str]) -> typer.Typer:
    """The application with the command that is named, or with all where help is wanted."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.callback()(_main)
    named = [name for name in arguments[:1] if name in _COMMANDS]
    for name in named or _COMMANDS:
        module = import_module(_COMMANDS[name])
        if hasattr(module, "application"):
            app.add_typer(module.application, name=name)
        else:
            app.command(name)(module.command)
    return app


def _main(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Show the version.")
    ] = False,
) -> None:
    """Tune tensor operators on this machine, keep the log, build fast kernels from it."""
