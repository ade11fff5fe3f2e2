"""Contestants as processes, timed in turns, so that ratios hold on a noisy machine."""

from __future__ import annotations

import json
import math
import select
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol, Self

from benchmarks.problem import Problem

ROOT = Path(__file__).resolve().parent.parent
"""Where contestants run: ``python -m benchmarks...`` is found there."""

_ANSWER_WITHIN_S = 300.0
_END_WITHIN_S = 5.0
_NORM_TOLERANCE = 1e-3


class Asked(Protocol):
    """Whoever answers requests: a contestant's process, or one made up."""

    name: str

    def ask(self, **request: Any) -> Mapping[str, Any]:
        """The answer; ``error`` in it says why there is none."""
        ...


class Contestant:
    """A contestant's process: started when it is first asked, and again after it died.

    Parameters
    ----------
    name
        What its times are filed under.
    command
        Command line, run in the root of the repository.
    complaints
        File that its standard error is appended to.
    """

    def __init__(self, name: str, command: Sequence[str], complaints: Path) -> None:
        self.name = name
        self._command = list(command)
        self._complaints = complaints
        self._process: subprocess.Popen[str] | None = None

    def ask(self, **request: Any) -> Mapping[str, Any]:
        """Send a request and wait for its answer."""
        try:
            line = self._exchange(json.dumps(request))
        except OSError as error:
            line = ""
            self.close()
            return {"error": f"cannot run {self._command[0]}: {error.strerror}"}
        try:
            answer = json.loads(line)
        except ValueError:
            self.close()
            return {"error": f"died or fell silent; {self._complaints} may say why"}
        return dict(answer)

    def close(self) -> None:
        """End the process; the next request starts another."""
        if self._process is None:
            return
        process, self._process = self._process, None
        with suppress(OSError), process:  # closes its pipes, at which it ends
            _close(process.stdin)
            try:
                process.wait(_END_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _exchange(self, line: str) -> str:
        """The line that answers a line; empty if none comes."""
        process = self._process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):
            process.stdin.write(line + "\n")
            process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], _ANSWER_WITHIN_S)
        if not ready:
            process.kill()
        return process.stdout.readline()

    def _start(self) -> subprocess.Popen[str]:
        with open(self._complaints, "ab") as complaints:
            return subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
                cwd=ROOT,
            )


def _close(pipe: IO[str] | None) -> None:
    if pipe is not None:
        with suppress(BrokenPipeError):
            pipe.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What came of timing contestants on one workload.

    Parameters
    ----------
    workload
        Canonical text.
    peers
        Those of the contestants that tvmtune is compared with, present or not.
    rounds
        For each round, seconds per call by contestant.
    left_out
        Why a contestant was left out, or failed in some round.
    versions, notes
        By contestant: its version, and what else it told.
    start_s
        Unix time at the start.
    """

    workload: str
    peers: tuple[str, ...]
    rounds: tuple[Mapping[str, float], ...]
    left_out: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    start_s: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        value = {name: getattr(self, name) for name in self.__slots__}
        return {**value, "peers": list(self.peers), "rounds": [dict(r) for r in self.rounds]}

    def medians(self) -> dict[str, float]:
        """Seconds per call by contestant, the median of the rounds; of those that took part."""
        names = dict.fromkeys(name for times in self.rounds for name in times)
        return {n: statistics.median(r[n] for r in self.rounds if n in r) for n in names}

    def fastest_peer(self) -> tuple[str, float] | None:
        """The peer with the least median, and that in seconds; None if no peer took part."""
        medians = {name: s for name, s in self.medians().items() if name in self.peers}
        return min(medians.items(), key=lambda item: item[1], default=None)

    def ratios(self, name: str) -> list[float]:
        """For each round, the fastest peer's time over that of one of tvmtune's contestants."""
        return [
            min(times[p] for p in self.peers if p in times) / times[name]
            for times in self.rounds
            if name in times and any(p in times for p in self.peers)
        ]

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Comparison:
        """The comparison that :meth:`to_json` wrote."""
        fields = {**value, "peers": tuple(value["peers"]), "rounds": tuple(value["rounds"])}
        return Comparison(**fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How contestants are timed: rounds, seconds of each turn, and the pause before it.

    In the pause the threads of the contestant before go to sleep.
    """

    rounds: int = 5
    turn_s: float = 0.15
    pause_s: float = 0.05


def compare(
    problem: Problem,
    peers: Sequence[Asked],
    ours: Sequence[Asked],
    pace: Pace,
    sleep: Callable[[float], None] = time.sleep,
) -> Comparison:
    """Time peers and tvmtune's contestants on a problem, in turns.

    A contestant that fails is left out, and so is one whose output has another norm than those
    of the peers: it computed something else.
    """
    start_s = time.time()
    asked = [*peers, *ours]
    versions = {a.name: str(a.ask(describe=True).get("version", "unknown")) for a in asked}
    answers = {a.name: a.ask(load=problem.to_json()) for a in asked}
    left_out = {name: str(a["error"]) for name, a in answers.items() if "error" in a}
    norms = {name: float(a["norm"]) for name, a in answers.items() if name not in left_out}
    left_out |= _dissenters(norms, [peer.name for peer in peers])
    rounds: list[Mapping[str, float]] = []
    for _ in range(pace.rounds):
        times = {}
        for contestant in asked:
            if contestant.name in left_out:
                continue
            sleep(pace.pause_s)
            answer = contestant.ask(time=pace.turn_s)
            if "median_s" in answer:
                times[contestant.name] = float(answer["median_s"])
            else:
                left_out[contestant.name] = str(answer.get("error"))
        rounds.append(times)
    return Comparison(
        workload=problem.text,
        peers=tuple(peer.name for peer in peers),
        rounds=tuple(rounds),
        left_out=left_out,
        versions=versions,
        notes={n: {k: v for k, v in a.items() if k != "error"} for n, a in answers.items()},
        start_s=start_s,
    )


def _dissenters(norms: Mapping[str, float], peers: Sequence[str]) -> dict[str, str]:
    """Contestants whose output is another than that of most peers, and how."""
    of_peers = [norms[name] for name in peers if name in norms]
    if not of_peers:
        return {}
    usual = statistics.median_low(of_peers)
    return {
        name: f"computed something else: the norm of its output is {norm:.6g}, not {usual:.6g}"
        for name, norm in norms.items()
        if not math.isclose(norm, usual, rel_tol=_NORM_TOLERANCE)
    }
