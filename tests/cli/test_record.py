from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.experiments.synthetic import made_space
from tvmtune.records.recorded_space import read_space, write_space

WORKLOAD = "matmul:m=8,k=8,n=16"
NARROW = ("--set", "tile_m=2,4", "--set", "steps=1", "--set", "order=m_outer")


def test_a_dry_run_counts(cli: Any, tmp_path: Path) -> None:
    out = tmp_path / "s.gz"
    code, said, _ = cli("record", WORKLOAD, *NARROW, "-o", out, "--dry-run")
    assert code == 0
    assert "valid configs of a product of" in said
    assert not list(tmp_path.iterdir())
    code, said, _ = cli(
        "record", "C2", "--template", "conv2d.direct", "--sample", 9, "-o", out, "--dry-run"
    )
    assert (code, "more than can be counted" in said) == (0, True)


@pytest.mark.slow
def test_a_space_is_recorded_and_replayed(cli: Any, tmp_path: Path) -> None:
    out = tmp_path / "s.gz"
    code, said, _ = cli("record", WORKLOAD, *NARROW, "-o", out)
    assert code == 0
    space = read_space(out)
    assert f"{len(space)} configs (all, 0 failed), best" in said
    assert space.exhaustive
    assert space.noise is not None
    before = out.read_bytes()
    assert cli("record", WORKLOAD, *NARROW, "-o", out)[0] == 0
    assert out.read_bytes() == before
    code, said, _ = cli("replay", out, "--search", "random,grid", "--seeds", 2)
    assert code == 0
    assert "2 of 2" in said


def test_replays_as_json(cli: Any, tmp_path: Path) -> None:
    path = tmp_path / "s.gz"
    write_space(made_space(), path)
    code, said, _ = cli(
        "replay", path, "--search", "random, sa-xgb", "--seeds", 3, "--trials", 60, "--json"
    )
    assert code == 0
    rows = json.loads(said)["searches"]
    assert [row["search"] for row in rows] == ["random", "sa-xgb"]
    assert all(len(row["trials_by_seed"]) == 3 for row in rows)
    code, said, _ = cli("replay", path, "--search", "random", "--seeds", 1, "--trials", 1)
    assert code == 0
    assert "0 of 1" in said


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["record", "C2", "-o", "s.gz"], 2, "choose one with --template"),
        (
            ["record", "conv2d:ci=64,h=28,co=64,k=1", "--template", "conv2d.direct", "-o", "s.gz"],
            2,
            "narrow knobs",
        ),
        (["record", WORKLOAD, "-o", "s.gz", "--sample", "0"], 2, "give at least 1 (--sample N)"),
        (["replay", "none.gz"], 1, "none.gz: cannot be read"),
        (["replay", "SPACE", "--search", "best"], 2, "no search strategy"),
        (["replay", "SPACE", "--search", ","], 2, "name a strategy"),
        (["replay", "SPACE", "--seeds", "0"], 2, "at least 1 seed"),
        (["replay", "SPACE", "--share", "1.5"], 2, "a share between 0 and 1"),
    ],
)
def test_bad_requests(
    arguments: list[str], code: int, message: str, cli: Any, tmp_path: Path
) -> None:
    path = tmp_path / "s.gz"
    write_space(made_space(), path)
    given = [str(path) if a == "SPACE" else a for a in arguments]
    found, out, err = cli(*given)
    assert (found, out) == (code, "")
    assert message in err
