"""``tvmtune export`` and ``tvmtune import``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.experiments.synthetic import made_space
from tvmtune.records.recorded_space import read_space, write_space

WORKLOAD = "matmul:m=8,k=8,n=8"


@pytest.mark.parametrize(("form", "key"), [("t4", "results"), ("cache", "cache")])
def test_there_and_back(form: str, key: str, cli: Any, tmp_path: Path) -> None:
    space, file, back = tmp_path / "s.gz", tmp_path / "x_T4.json", tmp_path / "back.gz"
    write_space(made_space(), space)
    code, said, _ = cli("export", space, "--format", form, "-o", file)
    assert code == 0
    assert (
        said == f"{file}: {form}, 528 configs of matmul:m=32,k=32,n=64 for {made_space().target}\n"
    )
    assert len(json.loads(file.read_text())[key]) == len(made_space())
    code, said, _ = cli("import", file, "-o", back, "--exhaustive")
    assert code == 0
    assert "528 configs of" in said
    assert "(53 failed), best " in said
    assert read_space(back).exhaustive
    assert cli("replay", back, "--search", "random", "--seeds", 2)[0] == 0


def test_parameters(cli: Any, tmp_path: Path) -> None:
    space, file = tmp_path / "s.gz", tmp_path / "t1.json"
    write_space(made_space(), space)
    assert cli("export", space, "--format", "t1", "-o", file)[0] == 0
    value = json.loads(file.read_text())
    assert value["KernelSpecification"]["KernelFile"] == "t1.json"


def test_a_log(cli: Any, tmp_path: Path, log: Callable[..., Path], record: Any) -> None:
    other = record(workload="matmul:m=9,k=8,n=8")
    path, out = log(record(1), record(2), other), tmp_path / "x.json.gz"
    code, _, err = cli("export", path, "-o", out)
    assert code == 2
    assert "several workloads: choose one with --workload" in err
    with open(path, "a") as file:
        file.write("something else\n")
    code, said, err = cli(
        "export", path, "-o", out, "--workload", WORKLOAD, "--target", "cpu:isa=avx2"
    )
    assert (code, "t4, 2 configs" in said) == (0, True)
    assert "1 line left out" in err


def test_files_of_others_are_named(cli: Any, tmp_path: Path) -> None:
    file, out = tmp_path / "convolution_T4.json", tmp_path / "s.gz"
    value = {
        "results": [
            {"configuration": {"x": 1}, "times": {"runtimes": [0.1]}, "invalidity": "correct"}
        ]
    }
    file.write_text(json.dumps(value))
    assert cli("import", file, "-o", out)[0] == 0
    space = read_space(out)
    assert (space.workload, space.target, space.exhaustive) == ("convolution", "unknown", False)
    assert space.origin == {"imported": "convolution_T4.json"}
    assert cli("import", file, "-o", out, "--kernel", "conv", "--target", "A100")[0] == 0
    assert (read_space(out).workload, read_space(out).target) == ("conv", "A100")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["export", "SPACE", "-o", "x", "--format", "t2"], 2, "no format 't2'; there are t4, t1"),
        (["export", "SPACE", "-o", "x", "--template", "t"], 2, "leave out --template"),
        (["export", "none.gz", "-o", "x"], 1, "none.gz: cannot be read"),
        (["export", "LOG", "-o", "x", "--workload", "C2"], 2, "nothing of workload conv2d"),
        (["export", "SPACE", "-o", "no/x"], 1, "cannot be written"),
        (["import", "none.json", "-o", "x"], 1, "none.json: cannot be read"),
        (["import", "SPACE", "-o", "x"], 1, "not T4: there are no results"),
        (["import", "LOG", "-o", "x"], 1, "not JSON, or torn"),
    ],
)
def test_bad_requests(
    arguments: list[str], code: int, message: str, cli: Any, tmp_path: Path, log: Any, record: Any
) -> None:
    space = tmp_path / "s.gz"
    write_space(made_space(), space)
    places = {"SPACE": str(space), "LOG": str(log(record(1), record(2)))}
    found, out, err = cli(*[places.get(a, a) for a in arguments])
    assert (found, out) == (code, "")
    assert message in err
