"""``tvmtune export``: recorded spaces and logs in the formats of other tuners."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

import typer

from tvmtune.cli.errors import complain
from tvmtune.cli.output import say
from tvmtune.errors import RecordError, UsageError
from tvmtune.experiments.log_space import space_of_log
from tvmtune.records import read_log
from tvmtune.records.foreign_files import write_foreign
from tvmtune.records.recorded_space import RecordedSpace, read_space
from tvmtune.records.t1 import to_t1
from tvmtune.records.t4 import to_t4
from tvmtune.records.tuner_cache import to_tuner_cache
from tvmtune.target import parse_target
from tvmtune.workload import parse

_FORMATS: Mapping[str, Callable[[RecordedSpace, Path], Any]] = MappingProxyType(
    {
        "t4": lambda space, _: to_t4(space),
        "t1": lambda space, out: to_t1(space, out.name),
        "cache": lambda space, _: to_tuner_cache(space),
    }
)
_GZIP = b"\x1f\x8b"


def command(
    file: Annotated[
        Path, typer.Argument(help="A recorded space, or a tuning log.", metavar="SPACE|LOG")
    ],
    *,
    out: Annotated[
        Path, typer.Option("-o", "--out", help="The file; compressed if it ends in .gz.")
    ],
    form: Annotated[
        str,
        typer.Option(
            "--format",
            help="t4: results; t1: parameters and constraints; cache: Kernel Tuner's cache file.",
            metavar="t4|t1|cache",
        ),
    ] = "t4",
    workload: Annotated[
        str | None, typer.Option(help="Of a log with several: this one.", metavar="W")
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="Of a log with several: this one.", metavar="T")
    ] = None,
    template: Annotated[str | None, typer.Option(help="Of a log with several: this one.")] = None,
) -> int:
    """Write a recorded space, or what a log has of a task, in a format that other tuners read.

    T4 and T1 are the formats of the auto-tuning community.
    """
    if form not in _FORMATS:
        raise UsageError(f"no format {form!r}; there are {', '.join(_FORMATS)}")
    chosen = {"workload": workload, "target": target, "template": template}
    space = _space(file, chosen)
    write_foreign(_FORMATS[form](space, out), out)
    say(f"{out}: {form}, {len(space)} configs of {space.workload} for {space.target}")
    return 0


def _space(file: Path, chosen: Mapping[str, str | None]) -> RecordedSpace:
    """What a file has: that of a log is chosen."""
    if _is_compressed(file):
        if given := [f"--{name}" for name, value in chosen.items() if value is not None]:
            raise UsageError(f"{file} is a recorded space of one task: leave out {given[0]}")
        return read_space(file)
    contents = read_log([file], need_records=True)
    for problem in contents.problems:
        complain(str(problem), "warning")
    workload, target = chosen["workload"], chosen["target"]
    return space_of_log(
        contents.records,
        None if workload is None else parse(workload).text,
        None if target is None else parse_target(target).text,
        chosen["template"],
    )


def _is_compressed(file: Path) -> bool:
    try:
        with open(file, "rb") as opened:
            return opened.read(2) == _GZIP
    except OSError as error:
        raise RecordError(f"{file}: cannot be read: {error.strerror}") from error
