"""Loads object code into the process; of llvmlite only the loader is used."""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from tvmtune.artifact import Artifact, Manifest
from tvmtune.errors import KernelError
from tvmtune.runtime.openmp import OpenMP, find_openmp
from tvmtune.target import parse_target

_ELF_MACHINES = {"x86_64": 62, "AMD64": 62, "aarch64": 183, "arm64": 183}


class LoadedCode:
    """Code of an artifact in memory; it stays as long as this object does.

    Parameters
    ----------
    manifest
        How to call it.
    library
        What owns the code, with addresses by symbol.
    owners
        What else must stay.
    """

    def __init__(self, manifest: Manifest, library: Any, *owners: Any) -> None:
        self.manifest = manifest
        self._library = library
        self._owners = owners

    def function(self, symbol: str) -> Callable[..., None]:
        """Return an exported function; its arguments are addresses, the workspace's last.

        The interpreter's lock is released while it runs.
        """
        packing = symbol in self.manifest.pack_symbols.values()
        arrays = 2 if packing else len(self.manifest.arguments)
        parameters = [ctypes.c_void_p] * (arrays + 1)
        return ctypes.CFUNCTYPE(None, *parameters)(self._library[symbol])


def load(artifact: Artifact, openmp: OpenMP | None = None) -> LoadedCode:
    """Load an artifact's code.

    Parameters
    ----------
    artifact
        Object code with its manifest.
    openmp
        The OpenMP runtime of kernels with several threads; found where it is not given.

    Raises
    ------
    KernelError
        The code is for another machine, is no object code, or misses a symbol.
    """
    manifest = artifact.manifest
    _refuse_foreign(artifact)
    if openmp is None and manifest.threads > 1:
        openmp = find_openmp()
    jit, library = _link(artifact, openmp)
    return LoadedCode(manifest, library, jit, openmp)


def _link(artifact: Artifact, openmp: OpenMP | None) -> tuple[Any, Any]:
    """Link object code; a JIT of its own lets every library have the same name and be freed."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
    jit = llvm.create_lljit_compiler(machine)
    builder = llvm.JITLibraryBuilder().add_object_img(artifact.code).add_current_process()
    for name, address in openmp.addresses.items() if openmp else ():
        builder.import_symbol(name, address)
    for symbol in _exported(artifact.manifest):
        builder.export_symbol(symbol)
    try:
        return jit, builder.link(jit, "kernel")
    except RuntimeError as error:
        raise KernelError(
            f"{describe(artifact.manifest)}: its code does not load: {error}"
        ) from error


def _exported(manifest: Manifest) -> Iterator[str]:
    yield manifest.symbol
    if manifest.prepare_symbol is not None:
        yield manifest.prepare_symbol
    yield from manifest.pack_symbols.values()
    if manifest.plain_symbol is not None:
        yield manifest.plain_symbol


def describe(manifest: Manifest) -> str:
    """Return how messages call a kernel."""
    return f"kernel {manifest.workload or manifest.symbol!r}"


def _refuse_foreign(artifact: Artifact) -> None:
    """Refuse code that this machine cannot run."""
    manifest, machine = artifact.manifest, platform.machine()
    if not _runs_here(manifest.target):
        raise KernelError(
            f"{describe(manifest)} was built for {manifest.target}, which this machine "
            f"({machine}) does not run; build it for a target of this machine"
        )
    found = int.from_bytes(artifact.code[18:20], "little")
    if artifact.code[:4] == b"\x7fELF" and found != _ELF_MACHINES.get(machine, found):
        raise KernelError(
            f"{describe(manifest)}: its code is for ELF machine {found}, and this machine is "
            f"{machine}"
        )


@lru_cache(maxsize=8)
def _runs_here(target: str) -> bool:
    return parse_target(target).runs_here()
