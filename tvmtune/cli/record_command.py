"""``tvmtune record``: measures a space into a file that searches are replayed on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tvmtune.cli.output import say, share_text, time_text
from tvmtune.cli.tune_command import parse_restrictions
from tvmtune.cli.watching import watched
from tvmtune.deploy.inputs import read_inputs
from tvmtune.errors import UsageError
from tvmtune.experiments.recording import Recording, extent_of, options_of, record_space
from tvmtune.outcome import Status
from tvmtune.records.recorded_space import RecordedSpace, write_space
from tvmtune.target import parse_target


def command(  # noqa: PLR0913 (one parameter an option)
    workload: Annotated[str, typer.Argument(help="A workload's text.", metavar="WORKLOAD")],
    *,
    out: Annotated[
        Path,
        typer.Option("-o", "--out", help="The file; its tuning log is kept as FILE.jsonl."),
    ],
    target: Annotated[str, typer.Option(help="What to measure for, as in cpu:threads=2.")] = "cpu",
    threads: Annotated[int | None, typer.Option(help="Threads of a kernel; default 1.")] = None,
    template: Annotated[
        str | None,
        typer.Option(help="This template only: a name, FILE.py:NAME or module:NAME."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="Allow a knob these values only.", metavar="KNOB=V,..."),
    ] = None,
    sample: Annotated[
        int | None, typer.Option(help="Measure a uniform sample of as many configs; default all.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the order, and of the sample.")] = 0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say how many configs there are only.")
    ] = False,
) -> int:
    """Measure every config of a narrowed space, or a uniform sample, into one file.

    The fastest are measured again in turns.  The same command goes on where it stopped.
    """
    if sample is not None and sample < 1:
        raise UsageError(f"a sample of {sample} configs: give at least 1 (--sample N)")
    recording = Recording(
        inputs=read_inputs([workload]),
        target=parse_target(target, threads),
        template=template,
        restrict=parse_restrictions(settings or ()),
        sample=sample,
        seed=seed,
    )
    extent = extent_of(recording)
    if dry_run:
        known = "more than can be counted" if extent.valid is None else f"{extent.valid:,}"
        say(f"{known} valid configs of a product of {extent.domain.size:,}; nothing was measured")
        return 0
    options = options_of(recording, extent)
    with watched(recording.target, options, tasks=1) as run:
        log = out.with_name(f"{out.name}.jsonl")
        space = record_space(recording, extent, log, watch=run.watch)
    if space is not None:
        write_space(space, out)
        say(_summary(space, out))
    return run.exit_code()


def _summary(space: RecordedSpace, out: Path) -> str:
    whole = "all" if space.exhaustive else "a sample"
    failed = sum(status is not Status.OK for status in space.statuses)
    return (
        f"{out}: {len(space)} configs ({whole}, {failed} failed), best "
        f"{time_text(space.best_s)}, noise {share_text(space.noise)}, "
        f"took {space.origin['took_s'] / 60:.1f} min"
    )
