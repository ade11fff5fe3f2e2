"""Outcomes into records, and records onto the disk."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tvmtune.outcome import Outcome
from tvmtune.records import LogWriter, Proposer, Purpose, Record
from tvmtune.records.record import config_text
from tvmtune.tuner.equipment import Equipment
from tvmtune.tuner.task import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A config on its way through the harness, and why it is there.

    ``knobs`` are plain JSON values; ``start_s`` is the Unix time at which it was handed over.
    """

    template: str
    knobs: Mapping[str, Any]
    purpose: Purpose
    proposer: Proposer
    predicted: float | None = None
    start_s: float = 0.0

    @property
    def key(self) -> str:
        """Identity of the config within its task."""
        return f"{self.template} {config_text(self.knobs)}"


@dataclass(frozen=True, slots=True)
class Journal:
    """Writes what happened; a record that it returns is on the disk."""

    log: LogWriter
    equipment: Equipment
    seed: int

    def write(self, task: Task, version: str, trial: Trial, outcome: Outcome) -> Record:
        """Make the record of an outcome and append it to the log.

        Samples keep seven digits, more than any clock has.
        """
        predicted = trial.predicted
        return self.log.append(
            Record(
                workload=task.workload,
                target=task.target,
                template=trial.template,
                template_version=version,
                config=trial.knobs,
                status=outcome.status,
                purpose=trial.purpose,
                proposer=trial.proposer,
                predicted=predicted if predicted is not None and math.isfinite(predicted) else None,
                detail=outcome.detail,
                where=outcome.where,
                median_s=outcome.median_s,
                samples_s=tuple(float(f"{s:.7g}") for s in outcome.samples_s),
                truncated=outcome.truncated,
                checks=outcome.checks,
                start_s=trial.start_s,
                seconds=outcome.seconds,
                flops=outcome.flops,
                nest_hash=outcome.nest_hash,
                code_hash=self.equipment.code_hash,
                artifact_hash=outcome.artifact_digest,
                feature_version=self.equipment.feature_version,
                seed=self.seed,
                fingerprint=self.equipment.here.fingerprint,
                toolchain=self.equipment.here.toolchain,
                settings=self.equipment.settings,
            )
        )
