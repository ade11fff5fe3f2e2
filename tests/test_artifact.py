from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from tvmtune.artifact import Argument, Artifact, Manifest, Outcome, Role, Status
from tvmtune.errors import KernelError, LayoutError
from tvmtune.layout import Layout

ARGUMENTS = (
    Argument("x", Role.INPUT, (3, 10), "float32", Layout.blocked(2, [(1, 8)])),
    Argument("w", Role.CONSTANT, (10,), "int32", Layout.plain(1)),
    Argument("p", Role.PREPARED, (), "bool", Layout.plain(0)),
    Argument("y", Role.OUTPUT, (3,), "float64", Layout.plain(1)),
)
MANIFEST = Manifest(
    symbol="kernel",
    arguments=ARGUMENTS,
    workspace_bytes=128,
    target="cpu:threads=2,isa=avx2",
    workload="matmul:m=3,k=10,n=3",
    template="matmul.packed",
    config={"tile": [2, 4], "order": "n", "unroll": True},
    prepare_symbol="kernel_prepare",
    threads=2,
    nest_hash="abc",
    toolchain="llvmlite",
    seconds={"lowering": 0.5},
)


def test_bytes_round_trip() -> None:
    artifact = Artifact(MANIFEST, b"\x00\x01code")
    again = Artifact.from_bytes(artifact.to_bytes())
    assert again.manifest == MANIFEST
    assert again.code == artifact.code
    assert again.digest == hashlib.sha256(b"\x00\x01code").hexdigest()


def test_the_digest_is_that_of_the_code() -> None:
    first = Artifact(MANIFEST, b"code")
    second = Artifact(replace(MANIFEST, seconds={"lowering": 9.0}), b"code")
    assert first.digest == second.digest != Artifact(MANIFEST, b"other").digest


def test_manifests_are_json() -> None:
    text = json.dumps(MANIFEST.to_json())
    assert Manifest.from_json(json.loads(text)) == MANIFEST


def test_storage_of_an_argument() -> None:
    assert [a.storage_elements for a in ARGUMENTS] == [48, 10, 1, 3]


@pytest.mark.parametrize("data", [b"", b"TVMTUNE0" + bytes(20), b"\x7fELF"])
def test_other_bytes_are_no_artifact(data: bytes) -> None:
    with pytest.raises(KernelError, match="not an artifact of this version of tvmtune: its first"):
        Artifact.from_bytes(data)


@pytest.mark.parametrize("head", [b"{", b"\xff\xfe", b"[1,"])
def test_a_broken_manifest(head: bytes) -> None:
    data = b"TVMTUNE1" + len(head).to_bytes(8, "little") + head
    with pytest.raises(KernelError, match="artifact with a broken manifest: "):
        Artifact.from_bytes(data)


@pytest.mark.parametrize(
    "change",
    [
        {"symbol": ...},
        {"arguments": [{}]},
        {"arguments": 3},
        {"colour": "red"},
        {"arguments": [{**ARGUMENTS[0].to_json(), "role": "guest"}]},
    ],
)
def test_a_manifest_of_something_else(change: dict[str, object]) -> None:
    value = {**MANIFEST.to_json(), **change}
    value = {k: v for k, v in value.items() if v is not ...}
    with pytest.raises(KernelError, match="manifest of an artifact: "):
        Manifest.from_json(value)


@pytest.mark.parametrize("value", [[], 3, "text", None])
def test_json_that_is_no_manifest(value: object) -> None:
    with pytest.raises(KernelError, match="manifest of an artifact: "):
        Manifest.from_json(value)  # type: ignore[arg-type]


def test_a_manifest_with_a_layout_that_is_none() -> None:
    value = MANIFEST.to_json()
    value["arguments"][0]["layout"] = [[0, 1, None]]
    with pytest.raises((KernelError, LayoutError), match="every axis must appear once"):
        Manifest.from_json(value)


def test_outcomes_are_json() -> None:
    outcome = Outcome(
        status=Status.OK,
        samples_s=(0.1, 0.2),
        median_s=0.15,
        truncated=True,
        seconds={"running": 1.0},
        checks={"seeds": [1, 2]},
        artifact_digest="d",
        nest_hash="n",
    )
    assert Outcome.from_json(json.loads(json.dumps(outcome.to_json()))) == outcome
    failed = Outcome(status=Status.CRASH, detail="signal 11", where="runner")
    assert Outcome.from_json(failed.to_json()) == failed
