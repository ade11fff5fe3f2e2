from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tvmtune.deploy.folder import MANIFEST
from tvmtune.deploy.loading import load
from tvmtune.deploy.saving import save
from tvmtune.errors import KernelError


def test_what_is_saved_is_loaded(kernel: Any, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "folder"
    first, second = kernel(tile=1), kernel("matmul:m=9,k=8,n=8", tile=2)
    paths = save({"one": first, "two": second}, folder)
    assert sorted(paths) == sorted(folder.iterdir())
    loaded = load(folder)
    assert list(loaded) == ["one", "two"]
    assert loaded["one"].artifact.code == first.artifact.code
    assert loaded["one"].match == first.match
    assert loaded["two"].manifest.workload == "matmul:m=9,k=8,n=8"


def test_saving_again_replaces(kernel: Any, tmp_path: Path) -> None:
    save({"one": kernel(tile=1, seconds=1.0), "two": kernel(tile=2)}, tmp_path)
    before = {path.name for path in tmp_path.iterdir()}
    (tmp_path / "own.txt").write_text("mine")
    save({"one": kernel(tile=1, seconds=2.0)}, tmp_path)
    after = {path.name for path in tmp_path.iterdir()}
    assert after - before == {"own.txt"}
    assert len(before - after) == 1
    assert list(load(tmp_path)) == ["one"]


def test_a_broken_manifest_is_replaced(kernel: Any, tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text("broken")
    save({"one": kernel()}, tmp_path)
    assert list(load(tmp_path)) == ["one"]


def test_a_kernel_without_match(kernel: Any, tmp_path: Path) -> None:
    one = kernel()
    one.match = None
    save({"one": one}, tmp_path)
    assert load(tmp_path)["one"].match is None


def test_a_folder_that_cannot_be_written(kernel: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(KernelError, match="cannot write kernels"):
        save({"one": kernel()}, tmp_path / "file")


def test_folders_that_cannot_be_loaded(kernel: Any, tmp_path: Path) -> None:
    with pytest.raises(KernelError, match=r"No such file.*tvmtune build"):
        load(tmp_path / "missing")
    path, manifest = save({"one": kernel()}, tmp_path)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(KernelError, match="build it again"):
        load(tmp_path)
    path.unlink()
    with pytest.raises(KernelError, match=path.name):
        load(tmp_path)
    value = json.loads(manifest.read_text())
    for broken, message in [
        ("{", "no JSON"),
        ("[]", "no format"),
        (json.dumps({**value, "version": 99}), "version 99"),
        (json.dumps({**value, "kernels": [{"workload": "one"}]}), "has no workload"),
        (manifest.read_text().replace('"file": "', '"file": "../'), "has no workload"),
    ]:
        manifest.write_text(broken)
        with pytest.raises(KernelError, match=message):
            load(tmp_path)
    manifest.write_bytes(b"\xff\xfe")
    with pytest.raises(KernelError, match="can be loaded"):
        load(tmp_path)


def test_loading_needs_no_compiler_and_no_log(kernel: Any, tmp_path: Path) -> None:
    save({"one": kernel()}, tmp_path)
    code = f"import sys, tvmtune; tvmtune.load({str(tmp_path)!r}); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    packages = ("compiler", "codegen", "schedule", "te", "ir", "passes", "search_spaces")
    others = ("measure", "records", "search", "tuner", "workload")
    assert not {f"tvmtune.{name}" for name in (*packages, *others)} & loaded
    assert not {"llvmlite", "onnx", "xgboost"} & loaded
