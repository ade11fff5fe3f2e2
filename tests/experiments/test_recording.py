from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.experiments.synthetic import RESTRICT, TARGET, WORKLOAD
from tests.tuner.conftest import Bed
from tvmtune.deploy.inputs import read_inputs
from tvmtune.errors import RecordError, UsageError
from tvmtune.experiments import recording as module
from tvmtune.experiments.recording import (
    Recording,
    extent_of,
    options_of,
    record_space,
    recorded,
)
from tvmtune.outcome import Outcome, Status
from tvmtune.records import LogWriter, Purpose
from tvmtune.records.recorded_space import RecordedSpace
from tvmtune.target import parse_target
from tvmtune.tuner import Equipment, api
from tvmtune.tuner.local import compiled_domain

RECORDING = Recording(
    inputs=read_inputs([WORKLOAD]),
    target=parse_target(TARGET),
    restrict={name: values[:2] for name, values in RESTRICT.items()},
)


def _plant(request: Any, number: int) -> Outcome | None:
    """Larger tiles are faster, the second time by a hundredth; one config crashes."""
    config = request["config"]
    if (config["tile_m"], config["tile_v"], config["steps"]) == (2, 2, 1):
        return Outcome(status=Status.CRASH, seconds={"lowering": 0.1})
    seconds = 1e-4 / (config["tile_m"] * config["tile_v"]) * (1 + 0.01 * (number > 1))
    return Outcome(
        status=Status.OK,
        median_s=seconds,
        samples_s=(seconds,),
        seconds={"lowering": 0.02, "codegen": 0.03, "running": 0.04},
        checks={"seeds": [0]},
    )


def _record(
    bed: Bed, recording: Recording = RECORDING, **watch: Any
) -> tuple[RecordedSpace | None, Path]:
    bed.plant, bed.plant_harder = _plant, lambda *_: Outcome(status=Status.OK)
    equipment = Equipment(
        harness=bed._harness, domain=compiled_domain, here=bed.here, settings={"overlap": True}
    )
    extent = extent_of(recording)
    space = record_space(
        recording,
        extent,
        bed.path,
        watch=api.Watch(**watch),
        machinery=lambda *_: nullcontext(api.Machinery(equipment, lambda: (equipment, None))),
    )
    return space, bed.path


@pytest.fixture
def bed(tmp_path: Path) -> Bed:
    return Bed(tmp_path / "log.jsonl")


def test_every_config_is_measured_once_and_the_fastest_again(bed: Bed) -> None:
    extent = extent_of(RECORDING)
    space, _ = _record(bed)
    assert space is not None
    assert space.exhaustive
    assert len(space) == extent.valid
    searches = [r for r in bed.records if r.purpose is Purpose.SEARCH]
    assert len(searches) == len(space)
    crashed = [c for c in map(space.config, range(len(space))) if c["steps"] == 1]
    assert space.statuses.count(Status.CRASH) == sum(
        c["tile_m"] == c["tile_v"] == 2 for c in crashed
    )
    confirmed = ~np.isnan(space.confirmed_s)
    assert 0 < confirmed.sum() < len(space)
    assert space.times_s[confirmed].max() < np.nanmax(space.times_s)
    assert space.noise == pytest.approx(0, abs=1e-9)  # a hundredth, in common
    ok = ~np.isnan(space.search_s)
    np.testing.assert_allclose(space.build_s[ok], 0.05)
    np.testing.assert_allclose(space.run_s[ok], 0.04)
    assert space.origin["settings"] == {"overlap": True}
    assert space.origin["took_s"] >= 0


def test_it_goes_on_where_it_stopped(bed: Bed) -> None:
    seen: list[Any] = []
    space, _ = _record(bed, event=seen.append, stop=lambda: len(seen) > 12)
    assert space is None
    known = {r.id for r in bed.records}
    assert 5 < len(known) < 20
    space, _ = _record(bed)
    assert space is not None
    assert space.exhaustive
    assert len([r for r in bed.records if r.purpose is Purpose.SEARCH]) == len(space)
    assert known < {r.id for r in bed.records}


def test_a_sample(bed: Bed) -> None:
    space, path = _record(bed, replace(RECORDING, sample=20, seed=4))
    assert space is not None
    assert (len(space), space.exhaustive, space.seed) == (20, False, 4)
    other = Bed(path.with_name("other.jsonl"))
    again, _ = _record(other, replace(RECORDING, sample=20, seed=4))
    assert again is not None
    assert (again.points == space.points).all()


def test_other_records_in_the_log_are_left_alone(bed: Bed) -> None:
    _record(bed, replace(RECORDING, restrict=RESTRICT, sample=200))
    wide = len(bed.records)
    space, _ = _record(bed)
    assert space is not None
    assert space.exhaustive
    assert wide > len(space)


def test_configs_of_two_machines_are_not_mixed(bed: Bed) -> None:
    _record(bed)
    (one, *_) = [r for r in bed.records if r.ok]
    with LogWriter(bed.path) as log:
        for record in bed.records[:1]:
            log.append(replace(record, fingerprint={"cpu": "B"}, id=""))
    del one
    with pytest.raises(RecordError, match=r"several models of machine \(A, B\)"):
        recorded(bed.records, RECORDING, extent_of(RECORDING))
    with pytest.raises(RecordError, match="has no measurement"):
        recorded((), RECORDING, extent_of(RECORDING))


def test_spaces_that_cannot_be_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    two = replace(RECORDING, inputs=read_inputs(["C2", "C3"]), restrict={})
    with pytest.raises(UsageError, match="a space of one workload is recorded, these are 2"):
        extent_of(two)
    several = replace(RECORDING, inputs=read_inputs(["C2"]), restrict={})
    with pytest.raises(UsageError, match=r"of one template is recorded, .*direct, .*winograd"):
        extent_of(several)
    conv = replace(several, template="conv2d.direct")
    with pytest.raises(UsageError, match="more configs than can be counted, at most 20,000"):
        extent_of(conv)
    assert extent_of(replace(conv, sample=10)).valid is None
    monkeypatch.setattr(module, "MOST_CONFIGS", 10)
    with pytest.raises(UsageError, match=r"has \d+ configs, at most 10 are measured"):
        extent_of(RECORDING)


def test_as_many_are_confirmed_as_the_space_is_large() -> None:
    extent = extent_of(RECORDING)
    assert options_of(RECORDING, extent).leaders == 16
    assert options_of(RECORDING, replace(extent, valid=2000)).leaders == 200
    assert options_of(RECORDING, replace(extent, valid=20_000)).leaders == 500


def test_pauses_do_not_count(bed: Bed) -> None:
    _record(bed)
    late = [replace(r, start_s=r.start_s + 1e6 * (i > 20)) for i, r in enumerate(bed.records)]
    took_s = recorded(late, RECORDING, extent_of(RECORDING)).origin["took_s"]
    assert took_s < 30 * len(late)
