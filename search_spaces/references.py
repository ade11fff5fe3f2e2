"""Templates by name, and those outside this package by reference."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
from pathlib import Path
from typing import Any

from tvmtune.errors import TemplateError
from tvmtune.search_spaces.template import Template
from tvmtune.search_spaces.templates import TEMPLATES


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


def resolve_template(reference: str) -> Template:
    """The template of a name or a reference (``FILE.py:NAME`` or ``module:NAME``).

    A reference is imported, which runs its code: only ever pass one that the user gave.

    Raises
    ------
    TemplateError
        If it does not exist or is no template.
    """
    if reference in TEMPLATES:
        return TEMPLATES[reference]
    place, separator, name = reference.rpartition(":")
    if not separator or not place or not name:
        raise TemplateError(
            f"template {reference!r} is unknown: there are {', '.join(TEMPLATES)}, or give one of "
            "your own as FILE.py:NAME or module:NAME"
        )
    found = getattr(_module(place, reference), name, None)
    if not isinstance(found, Template):
        raise TemplateError(f"template {reference}: {name} is {type(found).__name__}, no Template")
    return found


def _module(place: str, reference: str) -> Any:
    try:
        if not place.endswith(".py"):
            return importlib.import_module(place)
        path = Path(place).resolve()
        key = f"_tvmtune_template_{hashlib.sha256(str(path).encode()).hexdigest()[:16]}"
        spec = importlib.util.spec_from_file_location(key, path)
        if spec is None or spec.loader is None:
            raise TemplateError(f"template {reference}: {place} is no Python file")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    except TemplateError:
        raise
    except Exception as error:
        raise TemplateError(
            f"template {reference}: importing {place} failed: {type(error).__name__}: {error}"
        ) from error
    return module
