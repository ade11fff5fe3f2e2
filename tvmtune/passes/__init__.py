"""Passes over loop IR, one a file, and the pipelines they form."""

from tvmtune.passes.lower_nest import Program, lower_schedule
from tvmtune.passes.pipeline import CPU_PASSES, run_passes

__all__ = ["CPU_PASSES", "Program", "lower_schedule", "run_passes"]
