"""``tvmtune build``: kernels from a log, in a folder that is loaded without a compiler."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tvmtune.cli.errors import complain
from tvmtune.cli.output import Column, counted, say, say_table, time_text
from tvmtune.deploy.building import BuildOptions, build_all
from tvmtune.deploy.inputs import read_inputs
from tvmtune.deploy.match import LogMatch
from tvmtune.deploy.saving import save
from tvmtune.errors import UsageError
from tvmtune.runtime.kernel import Kernel
from tvmtune.target import parse_target

_COLUMNS = (
    Column("workload", right=False),
    Column("template", right=False),
    Column("tuned time"),
    Column("match", right=False),
)


def command(
    source: Annotated[
        str, typer.Argument(help="A workload text or an .onnx file.", metavar="INPUT")
    ],
    log: Annotated[
        list[Path], typer.Option(help="The tuning log; several, each with --log, are one.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the kernels.", metavar="DIR")
    ],
    target: Annotated[str, typer.Option(help="What to build for.")] = "cpu",
    threads: Annotated[int | None, typer.Option(help="Threads of a kernel.")] = None,
    template: Annotated[
        str | None,
        typer.Option(help="Use this template only: a name, FILE.py:NAME or module:NAME."),
    ] = None,
    max_rel_error: Annotated[
        float | None,
        typer.Option(
            help="Largest tolerated max|y - y64| / max|y64|; less exact templates are left out.",
            metavar="X",
        ),
    ] = None,
    batch: Annotated[
        int | None, typer.Option(help="Size of a model's dynamic batch; models only.")
    ] = None,
) -> int:
    """Build kernels with the best configs of a log.

    tvmtune.load(DIR) calls them.
    """
    inputs = read_inputs(source, batch)
    for note in inputs.notes:
        complain(note, "note")
    workloads = [item.workload for item in inputs.workloads]
    if not workloads:
        raise UsageError(f"{source}: there is nothing to build")
    options = BuildOptions(template=template, max_rel_error=max_rel_error)
    kernels = build_all(workloads, parse_target(target, threads), log, options)
    save(kernels, output)
    say_table(_COLUMNS, [_cells(workload, kernel) for workload, kernel in kernels.items()])
    say(f"{counted(len(kernels), 'kernel')} in {output}; load with tvmtune.load({str(output)!r})")
    return 0


def _cells(workload: str, kernel: Kernel) -> list[str]:
    match = kernel.match
    assert isinstance(match, LogMatch)
    return [workload, match.template, time_text(match.figure_s), match.kind]
