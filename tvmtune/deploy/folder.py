"""The names and the manifest of a folder of kernels: what writing and loading share."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from reprlib import repr as shown
from typing import Any

from tvmtune.deploy.match import LogMatch
from tvmtune.errors import KernelError

MANIFEST = "manifest.json"
FORMAT = "tvmtune-kernels"
VERSION = 1
SUFFIX = ".kernel"

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}\.kernel", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    """One kernel of a folder: its workload, file, and how the log was matched.

    ``sha256`` is that of the file.
    """

    workload: str
    file: str
    sha256: str
    match: LogMatch | None

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        match = self.match.to_json() if self.match else None
        return {
            "workload": self.workload,
            "file": self.file,
            "sha256": self.sha256,
            "match": match,
        }

    @staticmethod
    def from_json(value: Any) -> Entry:
        """The entry that :meth:`to_json` wrote; raises `KernelError` on anything else."""
        match value:
            case {"workload": str(workload), "file": str(file), "sha256": str(sha256)} if (
                _FILE_NAME.fullmatch(file)
            ):
                return Entry(workload, file, sha256, _match(value.get("match")))
        raise KernelError(f"entry {shown(value)} has no workload, file of kernels and sha256")


def _match(value: Any) -> LogMatch | None:
    return None if value is None else LogMatch.from_json(value)


def file_name(workload: str, data: bytes) -> str:
    """A name that says what a kernel is and changes with its content."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", workload).strip("-")[:120]
    return f"{words}-{digest(data)[:12]}{SUFFIX}"


def digest(data: bytes) -> str:
    """SHA-256 as text."""
    return hashlib.sha256(data).hexdigest()


def manifest_text(entries: list[Entry]) -> str:
    """The manifest of a folder as text."""
    value = {"format": FORMAT, "version": VERSION, "kernels": [e.to_json() for e in entries]}
    return json.dumps(value, indent=2) + "\n"


def read_manifest(text: str) -> list[Entry]:
    """The entries of a manifest; raises `KernelError` if it is none of this version."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise KernelError(f"it is no JSON: {error}") from error
    except RecursionError as error:
        raise KernelError("it is nested too deeply") from error
    match value:
        case {"format": str(name), "version": int(version), "kernels": list(kernels)} if (
            not isinstance(version, bool)
        ):
            if (name, version) != (FORMAT, VERSION):
                raise KernelError(
                    f"it is {name[:80]} version {version}; "
                    f"this tvmtune reads {FORMAT} version {VERSION}"
                )
            return [Entry.from_json(kernel) for kernel in kernels]
    raise KernelError(f"it has no format, version and kernels: {text[:80]!r}")
