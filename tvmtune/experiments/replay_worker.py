"""The process that replays searches of a study, one after the other.

Run as ``python -m tvmtune.experiments.replay_worker LIMITS`` by its parent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tvmtune.experiments.contender import Budget, make_contender
from tvmtune.experiments.recorded_domain import RecordedDomain
from tvmtune.experiments.replay import replay
from tvmtune.experiments.results import Search
from tvmtune.experiments.trace import Trace
from tvmtune.measure.child import Handler, Progress, serve
from tvmtune.measure.frames import Frame, Payload
from tvmtune.records.recorded_space import read_space
from tvmtune.search.plugins import installed_strategies


class ReplayHandler:
    """Answers requests for searches; keeps the domain of the last space that was asked for."""

    def __init__(self) -> None:
        self._of: tuple[str, str | None] | None = None
        self._domain: RecordedDomain | None = None
        self._strategies = installed_strategies()

    def answer(
        self, request: Mapping[str, Any], _payloads: Sequence[Payload], _progress: Progress
    ) -> Frame:
        """Replay a search: the request is that of `tvmtune.experiments.replay_pool.ReplayJob`."""
        search = Search(
            task=request["task"],
            strategy=request["strategy"],
            seed=request["seed"],
            trace=self._trace(request),
        )
        return Frame({"status": "ok", "search": search.to_json()})

    def _trace(self, request: Mapping[str, Any]) -> Trace:
        domain = self._domain_of(request["space"], request["template"])
        budget = Budget(trials=request["trials"], seconds=request["seconds"])
        strategy = make_contender(
            request["search"],
            request["options"],
            domain,
            request["seed"],
            budget,
            self._strategies,
        )
        trials = len(domain.space) if budget.trials is None else budget.trials
        seconds = float("inf") if budget.seconds is None else budget.seconds
        return replay(domain, strategy, trials, seconds=seconds)

    def _domain_of(self, space: str, template: str | None) -> RecordedDomain:
        if self._domain is None or self._of != (space, template):
            path = Path(space)
            self._domain = RecordedDomain.of(read_space(path), path, template)
            self._of = (space, template)
        return self._domain


def _start() -> Handler:
    return ReplayHandler().answer


if __name__ == "__main__":
    serve(_start)
