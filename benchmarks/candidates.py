"""Configs as what builders take."""

from __future__ import annotations

from tvmtune.compiler.request import BuildRequest
from tvmtune.measure.candidate import Candidate
from tvmtune.search_spaces.config import Config
from tvmtune.target import Target
from tvmtune.workload import Workload


def candidate_of(
    workload: Workload,
    target: Target,
    config: Config,
    *,
    template: str | None = None,
    keep_sources: bool = False,
) -> Candidate:
    """A config as a candidate.

    Parameters
    ----------
    workload, target, config
        What to build.
    template
        A reference to a template that takes the config in place of its own.
    keep_sources
        Whether to keep assembly and intermediate code.
    """
    request = BuildRequest(
        workload=workload.text,
        target=target.text,
        template=template or config.template,
        config=config.knobs_json(),
        keep_sources=keep_sources,
    )
    return Candidate(config.text, request.to_json())
