from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.experiments.synthetic import made_space
from tvmtune.records.recorded_space import write_space
from tvmtune.search.plugins import AvailableStrategies, PlugIn
from tvmtune.search.strategies import STRATEGIES

OWN = '''
from dataclasses import dataclass
from tvmtune.search.random import RandomSearch

class Mine(RandomSearch):
    """Mine alone.

    More of it.
    """

    name = "mine"

class Silent(RandomSearch):
    name = "silent"

class Careless(RandomSearch):
    name = "careless"

    def ask(self, n):
        return super().ask(max(n, 0))

class Demanding(RandomSearch):
    @dataclass
    class options_type:
        most: int

    name = "demanding"
'''


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.py"
    path.write_text(OWN)
    return path


@pytest.fixture
def plug_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    def installed(own: Any = ()) -> AvailableStrategies:
        offered = [
            PlugIn("gone", "no_such_module:Gone", "gone-search 1.0"),
            PlugIn("random", "no_such_module:Gone", "gone-search 1.0"),
        ]
        return AvailableStrategies(offered, [name for name in own if ":" in name])

    for command in ("strategies_command", "replay_command", "tune_command"):
        monkeypatch.setattr(f"tvmtune.cli.{command}.installed_strategies", installed)


def test_all_of_them(cli: Any) -> None:
    code, out, err = cli("strategies")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert [line.split()[0] for line in lines] == ["strategy", *STRATEGIES]
    assert "random     tvmtune  Proposes valid points at random, without replacement." in lines[4]


def test_options(cli: Any) -> None:
    code, out, _ = cli("strategies", "sa-xgb", "random")
    assert code == 0
    lines = [line.split() for line in out.splitlines()]
    assert ["sa-xgb", "plan_size", "8"] in lines
    assert any(line[:2] == ["sa-xgb", "annealing.steps"] for line in lines)
    assert ["random", "none"] in lines


def test_as_json(cli: Any, own: Path) -> None:
    _, out, _ = cli("strategies", "--json")
    rows = {row["name"]: row for row in json.loads(out)["strategies"]}
    assert list(rows) == list(STRATEGIES)
    assert rows["sa-xgb"]["options"]["plan_size"] == 8
    assert all(row["summary"] and row["error"] is None for row in rows.values())
    _, out, _ = cli("strategies", f"{own}:Mine", f"{own}:Silent", "--json")
    rows = {row["name"]: row for row in json.loads(out)["strategies"]}
    assert rows[f"{own}:Mine"]["summary"] == "Mine alone."
    assert rows[f"{own}:Mine"]["from"] == "own"
    assert rows[f"{own}:Silent"]["summary"] == ""


@pytest.mark.usefixtures("plug_ins")
def test_a_broken_plug_in_is_listed(cli: Any, tmp_path: Path) -> None:
    code, out, err = cli("strategies")
    assert code == 0
    assert "gone-search 1.0  cannot be used" in out
    assert "plug-in random = no_such_module:Gone of gone-search 1.0 is passed over" in err
    assert "plug-in gone = no_such_module:Gone of gone-search 1.0: importing no_such_mod" in err
    path = tmp_path / "s.gz"
    write_space(made_space(), path)
    assert cli("replay", path, "--search", "random", "--seeds", 1)[0] == 0
    code, _, err = cli("replay", path, "--search", "gone", "--seeds", 1)
    assert (code, "importing no_such_module failed" in err) == (2, True)
    tuned = ("tune", "matmul:m=8,k=8,n=16", "--dry-run", "--search")
    assert cli(*tuned, "grid")[0] == 0
    code, _, err = cli(*tuned, "gone")
    assert (code, "importing no_such_module failed" in err) == (2, True)


def test_checks(cli: Any, own: Path) -> None:
    code, out, _ = cli("strategies", "--check", f"{own}:Mine")
    assert code == 0
    assert all(line.endswith("ok") for line in out.splitlines()[1:])
    code, out, _ = cli("strategies", "--check", f"{own}:Careless", "--json")
    assert code == 1
    failures = {row["check"]: row["failure"] for row in json.loads(out)["checks"]}
    assert failures.pop("refusals").startswith("was asked for -1 proposals")
    assert not any(failures.values())


def test_checks_of_nothing_and_what_is_not_there(cli: Any, own: Path) -> None:
    code, _, err = cli("strategies", "--check")
    assert (code, "name the strategies to check" in err) == (2, True)
    code, _, err = cli("strategies", "best")
    assert (code, "no search strategy 'best'" in err) == (2, True)
    code, _, err = cli("strategies", f"{own}:Demanding")
    assert code == 0
    assert "its options are to be a dataclass whose fields all have defaults" in err


def test_one_of_ones_own_replays(cli: Any, own: Path, tmp_path: Path) -> None:
    path = tmp_path / "s.gz"
    write_space(made_space(), path)
    code, out, _ = cli("replay", path, "--search", f"{own}:Mine,random", "--seeds", 2, "--json")
    assert code == 0
    mine, rand = json.loads(out)["searches"]
    assert mine["search"] == f"{own}:Mine"
    assert mine["trials_by_seed"] == rand["trials_by_seed"]


@pytest.mark.usefixtures("machine")
def test_one_of_ones_own_tunes(cli: Any, own: Path, tmp_path: Path) -> None:
    log = tmp_path / "l.jsonl"
    task = ("tune", "matmul:m=8,k=8,n=16", "--log", log, "--trials", 6)
    code, out, err = cli(*task, "--search", f"{own}:Mine")
    assert (code, "matmul" in out) == (0, True), err
    code, _, err = cli(*task, "--search", f"{own}:Missing")
    assert (code, "has no Missing" in err) == (2, True)
