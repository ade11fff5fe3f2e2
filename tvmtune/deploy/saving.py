"""Writes kernels into a folder that can be loaded where there is no compiler."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tvmtune.artifact import Artifact
from tvmtune.deploy.folder import MANIFEST, Entry, digest, file_name, manifest_text, read_manifest
from tvmtune.deploy.match import LogMatch
from tvmtune.errors import KernelError
from tvmtune.runtime.kernel import Kernel


def save(kernels: Mapping[str, Kernel], directory: str | os.PathLike[str]) -> list[Path]:
    """Write kernels and their manifest.

    Files appear whole or not at all, the manifest last: whoever loads the folder meanwhile gets
    the kernels of before or those of after.  Files of kernels that the manifest no longer names
    are removed; other files are left alone.

    Parameters
    ----------
    kernels
        By canonical text of the workload.
    directory
        Made where it is missing.

    Returns
    -------
    paths
        The files of the kernels, in order, and the manifest.

    Raises
    ------
    KernelError
        If the folder cannot be written.
    """
    folder = Path(directory)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        before = _known_files(folder)
        entries = [_save_one(folder, workload, kernel) for workload, kernel in kernels.items()]
        _write(folder / MANIFEST, manifest_text(entries).encode())
        for name in before - {entry.file for entry in entries}:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise KernelError(
            f"cannot write kernels to {folder}: {error.strerror}; give a folder with room that "
            "you may write to"
        ) from error
    return [folder / name for name in [*(entry.file for entry in entries), MANIFEST]]


def _save_one(folder: Path, workload: str, kernel: Kernel) -> Entry:
    data = _without_times(kernel.artifact).to_bytes()
    name = file_name(workload, data)
    _write(folder / name, data)
    match = kernel.match if isinstance(kernel.match, LogMatch) else None
    return Entry(workload, name, digest(data), match)


def _without_times(artifact: Artifact) -> Artifact:
    """The artifact without what differs when it is built again."""
    return replace(artifact, manifest=replace(artifact.manifest, seconds={}))


def _known_files(folder: Path) -> set[str]:
    """Files that the manifest of before names; none where there is no manifest of ours."""
    try:
        return {entry.file for entry in read_manifest((folder / MANIFEST).read_text())}
    except (FileNotFoundError, KernelError, UnicodeDecodeError):
        return set()


def _write(path: Path, data: bytes) -> None:
    """Write a file that appears under its name only when it is on the disk."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".tvmtune-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
