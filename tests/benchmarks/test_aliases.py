from __future__ import annotations

from typing import Any

from benchmarks.aliases import allowed_alias
from tvmtune.search_spaces.config import Config
from tvmtune.search_spaces.templates import TEMPLATES
from tvmtune.target import parse_target
from tvmtune.workload import parse

_TARGET = parse_target("cpu:threads=1,isa=avx512")
_CONV = parse("conv2d:ci=32,h=28,co=64,k=3")


def _config(**changes: Any) -> Config:
    space = TEMPLATES["conv2d.direct"].space(_CONV, _TARGET)
    config = Config("conv2d.direct", {**space.default_config.knobs, "rows": 4, **changes})
    assert bool(space.violations(config)) == (changes["tile_oy"] > 4 or changes["tile_ox"] > 14)
    return config


def test_tiles_that_are_cut_evenly() -> None:
    fits = {"tile_ov": 2, "ci_steps": 1}
    alias = allowed_alias(_config(tile_ox=18, tile_oy=1, **fits), _CONV, _TARGET)
    assert alias is not None
    assert (alias["tile_ox"], alias["tile_oy"]) == (14, 1)
    alias = allowed_alias(_config(tile_ox=3, tile_oy=8, **fits), _CONV, _TARGET)
    assert alias is not None
    assert (alias["tile_ox"], alias["tile_oy"]) == (3, 4)


def test_what_has_no_other_name() -> None:
    assert allowed_alias(_config(tile_ox=28, tile_oy=1, tile_ov=2), _CONV, _TARGET) is None
