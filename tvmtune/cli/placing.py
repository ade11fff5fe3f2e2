"""Records under the roofline of the machine that they were measured on, and how to say that."""

from __future__ import annotations

from functools import lru_cache

from tvmtune.cli.output import rate_text, share_text
from tvmtune.errors import WorkloadError
from tvmtune.records import Record
from tvmtune.roofline import Placement, Roofline, place
from tvmtune.workload import Workload, parse


def placement_of(record: Record, time_s: float | None) -> Placement | None:
    """Place a time under the roofline that a record carries.

    None where there is no time, or the workload is one of another tvmtune.
    """
    workload = known_workload(record.workload)
    if not time_s or workload is None:
        return None
    return place(workload, time_s, record.flops, Roofline.from_settings(record.settings))


@lru_cache(maxsize=1024)
def known_workload(text: str) -> Workload | None:
    """The workload of a record; None if this tvmtune does not know it."""
    try:
        return parse(text)
    except WorkloadError:
        return None


def bound_text(found: Placement | None) -> str:
    """A share and what it is of, as in ``86 % of L2``."""
    if found is None or found.bound is None:
        return "-"
    return f"{share_text(found.share)} of {found.bound}"


def sentence(found: Placement) -> str:
    """All figures of a placement in one line."""
    rates = f"{rate_text(found.effective_flops_per_s)} GFLOP/s"
    if found.saves:
        rates = (
            f"{rates} effective, {rate_text(found.real_flops_per_s)} real "
            f"({found.real_flops / found.direct_flops:.2f} of the direct algorithm's operations)"
        )
    intensity = f"{found.real_flops / found.traffic_bytes:.3g} operations per byte"
    return f"{bound_text(found)}; {rates}; {intensity}" + (
        f", bytes in {found.level}" if found.level else ""
    )
