"""Templates by name, and those outside this package by reference."""

from __future__ import annotations

from tvmtune.errors import TemplateError
from tvmtune.references import is_reference, referenced
from tvmtune.search_spaces.template import Template
from tvmtune.search_spaces.templates import TEMPLATES


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
    if not is_reference(reference):
        raise TemplateError(
            f"template {reference!r} is unknown: there are {', '.join(TEMPLATES)}, or give one of "
            "your own as FILE.py:NAME or module:NAME"
        )
    found = referenced(reference, f"template {reference}", TemplateError)
    if not isinstance(found, Template):
        name = reference.rpartition(":")[2]
        raise TemplateError(f"template {reference}: {name} is {type(found).__name__}, no Template")
    return found
