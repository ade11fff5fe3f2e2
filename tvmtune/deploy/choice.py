"""Which config to build a workload with: the best of a log, or the default."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from tvmtune.compiler.accuracy import exact_enough, promised_errors
from tvmtune.compiler.domains import task_domain
from tvmtune.compiler.request import BuildRequest
from tvmtune.compiler.templates import templates_for
from tvmtune.deploy.match import DEFAULT, LogMatch
from tvmtune.deploy.nests import current_nest_hash
from tvmtune.errors import TemplateError
from tvmtune.records import Exactness, Here, Match, MatchKind, Record, find_best
from tvmtune.references import canonical_reference
from tvmtune.target import Target
from tvmtune.workload import Workload

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Choice:
    """What to ask the builder for, and how the log was matched."""

    request: BuildRequest
    match: LogMatch


def choose(
    workload: Workload,
    target: Target,
    records: Sequence[Record] | None,
    here: Here,
    *,
    template: str | None = None,
    keep_sources: bool = False,
    max_rel_error: float | None = None,
) -> Choice:
    """Choose the config of a workload on a target.

    Parameters
    ----------
    workload, target
        What to build, and for what.
    records
        Of a log, of any tasks; None: no log was given.
    here
        This machine and its versions.
    template
        Use this template only.
    keep_sources
        Whether the builder is to keep what the code is generated from.
    max_rel_error
        Leave out records of a larger measured error, and default configs of templates that promise
        a larger one: max|y - y64| / max|y64| on standard normal operands; None: none is.

    Raises
    ------
    TemplateError
        If no template serves the workload, or none promises that and no record in the log is as
        exact.
    """
    template = template and canonical_reference(template)
    found = _look_up(workload, target, records or (), here, template, max_rel_error)
    if found.record is None:
        name, knobs = _default(workload, target, template, max_rel_error, records or ())
        reason = found.reason if records is not None else "no log was given"
    else:
        name, knobs, reason = found.record.template, dict(found.record.config), found.reason
    request = BuildRequest(
        workload=workload.text,
        target=target.text,
        template=name,
        config=knobs,
        keep_sources=keep_sources,
        packing=True,
    )
    match = _match(found, name, knobs, reason)
    if records is not None:
        _warn(workload, match)
    return Choice(request, match)


def _look_up(
    workload: Workload,
    target: Target,
    records: Sequence[Record],
    here: Here,
    template: str | None,
    max_rel_error: float | None,
) -> Match:
    found = templates_for(workload, target, template)
    versions = {template or t.name: str(t.version) for t in found}
    exactness = None
    if max_rel_error is not None:
        promises = promised_errors(found, workload)
        exactness = Exactness(max_rel_error, {template or n: e for n, e in promises.items()})
    task = workload.text, target.text
    return find_best(
        records, task, versions, here, nest_hash=current_nest_hash, exactness=exactness
    )


def _default(
    workload: Workload,
    target: Target,
    template: str | None,
    max_rel_error: float | None,
    records: Sequence[Record],
) -> tuple[str, dict[str, object]]:
    """The default config of the first template that serves the workload, and is exact enough."""
    found = templates_for(workload, target, template)
    try:
        names = {t.name for t in exact_enough(found, workload, max_rel_error)}
    except TemplateError as error:
        raise TemplateError(f"{error}{_most_exact(workload, target, records)}") from error
    domain = task_domain(workload, target, template)
    defaults = map(domain.config_of, domain.defaults())
    config = next(config for config in defaults if config.template in names)
    return template or config.template, config.knobs_json()


def _most_exact(workload: Workload, target: Target, records: Sequence[Record]) -> str:
    """What to add to an error: the smallest one that a log has of the task."""
    task = workload.text, target.text
    known = [r.rel_error for r in records if r.task == task and r.ok and r.harder_error is not None]
    least = min((error for error in known if error is not None), default=None)
    return "" if least is None else f"; the most exact one of the log has {least:.3g}"


def _match(found: Match, template: str, knobs: dict[str, object], reason: str) -> LogMatch:
    standing = found.standing
    return LogMatch(
        kind=DEFAULT if found.record is None else found.kind.value,
        reason=reason,
        template=template,
        config=knobs,
        record_id=found.record.id if found.record else None,
        figure_s=standing.figure_s if standing else None,
        confirmed=standing is not None and standing.confirmed,
        refused={refusal.reason: refusal.count for refusal in found.refused},
    )


def _warn(workload: Workload, match: LogMatch) -> None:
    if match.is_default:
        _log.warning("%s; the default config is used", match.reason)
    elif match.kind == MatchKind.OTHER_MACHINE:
        _log.warning("%s: %s", workload.text, match.reason)
    for reason, count in match.refused.items():
        _log.info("%s: records refused (%d): %s", workload.text, count, reason)
