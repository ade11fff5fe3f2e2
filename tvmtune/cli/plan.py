"""What a tuning run would do: its tasks, their spaces, and what the budget comes to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tvmtune.cli.errors import complain
from tvmtune.cli.output import Column, count_text, counted, say, say_json, say_table, share_text
from tvmtune.deploy.inputs import Inputs
from tvmtune.search.strategies import Strategies
from tvmtune.target import Target
from tvmtune.tuner.api import check_options, exactness_notes
from tvmtune.tuner.local import compiled_domain
from tvmtune.tuner.options import TuneOptions
from tvmtune.tuner.task import Task

_PLAN_COLUMNS = (
    Column("workload", right=False),
    Column("times"),
    Column("of FLOPs"),
    Column("template", right=False),
    Column("configs"),
)


def say_plan(
    found: Inputs, target: Target, options: TuneOptions, as_json: bool, strategies: Strategies
) -> None:
    """Print what would be tuned, and within what; measures nothing."""
    check_options(found, target, options, strategies)
    plan = [
        {
            "workload": item.workload.text,
            "target": target.text,
            "occurrences": item.occurrences,
            "flops_share": item.flops_share,
            "templates": _spaces(item.workload.text, target, options),
        }
        for item in found.workloads
    ]
    tasks = [Task(item.workload.text, target.text) for item in found.workloads]
    for note in exactness_notes(tasks, options):
        complain(note, "note")
    if as_json:
        say_json({"tasks": plan})
        return
    rows = [cells for task in plan for cells in _plan_cells(task)]
    say_table(_PLAN_COLUMNS, rows)
    say(f"{budget_text(len(plan), options)}; for {target.text}, nothing was measured")


def budget_text(tasks: int, options: TuneOptions) -> str:
    """What the budget of a run comes to: the trials of all tasks, and the minutes."""
    many = counted(tasks, "task")
    minutes = None if options.minutes is None else f"{options.minutes:g} min"
    limit = options.trial_limit
    if limit is None:
        return f"{many} in {minutes}"
    trials = f"{many} x {counted(limit, 'trial')} = {counted(tasks * limit, 'trial')} in the log"
    if minutes is not None:
        return f"{trials}, or {minutes} if they end sooner"
    return trials if options.trials is not None else f"{trials}; --minutes bounds the time"


def _spaces(workload: str, target: Target, options: TuneOptions) -> list[dict[str, Any]]:
    """Templates with the sizes of their spaces."""
    domain, keys = compiled_domain(
        workload,
        target.text,
        options.template,
        options.restrict,
        max_rel_error=options.max_rel_error,
    )
    return [
        {"template": key.name, "version": str(key.version), "configs": space.size}
        for key, space in zip(keys, domain.spaces, strict=True)
    ]


def _plan_cells(task: Mapping[str, Any]) -> list[list[str]]:
    """A line for each template; the workload stands on the first."""
    head = [task["workload"], str(task["occurrences"]), share_text(task["flops_share"])]
    return [
        [*(head if place == 0 else [""] * len(head)), one["template"], count_text(one["configs"])]
        for place, one in enumerate(task["templates"])
    ]
