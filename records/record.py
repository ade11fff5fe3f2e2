"""One measurement, as a value: what was tried, what came of it, and where it comes from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import isfinite
from operator import itemgetter
from typing import Any

from tvmtune.errors import RecordError
from tvmtune.outcome import Status

SCHEMA_VERSION = 1
"""Version of the fields below; a log of a newer one is left alone."""

DETAIL_LIMIT = 2000
"""Longest error text that a record keeps, in characters."""


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


class Purpose(StrEnum):
    """Why a measurement was made."""

    SEARCH = "search"
    CONFIRM = "confirm"
    """A leading config measured again, interleaved with the others and the default."""
    RETRY = "retry"
    """A trial measured again because the machinery had failed."""


class Proposer(StrEnum):
    """What proposed a config."""

    DEFAULT = "default"
    RANDOM = "random"
    GRID = "grid"
    SEARCH = "search"
    MODEL = "model"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One line of a tuning log.

    Parameters
    ----------
    workload, target, template, template_version, config
        What was measured: canonical texts, and knob values by name as plain JSON values.
    status, detail, where
        How it ended; the text of the error, bounded; the process that failed.
    purpose, proposer, predicted
        Why it was measured, who proposed it, and the model's score for it (None without a model).
    median_s, samples_s, truncated
        Seconds per call, their raw samples, and whether timing was cut short.
    checks
        What of the output was verified.
    start_s, seconds
        Unix time at the start, and the seconds of each step (``lowering``, ``codegen``,
        ``loading``, ``running``, ``checking``).
    flops
        Operations on floats that a call executes; 0 where nobody counted.
    nest_hash, code_hash, artifact_hash, feature_version, seed
        Of the concrete nest, of the sources that made it (empty where nobody looked) and of the
        artifact; version of the features; seed of the search.
    fingerprint, toolchain, settings
        Machine (``cpu``, ``cores``, ``kernel``), versions by package, settings of the measurement:
        records of a run share them, so that they are never changed.
    id
        Short hash of everything else; filled in when empty.
    """

    workload: str
    target: str
    template: str
    template_version: str
    config: Mapping[str, Any]
    status: Status
    purpose: Purpose = Purpose.SEARCH
    proposer: Proposer = Proposer.RANDOM
    predicted: float | None = None
    detail: str = ""
    where: str | None = None
    median_s: float | None = None
    samples_s: tuple[float, ...] = ()
    truncated: bool = False
    checks: Mapping[str, Any] = field(default_factory=dict)
    start_s: float = 0.0
    seconds: Mapping[str, float] = field(default_factory=dict)
    flops: int = 0
    nest_hash: str = ""
    code_hash: str = ""
    artifact_hash: str = ""
    feature_version: str = ""
    seed: int = 0
    fingerprint: Mapping[str, Any] = field(default_factory=dict)
    toolchain: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    schema: int = SCHEMA_VERSION
    id: str = ""

    def __post_init__(self) -> None:
        if len(self.detail) > DETAIL_LIMIT:
            object.__setattr__(self, "detail", _bounded(self.detail))

    @property
    def ok(self) -> bool:
        """Whether there is a time to compare."""
        return self.status is Status.OK and self.median_s is not None

    @property
    def checked_harder(self) -> bool:
        """Whether the output was verified as that of a new best is."""
        return bool(self.checks.get("harder"))

    @property
    def harder_error(self) -> float | None:
        """The error that was measured when it was verified as a new best is; None if not."""
        harder = self.checks.get("harder")
        found = harder.get("rel_error") if isinstance(harder, Mapping) else None
        return float(found) if found is not None and _is_number(found) else None

    @property
    def rel_error(self) -> float | None:
        """The largest max|y - y64| / max|y64| that was measured; None where none is recorded."""
        harder = self.checks.get("harder")
        parts = (self.checks, harder if isinstance(harder, Mapping) else {})
        found = [part["rel_error"] for part in parts if _is_number(part.get("rel_error"))]
        return max(map(float, found), default=None)

    @property
    def task(self) -> tuple[str, str]:
        """Workload and target."""
        return self.workload, self.target

    @property
    def config_key(self) -> tuple[str, str, str]:
        """Template, its version and the config as canonical text: identity within a task."""
        return self.template, self.template_version, config_text(self.config)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        value = {name: getattr(self, name) for name in self.__slots__}
        value["samples_s"] = list(self.samples_s)
        return value

    def with_id(self) -> Record:
        """The record with its `id` filled in."""
        return self if self.id else self.with_another_id()

    def with_another_id(self) -> Record:
        """The record with an `id` made of all that it holds, the present `id` included."""
        return replace(self, id=hashlib.sha256(self.to_text().encode()).hexdigest()[:16])

    def to_text(self) -> str:
        """As JSON in ASCII; raises `RecordError` on values that JSON does not have."""
        try:
            return json.dumps(self.to_json(), separators=(",", ":"), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise RecordError(
                f"record of {self.workload}: {error}; its values must be plain and finite"
            ) from error

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Record:
        """The record that :meth:`to_json` wrote; raises `RecordError` on anything else."""
        fields = {**_ADDED, **value}
        try:
            if not _are_plainly_right(fields):
                for name, check in _CHECKS.items():
                    if not check(fields[name]):
                        raise RecordError(f"record with {name}={str(fields[name])[:60]!r}")
        except KeyError as missing:
            raise RecordError(f"record without {missing.args[0]}") from missing
        if len(fields) != len(_CHECKS):
            raise RecordError(
                f"record with unknown fields {sorted(set(fields) - set(_CHECKS))[:5]}"
            )
        fields["status"] = _STATUS[fields["status"]]
        fields["purpose"] = _PURPOSE[fields["purpose"]]
        fields["proposer"] = _PROPOSER[fields["proposer"]]
        fields["samples_s"] = tuple(fields["samples_s"])
        return Record(**fields)


def config_text(config: Mapping[str, Any]) -> str:
    """Canonical text of knob values by name; tuples and lists are the same."""
    return _CANONICAL.encode(config)


def _bounded(detail: str) -> str:
    """The beginning and the end of a long text: errors say what at one of them."""
    mark = " [...] "
    head = DETAIL_LIMIT // 2
    return detail[:head] + mark + detail[-(DETAIL_LIMIT - head - len(mark)) :]


def _are_plainly_right(fields: Mapping[str, Any]) -> bool:
    """Whether all values are plain and pass their checks: of one type at once, logs are long."""
    return all({*map(type, get(fields))} == {kind} for kind, get in _OF_TYPE) and all(
        check(fields[name]) for name, check in _OTHERS
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict)


def _is_integer(value: Any) -> bool:
    return type(value) is int


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and _is_finite(value)


def _is_seconds(value: Any) -> bool:
    return _is_number(value) and value >= 0


def _are_seconds(values: list[Any]) -> bool:
    """All at once: there may be many."""
    return not values or (_are_numbers(values) and min(values) >= 0)


def _are_numbers(values: Collection[Any]) -> bool:
    """Whether all are numbers that floats can hold, and so is their sum."""
    try:
        return {*map(type, values)} <= {int, float} and isfinite(sum(map(abs, values)))
    except OverflowError:
        return False


def _is_finite(value: float) -> bool:
    """Whether a number is one that a float can hold; integers may be larger."""
    try:
        return isfinite(value)
    except OverflowError:
        return False


_STATUS = {s.value: s for s in Status}
_PURPOSE = {p.value: p for p in Purpose}
_PROPOSER = {p.value: p for p in Proposer}

_ADDED: Mapping[str, Any] = {"flops": 0, "code_hash": ""}
"""Fields that older records of this schema do not have, and what they mean by that."""

_CHECKS: Mapping[str, Callable[[Any], bool]] = {
    "workload": _is_text,
    "target": _is_text,
    "template": _is_text,
    "template_version": _is_text,
    "config": _is_mapping,
    "status": lambda v: _is_text(v) and v in _STATUS,
    "purpose": lambda v: _is_text(v) and v in _PURPOSE,
    "proposer": lambda v: _is_text(v) and v in _PROPOSER,
    "predicted": lambda v: v is None or _is_number(v),
    "detail": _is_text,
    "where": lambda v: v is None or _is_text(v),
    "median_s": lambda v: v is None or _is_seconds(v),
    "samples_s": lambda v: isinstance(v, list) and _are_seconds(v),
    "truncated": lambda v: isinstance(v, bool),
    "checks": _is_mapping,
    "start_s": _is_number,
    "seconds": lambda v: _is_mapping(v) and _are_numbers(v.values()),
    "flops": lambda v: _is_integer(v) and v >= 0,
    "nest_hash": _is_text,
    "code_hash": _is_text,
    "artifact_hash": _is_text,
    "feature_version": _is_text,
    "seed": _is_integer,
    "fingerprint": _is_mapping,
    "toolchain": _is_mapping,
    "settings": _is_mapping,
    "schema": _is_integer,
    "id": _is_text,
}

_OF_TYPE = tuple(
    (kind, itemgetter(*(name for name, own in _CHECKS.items() if own is check)))
    for kind, check in ((str, _is_text), (dict, _is_mapping))
)
_OTHERS = tuple((n, c) for n, c in _CHECKS.items() if c not in (_is_text, _is_mapping))
