"""``tvmtune import``: what other tuners measured as a recorded space."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tvmtune.cli.output import say, time_text
from tvmtune.outcome import Status
from tvmtune.records.foreign_files import read_foreign
from tvmtune.records.foreign_space import ForeignTask
from tvmtune.records.recorded_space import write_space


def command(
    file: Annotated[
        Path,
        typer.Argument(help="Results as T4, or a cache file of Kernel Tuner.", metavar="FILE"),
    ],
    *,
    out: Annotated[Path, typer.Option("-o", "--out", help="The recorded space.")],
    kernel: Annotated[
        str | None, typer.Option(help="What was measured, where the file does not say.")
    ] = None,
    target: Annotated[str, typer.Option(help="On what, where the file does not say.")] = "unknown",
    exhaustive: Annotated[
        bool, typer.Option("--exhaustive", help="The file has all valid configs.")
    ] = False,
) -> int:
    """Make a recorded space of what another tuner measured, to replay searches on it."""
    stem = file.name.removesuffix(".gz").removesuffix(".json").removesuffix("_T4")
    task = ForeignTask(
        kernel=kernel or stem,
        target=target,
        exhaustive=exhaustive,
        origin={"imported": file.name},
    )
    space = read_foreign(file, task)
    write_space(space, out)
    failed = sum(status is not Status.OK for status in space.statuses)
    say(
        f"{out}: {len(space)} configs of {space.workload} for {space.target} ({failed} failed), "
        f"best {time_text(space.best_s)}"
    )
    return 0
