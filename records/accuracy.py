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
        Bounds by template, as records call it; of others only measured errors count.
    """

    max_rel_error: float
    promised: Mapping[str, float] = field(default_factory=dict)

    def refusals(self, records: Iterable[Record]) -> dict[tuple[str, str, str], str]:
        """Why configs are not exact enough, by `Record.config_key`; the others are left out.

        A config is out for good once an error above the limit was measured.
        """
        refused: dict[tuple[str, str, str], str] = {}
        for record in records:
            promised = self.promised.get(record.template, 0.0)
            if promised > self.max_rel_error:
                reason = (
                    f"not exact enough: {record.template} promises a relative error of "
                    f"{promised:.2g}, tolerated is {self.max_rel_error:g}"
                )
            else:
                reason = inexact(record, self.max_rel_error)
            if reason:
                refused.setdefault(record.config_key, reason)
        return refused


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
        f"not exact enough: a relative error of {found:.2g} was measured, "
        f"tolerated is {max_rel_error:g}"
    )
