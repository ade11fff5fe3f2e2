from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvmtune.errors import RecordError
from tvmtune.outcome import Status
from tvmtune.records import Proposer, Purpose, Record
from tvmtune.records.line import Decoder, encode
from tvmtune.records.record import _CHECKS, DETAIL_LIMIT

texts = st.text(max_size=30)
finite = st.floats(min_value=0, max_value=1e6)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
mappings = st.dictionaries(texts, plain, max_size=3)
records = st.builds(
    Record,
    workload=texts,
    target=texts,
    template=texts,
    template_version=texts,
    config=mappings,
    status=st.sampled_from(Status),
    purpose=st.sampled_from(Purpose),
    proposer=st.sampled_from(Proposer),
    predicted=st.none() | finite,
    detail=st.text(max_size=100),
    where=st.none() | texts,
    median_s=st.none() | finite,
    samples_s=st.lists(finite, max_size=4).map(tuple),
    truncated=st.booleans(),
    checks=mappings,
    start_s=finite,
    seconds=st.dictionaries(texts, finite, max_size=3),
    seed=st.integers(),
    fingerprint=mappings,
)


@given(records)
def test_a_record_survives_its_line(record: Record) -> None:
    named = record.with_id()
    assert Decoder()(encode(record)) == [named]
    assert encode(named) == encode(record)


def test_every_field_is_checked() -> None:
    assert set(_CHECKS) == {f.name for f in dataclasses.fields(Record)}


def test_the_id_is_that_of_the_contents(make: Any) -> None:
    a = make(1)
    assert a.id == dataclasses.replace(a, id="").with_id().id
    assert a.id != dataclasses.replace(a, id="", seed=7).with_id().id


def test_detail_keeps_both_ends(make: Any) -> None:
    record = make(detail="begin" + "x" * 10_000 + "end")
    assert len(record.detail) == DETAIL_LIMIT
    assert record.detail.startswith("begin")
    assert record.detail.endswith("end")


def test_tuples_and_lists_are_one_config(make: Any) -> None:
    assert make(config={"t": (1, 2)}).config_key == make(config={"t": [1, 2]}).config_key


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"status": "fine"}, "status='fine'"),
        ({"status": ["ok"]}, "status="),
        ({"median_s": -1.0}, "median_s='-1.0'"),
        ({"samples_s": ["1"]}, "samples_s="),
        ({"config": []}, "config="),
        ({"seed": True}, "seed='True'"),
        ({"colour": 1}, "unknown fields ['colour']"),
    ],
)
def test_what_is_not_a_record_is_refused(make: Any, change: dict[str, Any], message: str) -> None:
    with pytest.raises(RecordError) as error:
        Record.from_json(make().to_json() | change)
    assert message in str(error.value)


def test_a_missing_field_is_named(make: Any) -> None:
    value = make().to_json()
    del value["workload"]
    with pytest.raises(RecordError, match="without workload"):
        Record.from_json(value)


def test_older_records_have_no_count_of_operations(make: Any) -> None:
    value = make(flops=5).to_json()
    assert Record.from_json(value).flops == 5
    del value["flops"]
    assert Record.from_json(value).flops == 0
    with pytest.raises(RecordError, match="record with flops='-1'"):
        Record.from_json(value | {"flops": -1})
