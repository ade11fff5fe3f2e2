"""What a log says of configs: the search record of each, its confirmation, and both as columns."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from tvmtune.errors import RecordError
from tvmtune.outcome import Status
from tvmtune.records import Purpose, Record

_BUILDING = ("lowering", "codegen")
_LONGEST_GAP_S = 30.0
"""Between two trials; what is longer is a pause in which nothing was measured."""

_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of a config: the record of its search, and its last confirmation, if any."""

    search: Record
    confirmed: Record | None


def settle(groups: Mapping[_Key, Sequence[Record]]) -> dict[_Key, Settled]:
    """What came of configs, by the records of each; those left out of which only machinery failed.

    Raises
    ------
    RecordError
        If they come from more than one model of machine.
    """
    settled = {key: found for key, group in groups.items() if (found := _settled(group))}
    models = {str(one.search.fingerprint.get("cpu", "")) for one in settled.values()}
    if len(models) > 1:
        raise RecordError(
            f"the log has configs of several models of machine ({', '.join(sorted(models))}): "
            "their times do not compare; record each in a log of its own"
        )
    return settled


def columns_of(settled: Iterable[Settled]) -> dict[str, Any]:
    """Fields of a `RecordedSpace` that say how each config ended and what it took."""
    found = [*settled]
    searches = [one.search for one in found]
    confirmed = [one.confirmed for one in found]
    return {
        "statuses": tuple(r.status for r in searches),
        "search_s": _column(r.median_s if r.ok else None for r in searches),
        "confirmed_s": _column(c.median_s if c is not None else None for c in confirmed),
        "build_s": _column(step_seconds(r, building=True) for r in searches),
        "run_s": _column(step_seconds(r, building=False) for r in searches),
    }


def origin_of(settled: Iterable[Settled]) -> dict[str, Any]:
    """Where the records come from: machine, versions and settings are those of the last."""
    found = [*settled]
    searches = sorted((one.search for one in found), key=lambda record: record.start_s)
    first, last = searches[0], searches[-1]
    return {
        "fingerprint": dict(last.fingerprint),
        "toolchain": dict(last.toolchain),
        "settings": dict(last.settings),
        "start_s": first.start_s,
        "took_s": _took_s([r for one in found for r in (one.search, one.confirmed) if r]),
    }


def step_seconds(record: Record, *, building: bool) -> float:
    """Seconds of the steps of a trial that build, or of all others."""
    return sum(s for step, s in record.seconds.items() if (step in _BUILDING) is building)


def _took_s(records: Sequence[Record]) -> float:
    """Seconds from the first start to the last, pauses left out."""
    gaps = np.diff(np.sort([record.start_s for record in records]))
    return float(np.minimum(gaps, _LONGEST_GAP_S).sum())


def _settled(group: Sequence[Record]) -> Settled | None:
    """What came of one config; None if only machinery failed."""
    ended = [r for r in group if r.status is not Status.INFRASTRUCTURE]
    searches = [r for r in ended if r.purpose is not Purpose.CONFIRM]
    confirmed = [r for r in ended if r.purpose is Purpose.CONFIRM]
    if not searches:
        return None
    failed = next((r for r in ended if not r.ok), None)
    return Settled(failed or searches[-1], confirmed[-1] if confirmed and not failed else None)


def _column(values: Iterable[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if v is None else v for v in values], np.float64)
