"""What a benchmark found out, as lines of JSON: only ever appended to, whole or not at all."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tvmtune.errors import RecordError


class Journal:
    """A file of JSON objects, one a line, each with its ``event``.

    Parameters
    ----------
    path
        The file; made when something is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, event: str, **fields: Any) -> None:
        """Write an event to the disk; it is there when this returns."""
        line = json.dumps({"event": event, **fields}, allow_nan=False).encode() + b"\n"
        with open(self.path, "ab+") as file:
            if file.tell() and not _ends_with_newline(file.fileno(), file.tell()):
                line = b"\n" + line  # a killed run left a torn line
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> list[Mapping[str, Any]]:
        """The events in order; torn lines are left out."""
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise RecordError(f"cannot read {self.path}: {error.strerror}") from error
        found = (_decoded(line) for line in lines)
        return [event for event in found if event is not None]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other benchmarks from writing to the file.

        Raises
        ------
        RecordError
            If another process writes to it.
        """
        with open(self.path, "ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise RecordError(
                    f"{self.path}: another benchmark is writing to it; wait for it to end or give "
                    "another directory"
                ) from error
            yield


def _ends_with_newline(descriptor: int, size: int) -> bool:
    return os.pread(descriptor, 1, size - 1) == b"\n"


def _decoded(line: bytes) -> Mapping[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) and "event" in value else None
