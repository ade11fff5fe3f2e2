"""Recorded spaces: what every config of a narrowed space took, as one compact file.

The file is JSON, compressed by gzip::

    {"tvmtune_space":1,"workload":"...","target":"...","exhaustive":true,"seed":0,
     "template":{"name":"...","version":"2","knobs":[["tile",[1,2,4]],...]},
     "origin":{"fingerprint":{...},"toolchain":{...},"settings":{...},"start_s":...,"took_s":...},
     "columns":{"digits":[[...],...],"status":[...],"search_ns":[...],...}}

A column has an entry for each config; ``digits`` has one for each knob, with the places of its
values.  Reading a file executes nothing.
"""

from __future__ import annotations

import gzip
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tvmtune.errors import RecordError
from tvmtune.outcome import Status
from tvmtune.search_spaces.config import Config
from tvmtune.search_spaces.knobs import KnobValue, plain

FORMAT = 1
"""Version of the file; one of a newer version is refused."""

_LARGEST_BYTES = 1 << 28
_TIMES = ("search", "confirmed", "build", "run")
_MOST_POINTS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedTemplate:
    """A template when its configs were measured: name, version, and values by knob, in order."""

    name: str
    version: str
    knobs: Mapping[str, tuple[KnobValue, ...]]

    def config(self, digits: Sequence[int]) -> Config:
        """The config with these places among the values of the knobs."""
        pairs = zip(self.knobs.items(), digits, strict=True)
        return Config(self.name, {name: values[digit] for (name, values), digit in pairs})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RecordedSpace:
    """The configs of a task, each once, and what came of them.

    Parameters
    ----------
    workload, target
        The task, as canonical texts.
    template
        Whose configs were measured; its knobs have the values that were allowed.
    exhaustive
        Whether these are all valid configs, or a uniform sample of them.
    seed
        Of the order in which they were measured, and of the sample.
    points
        Shape (n, width), int64: for each knob the place of its value.
    statuses
        How each ended.
    search_s, confirmed_s
        Shape (n,), float64: median seconds of a call; and measured again in turns with others,
        nan for all but those that led.  Both are nan for configs that failed.
    build_s, run_s
        Shape (n,), float64: what the build and the run took.
    origin
        Machine, versions, settings and times of the measurement, as plain JSON values.
    """

    workload: str
    target: str
    template: RecordedTemplate
    exhaustive: bool
    seed: int
    points: NDArray[np.int64]
    statuses: tuple[Status, ...]
    search_s: NDArray[np.float64]
    confirmed_s: NDArray[np.float64]
    build_s: NDArray[np.float64]
    run_s: NDArray[np.float64]
    origin: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.points)

    @property
    def times_s(self) -> NDArray[np.float64]:
        """Shape (n,): the confirmed time where there is one; nan for configs that failed.

        Where there is none it is that of the search, times what the others mostly took when they
        were confirmed of what they took in the search: turns of many kernels find cold caches.
        """
        shifts = self._shifts
        shift = float(np.exp(np.median(shifts))) if len(shifts) else 1.0
        return np.where(np.isnan(self.confirmed_s), self.search_s * shift, self.confirmed_s)

    @property
    def best_s(self) -> float:
        """The fastest time."""
        return float(np.nanmin(self.times_s))

    @property
    def noise(self) -> float | None:
        """Relative standard deviation of a time of the search, by those measured again.

        Robust: 1.48 times the median deviation from what all of them have in common.  None without
        any.
        """
        shifts = self._shifts
        if not len(shifts):
            return None
        return float(1.4826 * np.median(np.abs(shifts - np.median(shifts))))

    @property
    def _shifts(self) -> NDArray[np.float64]:
        """Logarithms of confirmed times over those of the search."""
        both = ~np.isnan(self.confirmed_s) & ~np.isnan(self.search_s)
        shifts: NDArray[np.float64] = np.log(self.confirmed_s[both] / self.search_s[both])
        return shifts

    def config(self, row: int) -> Config:
        """The config of a row."""
        return self.template.config(self.points[row].tolist())

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "tvmtune_space": FORMAT,
            "workload": self.workload,
            "target": self.target,
            "exhaustive": self.exhaustive,
            "seed": self.seed,
            "template": {
                "name": self.template.name,
                "version": self.template.version,
                "knobs": list(self.template.knobs.items()),
            },
            "origin": dict(self.origin),
            "columns": {
                "digits": self.points.T.tolist(),
                "status": [status.value for status in self.statuses],
                **{f"{name}_ns": _nanoseconds(getattr(self, f"{name}_s")) for name in _TIMES},
            },
        }

    @staticmethod
    def from_json(value: Any) -> RecordedSpace:
        """The space that :meth:`to_json` wrote; raises `RecordError` on anything else."""
        if not isinstance(value, dict) or type(value.get("tvmtune_space")) is not int:
            raise RecordError("not a recorded space: there is no tvmtune_space in it")
        if value["tvmtune_space"] > FORMAT:
            raise RecordError(
                f"a recorded space of format {value['tvmtune_space']}, this tvmtune reads up to "
                f"{FORMAT}: update tvmtune to use it"
            )
        try:
            return _space(value)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise RecordError(f"not a recorded space: {type(error).__name__} {error}") from error


def write_space(space: RecordedSpace, path: Path) -> None:
    """Write a file, the whole of it or nothing.

    Raises
    ------
    RecordError
        If it cannot be written.
    """
    text = json.dumps(space.to_json(), separators=(",", ":"), allow_nan=False)
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(gzip.compress(text.encode(), mtime=0))
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise RecordError(f"{path}: cannot be written: {error.strerror}") from error


def read_space(path: Path) -> RecordedSpace:
    """Read a file.

    Raises
    ------
    RecordError
        If it cannot be read or is no recorded space.
    """
    try:
        with gzip.open(path) as file:
            data = file.read(_LARGEST_BYTES + 1)
        if len(data) > _LARGEST_BYTES:
            raise RecordError(f"more than {_LARGEST_BYTES >> 20} MiB unpacked")
        return RecordedSpace.from_json(json.loads(data))
    except gzip.BadGzipFile as error:
        raise RecordError(f"{path}: not a recorded space: it is not gzip") from error
    except OSError as error:
        raise RecordError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, EOFError, zlib.error, RecursionError) as error:
        raise RecordError(f"{path}: not a recorded space: {error}") from error
    except RecordError as error:
        raise RecordError(f"{path}: {error}") from error


def _space(value: Mapping[str, Any]) -> RecordedSpace:
    template, columns = _template(value["template"]), value["columns"]
    points = _points(columns["digits"], template)
    statuses = tuple(map(Status, columns["status"]))
    times = {name: _seconds(columns[f"{name}_ns"]) for name in _TIMES}
    if not 0 < len(points) <= _MOST_POINTS:
        raise ValueError(f"{len(points)} configs")
    if {len(statuses), *map(len, times.values())} != {len(points)}:
        raise ValueError("its columns differ in length")
    ok = np.array([status is Status.OK for status in statuses])
    if (ok != (times["search"] > 0)).any() or not times["search"][ok].max(initial=0) > 0:
        raise ValueError("its times do not fit its statuses, or none is ok")
    texts = {name: value[name] for name in ("workload", "target")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise ValueError("workload and target must be texts")
    origin = value["origin"]
    if not isinstance(origin, dict) or not isinstance(origin.get("settings", {}), dict):
        raise ValueError("origin and its settings must be objects")
    if type(value["exhaustive"]) is not bool:
        raise ValueError("exhaustive must be true or false")
    return RecordedSpace(
        **texts,
        template=template,
        exhaustive=value["exhaustive"],
        seed=int(value["seed"]),
        points=points,
        statuses=statuses,
        search_s=times["search"],
        confirmed_s=times["confirmed"],
        build_s=times["build"],
        run_s=times["run"],
        origin=origin,
    )


def _template(value: Mapping[str, Any]) -> RecordedTemplate:
    knobs = {str(name): tuple(plain(values)) for name, values in value["knobs"]}
    if not knobs or not all(knobs.values()):
        raise ValueError("a template without knobs, or a knob without values")
    return RecordedTemplate(name=str(value["name"]), version=str(value["version"]), knobs=knobs)


def _points(columns: Sequence[Sequence[int]], template: RecordedTemplate) -> NDArray[np.int64]:
    """The points, unless no config belongs to one, or one stands there twice."""
    points = np.array(columns, np.int64).T
    counts = np.array([len(values) for values in template.knobs.values()], np.int64)
    if points.ndim != 2 or points.shape[1] != len(counts):
        raise ValueError("its points do not fit its template")
    if not ((points >= 0) & (points < counts)).all():
        raise ValueError("a config with a value that its knob does not have")
    if len(np.unique(points, axis=0)) < len(points):
        raise ValueError("a config stands there twice")
    return points


def _nanoseconds(seconds: NDArray[np.float64]) -> list[int | None]:
    return [None if math.isnan(s) else round(s * 1e9) for s in seconds.tolist()]


def _seconds(nanoseconds: Sequence[int | None]) -> NDArray[np.float64]:
    if not all(n is None or (type(n) is int and n >= 0) for n in nanoseconds):
        raise ValueError("a time that is no whole number of nanoseconds")
    return np.array([np.nan if n is None else n * 1e-9 for n in nanoseconds], np.float64)
