from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.experiments.made_results import live, made_results, write_results
from tvmtune.errors import RecordError
from tvmtune.experiments import results as module
from tvmtune.experiments import study_file
from tvmtune.experiments.results import Results, Search, append_search, read_results
from tvmtune.experiments.study_file import StudyFile, read_study
from tvmtune.records.recorded_space import write_space


def _same(one: Results, other: Results) -> None:
    assert one.study == other.study
    assert [s.to_json() for s in one.searches] == [s.to_json() for s in other.searches]
    for mine, theirs in zip(one.searches, other.searches, strict=True):
        np.testing.assert_allclose(mine.trace.times_s, theirs.trace.times_s, rtol=1e-12)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    write_results(made_results(tasks=2, seeds=2), tmp_path / "made")
    return tmp_path / "made"


def test_a_directory_gives_back_what_was_written(made: Path) -> None:
    results = made_results(tasks=2, seeds=2)
    again = read_results(made)
    _same(again, results)
    assert again.missing == 0
    assert len(again.of("task1", "sage")) == 2
    assert set(again.spaces) == {"task0", "task1"}


def test_live_searches_have_no_rows(tmp_path: Path) -> None:
    results = live(made_results(tasks=1, seeds=2))
    write_results(results, tmp_path / "made")
    again = read_results(tmp_path / "made")
    _same(again, results)
    assert again.spaces == {}
    assert again.searches[0].trace.rows is None


def test_a_line_that_was_not_finished_is_left_out_and_replaced(made: Path) -> None:
    path, whole = made / "traces.jsonl", read_results(made)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]) + lines[-1][:-1])
    assert read_results(made).missing == 1
    append_search(path, whole.searches[-1])
    assert path.read_bytes() == b"".join(lines)
    path.write_bytes(lines[0][:50])
    assert not read_results(made).searches
    append_search(path, whole.searches[0])
    assert path.read_bytes() == lines[0]


def test_what_was_cut_may_be_long(tmp_path: Path) -> None:
    (search, *_) = made_results(tasks=1, seeds=1).searches
    path = tmp_path / "traces.jsonl"
    append_search(path, search)
    line = path.read_bytes()
    path.write_bytes(line + b"x" * 200_000)
    append_search(path, search)
    assert path.read_bytes() == 2 * line


def test_of_two_searches_the_first_counts(made: Path) -> None:
    results = read_results(made)
    other = results.searches[1].to_json() | {"seed": results.searches[0].seed}
    append_search(made / "traces.jsonl", Search.from_json(other))
    _same(read_results(made), results)


def test_searches_that_found_nothing(made: Path) -> None:
    line = read_results(made).searches[0].to_json()
    empty = {**line, "times_ns": [], "told_s": [], "rows": []}
    (made / "traces.jsonl").write_text(json.dumps(empty) + "\n")
    (search,) = read_results(made).searches
    assert len(search.trace) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"task": "nope"}, "line 2: 'nope' is not in the study, which has task0, task1"),
        ({"strategy": "nope"}, "'nope' is not in the study, which has random, bold, sage"),
        ({"seed": 9}, "9 is not in the study, which has 0, 1"),
        ({"seed": True}, "seed must be an integer"),
        ({"task": 1}, "task and strategy must be texts"),
        ({"rows": [200] * 80}, "row 200 of a recorded space of 200 configs"),
        ({"rows": [-1] * 80}, "a row that is negative"),
        ({"rows": [0.5] * 80}, "a row must be an integer"),
        ({"rows": [0] * 80}, "its times are not those of the recorded space of task0"),
        ({"rows": [2**70] * 80}, "not a search: OverflowError"),
        ({"rows": [0]}, "times_ns, told_s and rows differ in length"),
        ({"told_s": [0.1]}, "times_ns, told_s and rows differ in length"),
        ({"told_s": [-0.1] * 80}, "told_s must be a number that is not negative"),
        ({"times_ns": [0] * 80}, "a time of 0 ns"),
        ({"times_ns": [10**16] * 80}, "a time of 1"),
        ({"times_ns": [1.5] * 80}, "a time must be an integer"),
        ({"times_ns": None}, "not a search: TypeError"),
        ({"thinking_s": "x"}, "thinking_s must be a number that is not negative"),
    ],
)
def test_lines_that_do_not_belong_there(made: Path, change: dict[str, Any], message: str) -> None:
    path = made / "traces.jsonl"
    lines = path.read_text().splitlines()
    lines[1] = json.dumps({**json.loads(lines[1]), **change})
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(RecordError, match=f"line 2: .*{message.removeprefix('line 2: ')}"):
        read_results(made)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"task":NaN}', "NaN is no number of JSON"),
        ("[]", "not a search: TypeError"),
        ("{}", "not a search: KeyError 'times_ns'"),
    ],
)
def test_lines_that_are_no_searches(made: Path, line: str, message: str) -> None:
    path = made / "traces.jsonl"
    path.write_text(f"{line}\n{path.read_text()}")
    with pytest.raises(RecordError, match=f"line 1: .*{message}"):
        read_results(made)


def test_lines_have_an_end(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LARGEST_LINE_BYTES", 100)
    with pytest.raises(RecordError, match="a line of more than 0 MiB"):
        read_results(made)


def test_files_that_cannot_be_used(made: Path, tmp_path: Path) -> None:
    search = read_results(made).searches[0]
    with pytest.raises(RecordError, match="cannot be written: "):
        append_search(tmp_path, search)
    (made / "traces.jsonl").unlink()
    with pytest.raises(RecordError, match=r"traces\.jsonl: cannot be read: No such file"):
        read_results(made)
    with pytest.raises(RecordError, match=r"study\.json: cannot be read: No such file"):
        read_results(tmp_path)


def test_spaces_of_another_task(made: Path) -> None:
    spaces = made_results(tasks=2, seeds=1).spaces
    write_space(spaces["task1"], made / "spaces" / "task0.space.gz")
    with pytest.raises(RecordError, match=r"a space of matmul:m=2 for .*, the task task0 is "):
        read_results(made)


def _set(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda study: study.__setitem__(name, value)


def _of_task(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda study: study["tasks"][0].__setitem__(name, value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set("tvmtune_study", "1"), "there is no tvmtune_study in it"),
        (_set("tvmtune_study", 2), "a study of format 2, this tvmtune reads up to 1"),
        (_set("default", "nope"), "its default 'nope' is none of its strategies"),
        (_set("seeds", []), "there is no seed"),
        (_set("seeds", [1, 1]), "the seed 1 stands there twice"),
        (_set("seeds", [0.5]), "a seed must be an integer"),
        (_set("seeds", [2**63]), "a seed must be below 2 to the power of 63"),
        (_set("share", 10**400), "not a study: OverflowError"),
        (_set("tasks", []), "there is no task"),
        (_set("strategies", [{"name": "a"}, {"name": "a"}]), "strategy 'a' stands there twice"),
        (_set("strategies", [{"name": ""}]), "a name must be a text in one line"),
        (_set("strategies", [{"name": "a\nb"}]), "a name must be a text in one line"),
        (_set("strategies", ["a"]), "not a study: AttributeError"),
        (_set("strategies", [{"name": "a" * 201}]), "a name of more than 200 characters"),
        (_set("trials", 0), "trials must be at least 1"),
        (_set("seconds", -1), "seconds must be a number that is not negative"),
        (_set("share", 0), "share must lie between 0 and 1"),
        (_set("share", 1.5), "share must lie between 0 and 1"),
        (_set("origin", []), "origin must be an object"),
        (_of_task("space", "../secret.space.gz"), r"space must be spaces/NAME\.space\.gz or null"),
        (_of_task("space", "spaces/../../x.space.gz"), "space must be spaces/NAME"),
        (_of_task("workload", 3), "workload must be a text in one line"),
        (lambda study: study.pop("origin"), "not a study: KeyError 'origin'"),
    ],
)
def test_studies_that_are_none(
    made: Path, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    path = made / "study.json"
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))
    with pytest.raises(RecordError, match=rf"study\.json: .*{message}"):
        read_results(made)


def test_studies_that_are_too_long(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study_file, "_LARGEST_BYTES", 10)
    with pytest.raises(RecordError, match="more than 0 MiB"):
        read_study(made / "study.json")


def test_what_a_runner_adds_is_kept() -> None:
    study = made_results(tasks=1, seeds=1).study
    value = study.to_json()
    value["strategies"][0]["model"] = "xgboost"
    value |= {"seconds": 2, "trials": None}
    again = StudyFile.from_json(value)
    assert again.strategies[0].details == {"model": "xgboost"}
    assert again.to_json() == value
    assert (again.seconds, again.trials) == (2.0, None)
    many = StudyFile.from_json({**value, "seeds": list(range(20))})
    with pytest.raises(RecordError, match=r"has 0, 1, 2, 3, 4, 5, 6, 7, \.\.\. \(20\)"):
        module.placed(_with_seed(30), many, {})


def _with_seed(seed: int) -> Search:
    (search, *_) = made_results(tasks=1, seeds=1).searches
    return Search.from_json({**search.to_json(), "seed": seed})
