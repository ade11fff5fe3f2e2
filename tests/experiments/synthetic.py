"""A recorded space whose times are arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np

from tvmtune.experiments.recorded_domain import RecordedDomain
from tvmtune.outcome import Status
from tvmtune.records.recorded_space import RecordedSpace, RecordedTemplate
from tvmtune.tuner.local import compiled_domain

WORKLOAD, TARGET = "matmul:m=32,k=32,n=64", "cpu:threads=1,isa=avx2"
RESTRICT = {"tile_m": (1, 2, 4, 6), "tile_v": (1, 2, 3), "steps": (1, 2, 4)}


def made_space(**fields: Any) -> RecordedSpace:
    """All configs of a narrowed product; larger tiles are faster, and every tenth failed."""
    domain, keys = compiled_domain(WORKLOAD, TARGET, "matmul.packed", RESTRICT)
    points = np.stack(list(domain.scan(0)))
    configs = [domain.config_of(point) for point in points]
    failed = np.arange(len(points)) % 10 == 3
    times = np.array([1e-5 / (c["tile_m"] * c["tile_v"]) + 1e-7 * c["steps"] for c in configs])
    times *= 1 + 1e-4 * np.arange(len(points))
    search = np.where(failed, np.nan, times * (1 + 1e-3 * np.arange(len(points))))
    leads = search <= np.nanmin(search) * 1.2
    (space,) = domain.spaces
    values: dict[str, Any] = {
        "workload": WORKLOAD,
        "target": TARGET,
        "template": RecordedTemplate(
            name=keys[0].name,
            version=keys[0].version,
            knobs={k.name: k.values for k in space.knobs},
        ),
        "exhaustive": True,
        "seed": 0,
        "points": points[:, 1:],
        "statuses": tuple(Status.CRASH if f else Status.OK for f in failed),
        "search_s": search,
        "confirmed_s": np.where(leads, times, np.nan),
        "build_s": np.full(len(points), 0.05),
        "run_s": np.where(failed, 0.0, 0.02),
        "origin": {"settings": {"overlap": False}, "took_s": 3.0},
    }
    return RecordedSpace(**{**values, **fields})


def made_domain(**fields: Any) -> RecordedDomain:
    """What a strategy searches of it."""
    return RecordedDomain.of(made_space(**fields))
