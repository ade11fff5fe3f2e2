"""The loop that joins tasks, search, measurement and log."""

from __future__ import annotations

from tvmtune.tuner.api import tune
from tvmtune.tuner.equipment import Equipment, Harness, TemplateKey
from tvmtune.tuner.events import (
    Confirmed,
    Confirming,
    Event,
    PlanProposed,
    TaskFinished,
    TaskStarted,
    TrialFinished,
    Warned,
)
from tvmtune.tuner.loop import tune_tasks
from tvmtune.tuner.options import TuneOptions
from tvmtune.tuner.task import Ending, Expectation, Task, TaskReport, TuneReport

__all__ = [
    "Confirmed",
    "Confirming",
    "Ending",
    "Equipment",
    "Event",
    "Expectation",
    "Harness",
    "PlanProposed",
    "Task",
    "TaskFinished",
    "TaskReport",
    "TaskStarted",
    "TemplateKey",
    "TrialFinished",
    "TuneOptions",
    "TuneReport",
    "Warned",
    "tune",
    "tune_tasks",
]
