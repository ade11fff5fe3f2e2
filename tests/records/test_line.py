from __future__ import annotations

import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvmtune.errors import RecordError
from tvmtune.records import Record
from tvmtune.records.line import Decoder, LineProblem, ProblemKind, encode


def only(line: bytes) -> LineProblem:
    (problem,) = Decoder()(line)
    assert isinstance(problem, LineProblem)
    return problem


def sealed(body: bytes, version: int = 1) -> bytes:
    return b'{"tvmtune":%d,"crc":"%08x","record":%s}' % (version, zlib.crc32(body), body)


def test_lines_are_ascii_and_one_line(make: Any) -> None:
    line = encode(make(detail="zeile 1\nzeile 2 \u00e9\ud800"))
    assert line.isascii()
    assert line.count(b"\n") == 1
    assert json.loads(line)["tvmtune"] == 1


def test_blank_lines_hold_nothing() -> None:
    assert Decoder()(b"\n") == Decoder()(b" \t\r\n") == []


def test_every_beginning_of_a_line_is_torn(make: Any) -> None:
    line = encode(make()).rstrip(b"\n")
    for end in range(1, len(line)):
        assert only(line[:end]).kind in {ProblemKind.TORN, ProblemKind.CHECKSUM}, line[:end]
    assert only(line[:200]).kind is ProblemKind.TORN


def test_a_flipped_byte_never_passes(make: Any) -> None:
    line = encode(make()).rstrip(b"\n")
    record = Decoder()(line)[0]
    for place in range(len(line)):
        flipped = line[:place] + bytes([line[place] ^ 1]) + line[place + 1 :]
        assert record not in Decoder()(flipped)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"hello", ProblemKind.FOREIGN),
        (b'{"input": ["llvm", "conv2d"]}', ProblemKind.FOREIGN),
        (b"\x7fELF\x02\x01\x00\x00", ProblemKind.BINARY),
        (b"\xff\xfe\xfa", ProblemKind.BINARY),
        (b'{"tvmtune":2,"checksum":"other","record":[]}', ProblemKind.NEWER),
        (sealed(b'{"a":1}', 99), ProblemKind.NEWER),
        (b'{"tvmtune":1,"record":{}}', ProblemKind.BROKEN),
        (sealed(b'{"a":1}'), ProblemKind.BROKEN),
        (sealed(b'{"a":NaN}'), ProblemKind.BROKEN),
        (sealed(b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}"), ProblemKind.BROKEN),
        (sealed(b'{"a":' + b"9" * 5000 + b"}"), ProblemKind.BROKEN),
        (sealed(b'{"a":' + b"[" * 500 + b"]" * 500 + b"}"), ProblemKind.BROKEN),
        (sealed(b'{"\xff":1}'), ProblemKind.BROKEN),
        (sealed(b"{1}}"), ProblemKind.BROKEN),
    ],
)
def test_what_is_no_record_says_why(line: bytes, kind: ProblemKind) -> None:
    problem = only(line)
    assert problem.kind is kind
    assert problem.reason


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("median_s", b"9" * 400),
        ("median_s", b"1e999"),
        ("samples_s", b"[1," + b"9" * 400 + b"]"),
        ("samples_s", b"[" + b"9" * 308 + b"," + b"9" * 308 + b"]"),
        ("predicted", b"-" + b"9" * 400),
        ("start_s", b"9" * 400),
        ("seconds", b'{"running":' + b"9" * 400 + b"}"),
        ("config", b'{"tile":' + b"[" * 100 + b"]" * 100 + b"}"),
    ],
)
def test_values_that_nobody_can_compute_with_are_broken(
    make: Any, field: str, value: bytes
) -> None:
    body = json.dumps(make().to_json() | {field: "@"}).encode().replace(b'"@"', value)
    problem = only(sealed(body))
    assert problem.kind is ProblemKind.BROKEN
    assert field in problem.reason or "nests deeper" in problem.reason


def test_many_knobs_are_not_deep(make: Any) -> None:
    record = make(config={f"knob{i}": [[i], 1] for i in range(200)})
    assert Decoder()(encode(record)) == [record]


@given(st.binary(max_size=60))
def test_nothing_raises(tail: bytes) -> None:
    for head in (b"", b'{"tvmtune":1,"crc":"00000000","record":{', b'{"tvmtune":'):
        assert all(isinstance(item, LineProblem) for item in Decoder()(head + tail))


def test_a_record_glued_to_a_torn_line_is_found(make: Any) -> None:
    a, b = make(1), make(2)
    torn, whole = encode(a)[:300], encode(b)
    problem, record = Decoder()(torn + whole)
    assert isinstance(problem, LineProblem)
    assert problem.kind is ProblemKind.TORN
    assert record == b
    assert Decoder()(encode(a).rstrip(b"\n") + whole) == [a, b]
    assert Decoder()(b"\x00\x00\x00" + whole)[1] == b


def test_values_that_json_lacks_are_refused(make: Any) -> None:
    with pytest.raises(RecordError, match="plain and finite"):
        encode(make(median_s=float("nan")))
    with pytest.raises(RecordError, match="plain and finite"):
        make(config={"a": {1, 2}})


def test_what_lines_share_is_read_once(make: Any) -> None:
    decode = Decoder()
    (a,), (b,) = (decode(encode(make(n, settings={"levels": [1]}))) for n in (1, 2))
    (other,) = decode(encode(make(3, settings={"levels": [2]})))
    assert isinstance(a, Record)
    assert isinstance(b, Record)
    assert isinstance(other, Record)
    assert a.settings is b.settings
    assert other.settings == {"levels": [2]}


@pytest.mark.parametrize(
    "change",
    [
        {"settings": {"fingerprint": {}, "schema": 1, "id": "a"}},
        {"config": {"fingerprint": {}, "toolchain": {}, "settings": {}}},
        {"detail": ',"fingerprint":{},"schema":1,"id":"x"}'},
        {"id": "of another kind"},
        {"seed": 7, "extra": 1},
    ],
)
def test_the_shared_part_is_found_where_it_is(make: Any, change: dict[str, Any]) -> None:
    decode = Decoder()
    decode(encode(make()))
    value = make().with_id().to_json() | change
    for swapped in (value, dict(reversed(value.items()))):
        (found,) = decode(sealed(json.dumps(swapped, separators=(",", ":")).encode()))
        if "extra" in change:
            assert isinstance(found, LineProblem)
        else:
            assert found == Record.from_json(value)


@pytest.mark.parametrize("seconds", ['{"a":0.5,"b":' + "9" * 400 + "}", '{"a":1e999}'])
def test_numbers_beyond_floats_are_refused(make: Any, seconds: str) -> None:
    body = json.dumps(make().with_id().to_json(), separators=(",", ":"))
    assert '"seconds":{}' in body
    line = sealed(body.replace('"seconds":{}', f'"seconds":{seconds}').encode())
    assert only(line).kind is ProblemKind.BROKEN


def test_what_json_refuses_is_refused(make: Any) -> None:
    whole = json.dumps(make().with_id().to_json(), separators=(",", ":")).encode()
    place, end = whole.index(b',"fingerprint":'), whole.index(b',"schema":')
    moved = b"{" + whole[place:end] + b"," + whole[1:place] + whole[end:]
    padded = whole.replace(b',"schema":1,', b',"schema":01,')
    for broken in (moved, padded):
        assert broken != whole
        assert only(sealed(broken)).kind is ProblemKind.BROKEN


def test_a_shared_part_that_is_not_closed_is_none(make: Any) -> None:
    whole = json.dumps(make().with_id().to_json(), separators=(",", ":")).encode()
    place = whole.index(b',"fingerprint":')
    for broken in (
        whole[:place] + b"}" + whole[place:],
        whole[:place] + b',"a":{' + whole[place:],
        whole[:place] + b',"a":{' + whole[place + 1 :] + b"}",
    ):
        assert only(sealed(broken)).kind in {ProblemKind.BROKEN, ProblemKind.TORN}
