from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tvmtune.deploy.folder import MANIFEST, digest
from tvmtune.deploy.loading import load
from tvmtune.deploy.saving import save
from tvmtune.errors import KernelError, NoKernelError, UsageError
from tvmtune.workload import parse


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


def test_workloads_are_found_by_any_text(kernel: Any, tmp_path: Path) -> None:
    c2, matmul = parse("C2").text, "matmul:m=8,k=8,n=8"
    save({c2: kernel(c2), matmul: kernel(matmul)}, tmp_path)
    kernels = load(tmp_path)
    assert kernels["C2"] is kernels[c2]
    assert kernels["matmul: n=8, k=8, m=8"] is kernels[matmul]
    assert "M512" not in kernels
    assert kernels.get("nonsense") is None
    assert repr(kernels).startswith("<2 kernels of ")
    for name, message in [
        ("M512", rf"has no kernel of 'M512'; it has {c2}, {matmul}"),
        ("matmul:m=8", "no kernel of 'matmul:m=8' (workload 'matmul:m=8': k, n not given"),
        (3, "has no kernel of 3; it has"),
    ]:
        with pytest.raises(NoKernelError, match=re.escape(message)) as caught:
            _ = kernels[name]  # type: ignore[index]
        assert isinstance(caught.value, KeyError)
        assert str(caught.value).startswith(str(tmp_path))


def test_the_folder_is_a_path() -> None:
    with pytest.raises(UsageError, match=r"tvmtune.load: directory 3 is of type int"):
        load(3)  # type: ignore[arg-type]


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


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"version": True}, "no format"),
        ({"kernels": 3}, "no format"),
        ({"kernels": [[]]}, "has no workload"),
        ({"match": 3}, "match of a kernel: "),
        ({"match": {}}, "match of a kernel: .*'kind'"),
        ({"kind": 3}, "match of a kernel: kind is 3; expected a text"),
        ({"reason": None}, "match of a kernel: reason is None; expected a text"),
        ({"config": []}, r"match of a kernel: config is \[\]; expected values by name"),
        ({"record_id": 3}, "match of a kernel: record_id is 3; expected a text, or nothing"),
        ({"figure_s": "x"}, "match of a kernel: figure_s is 'x'; expected a number"),
        ({"confirmed": 1}, "match of a kernel: confirmed is 1; expected true or false"),
        ({"refused": "x"}, "match of a kernel: refused is 'x'; expected numbers by name"),
    ],
)
def test_manifests_with_other_types(
    kernel: Any, tmp_path: Path, broken: dict[str, Any], message: str
) -> None:
    *_, manifest = save({"one": kernel()}, tmp_path)
    value = json.loads(manifest.read_text())
    (entry,) = value["kernels"]
    for place in (value, entry, entry["match"]):
        place |= {name: new for name, new in broken.items() if name in place}
    manifest.write_text(json.dumps(value))
    with pytest.raises(KernelError, match=message):
        load(tmp_path)


def test_a_nested_manifest(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text("[" * 100_000)
    with pytest.raises(KernelError, match=r"holds no kernels .*nested too deeply"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'"threads": 1', b'"threads": "x"', "manifest of an artifact: threads is 'x'"),
        (b'"symbol": "kernel"', b'"symbol": null', "manifest of an artifact: symbol is None"),
        (b'"float32"', b'"zzz"', "manifest of an artifact: argument 'x': dtype is 'zzz'"),
        (b'"tile": 1', b'"tile": ' + b"[" * 100_000, "manifest: it is nested too deeply"),
    ],
)
def test_kernels_with_other_types_and_a_right_checksum(
    kernel: Any, tmp_path: Path, old: bytes, new: bytes, message: str
) -> None:
    path, manifest = save({"one": kernel(tile=1)}, tmp_path)
    data = path.read_bytes()
    end = 16 + int.from_bytes(data[8:16], "little")
    head = data[16:end].replace(old, new)
    assert head != data[16:end]
    damaged = data[:8] + len(head).to_bytes(8, "little") + head + data[end:]
    path.write_bytes(damaged)
    manifest.write_text(manifest.read_text().replace(digest(data), digest(damaged)))
    with pytest.raises(KernelError, match=rf"can be loaded: {path.name}: .*{message}"):
        load(tmp_path)


def test_loading_needs_no_compiler_and_no_log(kernel: Any, tmp_path: Path) -> None:
    save({"one": kernel()}, tmp_path)
    code = f"import sys, tvmtune; tvmtune.load({str(tmp_path)!r}); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    packages = ("compiler", "codegen", "schedule", "te", "ir", "passes", "search_spaces")
    others = ("measure", "records", "search", "tuner")
    assert not {f"tvmtune.{name}" for name in (*packages, *others)} & loaded
    assert not {"llvmlite", "onnx", "xgboost"} & loaded
