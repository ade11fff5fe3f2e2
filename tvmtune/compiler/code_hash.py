"""Whether two runs of tvmtune make the same nests: by the hash of the sources that decide it."""

from __future__ import annotations

import hashlib
from pathlib import Path

_SOURCES = (
    "compiler",
    "ir",
    "layout.py",
    "operators",
    "schedule",
    "search_spaces",
    "symbolic",
    "target.py",
    "te",
    "workload",
)
"""Files and folders of the package from which a config becomes a nest."""


def code_hash(package: Path = Path(__file__).parent.parent) -> str:
    """Hash of the sources that make a nest of a config; empty where they cannot be read.

    Equal hashes mean equal nests, for templates of this package.  It is that of the files when it
    is called; what this process has loaded of them before, or edits later, does not count.
    """
    digest = hashlib.sha256()
    try:
        for name in _SOURCES:
            path = package / name
            files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
            for file in files:
                source = file.read_bytes()
                digest.update(f"{file.relative_to(package)} {len(source)}\n".encode())
                digest.update(source)
    except OSError:
        return ""
    return digest.hexdigest()[:16]
