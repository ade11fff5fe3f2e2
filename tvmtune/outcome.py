"""What becomes of a trial: how it ended, and what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """How a trial ended."""

    OK = "ok"
    INVALID = "invalid"
    """A constraint refused the config before anything was built."""
    BUILD_ERROR = "build_error"
    BUILD_TIMEOUT = "build_timeout"
    RUN_TIMEOUT = "run_timeout"
    OUT_OF_MEMORY = "out_of_memory"
    CRASH = "crash"
    WRONG_ANSWER = "wrong_answer"
    INFRASTRUCTURE = "infrastructure"
    """The machinery failed and not the candidate: to be tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one trial.

    ``samples_s`` are the raw timings, seconds per call; ``median_s`` their median (None unless
    ok); ``truncated`` says that timing was cut short because the candidate was clearly slower
    than the best.  ``where`` is the process that failed.  ``seconds`` says what each step took:
    ``lowering``, ``codegen``, ``loading``, ``running``, ``checking``.  ``checks`` says what of the
    output was verified.  ``flops`` is that of the manifest.
    """

    status: Status
    detail: str = ""
    where: str | None = None
    samples_s: tuple[float, ...] = ()
    median_s: float | None = None
    truncated: bool = False
    seconds: Mapping[str, float] = field(default_factory=dict)
    checks: Mapping[str, Any] = field(default_factory=dict)
    artifact_digest: str = ""
    nest_hash: str = ""
    flops: int = 0

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        value = asdict(self)
        value["status"] = self.status.value
        value["samples_s"] = list(self.samples_s)
        return value

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Outcome:
        """The outcome that :meth:`to_json` wrote."""
        fields = dict(value)
        fields["status"] = Status(fields["status"])
        fields["samples_s"] = tuple(fields["samples_s"])
        return Outcome(**fields)
