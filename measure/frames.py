"""Messages between processes: a JSON object and binary payloads, with their lengths in front.

A frame is 4 bytes of magic, the length of the header (4 bytes, little endian), the header as JSON
(``{"message": {...}, "sizes": [...]}``), then the payloads one after the other.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tvmtune.errors import MeasureError

MAX_HEADER_BYTES = 16 << 20
MAX_PAYLOAD_BYTES = 4 << 30

_MAGIC = b"TVF1"
_PREFIX = struct.Struct("<4sI")

Payload = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class Frame:
    """One message with its payloads."""

    message: Mapping[str, Any] = field(default_factory=dict)
    payloads: Sequence[Payload] = ()


def encode(frame: Frame) -> list[memoryview]:
    """Return the pieces to write, in order, without copying the payloads.

    Raises
    ------
    MeasureError
        The frame is larger than a reader would take.
    """
    payloads = [memoryview(p).cast("B") for p in frame.payloads]
    sizes = [p.nbytes for p in payloads]
    header = json.dumps({"message": dict(frame.message), "sizes": sizes}).encode()
    _check_sizes(len(header), sizes)
    return [memoryview(_PREFIX.pack(_MAGIC, len(header)) + header), *payloads]


class Decoder:
    """Puts frames together from the bytes of a stream."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._header: tuple[Mapping[str, Any], list[int]] | None = None

    def feed(self, data: Payload) -> Iterator[Frame]:
        """Take more bytes, and yield the frames that they complete.

        Raises
        ------
        MeasureError
            The bytes are no frame, or one beyond the limits.
        """
        self._buffer += data
        while (frame := self._next()) is not None:
            yield frame

    def _next(self) -> Frame | None:
        if self._header is None:
            self._header = self._read_header()
        if self._header is None:
            return None
        message, sizes = self._header
        if len(self._buffer) < sum(sizes):
            return None
        self._header = None
        return Frame(message, tuple(self._take(size) for size in sizes))

    def _read_header(self) -> tuple[Mapping[str, Any], list[int]] | None:
        if len(self._buffer) < _PREFIX.size:
            return None
        magic, length = _PREFIX.unpack_from(self._buffer)
        if magic != _MAGIC:
            raise MeasureError(f"broken stream of a worker: it begins with {bytes(magic)!r}")
        _check_sizes(length, ())
        if len(self._buffer) < _PREFIX.size + length:
            return None
        self._take(_PREFIX.size)
        return _parse_header(bytes(self._take(length)))

    def _take(self, size: int) -> bytearray:
        if size == len(self._buffer):
            taken, self._buffer = self._buffer, bytearray()
            return taken
        taken = self._buffer[:size]
        del self._buffer[:size]
        return taken


def _parse_header(text: bytes) -> tuple[Mapping[str, Any], list[int]]:
    try:
        header = json.loads(text)
        message, sizes = header["message"], [int(size) for size in header["sizes"]]
    except (KeyError, TypeError, ValueError) as error:
        raise MeasureError(f"broken header from a worker: {error!r} in {text[:80]!r}") from error
    if not isinstance(message, dict) or any(size < 0 for size in sizes):
        raise MeasureError(f"broken header from a worker: {text[:80]!r}")
    _check_sizes(len(text), sizes)
    return message, sizes


def _check_sizes(header: int, payloads: Sequence[int]) -> None:
    if header > MAX_HEADER_BYTES or sum(payloads) > MAX_PAYLOAD_BYTES:
        raise MeasureError(
            f"message with a header of {header} bytes and {sum(payloads)} bytes of payload; "
            f"the limits are {MAX_HEADER_BYTES} and {MAX_PAYLOAD_BYTES}"
        )
