"""What lies outside this package, by reference: ``FILE.py:NAME`` or ``module:NAME``."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from tvmtune.errors import TvmtuneError


def is_reference(text: str) -> bool:
    """Whether a text has the form of a reference."""
    place, _, name = text.rpartition(":")
    return bool(place and name)


def canonical_reference(reference: str) -> str:
    """One text for all ways to write a reference: what requests and records call a template.

    The path of ``FILE.py:NAME`` is resolved: relative to the current directory if it is below it,
    else absolute.  Names and ``module:NAME`` stay as they are.
    """
    place, _, name = reference.rpartition(":")
    if not place.endswith(".py"):
        return reference
    path, here = Path(place).resolve(), Path.cwd().resolve()
    shown = path.relative_to(here) if path.is_relative_to(here) else path
    return f"{shown.as_posix()}:{name}"


def referenced(reference: str, who: str, error: type[TvmtuneError]) -> Any:
    """What a reference leads to; None where its module has nothing of that name.

    Its module is imported, which runs its code: only ever pass a reference that the user gave.

    Parameters
    ----------
    reference
        ``FILE.py:NAME`` or ``module:NAME``.
    who
        What it is to be, for errors.
    error
        What to raise.

    Raises
    ------
    TvmtuneError
        ``error``, if the module cannot be imported.
    """
    place, _, name = reference.rpartition(":")
    try:
        module = _of_file(place) if place.endswith(".py") else importlib.import_module(place)
    except (Exception, SystemExit) as failure:
        raise error(
            f"{who}: importing {place} failed: {type(failure).__name__}: {failure}"
        ) from failure
    return getattr(module, name, None)


def _of_file(place: str) -> ModuleType:
    """The module of a file, run anew; dataclasses in it find it in ``sys.modules``."""
    path = Path(place).resolve()
    key = f"_tvmtune_{hashlib.sha256(str(path).encode()).hexdigest()[:16]}"
    spec = importlib.util.spec_from_file_location(key, path)
    assert spec is not None, "the name ends in .py"
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[key] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[key]
        raise
    return module
