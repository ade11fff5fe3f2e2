"""Where a record comes from: the machine and the versions, without naming the host."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

_PACKAGES = ("tvmtune", "numpy", "llvmlite", "xgboost")


def machine_fingerprint(cpuinfo: Path = Path("/proc/cpuinfo")) -> dict[str, str | int]:
    """Model of the CPU, its cores, and kernel.

    Parameters
    ----------
    cpuinfo
        File to read the model from; without it the architecture stands in.
    """
    return {
        "cpu": _cpu_model(cpuinfo),
        "cores": os.cpu_count() or 1,
        "kernel": platform.release(),
    }


def toolchain_versions(packages: Sequence[str] = _PACKAGES) -> dict[str, str]:
    """Versions of Python and of the packages that decide about code or proposals."""
    versions = {"python": platform.python_version()}
    for package in packages:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "missing"
    return versions


def _cpu_model(cpuinfo: Path) -> str:
    """Name, family and model of x86 (names alone are generic in clouds), or the parts of ARM."""
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        return platform.machine()
    fields = {k.strip(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
    if "model name" in fields:
        name = " ".join(fields["model name"].split())
        return f"{name} family {fields.get('cpu family', '')} model {fields.get('model', '')}"
    if "CPU part" in fields:
        return f"{platform.machine()} {fields.get('CPU implementer', '')} {fields['CPU part']}"
    return platform.machine()
