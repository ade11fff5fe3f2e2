"""The runner process, asked from the parent."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tvmtune.artifact import Artifact
from tvmtune.errors import MeasureError
from tvmtune.measure.failures import outcome_of, outcome_of_exception
from tvmtune.measure.frames import Frame, Payload
from tvmtune.measure.options import RUNNER, MeasureOptions
from tvmtune.measure.problem import Case, SharedArray
from tvmtune.measure.process import Failure
from tvmtune.measure.timing import TimingOptions
from tvmtune.measure.worker import Worker
from tvmtune.outcome import Outcome, Status

_MISSING_ARRAYS = "missing_arrays"
_MISSING_KERNEL = "missing_kernel"
_VERDICTS = {s.value: s for s in (Status.BUILD_ERROR, Status.WRONG_ANSWER)}


class RunnerClient:
    """Runs artifacts in a process of its own; for one thread at a time.

    Parameters
    ----------
    options
        Deadlines, limits and timing.
    """

    def __init__(self, options: MeasureOptions) -> None:
        self._options = options
        self._worker = Worker(options.runner_settings())

    @property
    def pid(self) -> int | None:
        """Process id of the runner, None while there is none."""
        return self._worker.pid

    def start(self) -> Outcome | None:
        """Make sure that the process runs; says what is wrong if it does not."""
        failure = self._worker.start()
        return outcome_of(failure, RUNNER) if failure else None

    def measure(self, artifact: Artifact, case: Case, best_s: float | None) -> Outcome:
        """Check an artifact on a case and time it.

        Parameters
        ----------
        artifact
            Code.
        case
            Operands and expected output.
        best_s
            Seconds per call of the best so far: a clearly slower one is cut short.
        """
        timing = self._options.timing.to_json()
        message = {"op": "measure", "case": case.to_json(), "timing": timing, "best_s": best_s}
        return self._outcome(artifact, self._ask(message, [artifact.to_bytes()], [case]))

    def check_harder(self, artifact: Artifact, cases: Sequence[Case]) -> Outcome:
        """Check an artifact on other operands, in guarded memory."""
        message = {"op": "check", "cases": [case.to_json() for case in cases]}
        return self._outcome(artifact, self._ask(message, [artifact.to_bytes()], cases))

    def time(self, key: str, artifact: Artifact, case: Case, timing: TimingOptions) -> Outcome:
        """Time an artifact that stays loaded under a key; the first time it is checked too."""
        message = {"op": "time", "key": key, "timing": timing.to_json()}
        answer = self._ask(message, (), ())
        if isinstance(answer, Failure) or answer.message.get("status") != _MISSING_KERNEL:
            return self._outcome(artifact, answer)
        load = {"op": "load", "key": key, "case": case.to_json()}
        loaded = self._outcome(artifact, self._ask(load, [artifact.to_bytes()], [case]))
        if loaded.status is not Status.OK:
            return loaded
        timed = self._outcome(artifact, self._ask(message, (), ()))
        return replace(timed, checks={**loaded.checks, **timed.checks})

    def forget(self) -> None:
        """Drop the kernels that stay loaded."""
        if self._worker.pid is not None:
            self._ask({"op": "forget"}, (), ())

    def sample(
        self, artifact: Artifact, cores: Sequence[int], seconds: float
    ) -> list[tuple[float, ...]]:
        """Run a probe on some cores at the same time; seconds of each call, for each core.

        Raises
        ------
        MeasureError
            The probe did not run.
        """
        message = {"op": "sample", "cores": list(cores), "seconds": seconds}
        answer = self._ask(message, [artifact.to_bytes()], ())
        if isinstance(answer, Frame) and answer.message.get("status") == Status.OK:
            return [tuple(samples) for samples in answer.message["samples_s"]]
        outcome = self._outcome(artifact, answer)
        raise MeasureError(f"probe of the machine: {outcome.detail}")

    def kill(self) -> None:
        """Let what is under way fail, and nothing follow; from any thread."""
        self._worker.kill()

    def close(self) -> None:
        """Free what the process held; once nobody uses it any more."""
        self._worker.close()

    def _ask(
        self, message: Mapping[str, Any], payloads: Sequence[Payload], cases: Sequence[Case]
    ) -> Frame | Failure:
        """Ask, and send the arrays that the process turns out not to have."""
        answer = self._worker.request(message, payloads, self._options.run_deadline_s)
        if isinstance(answer, Failure) or answer.message.get("status") != _MISSING_ARRAYS:
            return answer
        arrays = {digest: array for case in cases for digest, array in case.arrays.items()}
        missing = [arrays[digest] for digest in answer.message["digests"]]
        sent = self._worker.request(*_shipment(missing), self._options.run_deadline_s)
        if isinstance(sent, Failure):
            return sent
        return self._worker.request(message, payloads, self._options.run_deadline_s)

    def _outcome(self, artifact: Artifact, answer: Frame | Failure) -> Outcome:
        """Read the answer about an artifact."""
        if isinstance(answer, Failure):
            ended = outcome_of(answer, RUNNER)
        elif answer.message.get("status") == Status.OK:
            return _ok(artifact, answer.message)
        elif answer.message.get("status") in _VERDICTS:
            status = _VERDICTS[answer.message["status"]]
            ended = Outcome(status=status, detail=str(answer.message["detail"]), where=RUNNER)
        else:
            ended = outcome_of_exception(answer.message, RUNNER)
        return _with_artifact(ended, artifact, {})


def _ok(artifact: Artifact, message: Mapping[str, Any]) -> Outcome:
    samples = tuple(float(s) for s in message.get("samples_s", ()))
    outcome = Outcome(
        status=Status.OK,
        samples_s=samples,
        median_s=statistics.median(samples) if samples else None,
        truncated=bool(message.get("truncated", False)),
        checks=dict(message.get("checks") or {}),
    )
    return _with_artifact(outcome, artifact, message.get("seconds") or {})


def _with_artifact(outcome: Outcome, artifact: Artifact, seconds: Mapping[str, float]) -> Outcome:
    """Say in an outcome what code it is about, and what its build took."""
    return replace(
        outcome,
        seconds={**artifact.manifest.seconds, **seconds},
        artifact_digest=artifact.digest,
        nest_hash=artifact.manifest.nest_hash,
        flops=artifact.manifest.flops,
    )


def _shipment(arrays: Sequence[SharedArray]) -> tuple[dict[str, Any], list[Payload]]:
    """Return the request that sends arrays."""
    entries = [
        {"digest": a.digest, "dtype": a.array.dtype.str, "shape": list(a.array.shape)}
        for a in arrays
    ]
    return {"op": "arrays", "arrays": entries}, [a.array.data for a in arrays]
