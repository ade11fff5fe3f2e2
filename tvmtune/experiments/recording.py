"""Measuring a whole space, or a uniform sample of it, into a recorded space."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from tvmtune.deploy.inputs import Inputs
from tvmtune.errors import RecordError, SpaceError, UsageError
from tvmtune.experiments.settled import Settled, columns_of, origin_of, settle
from tvmtune.records import Purpose, Record, read_log
from tvmtune.records.recorded_space import RecordedSpace, RecordedTemplate
from tvmtune.search_spaces.config import Config
from tvmtune.search_spaces.domain import TaskDomain
from tvmtune.target import Target
from tvmtune.tuner.api import MachineryFactory, Watch, tune_inputs
from tvmtune.tuner.equipment import TemplateKey
from tvmtune.tuner.local import compiled_domain
from tvmtune.tuner.options import TuneOptions
from tvmtune.tuner.task import Ending

MOST_CONFIGS = 20_000
"""What is measured exhaustively at most: an hour or so."""

_LARGEST_PRODUCT = 2**20
_CONFIRMED_SHARE, _FEWEST_CONFIRMED, _MOST_CONFIRMED = 0.1, 16, 500
_CONFIRM_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What is to be measured.

    Parameters
    ----------
    inputs
        One workload.
    target
        What for.
    template, restrict
        As of `TuneOptions`.
    sample
        How many configs, drawn uniformly; None: all.
    seed
        Of the order, and of the sample.
    """

    inputs: Inputs
    target: Target
    template: str | None = None
    restrict: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    sample: int | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Extent:
    """The domain of a recording, its template, and how many valid configs it has.

    ``valid`` is None where the product of the knobs is too large to be counted.
    """

    domain: TaskDomain
    template: TemplateKey
    valid: int | None


def extent_of(recording: Recording) -> Extent:
    """Span the domain, and count it.

    Raises
    ------
    UsageError
        If there is more or less than one workload or template, or too many configs to measure
        them all.
    """
    workloads = [found.workload for found in recording.inputs.workloads]
    if len(workloads) != 1:
        raise UsageError(f"a space of one workload is recorded, these are {len(workloads)}")
    domain, templates = compiled_domain(
        workloads[0].text, recording.target.text, recording.template, recording.restrict
    )
    if domain.templates > 1:
        raise UsageError(
            f"a space of one template is recorded, {workloads[0].text} has "
            f"{', '.join(key.name for key in templates)}: choose one with --template"
        )
    valid = None
    if domain.size <= _LARGEST_PRODUCT:
        valid = sum(1 for _ in domain.scan(0))
    if recording.sample is None and (valid is None or valid > MOST_CONFIGS):
        many = "more configs than can be counted" if valid is None else f"{valid:,} configs"
        raise UsageError(
            f"{workloads[0].text} has {many}, at most {MOST_CONFIGS:,} are measured: narrow knobs "
            "(--set KNOB=V,...), or give --sample N"
        )
    return Extent(domain, templates[0], valid)


def options_of(recording: Recording, extent: Extent) -> TuneOptions:
    """How a space is measured: every config once, in random order, and the fastest once more.

    What changes on the machine in that time does not pass for what a knob does.
    """
    wanted = extent.valid if recording.sample is None else recording.sample
    assert wanted is not None
    leaders = min(max(int(_CONFIRMED_SHARE * wanted), _FEWEST_CONFIRMED), _MOST_CONFIRMED)
    return TuneOptions(
        trials=wanted,
        search="random",
        seed=recording.seed,
        template=recording.template,
        restrict=recording.restrict,
        leaders=leaders,
        confirm_s=leaders * _CONFIRM_S,
    )


def record_space(
    recording: Recording,
    extent: Extent,
    log: Path,
    *,
    watch: Watch | None = None,
    machinery: MachineryFactory | None = None,
) -> RecordedSpace | None:
    """Measure what of a space is not in a log yet; the space, or None if it was stopped before.

    Parameters
    ----------
    recording, extent
        What to measure.
    log
        A tuning log; appended to, made if there is none.
    watch, machinery
        As of `tvmtune.tuner.api.tune_inputs`.
    """
    options, inputs = options_of(recording, extent), recording.inputs
    if options.trials is not None and (others := _others(log, recording, extent)):
        options = replace(options, trials=options.trials + others)
    report = tune_inputs(inputs, recording.target, log, options, watch=watch, machinery=machinery)
    if report.ending is Ending.STOPPED:
        return None
    return recorded(read_log([log]).records, recording, extent)


def _others(log: Path, recording: Recording, extent: Extent) -> int:
    """Trials of the same task in a log that are none of the space."""
    records = read_log([log]).records if log.exists() else ()
    task = recording.inputs.workloads[0].workload.text, recording.target.text
    searches = [r for r in records if r.task == task and r.purpose is Purpose.SEARCH]
    return sum(_key(record, extent) is None for record in searches)


def recorded(records: Iterable[Record], recording: Recording, extent: Extent) -> RecordedSpace:
    """What a log says of the configs of a space.

    Parameters
    ----------
    records
        Of a log; those of other tasks, templates and versions are left alone.
    recording, extent
        What was to be measured.

    Raises
    ------
    RecordError
        If they come from more than one model of machine, or nothing was measured.
    """
    workload, target = recording.inputs.workloads[0].workload.text, recording.target.text
    groups: dict[bytes, list[Record]] = {}
    for record in records:
        if record.task == (workload, target) and (key := _key(record, extent)) is not None:
            groups.setdefault(key, []).append(record)
    settled = settle(groups)
    if not settled:
        raise RecordError(f"the log has no measurement of {workload} for {target}")
    return _space_of(settled, recording, extent)


def _key(record: Record, extent: Extent) -> bytes | None:
    """The identity of a record's config; None if it is none of the space."""
    if (record.template, record.template_version) != (
        extent.template.name,
        extent.template.version,
    ):
        return None
    (space,) = extent.domain.spaces
    try:
        point = extent.domain.point(Config(space.template, record.config))
    except SpaceError:
        return None
    return extent.domain.keys(point[np.newaxis])[0]


def _space_of(
    settled: Mapping[bytes, Settled], recording: Recording, extent: Extent
) -> RecordedSpace:
    """The columns, in the order of the points."""
    keys = sorted(settled)
    found = [settled[key] for key in keys]
    return RecordedSpace(
        workload=found[0].search.workload,
        target=found[0].search.target,
        template=_recorded_template(extent),
        exhaustive=len(keys) == extent.valid,
        seed=recording.seed,
        points=np.array([np.frombuffer(key, "<i8")[1:] for key in keys], np.int64),
        origin=origin_of(found),
        **columns_of(found),
    )


def _recorded_template(extent: Extent) -> RecordedTemplate:
    (space,), key = extent.domain.spaces, extent.template
    return RecordedTemplate(
        name=key.name, version=key.version, knobs={k.name: k.values for k in space.knobs}
    )
