"""A record as one line of text: JSON with the schema version and a checksum in front.

::

    {"tvmtune":1,"crc":"89abcdef","record":{...}}

The checksum is the CRC-32 of the bytes of the record.  Nothing here raises on what a file holds:
a line is records, or a reason why not.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tvmtune.errors import RecordError
from tvmtune.records.record import SCHEMA_VERSION, Record

_MARK = b'{"tvmtune":'
_HEAD = re.compile(rb'\{"tvmtune":(\d{1,9}),"crc":"([0-9a-f]{8})","record":(?=\{)')
_VERSION = re.compile(rb'\{"tvmtune":(\d{1,9}),')
_STARTS = re.compile(rb'(?=\{"tvmtune":)')
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_DEPTH_LIMIT = 64

_ORIGIN, _SCHEMA = b',"fingerprint":{', b',"schema":'
_END = re.compile(rb',"schema":(0|[1-9]\d{0,8}),"id":"(\w*)"\}\Z')
"""What is between them is the same in many lines."""

_ORIGINS_KEPT = 1000


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


_JSON = json.JSONDecoder(parse_constant=_refuse_constant)


class ProblemKind(StrEnum):
    """What keeps a line from being a record."""

    TORN = "torn"
    """Begins as a record and stops in the middle."""
    CHECKSUM = "checksum"
    NEWER = "newer schema"
    BROKEN = "broken"
    """Intact by its checksum, or JSON with our mark, but not a record."""
    BINARY = "binary"
    FOREIGN = "foreign"
    """Text of something else."""


@dataclass(frozen=True, slots=True)
class LineProblem:
    """Why a line, or a part of one, is not a record."""

    kind: ProblemKind
    reason: str


def encode(record: Record) -> bytes:
    """One line, newline included; raises `RecordError` on values that JSON does not have."""
    body = record.with_id().to_text().encode()
    head = f'{{"tvmtune":{record.schema},"crc":"{zlib.crc32(body):08x}","record":'
    return head.encode() + body + b"}\n"


class Decoder:
    """Reads lines.  Those of one run share where they come from, which is read once."""

    def __init__(self) -> None:
        self._origins: dict[bytes, dict[str, Any]] = {}

    def __call__(self, line: bytes) -> list[Record | LineProblem]:
        """What a line holds.

        Nothing for a blank line; one thing for most; more where a torn line lacks its newline and
        another log was appended to it, as ``cat`` does.
        """
        text = line.strip()
        if not text:
            return []
        whole = self._one(text)
        if isinstance(whole, Record):
            return [whole]
        parts = [part for part in _STARTS.split(text) if part.strip()]
        if len(parts) == 1:
            return [whole]
        return [self._one(part.strip()) for part in parts]

    def _one(self, text: bytes) -> Record | LineProblem:
        head = _HEAD.match(text)
        if head is None:
            return _classify(text)
        if int(head[1]) > SCHEMA_VERSION:
            return _newer(int(head[1]))
        body = text[head.end() : -1]
        if not text.endswith(b"}}"):
            return LineProblem(ProblemKind.TORN, "it stops in the middle")
        if zlib.crc32(body) != int(head[2], 16):
            return LineProblem(ProblemKind.CHECKSUM, "its checksum does not agree")
        try:
            value = self._value(body)
            if body.count(b"[") + body.count(b"{") > _DEPTH_LIMIT and _is_deep(value):
                reason = f"it nests deeper than {_DEPTH_LIMIT} levels"
                return LineProblem(ProblemKind.BROKEN, reason)
            record = Record.from_json(value)
        except (RecordError, ValueError, OverflowError, RecursionError) as error:
            return LineProblem(ProblemKind.BROKEN, str(error))
        if record.schema != int(head[1]):
            return LineProblem(ProblemKind.BROKEN, f"schema {int(head[1])} and {record.schema}")
        return record

    def _value(self, body: bytes) -> Any:
        """The JSON value of a record's text."""
        end = _END.match(body, max(0, body.rfind(_SCHEMA)))
        begin = body.rfind(_ORIGIN)
        if end is None or not 0 < begin < end.start():
            return _parsed(body)
        try:
            value = _parsed(body[:begin] + b"}")  # fails if not all is closed: then it is another
            origin = self._origin(body[begin + 1 : end.start()])
        except ValueError:
            return _parsed(body)
        if not value:  # as if nothing stood before the comma
            return _parsed(body)
        return {**value, **origin, "schema": int(end[1]), "id": end[2].decode()}

    def _origin(self, text: bytes) -> dict[str, Any]:
        """The members of an object that are written in `text`; raises `ValueError` if it is not."""
        origin = self._origins.get(text)
        if origin is None:
            origin = _parsed(b"{" + text + b"}")
            if len(self._origins) < _ORIGINS_KEPT:
                self._origins[text] = origin
        return origin


def _parsed(text: bytes) -> Any:
    return _JSON.decode(text.decode())


def _is_deep(value: Any) -> bool:
    """Whether a JSON value nests so deep that functions that recurse over it might fail."""
    level = [value]
    for _ in range(_DEPTH_LIMIT):
        level = [child for one in level for child in _children(one)]
    return bool(level)


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _classify(text: bytes) -> LineProblem:
    """What a line is that does not begin as ours do."""
    if _BINARY.search(text) or not _is_utf8(text):
        return LineProblem(ProblemKind.BINARY, "it is not text")
    version = _VERSION.match(text)
    if version and int(version[1]) > SCHEMA_VERSION:
        return _newer(int(version[1]))
    if not text.startswith(_MARK) and not _MARK.startswith(text):
        return LineProblem(ProblemKind.FOREIGN, "it is not a line of a tvmtune log")
    if text.endswith(b"}"):
        return LineProblem(ProblemKind.BROKEN, "it is not written as tvmtune writes")
    return LineProblem(ProblemKind.TORN, "it stops in the middle")


def _newer(version: int) -> LineProblem:
    return LineProblem(
        ProblemKind.NEWER,
        f"schema {version}, this tvmtune reads up to {SCHEMA_VERSION}: update tvmtune to use it",
    )


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
