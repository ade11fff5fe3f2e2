"""The tuning log as a file: appended to by one tuner at a time, read by anybody."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from tvmtune.errors import RecordError
from tvmtune.records.line import Decoder, LineProblem, ProblemKind, encode
from tvmtune.records.record import Record

_LINE_LIMIT_BYTES = 4 << 20
_LINES_KEPT = 10


class LogWriter:
    """A log opened for appending, locked against other tuners until it is closed.

    A torn last line, left by a killed tuner or a full disk, is kept as it is; the next record
    starts on a line of its own.

    Parameters
    ----------
    path
        The file; created if there is none.

    Raises
    ------
    RecordError
        If it is no regular file, cannot be opened, or another process is writing to it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._place = self.path.absolute()
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        try:
            self._file = os.open(self.path, flags, 0o666)
        except OSError as error:
            raise _cannot("write", self.path, error) from error
        try:
            _refuse_unless_regular(self.path, os.fstat(self._file).st_mode)
            self._lock()
            self._on_own_line = self._ends_with_newline()
            self._sync_directory()
        except OSError as error:
            os.close(self._file)
            raise _cannot("write", self.path, error) from error
        except BaseException:
            os.close(self._file)
            raise

    def append(self, record: Record) -> Record:
        """Write a record to the disk; it is there when this returns.

        Returns
        -------
        Record
            The record with its id.

        Raises
        ------
        RecordError
            If it cannot be written (disk full, file size limit), earlier records are intact; or
            if the file is not at its path any more, where nobody would look for it.
        """
        record = record.with_id()
        line = encode(record)
        try:
            self._write(line if self._on_own_line else b"\n" + line)
            os.fsync(self._file)
        except OSError as error:
            raise RecordError(
                f"log {self.path}: {error.strerror}; earlier records are intact: make room or "
                "raise the limit, then run the same command to go on"
            ) from error
        self._refuse_if_moved()
        return record

    def close(self) -> None:
        """Release the file and its lock; may be called twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _refuse_if_moved(self) -> None:
        """Records in a file that has lost its name are lost; in one renamed, not found again."""
        if os.fstat(self._file).st_nlink == 0:
            raise RecordError(
                f"log {self.path} was removed while it was written to, and its records with it: "
                "restore it if there is a copy, then run the same command to go on"
            )
        if not self._is_at_path():
            raise RecordError(
                f"log {self.path} was renamed or replaced while it was written to; the renamed "
                "file has every record: put it back, then run the same command to go on"
            )

    def _is_at_path(self) -> bool:
        """Whether the path still names this file; yes where nothing says that it does not."""
        try:
            return os.path.samestat(os.stat(self._place), os.fstat(self._file))
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True

    def _write(self, data: bytes) -> None:
        while data:
            written = os.write(self._file, data)
            self._on_own_line = data[:written].endswith(b"\n")
            data = data[written:]

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RecordError(
                f"log {self.path}: another tuner is writing to it; wait for it to end or give "
                "another file (logs can be concatenated later)"
            ) from error
        except OSError as error:
            raise _cannot("lock", self.path, error) from error

    def _ends_with_newline(self) -> bool:
        size = os.fstat(self._file).st_size
        return size == 0 or os.pread(self._file, 1, size - 1) == b"\n"

    def _sync_directory(self) -> None:
        """Make the name of a new file as durable as its contents."""
        directory = os.open(self.path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


@dataclass(frozen=True, slots=True)
class Problem:
    """Lines of one file that are no records, for one kind of reason.

    ``lines`` are the numbers of the first of them, from 1; ``reason`` is that of the first.
    """

    path: Path
    kind: ProblemKind
    count: int
    lines: tuple[int, ...]
    reason: str

    def __str__(self) -> str:
        numbers = ", ".join(map(str, self.lines)) + (
            ", ..." if self.count > len(self.lines) else ""
        )
        noun = "line" if self.count == 1 else "lines"
        return f"{self.path}: {self.count} {noun} left out ({self.kind}: {numbers}): {self.reason}"


@dataclass(frozen=True, slots=True)
class LogContents:
    """What some logs hold: records in order, each once, and what was left out."""

    records: tuple[Record, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class _Gathered:
    """Records and problems of several files, while they are read."""

    records: dict[str, Record] = field(default_factory=dict)
    problems: dict[tuple[Path, ProblemKind], Problem] = field(default_factory=dict)

    def add(self, path: Path, number: int, item: Record | LineProblem) -> None:
        if isinstance(item, Record):
            self._keep(item)
            return
        key = path, item.kind
        known = self.problems.get(key) or Problem(path, item.kind, 0, (), item.reason)
        lines = (*known.lines, number) if len(known.lines) < _LINES_KEPT else known.lines
        self.problems[key] = replace(known, count=known.count + 1, lines=lines)

    def _keep(self, record: Record) -> None:
        """Add a record once; one that claims the id of a different one gets another id."""
        if not record.id:
            record = record.with_id()
        while (known := self.records.setdefault(record.id, record)) is not record:
            if known == record:
                return
            record = record.with_another_id()


def read_log(paths: Iterable[str | os.PathLike[str]], *, need_records: bool = False) -> LogContents:
    """Read logs, one line at a time.

    Parameters
    ----------
    paths
        Files; a record that appears in several of them counts once.
    need_records
        Whether logs without any record are an error.

    Raises
    ------
    RecordError
        If a file is a directory or a device, or cannot be read; or there is no record and
        ``need_records``.
    """
    names = [Path(path) for path in paths]
    gathered, decode = _Gathered(), Decoder()
    for path in names:
        for number, item in _items(path, decode):
            gathered.add(path, number, item)
    contents = LogContents(tuple(gathered.records.values()), tuple(gathered.problems.values()))
    if need_records and not contents.records:
        raise RecordError(_nothing(names, contents))
    return contents


def _items(path: Path, decode: Decoder) -> Iterator[tuple[int, Record | LineProblem]]:
    """Line numbers and what is on the lines."""
    try:
        with open(path, "rb") as file:
            _refuse_unless_readable(path, os.fstat(file.fileno()).st_mode)
            for number, line in enumerate(_lines(file), 1):
                for item in decode(line):
                    yield number, item
    except OSError as error:
        raise _cannot("read", path, error) from error


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines; of one too long to be ours, the beginning."""
    while line := file.readline(_LINE_LIMIT_BYTES):
        yield line
        while len(line) == _LINE_LIMIT_BYTES and not line.endswith(b"\n"):
            line = file.readline(_LINE_LIMIT_BYTES)


def _nothing(paths: list[Path], contents: LogContents) -> str:
    names = ", ".join(map(str, paths))
    if not paths:
        return "no log to read: give at least one"
    if not contents.problems:
        return f"log {names} is empty; fill it with: tvmtune tune INPUT --log FILE"
    first = contents.problems[0]
    return (
        f"log {names} has no valid record ({first.kind} line {first.lines[0]}: {first.reason}); "
        "give a file written by: tvmtune tune INPUT --log FILE"
    )


def _refuse_unless_regular(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise RecordError(f"log {path} is no regular file; give a file on a disk with room")


def _refuse_unless_readable(path: Path, mode: int) -> None:
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        raise RecordError(f"log {path} is a device; give a file")


def _cannot(verb: str, path: Path, error: OSError) -> RecordError:
    hint = {
        IsADirectoryError: "give a file in it",
        FileNotFoundError: "check the path" if verb == "read" else "create its directory first",
        PermissionError: "change its permissions or give another file",
    }.get(type(error), "give another file")
    return RecordError(f"cannot {verb} log {path}: {error.strerror}; {hint}")
