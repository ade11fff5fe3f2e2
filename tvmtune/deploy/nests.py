"""What the templates of today make of records."""

from __future__ import annotations

from collections.abc import Mapping

from tvmtune.compiler.request import BuildRequest
from tvmtune.compiler.scheduling import nest_hash
from tvmtune.errors import TvmtuneError
from tvmtune.records import Record
from tvmtune.search_spaces.templates import TEMPLATES


def current_versions() -> Mapping[str, str]:
    """Versions by name of this package's templates, as records write them."""
    return {name: str(template.version) for name, template in TEMPLATES.items()}


def current_nest_hash(record: Record) -> str | None:
    """The hash of the nest that a record's config makes today; None if it makes none any more.

    Imports the record's template: only for those of the package, and references that the user
    gave.
    """
    request = BuildRequest(
        workload=record.workload,
        target=record.target,
        template=record.template,
        config=record.config,
    )
    try:
        return nest_hash(request)
    except TvmtuneError:
        return None
