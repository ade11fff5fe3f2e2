"""The contestant's side: a process that loads a problem and times it on request.

It answers one line of JSON on its standard input by one on its standard output::

    {"describe": true}        {"version": "1.2.3"}
    {"load": PROBLEM}         {"norm": 12.5, ...}         the Euclidean norm of the output
    {"time": seconds}         {"median_s": 1e-3, "samples": 30}

and whatever goes wrong by ``{"error": "..."}``.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from benchmarks.problem import Problem

Run = Callable[[], object]

_WARM_UPS = 3
_SAMPLE_S = 0.005
_LEAST_SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Loaded:
    """A problem ready to run.

    Parameters
    ----------
    run
        Computes the output; what is timed.
    output
        The output of the last run, in whatever order of its elements.
    notes
        What else to tell about it, as plain JSON values.
    """

    run: Run
    output: Callable[[], NDArray[Any]]
    notes: Mapping[str, Any] = field(default_factory=dict)


Load = Callable[[Problem], Loaded]


def measure(
    run: Run, seconds: float, clock_s: Callable[[], float] = time.perf_counter
) -> dict[str, Any]:
    """Time calls for some seconds, in samples long enough for the clock.

    Returns
    -------
    timing
        ``median_s``, seconds per call, and the number of ``samples``.
    """
    for _ in range(_WARM_UPS):
        run()
    start_s = clock_s()
    run()
    calls = max(1, int(_SAMPLE_S / max(clock_s() - start_s, 1e-7)))
    samples: list[float] = []
    end_s = clock_s() + seconds
    while clock_s() < end_s or len(samples) < _LEAST_SAMPLES:
        start_s = clock_s()
        for _ in range(calls):
            run()
        samples.append((clock_s() - start_s) / calls)
    return {"median_s": statistics.median(samples), "samples": len(samples)}


class Desk:
    """Answers requests, one after the other.

    Parameters
    ----------
    load
        Makes a problem ready.
    version
        What takes part, in one word.
    """

    def __init__(self, load: Load, version: Callable[[], str]) -> None:
        self._load = load
        self._version = version
        self._loaded: Loaded | None = None

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Do what is asked; a contestant that cannot says why."""
        try:
            if "describe" in request:
                return {"version": self._version()}
            if "load" in request:
                return self._answer_load(Problem.from_json(request["load"]))
            if self._loaded is None:
                return {"error": "nothing is loaded"}
            return measure(self._loaded.run, float(request["time"]))
        except Exception as error:  # noqa: BLE001 (the boundary of the contestant)
            first = str(error).strip().partition("\n")[0]
            return {"error": f"{type(error).__name__}: {first}"}

    def _answer_load(self, problem: Problem) -> dict[str, Any]:
        self._loaded = None
        loaded = self._load(problem)
        loaded.run()
        norm = float(np.linalg.norm(np.asarray(loaded.output(), np.float64).ravel()))
        self._loaded = loaded
        return {"norm": norm, **loaded.notes}


def serve(desk: Desk) -> None:
    """Answer what comes on standard input until it ends.

    For everybody else standard output becomes standard error: no print can break a line.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    converse(desk, sys.stdin, answers)


def converse(desk: Desk, requests: TextIO, answers: TextIO) -> None:
    """Answer each line by a line."""
    for line in requests:
        answers.write(json.dumps(desk.answer(json.loads(line))) + "\n")
        answers.flush()
