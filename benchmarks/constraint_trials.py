"""What constraints do: configs that satisfy them are built; these and any others are timed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from itertools import chain
from typing import Any, Protocol

from benchmarks.aliases import allowed_alias
from benchmarks.book import Book
from benchmarks.draws import Drawn, draw
from benchmarks.journal import Journal
from benchmarks.spills import LoopSpills, innermost_loops, spilling
from benchmarks.tables import Entry
from tvmtune.measure.candidate import Built
from tvmtune.outcome import Outcome, Status
from tvmtune.search_spaces.config import Config
from tvmtune.target import Target
from tvmtune.workload import Workload

BUILT = "built"
TIMED = "timed"
NAMED = "named"
CONFIRMED = "confirmed"

FASTEST = 0.01
"""The share of the configs of a whole space that counts as the fastest."""

_LEADERS = 3
_CONFIRM_S = 2.0
_DETAIL = 300


class Bench(Protocol):
    """Builds and times configs of a workload."""

    def build(self, config: Config) -> Built | Outcome:
        """What a config that satisfies all constraints becomes, its assembly included."""
        ...

    def time(
        self, configs: Iterable[Config], best_s: Callable[[], float | None]
    ) -> Iterator[tuple[Config, Outcome]]:
        """Time configs, allowed or not, those clearly slower than the best not for long."""
        ...

    def confirm(
        self, configs: Sequence[Config], seconds: float
    ) -> Iterator[tuple[Config, Outcome]]:
        """Time configs again, in turns."""
        ...


Lend = Callable[[Workload], AbstractContextManager[Bench]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """A config that satisfies all constraints, and what it became.

    ``spilling`` are the innermost loops of the kernel that spill.
    """

    workload: str
    target: str
    config: str
    status: str
    detail: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)
    spilling: tuple[LoopSpills, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it was built."""
        return self.status == Status.OK

    @property
    def spilled_share(self) -> float:
        """Of the vector instructions of its worst loop, how many store to the frame or reload."""
        return max(((s.stores + s.reloads) / s.vectors for s in self.spilling), default=0.0)

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Build:
        """The build of an event."""
        loops = tuple(map(LoopSpills.from_json, value["spilling"]))
        return Build(**{**value, "spilling": loops})


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """A config, and how fast it was; None: it was not timed."""

    workload: str
    target: str
    config: str
    status: str
    median_s: float | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """What is known of the configs of one task, by their texts."""

    builds: Mapping[str, Build]
    timings: Mapping[str, Timing]
    confirmed: Mapping[str, Timing]
    aliases: Mapping[str, str | None]
    """Of configs that are excluded: the allowed one of the same nest, or that there is none."""

    @staticmethod
    def of(events: Iterable[Mapping[str, Any]], workload: str, target: str) -> Findings:
        """Those of the events of a journal that are about a workload on a target."""
        kinds: dict[str, list[dict[str, Any]]] = {BUILT: [], TIMED: [], CONFIRMED: [], NAMED: []}
        for event in events:
            own = {name: value for name, value in event.items() if name != "event"}
            task = own.get("workload"), own.get("target")
            if event["event"] in kinds and task == (workload, target):
                kinds[event["event"]].append(own)
        return Findings(
            {e["config"]: Build.from_json(e) for e in kinds[BUILT]},
            {e["config"]: Timing(**e) for e in kinds[TIMED]},
            {e["config"]: Timing(**e) for e in kinds[CONFIRMED]},
            {e["config"]: e["alias"] for e in kinds[NAMED]},
        )

    def fastest(self, configs: Iterable[Config]) -> list[Config]:
        """Those of some configs that were timed, the fastest first."""
        timed = {c: self.timings[c.text].median_s for c in configs if c.text in self.timings}
        return sorted((c for c, s in timed.items() if s is not None), key=lambda c: timed[c] or 0.0)

    def leading(self, configs: Iterable[Config]) -> list[Config]:
        """The fastest hundredth of those that were timed."""
        ordered = self.fastest(configs)
        return ordered[: math.ceil(FASTEST * len(ordered))]

    def lost(self, drawn: Drawn) -> list[Config]:
        """The fastest few that the constraints exclude and that are no aliases of allowed ones."""
        excluded = [c for c in self.fastest(drawn.all) if drawn.violations.get(c.text)]
        return [c for c in excluded if self.aliases.get(c.text) is None][:_LEADERS]

    def kept(self, drawn: Drawn) -> list[Config]:
        """The fastest few draws that are allowed, and the fastest relative of each that is lost."""
        allowed = [c for c in self.fastest(drawn.all) if not drawn.violations.get(c.text)]
        relatives = (self.fastest(drawn.relatives(config))[:1] for config in self.lost(drawn))
        leaders = [*allowed[:_LEADERS], *chain.from_iterable(relatives)]
        return list({c.text: c for c in leaders}.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many configs are drawn of each template, and by what seed."""

    target: Target
    satisfying: int
    whole: int
    seed: int

    def draw(self, workload: Workload) -> list[Drawn]:
        """The configs of a workload, always the same."""
        return draw(
            workload, self.target, satisfying=self.satisfying, whole=self.whole, seed=self.seed
        )


def run(
    journal: Journal,
    entries: Sequence[Entry],
    plan: Plan,
    lend: Lend,
    tell: Callable[[str], None] = print,
) -> None:
    """Build and time what of a plan does not stand in the journal.

    Parameters
    ----------
    journal
        What is known, and where findings go.
    entries
        The workloads.
    plan
        Which configs.
    lend
        Lends a workload's bench.
    tell
        Says a line to whoever watches.
    """
    with journal.held():
        book = Book(journal)
        for entry in entries:
            with lend(entry.workload) as bench:
                for drawn in plan.draw(entry.workload):
                    task = _Task(journal, book, entry.workload, plan.target, bench)
                    tell(f"{entry.name}: {drawn.template}")
                    task.build(drawn)
                    task.time(drawn, drawn.all)
                    task.name(drawn)
                    task.relate(drawn)
                    task.confirm(drawn)


@dataclass(frozen=True, slots=True)
class _Task:
    """A workload on a target, and what is done for it."""

    journal: Journal
    book: Book
    workload: Workload
    target: Target
    bench: Bench

    def build(self, drawn: Drawn) -> None:
        known = self._findings().builds
        for config in drawn.satisfying:
            if config.text not in known:
                self._note_build(config, self._built(config))

    def time(self, drawn: Drawn, configs: Iterable[Config]) -> None:
        known = self._findings()
        times = [known.timings[c.text].median_s for c in known.fastest(drawn.all)[:1]]
        due = [config for config in configs if config.text not in known.timings]
        for config, outcome in self.bench.time(due, lambda: min(filter(None, times), default=None)):
            self._note_time(TIMED, config, outcome)
            times.append(outcome.median_s)

    def name(self, drawn: Drawn) -> None:
        """Find out which of the fastest that are excluded are other names of allowed ones."""
        while unnamed := self._unnamed(drawn):
            for config in unnamed:
                alias = allowed_alias(config, self.workload, self.target)
                self.book.append(
                    NAMED,
                    workload=self.workload.text,
                    target=self.target.text,
                    config=config.text,
                    alias=None if alias is None else alias.text,
                )

    def _unnamed(self, drawn: Drawn) -> list[Config]:
        known = self._findings()
        wanted = [*known.leading(drawn.unrestricted), *known.lost(drawn)]
        return [
            c
            for c in dict.fromkeys(wanted)
            if drawn.violations[c.text] and c.text not in known.aliases
        ]

    def relate(self, drawn: Drawn) -> None:
        """Time what is allowed and nearest to the fastest that are excluded."""
        for config in self._findings().lost(drawn):
            self.time(drawn, drawn.relatives(config))

    def confirm(self, drawn: Drawn) -> None:
        known = self._findings()
        leaders = known.kept(drawn) + known.lost(drawn)
        if all(config.text in known.confirmed for config in leaders):
            return
        for config, outcome in self.bench.confirm(leaders, _CONFIRM_S):
            self._note_time(CONFIRMED, config, outcome)

    def _built(self, config: Config) -> Built | Outcome:
        """What a config becomes; on a busy machine it may take a second try to be in time."""
        built = self.bench.build(config)
        late = isinstance(built, Outcome) and built.status is Status.BUILD_TIMEOUT
        return self.bench.build(config) if late else built

    def _findings(self) -> Findings:
        return Findings.of(self.journal.read(), self.workload.text, self.target.text)

    def _note_build(self, config: Config, built: Built | Outcome) -> None:
        if isinstance(built, Outcome):
            outcome, seconds, loops = built, {}, []
        else:
            manifest = built.artifact.manifest
            outcome, seconds = Outcome(status=Status.OK), dict(manifest.seconds)
            loops = spilling(innermost_loops(built.sources["asm"]), manifest.prepare_symbol)
        if outcome.status is not Status.INFRASTRUCTURE:
            build = Build(**self._head(config, outcome), seconds=seconds, spilling=tuple(loops))
            self.book.append(BUILT, **asdict(build))

    def _note_time(self, event: str, config: Config, outcome: Outcome) -> None:
        if outcome.status is not Status.INFRASTRUCTURE:
            timing = Timing(**self._head(config, outcome), median_s=outcome.median_s)
            self.book.append(event, **asdict(timing))

    def _head(self, config: Config, outcome: Outcome) -> dict[str, Any]:
        return {
            "workload": self.workload.text,
            "target": self.target.text,
            "config": config.text,
            "status": outcome.status.value,
            "detail": outcome.detail.partition("\n")[0][:_DETAIL],
        }
