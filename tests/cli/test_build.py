from __future__ import annotations

from pathlib import Path
from typing import Any

import tvmtune
from tvmtune.deploy.inputs import Inputs

TASK = "matmul:m=8,k=8,n=8"


def test_a_folder_of_kernels(cli: Any, log: Any, record: Any, tmp_path: Path) -> None:
    path = log(record())
    folder = tmp_path / "kernels"
    code, out, err = cli("build", TASK, "--log", path, "-o", folder)
    assert code == 0
    assert "default" in out.splitlines()[1]
    assert "1 kernel in" in out
    assert "warning: " in err
    assert "the default config is used" in err
    assert list(tvmtune.load(folder)) == [TASK]
    promised = tvmtune.load(folder)[TASK].manifest.max_rel_error
    assert promised is not None
    assert 0 < promised < 1e-6


def test_bad_requests(cli: Any, log: Any, record: Any, tmp_path: Path) -> None:
    path = log(record())
    empty = tmp_path / "empty"
    empty.touch()
    (tmp_path / "file").touch()
    for arguments, code, message in [
        (["nothing", "--log", path, "-o", tmp_path], 2, "kind:field=value"),
        ([TASK, "--log", empty, "-o", tmp_path], 1, "is empty"),
        ([TASK, "--log", tmp_path, "-o", tmp_path], 1, "Is a directory"),
        ([TASK, "--log", path, "-o", tmp_path / "file"], 1, "cannot write kernels"),
        ([TASK, "--log", path, "-o", tmp_path, "--template", "none"], 2, "matmul.packed"),
        ([TASK, "--log", path, "-o", tmp_path, "--batch", "4"], 2, "batch 4 is that of a model"),
        ([TASK, "--log", path, "-o", tmp_path, "--max-rel-error", "1e-9"], 2, "packed promises"),
        ([TASK, "--log", path, "-o", tmp_path, "--max-rel-error", "0"], 2, "relative error 0"),
    ]:
        found, out, err = cli("build", *arguments)
        assert (found, out) == (code, "")
        assert message in err.splitlines()[-1]


def test_models_with_nothing_to_build(cli: Any, log: Any, record: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(
        "tvmtune.cli.build_command.read_inputs", lambda *_: Inputs((), ("net.onnx: Relu x3",))
    )
    code, _, err = cli("build", "net.onnx", "--log", log(record()), "-o", "x")
    assert code == 2
    assert err.splitlines()[-1].endswith("net.onnx: there is nothing to build")
