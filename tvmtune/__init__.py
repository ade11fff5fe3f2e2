"""tvmtune: tune tensor operators on the machine they run on, and build fast kernels from the log.

Public names are loaded when they are first used: importing this package loads nothing else.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tvmtune.deploy.building import build
    from tvmtune.deploy.loading import load
    from tvmtune.errors import TvmtuneError
    from tvmtune.runtime.kernel import BoundKernel, Kernel
    from tvmtune.tuner.api import tune

    __version__: str

__all__ = ["BoundKernel", "Kernel", "TvmtuneError", "build", "load", "tune"]

_HOMES = {
    "BoundKernel": ("tvmtune.runtime.kernel", "BoundKernel"),
    "Kernel": ("tvmtune.runtime.kernel", "Kernel"),
    "TvmtuneError": ("tvmtune.errors", "TvmtuneError"),
    "build": ("tvmtune.deploy.building", "build"),
    "load": ("tvmtune.deploy.loading", "load"),
    "tune": ("tvmtune.tuner.api", "tune"),
}
"""Module and attribute of each public name."""


if not TYPE_CHECKING:  # so that type checkers refuse names that do not exist

    def __getattr__(name: str) -> Any:
        if name == "__version__":
            return import_module("importlib.metadata").version(__name__)
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module, attribute = _HOMES[name]
        return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
