"""Live searches of a study: one at a time, on this machine, each with a tuning log of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from tvmtune.errors import MeasureError
from tvmtune.experiments.contender import Budget, Contender, make_contender
from tvmtune.experiments.live_trace import trace_of
from tvmtune.experiments.planning import inputs_of
from tvmtune.experiments.study import LiveTask
from tvmtune.experiments.trace import Trace
from tvmtune.records import read_log
from tvmtune.search.base import Strategy
from tvmtune.search.strategies import STRATEGIES, Strategies
from tvmtune.search_spaces.space import Domain
from tvmtune.target import Target, parse_target
from tvmtune.tuner import api
from tvmtune.tuner.equipment import Equipment
from tvmtune.tuner.options import TuneOptions
from tvmtune.tuner.task import Ending, Task

_SHORTEST_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSearch:
    """A search to be made on this machine.

    Parameters
    ----------
    task, contender, seed
        Which it is.
    budget
        Of the search.
    log
        Its tuning log; what it has already is part of the search.
    strategies
        What the contender is chosen from.
    """

    task: LiveTask
    contender: Contender
    seed: int
    budget: Budget
    log: Path
    strategies: Strategies = field(default_factory=lambda: STRATEGIES)


class Bench:
    """What measures the candidates of one task, for any number of searches.

    Parameters
    ----------
    task
        What is searched.
    equipment
        Made ready once; the machine is not measured before each search.
    """

    def __init__(self, task: LiveTask, equipment: Equipment) -> None:
        self._inputs = inputs_of(task)
        self._target = parse_target(task.target)
        self._equipment = equipment

    def search(self, search: LiveSearch, watch: api.Watch) -> Trace | None:
        """Search until the budget is spent, what the log has included.

        Nothing is confirmed: all time is the search's.

        Parameters
        ----------
        search
            Of this bench's task.
        watch
            Who follows it.

        Returns
        -------
        Trace or None
            None where it was stopped before.

        Raises
        ------
        MeasureError
            If nothing could be measured.
        """
        left_s = _left_s(search)
        if left_s is None or left_s >= _SHORTEST_S or not search.log.exists():
            options = _options(search, left_s)
            report = api.tune_inputs(
                self._inputs,
                self._target,
                search.log,
                options,
                watch=watch,
                machinery=self._lend(search),
                strategies=search.strategies,
            )
            if report.ending is Ending.STOPPED:
                return None
        trace = _trace(search.log)
        if not len(trace):
            raise MeasureError(f"{search.log}: no trial in the time: give it more seconds")
        return trace

    def _lend(self, search: LiveSearch) -> api.MachineryFactory:
        """Lend this equipment, with the strategy of a search."""

        def strategy(domain: Domain, seed: int) -> Strategy:
            contender = search.contender
            return make_contender(
                contender.search,
                contender.options,
                domain,
                seed,
                search.budget,
                search.strategies,
            )

        equipment = replace(self._equipment, strategy=strategy, admit=lambda task: None)
        machinery = api.Machinery(equipment, lambda: (equipment, None))
        return lambda _target, _give_up: nullcontext(machinery)


@contextmanager
def bench(task: LiveTask, watch: api.Watch, factory: api.MachineryFactory) -> Iterator[Bench]:
    """Make a machine ready for a task; its worker processes end with the context.

    Parameters
    ----------
    task
        What is to be searched.
    watch
        Is told what the machine is; its ``stop`` ends waiting.
    factory
        Lends what measures.
    """
    target: Target = parse_target(task.target)
    with factory(target, watch.stop) as machine:
        (item,) = inputs_of(task).workloads
        machine.equipment.admit(Task(item.workload.text, target.text))
        equipment, facts = machine.ready()
        if facts is not None:
            watch.machine(facts)
        yield Bench(task, equipment)


def _options(search: LiveSearch, left_s: float | None) -> TuneOptions:
    return TuneOptions(
        trials=search.budget.trials,
        minutes=None if left_s is None else left_s / 60,
        search=search.contender.search,
        seed=search.seed,
        template=search.task.template,
        restrict=search.task.restrict,
        confirm_s=0,
    )


def _left_s(search: LiveSearch) -> float | None:
    """Seconds that a search may still last; None: any."""
    seconds = search.budget.seconds
    return None if seconds is None else seconds - float(_trace(search.log).told_s.max(initial=0.0))


def _trace(log: Path) -> Trace:
    """What a search has done by now; nothing where there is no log yet."""
    return trace_of(read_log([log]).records if log.exists() else ())
