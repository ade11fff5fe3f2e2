"""A tuning log as a recorded space: what was measured of one task and template."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tvmtune.errors import RecordError, UsageError
from tvmtune.experiments.settled import columns_of, origin_of, settle
from tvmtune.records import Record
from tvmtune.records.record import config_text
from tvmtune.records.recorded_space import RecordedSpace, RecordedTemplate
from tvmtune.search_spaces.knobs import plain

_SHOWN = 5


def space_of_log(
    records: Iterable[Record],
    workload: str | None = None,
    target: str | None = None,
    template: str | None = None,
) -> RecordedSpace:
    """What was measured of one task and template, in the newest version of the template.

    Knobs have the values that were measured, numbers in their order.  A search measures what it
    thinks is good: the space is no uniform sample.

    Parameters
    ----------
    records
        Of a log.
    workload, target, template
        Canonical texts and a name, to choose by; None: there is only one.

    Raises
    ------
    UsageError
        If there are several tasks or templates, or none that was asked for.
    RecordError
        If nothing was measured, or configs have different knobs.
    """
    chosen = _newest(_only([*records], workload, target, template))
    groups: dict[str, list[Record]] = {}
    for record in chosen:
        groups.setdefault(config_text(record.config), []).append(record)
    found = [one for _, one in sorted(settle(groups).items())]
    if not any(one.search.ok for one in found):
        raise RecordError(f"the log has no time of {chosen[0].workload} for {chosen[0].target}")
    configs = [{k: plain(v) for k, v in one.search.config.items()} for one in found]
    if len({frozenset(config) for config in configs}) > 1:
        raise RecordError(f"the log has configs of {chosen[0].template} with different knobs")
    knobs = {name: _ordered([config[name] for config in configs]) for name in configs[0]}
    return RecordedSpace(
        workload=chosen[0].workload,
        target=chosen[0].target,
        template=RecordedTemplate(
            name=chosen[0].template, version=chosen[0].template_version, knobs=knobs
        ),
        exhaustive=False,
        seed=chosen[0].seed,
        points=np.array([[knobs[k].index(c[k]) for k in knobs] for c in configs], np.int64),
        origin=origin_of(found),
        **columns_of(found),
    )


def _only(
    records: Sequence[Record], workload: str | None, target: str | None, template: str | None
) -> list[Record]:
    """The records that were asked for, of one task and template."""
    asked = {"workload": workload, "target": target, "template": template}
    for field, wanted in asked.items():
        known = _known(records, field)
        records = [r for r in records if wanted in (None, getattr(r, field))]
        if not records:
            raise UsageError(f"the log has nothing of {field} {wanted}; {_listed(known)}")
    for field in asked:
        if len(known := _known(records, field)) > 1:
            raise UsageError(
                f"the log has several {field}s: choose one with --{field}; {_listed(known)}"
            )
    return [*records]


def _known(records: Sequence[Record], field: str) -> list[str]:
    return sorted({getattr(record, field) for record in records})


def _listed(known: Sequence[str]) -> str:
    more = f", ... ({len(known)})" if len(known) > _SHOWN else ""
    return f"it has {', '.join(known[:_SHOWN])}{more}"


def _newest(records: Sequence[Record]) -> list[Record]:
    """Those of the version of the template that was measured last."""
    version = max(records, key=lambda record: record.start_s).template_version
    return [record for record in records if record.template_version == version]


def _ordered(values: Sequence[Any]) -> tuple[Any, ...]:
    """The different values, sorted where they compare."""
    different = dict.fromkeys(values)
    kinds = {type(value) for value in different}
    return tuple(sorted(different) if len(kinds) == 1 else different)
