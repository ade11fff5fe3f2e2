"""How exact the configs of a log are: what their templates promise, and what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tvmtune.records.record import Record


@dataclass(frozen=True, slots=True)
class Exactness:
    """What error a user tolerates, and what templates promise.

    Errors are max|y - y64| / max|y64| on standard normal operands.

    Parameters
    ----------
    max_rel_error
        The largest that is tolerated.
    promised
        Bounds by template, as records call it; they count where no error was measured on several
        inputs.
    """

    max_rel_error: float
    promised: Mapping[str, float] = field(default_factory=dict)

    def refusals(self, records: Iterable[Record]) -> dict[tuple[str, str, str], str]:
        """Why configs are not exact enough, by `Record.config_key`; the others are left out.

        A config is out for good once an error above the limit was measured.  What its template does
        not promise has to be measured as that of a new best is, on several inputs.
        """
        refused: dict[tuple[str, str, str], str] = {}
        promised: dict[tuple[str, str, str], str] = {}
        measured: set[tuple[str, str, str]] = set()
        for record in records:
            key = record.config_key
            if record.harder_error is not None:
                measured.add(key)
            if reason := self._promises_too_little(record.template):
                promised[key] = reason
            if reason := inexact(record, self.max_rel_error):
                refused.setdefault(key, reason)
        return {key: why for key, why in promised.items() if key not in measured} | refused

    def _promises_too_little(self, template: str) -> str:
        promised = self.promised.get(template, 0.0)
        if promised <= self.max_rel_error:
            return ""
        return (
            f"not exact enough: {template} promises a relative error of {promised:.3g}, tolerated "
            f"is {self.max_rel_error:g}, and its own was not measured on several inputs"
        )


def inexact(record: Record, max_rel_error: float | None) -> str:
    """Why the measured error of a record is too large; empty if it is not, or was not measured.

    Parameters
    ----------
    record
        Of any status.
    max_rel_error
        The largest that is tolerated; None: any.
    """
    found = record.rel_error
    if max_rel_error is None or found is None or found <= max_rel_error:
        return ""
    return (
        f"not exact enough: a relative error of {found:.3g} was measured, "
        f"tolerated is {max_rel_error:g}"
    )
