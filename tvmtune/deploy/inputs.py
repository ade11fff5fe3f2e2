"""What a user names: workload texts and models, as workloads."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from tvmtune.errors import UsageError, WorkloadError
from tvmtune.graph import ModelTasks, tasks_of_model
from tvmtune.workload import WORKLOADS, Workload, parse

_NAMES_SHOWN = 4

InputLike = str | os.PathLike[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputWorkload:
    """A workload, how often it occurs in the inputs, and its share of a model's operations.

    ``flops_share`` is between 0 and 1; None where the workload was given as text.
    """

    workload: Workload
    occurrences: int = 1
    flops_share: float | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """Distinct workloads in order, and notes about what was left out."""

    workloads: tuple[InputWorkload, ...]
    notes: tuple[str, ...] = ()


def read_inputs(inputs: InputLike | Sequence[InputLike], batch: int | None = None) -> Inputs:
    """Read workload texts and ONNX files.

    Parameters
    ----------
    inputs
        Each a name or text of a workload, or the path of an ONNX file.
    batch
        Size of the dynamic batch axis of models.

    Raises
    ------
    UsageError
        A batch, and no model that it could be the size of.
    WorkloadError
        A text that names no workload.
    GraphError
        A file that cannot be read as a model.
    """
    found: dict[Workload, InputWorkload] = {}
    notes: list[str] = []
    given = [inputs] if isinstance(inputs, str | os.PathLike) else inputs
    names = [os.fspath(name) for name in given]
    if batch is not None and not any(map(is_model, names)):
        raise UsageError(
            f"batch {batch} is that of a model, and {', '.join(names)} is none; "
            f"give it in the text of the workload: n={batch} of conv2d, rows in m of matmul"
        )
    for name in names:
        workloads, remarks = _read(name, batch)
        notes += remarks
        for item in workloads:
            known = found.get(item.workload)
            found[item.workload] = _joined(known, item) if known else item
    return Inputs(tuple(found.values()), tuple(notes))


def is_model(name: str) -> bool:
    """Whether an input is a file and not the text of a workload."""
    if name in WORKLOADS:
        return False
    return name.lower().endswith(".onnx") or os.path.exists(name)  # of a text too long: False


def _read(name: str, batch: int | None) -> tuple[list[InputWorkload], list[str]]:
    if not is_model(name):
        return [InputWorkload(workload=_parsed(name))], []
    tasks = tasks_of_model(name, batch)
    workloads = [
        InputWorkload(
            workload=task.workload, occurrences=task.occurrences, flops_share=task.flops_share
        )
        for task in tasks.tasks
    ]
    return workloads, _notes(name, tasks)


def _parsed(text: str) -> Workload:
    try:
        return parse(text)
    except WorkloadError as error:
        if "/" not in text:
            raise
        raise WorkloadError(f"{text[:200]!r} is no file, and no workload: {error}") from error


def _notes(name: str, tasks: ModelTasks) -> list[str]:
    """What of a model is no task, in a line for the operators and one for each reason."""
    notes = []
    if tasks.unsupported:
        counts = ", ".join(f"{op} x{n}" for op, n in tasks.unsupported.most_common())
        total = sum(tasks.unsupported.values())
        noun = "operator" if total == 1 else "operators"
        notes.append(f"{name}: {total} unsupported {noun} left out: {counts}")
    reasons: dict[str, list[str]] = {}
    for node in tasks.refused:
        reasons.setdefault(f"{node.op_type}: {node.reason}", []).append(node.name)
    for reason, nodes in reasons.items():
        shown = ", ".join(nodes[:_NAMES_SHOWN]) + (", ..." if len(nodes) > _NAMES_SHOWN else "")
        notes.append(f"{name}: {len(nodes)} left out ({shown}): {reason}")
    if not tasks.tasks:
        notes.append(f"{name}: no operator of it can be tuned")
    return notes


def _joined(first: InputWorkload, second: InputWorkload) -> InputWorkload:
    shares = [s for s in (first.flops_share, second.flops_share) if s is not None]
    return InputWorkload(
        workload=first.workload,
        occurrences=first.occurrences + second.occurrences,
        flops_share=max(shares, default=None),
    )
