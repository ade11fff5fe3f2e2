from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.experiments.synthetic import made_space
from tests.records.test_t4 import TASK, by_config, odd_space
from tvmtune.errors import RecordError
from tvmtune.outcome import Status
from tvmtune.records.foreign_files import read_foreign, write_foreign
from tvmtune.records.t4 import to_t4
from tvmtune.records.tuner_cache import from_tuner_cache, to_tuner_cache


def test_a_cache_has_the_configs_and_what_they_took(tmp_path: Path) -> None:
    space, path = odd_space(), tmp_path / "cache.json"
    write_foreign(to_tuner_cache(space), path)
    again = read_foreign(path, TASK)
    assert (again.workload, again.target) == ("matmul.packed", space.target)
    assert [*by_config(again).values()] == [*by_config(space).values()]
    knobs = again.template.knobs
    assert knobs["tile"] == ("1x4", "4x16")
    assert knobs["unused"] == (1,)
    assert again.statuses.count(Status.OK) == space.statuses.count(Status.OK)


def test_keys_of_a_cache_are_the_values_as_kernel_tuner_writes_them() -> None:
    cache = to_tuner_cache(odd_space())
    key, entry = next(iter(cache["cache"].items()))
    assert key == "1x4,o.y,guard,False,1,2"
    assert [*entry][: len(cache["tune_params_keys"])] == cache["tune_params_keys"]
    assert ",".join(str(entry[name]) for name in cache["tune_params_keys"]) == key
    assert all(
        entry[name] in values
        for entry in cache["cache"].values()
        for name, values in cache["tune_params"].items()
    )


@pytest.mark.parametrize("cut", ["}}", "}"])
def test_a_cache_that_was_left_open_is_read(cut: str, tmp_path: Path) -> None:
    path = tmp_path / "cache.json"
    text = json.dumps(to_tuner_cache(made_space())).removesuffix(cut)
    path.write_text(text + ("," if cut == "}}" else ""))
    if cut == "}":
        with pytest.raises(RecordError, match="not JSON, or torn"):
            read_foreign(path, TASK)
    else:
        assert len(read_foreign(path, TASK)) == len(made_space())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cache": []}, "not a cache file of Kernel Tuner"),
        ({"cache": {}}, "it has no results"),
        ({"tune_params_keys": "a"}, "tune_params_keys must be a list of names"),
        ({"tune_params_keys": [1]}, "tune_params_keys must be a list of names"),
        ({"cache": {"k": 3}}, "entry 'k' must be an object with a"),
        ({"cache": {"k": {}}}, "entry 'k' must be an object with a"),
        ({"cache": {"k": {"a": 1}}}, "time of entry 'k' is None"),
        (
            {"cache": {"k": {"a": 1, "time": 2, "compile_time": -1}}},
            "compile_time of entry 'k' is -1",
        ),
        ({"cache": {"k": {"a": [], "time": 2}}}, r"a of entry 'k' is \[\]: expected"),
        ({"cache": {"k": {"a": 1, "time": "InvalidConfig"}}}, "none of its results has a time"),
    ],
)
def test_other_caches_are_refused(change: dict[str, Any], message: str) -> None:
    value = {"tune_params_keys": ["a"], "cache": {"1": {"a": 1, "time": 2.0}}}
    assert from_tuner_cache(value, TASK).workload == TASK.kernel
    with pytest.raises(RecordError, match=message):
        from_tuner_cache({**value, **change}, TASK)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not JSON, or torn"),
        (json.dumps(to_t4(made_space())).encode()[:-40], "not JSON, or torn"),
        (gzip.compress(json.dumps(to_t4(made_space())).encode())[:-40], "torn"),
        (b"\x1f\x8bno gzip at all", "cannot be read"),
        (b"[" * 200_000, "nests too deep"),
        (b'{"cache":' * 200_000, "nests too deep"),
        (b"\xff\xfe", "it is not text"),
        (b'{"results": [{"times": {"compilation": NaN}}]}', "NaN is no number"),
        (b'{"results": [' + b"1" * 5000 + b"]}", "not JSON, or torn"),
        (b"{}", "there are no results in it"),
    ],
)
def test_other_files_are_refused(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(data)
    with pytest.raises(RecordError, match=message) as raised:
        read_foreign(path, TASK)
    assert str(raised.value).startswith(str(path))


def test_files_that_are_too_large_or_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.json.gz"
    write_foreign(to_t4(made_space()), path)
    monkeypatch.setattr("tvmtune.records.foreign_files._LARGEST_BYTES", 1 << 10)
    with pytest.raises(RecordError, match="more than 0 MiB of JSON"):
        read_foreign(path, TASK)
    with pytest.raises(RecordError, match="cannot be read: No such file"):
        read_foreign(tmp_path / "none.json", TASK)
    with pytest.raises(RecordError, match="cannot be written"):
        write_foreign({}, tmp_path / "none" / "x.json")


def test_a_space_without_failures_has_none(tmp_path: Path) -> None:
    every = np.arange(len(made_space())) * 1e-6 + 1e-6
    space = made_space(
        statuses=(Status.OK,) * len(every), search_s=every, confirmed_s=every * np.nan
    )
    path = tmp_path / "x.json"
    write_foreign(to_tuner_cache(space), path)
    assert set(read_foreign(path, TASK).statuses) == {Status.OK}
