from __future__ import annotations

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvmtune.errors import MeasureError
from tvmtune.measure import frames
from tvmtune.measure.frames import Decoder, Frame, encode

_messages = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3)
_frames = st.builds(Frame, _messages, st.lists(st.binary(max_size=40), max_size=3))


@given(st.lists(_frames, max_size=4), st.integers(1, 17))
def test_frames_survive_any_cut_of_the_stream(sent: list[Frame], chunk: int) -> None:
    stream = b"".join(bytes(piece) for frame in sent for piece in encode(frame))
    decoder, got = Decoder(), []
    for start in range(0, len(stream), chunk):
        got += list(decoder.feed(stream[start : start + chunk]))
    assert [dict(f.message) for f in got] == [dict(f.message) for f in sent]
    assert [[bytes(p) for p in f.payloads] for f in got] == [list(f.payloads) for f in sent]


@pytest.mark.parametrize(
    "stream",
    [
        b"printed by somebody",
        struct.pack("<4sI", b"TVF1", 2) + b"{}",
        struct.pack("<4sI", b"TVF1", 4) + b"nope",
        struct.pack("<4sI", b"TVF1", 29) + b'{"message": {}, "sizes":[-1]}',
        struct.pack("<4sI", b"TVF1", 28) + b'{"message": [], "sizes":[1]}',
    ],
)
def test_what_is_no_frame_is_refused(stream: bytes) -> None:
    with pytest.raises(MeasureError, match="broken"):
        list(Decoder().feed(stream))


def test_frames_beyond_the_limits_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "MAX_PAYLOAD_BYTES", 10)
    with pytest.raises(MeasureError, match="11 bytes of payload; the limits are"):
        encode(Frame({}, [b"x" * 11]))
    header = json.dumps({"message": {}, "sizes": [6, 5]}).encode()
    with pytest.raises(MeasureError, match="limits"):
        list(Decoder().feed(struct.pack("<4sI", b"TVF1", len(header)) + header))
    with pytest.raises(MeasureError, match="limits"):
        list(Decoder().feed(struct.pack("<4sI", b"TVF1", 1 << 31)))
