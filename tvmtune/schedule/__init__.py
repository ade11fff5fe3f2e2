"""Schedules: stages, primitives, inferred bounds, the nest."""

from tvmtune.schedule.bounds import infer_copies, infer_nest
from tvmtune.schedule.schedule import Schedule, create_schedule
from tvmtune.schedule.stage import Kind, Scope, Tail

__all__ = ["Kind", "Schedule", "Scope", "Tail", "create_schedule", "infer_copies", "infer_nest"]
