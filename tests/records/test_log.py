from __future__ import annotations

import dataclasses
import os
import resource
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest

from tvmtune.errors import RecordError
from tvmtune.records import LogWriter, ProblemKind, read_log
from tvmtune.records.line import encode


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.jsonl"


def fill(path: Path, *records: Any) -> None:
    with LogWriter(path) as log:
        for record in records:
            log.append(record)


def test_what_was_appended_is_read(path: Path, make: Any) -> None:
    a, b = make(1), make(2)
    fill(path, a)
    fill(path, b)
    contents = read_log([path])
    assert contents.records == (a, b)
    assert contents.problems == ()


def test_append_gives_the_record_its_id(path: Path, make: Any) -> None:
    with LogWriter(path) as log:
        written = log.append(dataclasses.replace(make(), id=""))
    assert read_log([path]).records == (written,)


def test_a_torn_last_line_is_kept_and_written_after(path: Path, make: Any) -> None:
    a, b, c = make(1), make(2), make(3)
    torn = encode(b)[:100]
    fill(path, a)
    with path.open("ab") as file:
        file.write(torn)
    fill(path, c)
    assert torn + b"\n" in path.read_bytes()
    contents = read_log([path])
    assert contents.records == (a, c)
    (problem,) = contents.problems
    assert (problem.kind, problem.count, problem.lines) == (ProblemKind.TORN, 1, (2,))


def test_a_last_record_without_newline_counts(path: Path, make: Any) -> None:
    a, b = make(1), make(2)
    path.write_bytes(encode(a).rstrip(b"\n"))
    fill(path, b)
    assert read_log([path]).records == (a, b)


def test_opening_changes_nothing(path: Path, make: Any) -> None:
    path.write_bytes(encode(make())[:50])
    fill(path)
    assert path.read_bytes() == encode(make())[:50] or path.stat().st_size == 50


def test_concatenated_and_repeated_logs(tmp_path: Path, make: Any) -> None:
    a, b, c = make(1), make(2), make(3)
    one, two, both = tmp_path / "1", tmp_path / "2", tmp_path / "both"
    fill(one, a, b)
    with one.open("ab") as file:
        file.write(encode(c)[:77])
    fill(two, c)
    both.write_bytes(one.read_bytes() + two.read_bytes())
    assert read_log([both]).records == (a, b, c)
    assert read_log([one, two, both, one]).records == (a, b, c)


def test_records_that_claim_one_id_are_all_kept(path: Path, make: Any) -> None:
    made = [make(tile) for tile in range(1, 31)]
    claimed = b"".join(encode(dataclasses.replace(record, id="same")) for record in made)
    path.write_bytes(claimed)
    records = read_log([path, path]).records
    assert [r.config for r in records] == [r.config for r in made]
    assert len({r.id for r in records}) == 30
    assert records[0].id == "same"
    assert read_log([path]).records == records


def test_empty_ids_are_filled_in(path: Path, make: Any) -> None:
    made = [make(tile) for tile in range(1, 31)]
    for record in made:
        body = dataclasses.replace(record, id="").to_text().encode()
        line = b'{"tvmtune":1,"crc":"%08x","record":%s}\n' % (zlib.crc32(body), body)
        path.write_bytes((path.read_bytes() if path.exists() else b"") + line)
    assert read_log([path, path]).records == tuple(made)


def test_problems_are_counted_with_their_lines(path: Path, make: Any) -> None:
    with path.open("wb") as file:
        file.write(b"# a comment\n" * 12 + encode(make()) + b"\x00\x01\n")
    contents = read_log([path])
    assert len(contents.records) == 1
    foreign, binary = contents.problems
    assert (foreign.count, foreign.lines) == (12, tuple(range(1, 11)))
    assert (binary.count, binary.lines) == (1, (14,))
    assert str(foreign) == (
        f"{path}: 12 lines left out (foreign: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ...): "
        "it is not a line of a tvmtune log"
    )
    assert "1 line left out (binary: 14)" in str(binary)


def test_an_endless_line_is_one_problem(path: Path, make: Any) -> None:
    path.write_bytes(b"x" * (9 << 20) + b"\n" + encode(make()))
    contents = read_log([path])
    assert len(contents.records) == 1
    assert contents.problems[0].lines == (1,)


def test_a_second_tuner_is_refused(path: Path, make: Any) -> None:
    with LogWriter(path), pytest.raises(RecordError, match="another tuner is writing to it"):
        LogWriter(path)
    fill(path, make())


def test_a_child_does_not_inherit_the_lock(path: Path) -> None:
    log = LogWriter(path)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        log.close()
        log.close()
        LogWriter(path).close()
    finally:
        child.communicate(b"\n")


@pytest.mark.parametrize("use", [LogWriter, lambda p: read_log([p])])
def test_a_directory_is_refused(tmp_path: Path, use: Any) -> None:
    with pytest.raises(RecordError, match="Is a directory; give a file in it"):
        use(tmp_path)


def test_paths_that_are_no_logs(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="No such file or directory; check the path"):
        read_log([tmp_path / "none"])
    with pytest.raises(RecordError, match="create its directory first"):
        LogWriter(tmp_path / "none" / "log")
    with pytest.raises(RecordError, match="/dev/full is no regular file"):
        LogWriter("/dev/full")
    with pytest.raises(RecordError, match="is a device"):
        read_log(["/dev/full"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_log_is_refused(path: Path) -> None:
    path.touch(mode=0)
    with pytest.raises(RecordError, match="Permission denied"):
        read_log([path])


def test_a_log_without_records_where_one_is_needed(path: Path) -> None:
    path.touch()
    with pytest.raises(RecordError, match="is empty"):
        read_log([path], need_records=True)
    path.write_text("hello\n")
    with pytest.raises(RecordError, match=r"no valid record .foreign line 1: it is not"):
        read_log([path], need_records=True)


def test_a_file_size_limit_loses_nothing(path: Path, make: Any) -> None:
    a, b = make(1), make(2)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with LogWriter(path) as log:
        log.append(a)
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 100, limits[1]))
        try:
            with pytest.raises(RecordError, match="File too large; earlier records are intact"):
                log.append(b)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert read_log([path]).records == (a,)
        log.append(b)
    contents = read_log([path])
    assert contents.records == (a, b)
    assert [p.kind for p in contents.problems] == [ProblemKind.TORN]


def test_a_full_disk_is_an_error(path: Path, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with LogWriter(path) as log, open("/dev/full", "wb") as full:
        monkeypatch.setattr(log, "_file", os.dup2(full.fileno(), log._file))
        with pytest.raises(RecordError, match="No space left on device"):
            log.append(make())


def test_a_removed_log_is_an_error(path: Path, make: Any) -> None:
    with LogWriter(path) as log:
        log.append(make(1))
        path.unlink()
        with pytest.raises(RecordError, match="was removed while it was written to"):
            log.append(make(2))


@pytest.mark.parametrize("replaced", [False, True])
def test_a_renamed_log_is_an_error(path: Path, make: Any, replaced: bool) -> None:
    a, b = make(1), make(2)
    moved = path.with_name("moved")
    with LogWriter(path) as log:
        log.append(a)
        path.rename(moved)
        if replaced:
            path.touch()
        with pytest.raises(RecordError, match="was renamed or replaced while it was written to"):
            log.append(b)
    assert read_log([moved]).records == (a, b)


def test_a_relative_path_is_of_where_it_was_opened(
    tmp_path: Path, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    with LogWriter("log.jsonl") as log:
        monkeypatch.chdir(tmp_path / "other")
        log.append(make())


@pytest.mark.parametrize("cut", [0, 1, 40, 400])
def test_a_killed_tuner_loses_at_most_what_was_in_flight(path: Path, make: Any, cut: int) -> None:
    a, b, c = make(1), make(2), make(3)
    fill(path, a, b)
    os.truncate(path, path.stat().st_size - cut)
    fill(path, c)
    records = read_log([path]).records
    assert records[0] == a
    assert records[-1] == c
