"""The builder's answers, asked in this process."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from tvmtune.artifact import Artifact
from tvmtune.measure import build_handler
from tvmtune.measure.build_handler import BuildHandler
from tvmtune.measure.frames import Frame
from tvmtune.outcome import Status
from tvmtune.target import host_isa


def _ask(planted: ModuleType, fault: str) -> Frame:
    request = {"op": "build", "request": {"config": {"fault": fault}}}
    return BuildHandler(planted.build).answer(request, (), lambda _phase: None)


def test_artifacts_and_sources_are_answered(planted: ModuleType) -> None:
    answer = _ask(planted, "none")
    assert answer.message["status"] == Status.OK
    assert "define" in answer.message["sources"]["llvm"]
    assert Artifact.from_bytes(bytes(answer.payloads[0])).manifest.workload == "planted"


@pytest.mark.parametrize(
    ("fault", "status", "detail"),
    [
        ("no such config", Status.INVALID, "SpaceError: tile 3 is not among 1, 2, 4"),
        ("refused", Status.BUILD_ERROR, "CodegenError: cannot express it\nthe IR"),
        ("bug", Status.BUILD_ERROR, "KeyError: 'tile'\n"),
    ],
)
def test_what_cannot_be_built_is_an_answer(
    planted: ModuleType, fault: str, status: Status, detail: str
) -> None:
    answer = _ask(planted, fault)
    assert answer.message["status"] == status
    assert answer.message["detail"].startswith(detail)


def test_want_of_memory_is_not_the_build_s_word() -> None:
    def build(_request: Any) -> Any:
        raise MemoryError

    with pytest.raises(MemoryError):
        BuildHandler(build).answer({"op": "build", "request": {}}, (), lambda _phase: None)


def test_flags_are_set_before_the_first_build(
    planted: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, ...]] = []
    monkeypatch.setattr(build_handler, "set_flags", seen.append)
    handler = BuildHandler(planted.build, ["-a", "-b"])
    for _ in range(2):
        handler.answer(
            {"op": "build", "request": {"config": {"fault": "none"}}}, (), lambda _phase: None
        )
    assert seen == [("-a", "-b"), ()]


def test_probes_are_built_by_name() -> None:
    handler, target = BuildHandler(lambda _request: None), f"cpu:isa={host_isa()}"  # type: ignore[arg-type, return-value]
    probe = {"op": "probe", "probe": "read", "target": target, "size_bytes": 4096}
    answer = handler.answer(probe, (), lambda _phase: None)
    assert Artifact.from_bytes(bytes(answer.payloads[0])).manifest.arguments[0].shape == (1024,)
    unknown = handler.answer(probe | {"probe": "write"}, (), lambda _phase: None)
    assert unknown.message["status"] == Status.BUILD_ERROR
    assert "known are fma, read" in unknown.message["detail"]


def test_rehearsals_build_nothing() -> None:
    heard = []

    def rehearse(request: Any, part: str) -> None:
        heard.append((request, part))
        if part == "config":
            raise ValueError("a mistake")

    phases: list[str] = []
    handler = BuildHandler(lambda _request: 1 / 0, rehearse=rehearse)  # type: ignore[arg-type, return-value]
    message = {"op": "rehearse", "request": {"template": "T"}, "part": "structure"}
    assert handler.answer(message, (), phases.append).message == {"status": "ok"}
    failed = handler.answer(message | {"part": "config"}, (), phases.append).message
    assert failed["status"] == Status.BUILD_ERROR
    assert failed["detail"].startswith("ValueError: a mistake")
    assert heard == [({"template": "T"}, "structure"), ({"template": "T"}, "config")]
    assert phases == ["rehearsing"] * 2
