"""Whether what a log says still holds for the code of today, as far as that can be told at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module

from tvmtune.compiler.code_hash import code_hash
from tvmtune.records import Record, is_reference

_NESTS = "tvmtune.deploy.nests"
"""Loads templates and all that they need, which takes longer than to read a log of one run."""


class Freshness:
    """What the code of today makes of records; records of this very code are taken at their word.

    That is for a table that is to come at once: a build makes the nest again in any case.

    Parameters
    ----------
    records
        All that will be asked about.
    limit
        How many nests are made again at most, for every one takes a few milliseconds.

    Attributes
    ----------
    unchecked
        Identities of the records that were asked about beyond the limit.
    """

    def __init__(self, records: Sequence[Record], limit: int) -> None:
        self._code = code_hash()
        self._left = limit
        self.unchecked: set[str] = set()
        own = [record for record in records if not is_reference(record.template)]
        self._versions: Mapping[str, str] = {r.template: r.template_version for r in own}
        if not all(map(self._is_of_this_code, own)):
            self._versions = _current_versions()

    @property
    def versions(self) -> Mapping[str, str]:
        """Versions by name of this package's templates, those that records name at least."""
        return self._versions

    def nest_hash(self, record: Record) -> str | None:
        """The hash of the nest that a record's config makes today; None if it makes none.

        Templates from outside the package are not loaded: their records pass for unchanged, as do
        those beyond the limit.
        """
        if self._is_of_this_code(record) or record.template not in self._versions:
            return record.nest_hash
        if self._left == 0:
            self.unchecked.add(record.id)
            return record.nest_hash
        self._left -= 1
        return _current_nest_hash(record)

    def _is_of_this_code(self, record: Record) -> bool:
        return record.code_hash != "" and record.code_hash == self._code


def _current_versions() -> Mapping[str, str]:
    found: Mapping[str, str] = import_module(_NESTS).current_versions()
    return found


def _current_nest_hash(record: Record) -> str | None:
    found: str | None = import_module(_NESTS).current_nest_hash(record)
    return found
