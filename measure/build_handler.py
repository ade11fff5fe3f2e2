"""Answers build requests, with whatever builds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tvmtune.artifact import Artifact
from tvmtune.codegen.llvm import compile_object, set_flags
from tvmtune.codegen.probes import make_probe
from tvmtune.errors import SpaceError, TvmtuneError
from tvmtune.measure.candidate import Built
from tvmtune.measure.child import Progress, describe
from tvmtune.measure.frames import Frame, Payload
from tvmtune.outcome import Status
from tvmtune.target import parse_target


class BuildHandler:
    """Builds what requests name; what cannot be built is an answer and not an error.

    Parameters
    ----------
    build
        Builds from a request in plain JSON values.
    flags
        LLVM's flags, set when the first build comes: what is wrong with one is that build's fault.
    rehearse
        Tries what a request and a text name of a template, without building.
    """

    def __init__(
        self,
        build: Callable[[Mapping[str, Any]], Built],
        flags: Sequence[str] = (),
        rehearse: Callable[[Mapping[str, Any], str], None] = lambda _request, _part: None,
    ) -> None:
        self._build = build
        self._flags = tuple(flags)
        self._rehearse = rehearse

    def answer(
        self, message: Mapping[str, Any], _payloads: Sequence[Payload], progress: Progress
    ) -> Frame:
        """Answer one request, ``{"op": "build", ...}``, ``"probe"`` or ``"rehearse"``."""
        rehearsing = message["op"] == "rehearse"
        progress("rehearsing" if rehearsing else "building")
        try:
            if rehearsing:
                self._rehearse(message["request"], message["part"])
                return Frame({"status": Status.OK.value})
            built = self._built(message)
        except SpaceError as error:
            return _refused(Status.INVALID, error)
        except TvmtuneError as error:
            return _refused(Status.BUILD_ERROR, error)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 (a template may raise anything)
            return Frame({"status": Status.BUILD_ERROR.value, "detail": describe(error)})
        message = {"status": Status.OK.value, "sources": dict(built.sources)}
        return Frame(message, [built.artifact.to_bytes()])

    def _built(self, message: Mapping[str, Any]) -> Built:
        flags, self._flags = self._flags, ()
        set_flags(flags)
        if message["op"] == "probe":
            return Built(_probe(message))
        return self._build(message["request"])


def _probe(message: Mapping[str, Any]) -> Artifact:
    target = parse_target(message["target"])
    probe = make_probe(message["probe"], target, int(message["size_bytes"]))
    return Artifact(probe.manifest, compile_object(probe.text, target))


def _refused(status: Status, error: TvmtuneError) -> Frame:
    detail = f"{type(error).__name__}: {error}" + (f"\n{error.detail}" if error.detail else "")
    return Frame({"status": status.value, "detail": detail})
