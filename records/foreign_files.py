"""Files of other tuners: JSON, plain or compressed by gzip, whose content says which it is."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import Any

from tvmtune.errors import RecordError
from tvmtune.records.foreign_space import ForeignTask
from tvmtune.records.recorded_space import RecordedSpace
from tvmtune.records.t4 import from_t4
from tvmtune.records.tuner_cache import from_tuner_cache

_LARGEST_BYTES = 1 << 30
_GZIP = b"\x1f\x8b"


def read_foreign(path: Path, task: ForeignTask) -> RecordedSpace:
    """Read results in the format T4, or a cache file of Kernel Tuner.

    Parameters
    ----------
    path
        The file.
    task
        What it may not say itself.

    Raises
    ------
    RecordError
        If it cannot be read or is neither.
    """
    try:
        value = _parsed(_contents(path))
        if isinstance(value, dict) and "cache" in value:
            return from_tuner_cache(value, task)
        return from_t4(value, task)
    except OSError as error:
        raise RecordError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (EOFError, zlib.error) as error:
        raise RecordError(f"{path}: it is torn: {error}") from error
    except RecursionError as error:
        raise RecordError(f"{path}: it nests too deep") from error
    except RecordError as error:
        raise RecordError(f"{path}: {error}") from error


def write_foreign(value: Any, path: Path) -> None:
    """Write a JSON value, compressed if the name ends so, the whole of it or nothing.

    Raises
    ------
    RecordError
        If it cannot be written.
    """
    data = json.dumps(value, allow_nan=False).encode()
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise RecordError(f"{path}: cannot be written: {error.strerror}") from error


def _contents(path: Path) -> bytes:
    with open(path, "rb") as file:
        compressed = file.read(2) == _GZIP
    with gzip.open(path) if compressed else open(path, "rb") as file:
        data: bytes = file.read(_LARGEST_BYTES + 1)
    if len(data) > _LARGEST_BYTES:
        raise RecordError(f"more than {_LARGEST_BYTES >> 20} MiB of JSON")
    return data


def _parsed(data: bytes) -> Any:
    """The JSON value; of a cache file that was left open, with its brackets."""
    try:
        text = data.decode().strip()
    except UnicodeDecodeError as error:
        raise RecordError("it is not text") from error
    try:
        return _JSON.decode(text)
    except ValueError as error:
        if '"cache"' in text:
            try:
                return _JSON.decode(text.removesuffix(",") + "}}")
            except ValueError:
                pass
        raise RecordError(f"it is not JSON, or torn: {error}") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


_JSON = json.JSONDecoder(parse_constant=_refuse_constant)
