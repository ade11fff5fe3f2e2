"""Loads a folder of kernels: needs neither compiler nor log."""

from __future__ import annotations

import os
from pathlib import Path

from tvmtune.artifact import Artifact
from tvmtune.deploy.folder import MANIFEST, Entry, digest, read_manifest
from tvmtune.errors import KernelError
from tvmtune.runtime.kernel import Kernel


def load(directory: str | os.PathLike[str]) -> dict[str, Kernel]:
    """Load the kernels that ``tvmtune build`` wrote.

    Parameters
    ----------
    directory
        The folder.

    Returns
    -------
    kernels
        By canonical text of the workload.

    Raises
    ------
    KernelError
        If there is no such folder, or a file in it is missing or damaged.
    """
    path = Path(directory) / MANIFEST
    try:
        entries = read_manifest(path.read_text())
        return {entry.workload: _kernel(path.parent, entry) for entry in entries}
    except OSError as error:
        raise KernelError(
            f"cannot load kernels from {directory}: {error.filename}: {error.strerror}; write the "
            "folder with: tvmtune build INPUT --log LOG -o DIR"
        ) from error
    except (KernelError, UnicodeDecodeError) as error:
        raise KernelError(f"{path.parent} holds no kernels that can be loaded: {error}") from error


def _kernel(folder: Path, entry: Entry) -> Kernel:
    data = (folder / entry.file).read_bytes()
    if digest(data) != entry.sha256:
        raise KernelError(f"{entry.file} is not the file that the manifest names: build it again")
    return Kernel(Artifact.from_bytes(data), match=entry.match)
