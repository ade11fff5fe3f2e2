"""Loads a folder of kernels: needs neither compiler nor log."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from tvmtune.artifact import Artifact
from tvmtune.deploy.arguments import check_arguments
from tvmtune.deploy.folder import MANIFEST, Entry, digest, read_manifest
from tvmtune.errors import KernelError, NoKernelError, WorkloadError
from tvmtune.runtime.kernel import Kernel
from tvmtune.workload import parse

_SHOWN = 5


class Kernels(Mapping[str, Kernel]):
    """The kernels of a folder by workload: a read-only mapping.

    Its keys are canonical texts; a workload is found by any text that means it, and by its name.

    Parameters
    ----------
    kernels
        By canonical text.
    folder
        Where they come from.
    """

    def __init__(self, kernels: Mapping[str, Kernel], folder: Path) -> None:
        self._kernels = dict(kernels)
        self._folder = folder

    def __getitem__(self, workload: str) -> Kernel:
        if workload in self._kernels:
            return self._kernels[workload]
        try:
            text = parse(workload).text if isinstance(workload, str) else ""
        except WorkloadError as error:
            raise self._missing(workload, f" ({error})") from error
        if text not in self._kernels:
            raise self._missing(workload)
        return self._kernels[text]

    def __iter__(self) -> Iterator[str]:
        return iter(self._kernels)

    def __len__(self) -> int:
        return len(self._kernels)

    def __repr__(self) -> str:
        return f"<{len(self)} kernels of {self._folder}: {', '.join(self) or 'none'}>"

    def _missing(self, workload: object, why: str = "") -> NoKernelError:
        known = list(self)
        there = ", ".join(known[:_SHOWN]) + (", ..." if len(known) > _SHOWN else "")
        return NoKernelError(
            f"{self._folder} has no kernel of {workload!r}{why}; it has {there or 'none'}"
        )


def load(directory: str | os.PathLike[str]) -> Kernels:
    """Load the kernels that ``tvmtune build`` wrote.

    Parameters
    ----------
    directory
        The folder.

    Returns
    -------
    kernels
        By workload: canonical texts as keys, found by any text or name of the workload.

    Raises
    ------
    UsageError
        If the folder is no path.
    KernelError
        If there is no such folder, or a file in it is missing or damaged.
    """
    check_arguments("load", directory=directory)
    path = Path(directory) / MANIFEST
    try:
        entries = read_manifest(path.read_text())
        return Kernels({e.workload: _kernel(path.parent, e) for e in entries}, path.parent)
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
    try:
        return Kernel(Artifact.from_bytes(data), match=entry.match)
    except KernelError as error:
        raise KernelError(f"{entry.file}: {error}") from error
