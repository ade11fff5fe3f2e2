from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import idea_trials
from benchmarks.__main__ import main
from benchmarks.contest import Pace
from benchmarks.contestant import Loaded
from benchmarks.idea_table import BEST, BY_NUMPY, CONVERTED, KNOB_IDEAS, PAIRS, WINOGRAD
from benchmarks.idea_trials import Timed, Variants, time_in_turns, variants_of
from benchmarks.ideas import Steps, gains, ideas_text, run, timed_of
from benchmarks.journal import Journal
from benchmarks.tables import select
from tvmtune.compiler.request import BuildRequest
from tvmtune.compiler.scheduling import nest_hash
from tvmtune.compiler.templates import space_of, templates_for
from tvmtune.deploy.match import LogMatch
from tvmtune.errors import RecordError
from tvmtune.records import LogWriter, Record
from tvmtune.search_spaces.templates import TEMPLATES
from tvmtune.target import parse_target
from tvmtune.workload import Workload, parse

_C2, _M512 = (entry.workload for entry in select(["C2", "M512"]))
_TARGET = parse_target("cpu", 1)
_ENTRIES = select(["C2", "M512"])
_ROUNDS = ((1.0, 1.0), (2.0, 0.5), (3.0, 1.0))
"""Seconds with an idea, and over the usual ratio the one of the round."""
_SMALL = "conv2d:ci=16,h=16,co=16,k=3"


def _timed(workload: Workload, ratios: Mapping[str, float]) -> Timed:
    return Timed(
        workload=workload.text,
        target=_TARGET.text,
        record_id="1",
        config="t {}",
        rounds=tuple({i: (s, s * r * q) for i, r in ratios.items()} for s, q in _ROUNDS),
    )


def test_knobs_of_ideas_exist() -> None:
    target = parse_target("cpu:threads=1,isa=avx2")
    workloads = [parse(text) for text in ("C2", "M512", "D1")]
    found = {t.name: (t, w) for w in workloads for t in templates_for(w, target)}
    assert set(found) == set(TEMPLATES)
    for idea in KNOB_IDEAS:
        for name, plain in idea.plain.items():
            space = space_of(*found[name], target)
            assert set(plain) <= {knob.name for knob in space.knobs}
            off = idea.turned_off(space.default_config, space)
            if off is not None:
                space.point(off)
                assert idea.turned_off(off, space) is None
                changed = {k for k, v in off.knobs.items() if v != space.default_config[k]}
                assert changed <= set(plain)


def test_an_idea_that_a_template_does_not_have() -> None:
    (template,) = templates_for(_M512, _TARGET)
    space = space_of(template, _M512, _TARGET)
    padding = next(idea for idea in KNOB_IDEAS if idea.name == "padding where it is read")
    assert padding.turned_off(space.default_config, space) is None


def test_gains() -> None:
    unrolled = KNOB_IDEAS[0].name
    found = [
        _timed(_C2, {WINOGRAD: 2.0, unrolled: 4.0}),
        _timed(_M512, {unrolled: 1.0}),
    ]
    by_name = {gain.pair.idea: gain for gain in gains(found)}
    assert by_name[WINOGRAD].ratios == {"C2": 2.0}
    assert by_name[unrolled].ratios == {"C2": 4.0, "M512": 1.0}
    assert by_name[unrolled].mean == pytest.approx(2.0)
    assert by_name["generated conversions"].mean is None


def test_variants_of_an_idea_are_timed_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def measure(run: Callable[[], object], seconds: float) -> dict[str, float]:
        run()
        return {"median_s": seconds}

    monkeypatch.setattr(idea_trials, "measure", measure)
    names = (BEST, WINOGRAD, CONVERTED, BY_NUMPY)
    variants = {n: Loaded(partial(order.append, n), lambda: np.zeros(1)) for n in names}
    rounds = time_in_turns(variants, Pace(rounds=2, turn_s=0.5, pause_s=0.0), nullcontext)
    assert order == [*names, WINOGRAD, BEST, BY_NUMPY, CONVERTED]
    assert rounds == ({WINOGRAD: (0.5, 0.5), "generated conversions": (0.5, 0.5)},) * 2


def _steps(record_id: str, made: list[str], said: list[str]) -> Steps:
    variant = Loaded(lambda: None, lambda: np.zeros(1))

    def variants(workload: Workload) -> Variants:
        if workload == _M512:
            raise RecordError("nothing usable")
        made.append(workload.text)
        match = LogMatch(kind="exact", reason="why", template="t", record_id=record_id)
        return Variants(match, {BEST: variant}, {WINOGRAD: "no record"})

    return Steps(variants=variants, exclusive=nullcontext, tell=said.append)


def test_what_is_known_is_not_timed_again(tmp_path: Path) -> None:
    journal, said = Journal(tmp_path / "j.jsonl"), list[str]()
    for record_id, rounds, lines in (("1", 2, 1), ("1", 2, 1), ("1", 3, 2), ("2", 3, 3)):
        steps, pace = _steps(record_id, [], said), Pace(rounds=rounds, turn_s=0.0, pause_s=0.0)
        run(journal, _ENTRIES, _TARGET, pace, steps)
        assert sum(event["event"] == "timed" for event in journal.read()) == lines
    known = timed_of(journal.read(), _TARGET)[_C2.text]
    assert (known.record_id, len(known.rounds)) == ("2", 3)
    assert "M512: left out: nothing usable" in said
    text = ideas_text(_ENTRIES, _TARGET, journal.read())
    assert "| rounds | 3 |" in text
    assert f"- C2: {WINOGRAD}: left out: no record" in text


def test_the_report() -> None:
    slow = KNOB_IDEAS[0]
    found = [_timed(_C2, {slow.name: 4.0}), _timed(_M512, {slow.name: 1.0})]
    text = ideas_text(_ENTRIES, _TARGET, [{"event": "timed", **one.to_json()} for one in found])
    row = f"| {slow.name} | {slow.without} | 2 | 2.00 | 1.00 (M512) | 4.00 (C2) |"
    assert row in text
    assert "| generated conversions | conversions by NumPy | 0 | - | - | - |" in text


@pytest.mark.slow
def test_on_this_machine(record: Callable[..., Record], tmp_path: Path) -> None:
    workload, log = parse(_SMALL), tmp_path / "log.jsonl"
    with LogWriter(log) as writer:
        for name, median_s in (("conv2d.winograd2", 1e-3), ("conv2d.direct", 2e-3)):
            template = TEMPLATES[name]
            config = space_of(template, workload, _TARGET).default_config
            request = BuildRequest(
                workload=workload.text,
                target=_TARGET.text,
                template=name,
                config=config.knobs_json(),
            )
            fields: dict[str, Any] = {
                "workload": request.workload,
                "target": request.target,
                "template": request.template,
                "template_version": str(template.version),
                "config": request.config,
                "nest_hash": nest_hash(request),
            }
            writer.append(record(1, median_s, 0.0, **fields))
    found = variants_of(workload, _TARGET, log)
    assert found.match.template == "conv2d.winograd2"
    assert {BEST, WINOGRAD, CONVERTED, BY_NUMPY} <= set(found.usable)
    assert not found.left_out
    assert set(found.usable) <= {name for pair in PAIRS for name in (pair.having, pair.without)}
    with pytest.raises(RecordError, match="nothing usable"):
        variants_of(_M512, _TARGET, log)


def test_bad_requests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "ideas.md")
    assert main(["ideas", str(tmp_path / "none.jsonl"), "-o", out]) == 1
    assert main(["ideas", "log", "--rounds", "0", "-o", out]) == 2
    assert "0 rounds: give at least 1" in capsys.readouterr().err
