"""Errors as the command line tells them: one line on standard error, and an exit code.

====  =============================================================================================
code  meaning
====  =============================================================================================
0     done
1     it failed: a log or folder that cannot be read or written, code that cannot be built, ...
2     a request that cannot be met as it stands: options, workloads, targets, models, templates
70    an error in tvmtune itself
141   whoever read the output has gone
128+n ended by signal n, in good order: 129 SIGHUP, 130 SIGINT (Ctrl-C), 143 SIGTERM; the second
      of two, where one did not wait
====  =============================================================================================
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from enum import IntEnum
from pathlib import Path
from signal import SIGINT
from traceback import extract_tb, format_exception
from typing import TextIO

import typer

from tvmtune.cli.stopping import Interrupted
from tvmtune.errors import (
    GraphError,
    SearchError,
    SpaceError,
    TargetError,
    TemplateError,
    TvmtuneError,
    UsageError,
    WorkloadError,
)

TRACEBACK_VARIABLE = "TVMTUNE_TRACEBACK"
"""Environment variable that makes errors in tvmtune itself show where they come from."""


class ExitCode(IntEnum):
    """What the process ends with."""

    OK = 0
    FAILED = 1
    USAGE = 2
    INTERNAL = 70
    SIGNAL = 128
    """Plus the number of the signal."""
    PIPE = 141


_REQUESTS = (
    GraphError,
    SearchError,
    SpaceError,
    TargetError,
    TemplateError,
    UsageError,
    WorkloadError,
)
_USAGE = typer.BadParameter.__mro__[1]
"""What typer raises for options that do not parse: the base of its only public one."""


def guarded(action: Callable[[], int]) -> int:
    """Run an action; whatever it raises becomes a line and an exit code."""
    try:
        code = action()
        sys.stdout.flush()
    except typer.Exit as done:
        return done.exit_code
    except BrokenPipeError:
        _detach(sys.stdout)
        return ExitCode.PIPE
    except KeyboardInterrupt as interrupt:
        complain("interrupted")
        return ExitCode.SIGNAL + (
            interrupt.signal if isinstance(interrupt, Interrupted) else SIGINT
        )
    except Exception as error:  # noqa: BLE001 (the edge of the program)
        _detach_if_full(error)
        complain(message_of(error))
        return code_of(error)
    return code


def code_of(error: Exception) -> ExitCode:
    """The exit code of an error."""
    if isinstance(error, (*_REQUESTS, _USAGE)):
        return ExitCode.USAGE
    if isinstance(error, TvmtuneError | OSError | MemoryError):
        return ExitCode.FAILED
    return ExitCode.INTERNAL


def message_of(error: Exception) -> str:
    """What to tell of an error, in one line."""
    match error:
        case TvmtuneError():
            return str(error)
        case OSError(strerror=str(reason), filename=None):
            return reason
        case OSError(strerror=str(reason), filename=name):
            return f"{name}: {reason}"
        case MemoryError():
            return "out of memory"
    if isinstance(error, _USAGE):
        return _usage(error)
    return _internal(error)


def complain(message: str, kind: str = "error") -> None:
    """Write a line to standard error; nobody there to read it is no reason to stop."""
    text = " ".join(message.split())
    try:
        sys.stderr.write(f"tvmtune: {kind}: {text}\n")
        sys.stderr.flush()
    except OSError:
        _detach(sys.stderr)


def note_above_peak(shares: Iterable[float | None]) -> None:
    """Explain shares of the peak that exceed 100 %, where there are any."""
    if any(share is not None and share >= 1.005 for share in shares):
        complain(
            "shares above 100 % of peak: FLOPs are those of the direct algorithm, some of which "
            "(products with padding) need not be done, and the peak is itself measured",
            "note",
        )


def note_above_bound(shares: Iterable[float | None]) -> None:
    """Explain shares of the bound that exceed 100 %, where there are any."""
    if any(share is not None and share >= 1.005 for share in shares):
        complain(
            "shares above 100 %: the peak and the bandwidths are themselves measured, and records "
            "without a count of what was executed (of older logs) have the direct algorithm's",
            "note",
        )


def _usage(error: Exception) -> str:
    """What typer says, and where help is."""
    describe = getattr(error, "format_message", error.__str__)
    path = getattr(getattr(error, "ctx", None), "command_path", "tvmtune")
    return f"{str(describe()).rstrip('.')}; see: {path} --help"


def _internal(error: Exception) -> str:
    if os.environ.get(TRACEBACK_VARIABLE):
        sys.stderr.write("".join(format_exception(error)))
    frames = extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return (
        f"internal error{where}: {type(error).__name__}: {error} "
        f"({TRACEBACK_VARIABLE}=1 shows more)"
    )


def _detach_if_full(error: Exception) -> None:
    """Where standard output cannot be written, do not try again when the interpreter ends."""
    if isinstance(error, OSError):
        try:
            sys.stdout.flush()
        except OSError:
            _detach(sys.stdout)


def _detach(stream: TextIO) -> None:
    """Let what is still to be written to a stream go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
