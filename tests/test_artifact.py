from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from tvmtune.artifact import Argument, Artifact, Manifest, Role
from tvmtune.errors import KernelError
from tvmtune.layout import Layout
from tvmtune.outcome import Outcome, Status

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
    pack_symbols={"x": "kernel_pack_x"},
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


def test_manifests_from_before_conversions_are_read() -> None:
    value = MANIFEST.to_json()
    del value["pack_symbols"]
    assert Manifest.from_json(value) == replace(MANIFEST, pack_symbols={})


@pytest.mark.parametrize(
    ("symbols", "message"),
    [
        ({"w": "f"}, "pack_symbols has 'w'; inputs and outputs are x, y"),
        ({"x": "1f"}, "pack_symbols is .*; expected names of functions by argument"),
        (["x"], "expected names of functions by argument"),
    ],
)
def test_conversions_are_those_of_inputs_and_outputs(symbols: object, message: str) -> None:
    with pytest.raises(KernelError, match=message):
        Manifest.from_json(MANIFEST.to_json() | {"pack_symbols": symbols})


def test_storage_of_an_argument() -> None:
    assert [a.storage_elements for a in ARGUMENTS] == [48, 10, 1, 3]


@pytest.mark.parametrize("data", [b"", b"TVMTUNE0" + bytes(20), b"\x7fELF"])
def test_other_bytes_are_no_artifact(data: bytes) -> None:
    with pytest.raises(KernelError, match="not an artifact of this version of tvmtune: its first"):
        Artifact.from_bytes(data)


@pytest.mark.parametrize("head", [b"{", b"\xff\xfe", b"[1,", b"[" * 100_000])
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


@pytest.mark.parametrize(
    ("field", "value", "wanted"),
    [
        ("symbol", None, "the name of a function"),
        ("symbol", "a b", "the name of a function"),
        ("arguments", [3], "a list of arguments"),
        ("workspace_bytes", "a", "a whole number from 0 to"),
        ("workspace_bytes", -5, "a whole number from 0 to"),
        ("workspace_bytes", 10**15, "a whole number from 0 to"),
        ("workspace_bytes", True, "a whole number from 0 to"),
        ("workspace_bytes", 1.0, "a whole number from 0 to"),
        ("target", 3, "the text of a target"),
        ("target", "zzz", "the text of a target"),
        ("workload", 3, "a text"),
        ("template", None, "a text"),
        ("config", [], "values by name"),
        ("prepare_symbol", 3, "the name of a function, or nothing"),
        ("threads", "x", "a whole number from 1 to"),
        ("threads", 0, "a whole number from 1 to"),
        ("nest_hash", 3, "a text"),
        ("toolchain", {}, "a text"),
        ("flops", -1, "a whole number from 0 to"),
        ("flops", 1.5, "a whole number from 0 to"),
        ("seconds", {"codegen": "1"}, "numbers by name"),
    ],
)
def test_fields_of_manifests_are_checked(field: str, value: object, wanted: str) -> None:
    found = {**MANIFEST.to_json(), field: value}
    message = rf"^manifest of an artifact: {field} is .*; expected {wanted}"
    with pytest.raises(KernelError, match=message):
        Manifest.from_json(found)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "", "argument '': name is ''; expected a name"),
        ("role", [], r"argument 'x': role is \[\]; expected one of input, constant"),
        ("shape", 3, "argument 'x': shape is 3; expected a list of whole numbers from 1"),
        ("shape", [3, "10"], "argument 'x': shape is"),
        ("shape", [3, 0], "argument 'x': shape is"),
        ("shape", [2**40, 2**40], "argument 'x': shape .* takes more than"),
        ("dtype", "zzz", "argument 'x': dtype is 'zzz'; expected one of bool, float16"),
        ("dtype", [], r"argument 'x': dtype is \[\]"),
        ("layout", 3, "argument 'x': layout 3: expected a list of"),
        (
            "layout",
            [[0, 1, None], [1, 1, None], [0, 1, 2**60]],
            "argument 'x': layout .* do not nest",
        ),
        ("layout", [[0, 2**60, None], [1, 1, None], [0, 1, 2**60]], "argument 'x': .* takes more"),
    ],
)
def test_fields_of_arguments_are_checked(field: str, value: object, message: str) -> None:
    found = MANIFEST.to_json()
    found["arguments"][0][field] = value
    with pytest.raises(KernelError, match=f"^manifest of an artifact: {message}"):
        Manifest.from_json(found)


def test_arguments_have_names_of_their_own() -> None:
    found = MANIFEST.to_json()
    found["arguments"][1]["name"] = "x"
    with pytest.raises(KernelError, match="arguments are x, x, p, y; expected names that differ"):
        Manifest.from_json(found)


@pytest.mark.parametrize("value", [[], 3, "text", None])
def test_json_that_is_no_manifest(value: object) -> None:
    with pytest.raises(KernelError, match="manifest of an artifact: "):
        Manifest.from_json(value)  # type: ignore[arg-type]


def test_a_manifest_with_a_layout_that_is_none() -> None:
    value = MANIFEST.to_json()
    value["arguments"][0]["layout"] = [[0, 1, None]]
    with pytest.raises(
        KernelError, match=r"manifest of an artifact: .*every axis must appear once"
    ):
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


@pytest.mark.parametrize("value", [None, 0, 1e-6])
def test_what_a_template_promises_survives(value: float | None) -> None:
    manifest = replace(MANIFEST, max_rel_error=value)
    assert Manifest.from_json(manifest.to_json()).max_rel_error == value
    older = {k: v for k, v in MANIFEST.to_json().items() if k != "max_rel_error"}
    assert Manifest.from_json(older).max_rel_error is None


@pytest.mark.parametrize("value", [-1e-6, 1, True, "1e-6", float("nan")])
def test_a_promise_that_is_none(value: Any) -> None:
    with pytest.raises(KernelError, match=r"max_rel_error is .*expected a number of at least 0"):
        Manifest.from_json({**MANIFEST.to_json(), "max_rel_error": value})
