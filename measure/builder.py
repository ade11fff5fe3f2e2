"""The builder process: turns build requests into artifacts, and tries strange templates.

Run as ``python -m tvmtune.measure.builder [LLVM FLAG...] LIMITS`` by its parent.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from tvmtune.compiler.building import build, sources
from tvmtune.compiler.rehearsal import Part, rehearse
from tvmtune.compiler.request import BuildRequest
from tvmtune.measure.build_handler import BuildHandler
from tvmtune.measure.candidate import Built
from tvmtune.measure.child import Handler, serve


def build_requested(request: Mapping[str, Any]) -> Built:
    """Build from a request in JSON, keeping sources if it asks for them."""
    parsed = BuildRequest.from_json(request)
    artifact = build(parsed)
    return Built(artifact, sources(parsed) if parsed.keep_sources else {})


def rehearse_requested(request: Mapping[str, Any], part: str) -> None:
    """Rehearse what a request in JSON names."""
    rehearse(BuildRequest.from_json(request), Part(part))


def _start() -> Handler:
    return BuildHandler(build_requested, sys.argv[1:-1], rehearse_requested).answer


if __name__ == "__main__":
    serve(_start)
