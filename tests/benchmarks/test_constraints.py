from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import main
from benchmarks.constraint_bench import lend_here
from benchmarks.constraint_trials import Findings, Plan, run
from benchmarks.constraints import allowed_of, constraints_text, excluded_of
from benchmarks.draws import draw
from benchmarks.journal import Journal
from benchmarks.tables import select
from tvmtune.artifact import Artifact, Manifest
from tvmtune.measure.candidate import Built
from tvmtune.outcome import Outcome, Status
from tvmtune.search_spaces.config import Config
from tvmtune.target import parse_target
from tvmtune.workload import Workload

_PLAN = Plan(target=parse_target("cpu:threads=1,isa=avx2"), satisfying=8, whole=40, seed=3)
_ENTRIES = select(["matmul:m=32,k=32,n=64"])
_WORKLOAD = _ENTRIES[0].workload
_SPILLING = "kernel:\n.LBB0_1:\nvmovups %ymm0, 32(%rsp)\nvaddps %ymm1, %ymm1, %ymm1\njl .LBB0_1\n"


@dataclass
class FakeBench:
    """Builds and times in no time: the product of the tile's sides is the speed.

    ``stops_after`` timings it is interrupted; ``lost`` is what the machinery fails at, once, and
    ``late`` what is not built in time, once.
    """

    asked: list[str] = field(default_factory=list)
    stops_after: int | None = None
    lost: str = ""
    late: str = ""

    @contextmanager
    def lend(self, _workload: Workload) -> Iterator[FakeBench]:
        yield self

    def build(self, config: Config) -> Built | Outcome:
        self.asked.append(f"build {config.text}")
        if config.text == self.late:
            self.late = ""
            return Outcome(status=Status.BUILD_TIMEOUT)
        if config["tile_m"] == 1:
            return Outcome(status=Status.BUILD_ERROR, detail="no such tile\nand more")
        seconds = {"lowering": 0.01, "codegen": 0.02}
        manifest = Manifest(
            symbol="kernel",
            arguments=(),
            workspace_bytes=0,
            target=_PLAN.target.text,
            seconds=seconds,
        )
        text = _SPILLING if config["tile_v"] == 1 else ""
        return Built(Artifact(manifest, b""), {"asm": text})

    def time(
        self, configs: Iterable[Config], best_s: Callable[[], float | None]
    ) -> Iterator[tuple[Config, Outcome]]:
        for config in configs:
            if self.stops_after is not None and len(self.asked) >= self.stops_after:
                raise KeyboardInterrupt
            self.asked.append(f"time {config.text}")
            if config.text == self.lost:
                self.lost = ""
                yield config, Outcome(status=Status.INFRASTRUCTURE)
            else:
                yield config, _timed(config)

    def confirm(
        self, configs: Sequence[Config], seconds: float
    ) -> Iterator[tuple[Config, Outcome]]:
        self.asked += [f"confirm {config.text}" for config in configs]
        yield from ((config, _timed(config)) for config in configs)


def _timed(config: Config) -> Outcome:
    return Outcome(status=Status.OK, median_s=1.0 / (config["tile_m"] * config["tile_v"]))


def _findings(journal: Journal) -> Findings:
    return Findings.of(journal.read(), _WORKLOAD.text, _PLAN.target.text)


def test_draws() -> None:
    (drawn,) = _PLAN.draw(_WORKLOAD)
    (again,) = draw(_WORKLOAD, _PLAN.target, satisfying=8, whole=40, seed=3)
    (more,) = draw(_WORKLOAD, _PLAN.target, satisfying=20, whole=60, seed=3)
    texts = [config.text for config in drawn.unrestricted]
    assert texts == [config.text for config in again.unrestricted]
    assert texts == [config.text for config in more.unrestricted][: len(texts)]
    valid = [config.text for config in drawn.satisfying]
    assert valid == [config.text for config in more.satisfying][: len(valid)]
    assert len(set(texts)) == len(texts) > 30
    assert 0 < sum(map(bool, drawn.violations.values())) < len(texts)
    assert all(c["tile_m"] * c["tile_v"] + c["tile_v"] + 1 <= 16 for c in drawn.satisfying)


@pytest.mark.parametrize(("tile", "steps", "knobs"), [((14, 2), 1, 1), ((14, 8), 16, 2)])
def test_relatives_are_allowed_and_near(tile: tuple[int, int], steps: int, knobs: int) -> None:
    (drawn,) = _PLAN.draw(_WORKLOAD)
    values = {"tile_m": tile[0], "tile_v": tile[1], "steps": steps}
    config = Config("matmul.packed", {**drawn.space.default_config.knobs, **values})
    assert drawn.space.violations(config)
    found = drawn.relatives(config)
    assert 0 < len(found) <= 32
    assert not any(map(drawn.space.violations, found))
    changed = [{name for name in config.knobs if c[name] != config[name]} for c in found]
    assert set(map(len, changed)) == {knobs}


def test_what_is_known_is_not_done_again(tmp_path: Path) -> None:
    journal, bench, said = Journal(tmp_path / "j.jsonl"), FakeBench(stops_after=20), list[str]()
    (drawn,) = _PLAN.draw(_WORKLOAD)
    with pytest.raises(KeyboardInterrupt):
        run(journal, _ENTRIES, _PLAN, bench.lend, said.append)
    bench.stops_after = None
    run(journal, _ENTRIES, _PLAN, bench.lend, said.append)
    known = _findings(journal)
    lost = known.lost(drawn)
    relatives = {r.text for config in lost for r in drawn.relatives(config)}
    timed = {c.text for c in drawn.all} | relatives
    confirmed = {c.text for c in [*known.kept(drawn), *lost]}
    assert set(known.confirmed) == confirmed
    assert len(bench.asked) == len(set(bench.asked))
    assert len(bench.asked) == len(drawn.satisfying) + len(timed) + len(confirmed)
    assert said[-1].endswith(": matmul.packed")
    before = journal.path.read_bytes()
    run(journal, _ENTRIES, _PLAN, bench.lend, said.append)
    assert journal.path.read_bytes() == before


def test_faults_of_the_machinery_are_tried_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.jsonl")
    (drawn,) = _PLAN.draw(_WORKLOAD)
    bench = FakeBench(lost=drawn.unrestricted[4].text)
    for count in (1, 2):
        run(journal, _ENTRIES, _PLAN, bench.lend, lambda _: None)
        assert bench.asked.count(f"time {drawn.unrestricted[4].text}") == count
    assert set(_findings(journal).timings) >= {config.text for config in drawn.all}


def test_a_build_that_is_late_is_tried_once_more(tmp_path: Path) -> None:
    journal, (drawn,) = Journal(tmp_path / "j.jsonl"), _PLAN.draw(_WORKLOAD)
    late = next(config for config in drawn.satisfying if config["tile_m"] > 1)
    run(journal, _ENTRIES, _PLAN, FakeBench(late=late.text).lend, lambda _: None)
    assert _findings(journal).builds[late.text].ok


def test_figures(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.jsonl")
    run(journal, _ENTRIES, _PLAN, FakeBench().lend, lambda _: None)
    (drawn,), findings = _PLAN.draw(_WORKLOAD), _findings(journal)
    allowed, excluded = allowed_of(drawn, findings), excluded_of(drawn, findings)
    assert len(allowed.failed) == sum(c["tile_m"] == 1 for c in drawn.satisfying)
    assert len(allowed.spilling) == sum(
        c["tile_v"] == 1 and c["tile_m"] > 1 for c in drawn.satisfying
    )
    assert allowed.median_s("codegen") == 0.02
    assert excluded.drawn == excluded.ended["ok"] == len(drawn.unrestricted)
    assert excluded.allowed == sum(not v for v in drawn.violations.values())
    assert excluded.fastest == excluded.fastest_excluded == 1
    assert "the tile fits 16 registers" in excluded.reasons
    assert excluded.ratio is not None
    assert excluded.ratio > 1


def test_the_report(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.jsonl")
    plan = replace(_PLAN, satisfying=40)
    run(journal, _ENTRIES, plan, FakeBench().lend, lambda _: None)
    text = constraints_text(_ENTRIES, plan, journal.read())
    assert "| seed | 3 |" in text
    assert "| commit |" in text
    assert "build_error: no such tile\n" in text
    assert "1 stores and 0 reloads among 2 vector instructions of .LBB0_1" in text
    assert "- best excluded: `matmul.packed {" in text
    assert "- matmul.packed: 1 of the fastest violate: the tile fits 16 registers" in text


def test_a_report_of_nothing() -> None:
    text = constraints_text(_ENTRIES, _PLAN, [])
    assert "| matmul.packed | 0 | 0 | 0 | 0 | - | - |" in text
    assert "| matmul.packed | 0 | 0 | 0 | - | 0 | 0 | 0 | - | - | - |" in text


@pytest.mark.slow
def test_on_this_machine() -> None:
    target = parse_target("cpu", 1)
    plan = replace(_PLAN, target=target)
    (drawn,) = plan.draw(_WORKLOAD)
    free = next(c for c in drawn.unrestricted if drawn.violations[c.text])
    with lend_here(target, deadline_s=20.0)(_WORKLOAD) as bench:
        built = bench.build(drawn.satisfying[0])
        assert isinstance(built, Built)
        assert "kernel:" in built.sources["asm"]
        refused = bench.build(free)
        assert isinstance(refused, Outcome)
        assert refused.status is Status.INVALID
        with closing(bench.time([free], lambda: None)) as timed:  # type: ignore[type-var]
            assert next(timed)[1].status is Status.OK
        ((again, outcome),) = bench.confirm([free], 0.01)
    assert again is free
    assert outcome.median_s is not None


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["C99", "-o", "OUT"], 1, "neither a name of the table"),
        (["C2", "--configs", "-1", "-o", "OUT"], 2, "give numbers of configs"),
        (["C2", "--deadline", "0", "-o", "OUT"], 2, "a deadline above 0"),
    ],
)
def test_bad_requests(
    arguments: list[str], code: int, message: str, tmp_path: Path, capsys: Any
) -> None:
    given = [str(tmp_path / "c.md") if a == "OUT" else a for a in arguments]
    assert main(["constraints", *given]) == code
    assert message in capsys.readouterr().err
