from __future__ import annotations

import builtins
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.experiments.made_results import KNOWING, live, made_results, space_of
from tvmtune.errors import RecordError, UsageError
from tvmtune.experiments import plots
from tvmtune.experiments.analysis import Analysis, analyse
from tvmtune.experiments.canvas import (
    LETTER_PT,
    WIDTH_IN,
    check_matplotlib,
    legend_columns,
    looks,
    shorten,
)
from tvmtune.experiments.page import Header, page, paragraph, table, values
from tvmtune.experiments.report import Pictures, draw, report_page, write_report
from tvmtune.experiments.report_tables import scores_table
from tvmtune.experiments.results import Results
from tvmtune.experiments.wording import (
    answer,
    listed,
    number,
    p_text,
    percent,
    seconds_text,
    seeds_text,
)

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = {"<script>alert(1)</script>": 0.0, "_$x^{$ &amp;": 1.0, "b" * 60: 3.0}


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return analyse(made_results(tasks=3, seeds=10))


@pytest.fixture(scope="module")
def pictures(analysis: Analysis) -> Pictures:
    return draw(analysis)


def _tree(html: str) -> ElementTree.Element:
    """The page is XML as well, so that whatever is not closed or not escaped is an error."""
    return ElementTree.fromstring(html.removeprefix("<!DOCTYPE html>\n"))


def _text(html: str) -> str:
    return " ".join("".join(_tree(html).itertext()).split())


def _loads(html: str) -> list[str]:
    """What a page would fetch."""
    found = re.findall(r"""(?:src|href|action|data)\s*=\s*["']?([^"'\s>]*)""", html)
    found += re.findall(r"url\(([^)]*)\)", html)
    return [one for one in found if not one.startswith("#")] + re.findall("@import|<script", html)


def test_the_page_needs_nothing_else(analysis: Analysis, pictures: Pictures) -> None:
    html = report_page(analysis, pictures)
    tree = _tree(html)
    assert _loads(html) == []
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", html)
    assert len(list(tree.iter(f"{SVG}svg"))) == len(pictures) == 9
    names = re.findall(r'\sid="([^"]*)"', html)
    assert len(names) == len(set(names))
    assert set(re.findall(r'(?:href="#|url\(#)([^")]*)', html)) <= set(names)
    assert report_page(analysis, draw(analysis)) == html


def test_the_page_opens_with_the_answer(analysis: Analysis, pictures: Pictures) -> None:
    text = _text(report_page(analysis, pictures))
    first, second, third = answer(analysis)
    assert first.startswith("sage is the best by trials: it is sooner at 95 % of the best speed")
    assert second == (
        "The default, bold, takes significantly more trials than sage "
        "(p < 0.01 after Holm's correction)."
    )
    assert third == "It takes significantly fewer trials itself than random."
    assert text.index(first) < text.index(second) < text.index("Best so far")
    assert "3 strategies, 3 tasks, 10 seeds: 90 searches." in text
    assert "A search ends after 80 trials. Seeds: 0 to 9." in text
    assert "recorded, all configs" in text
    assert "A <B> & C" in text
    assert "Wilcoxon" in text


@pytest.mark.parametrize("name", ["random", "bold", "sage", "task0", "never"])
def test_pictures_have_text_that_can_be_read(pictures: Pictures, name: str) -> None:
    made = [svg for parts in pictures.values() for svg in parts]
    assert any(f">{name}<" in svg for svg in made)
    for svg in made:
        tree = ElementTree.fromstring(svg.encode())
        assert tree.get("width") == f"{72 * WIDTH_IN:g}pt"
        sizes = re.findall(r"font(?:-size)?: ([\d.]+)px", svg)
        assert sizes
        assert min(map(float, sizes)) >= LETTER_PT
        assert "sans-serif" in svg


def test_names_of_files_are_only_text(tmp_path: Path) -> None:
    value = made_results(
        tasks=1, seeds=3, knowing=HOSTILE, default="b" * 60, origin={"<b>": ["<i>", None]}
    )
    told = value.study.to_json()
    told["strategies"][1] |= {"<model>": "</style>", "odd": "\ud800\0"}
    study = type(value.study).from_json(told)
    analysis = analyse(Results(study=study, spaces=value.spaces, searches=value.searches))
    html = report_page(analysis, draw(analysis))
    assert _loads(html) == []
    assert all(name in _text(html) for name in (*HOSTILE, "<model>", "</style>", "<i>, None"))
    assert "</style>" in _text(write_report(analysis, tmp_path)[0].read_text())
    (svg,) = draw(analysis)["best-trials"]
    assert "_$x^{$" in svg
    assert "b" * 40 not in svg


def test_files_of_a_report(analysis: Analysis, tmp_path: Path) -> None:
    page, *others = write_report(analysis, tmp_path / "new" / "out")
    assert page.name == "report.html"
    names = sorted(p.name for p in others)
    tables = ["curves", "head-to-head", "scores", "searches", "tests", "to-share", "trials"]
    assert [n.removesuffix(".csv") for n in names if n.endswith(".csv")] == tables
    assert sum(n.endswith(".svg") for n in names) == 9
    assert all(p.stat().st_size > 50 for p in others)
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordError, match="cannot be written: "):
        write_report(analysis, tmp_path / "file")


def test_of_live_tasks(tmp_path: Path) -> None:
    results = live(made_results(tasks=2, seeds=6))
    analysis = analyse(results)
    html = report_page(analysis, draw(analysis))
    assert "Not of task0 and task1: searched live" in _text(html)
    assert "autotuning_methodology" not in html
    assert "performance" not in draw(analysis)
    write_report(analysis, tmp_path)
    some = made_results(tasks=2, seeds=6)
    tasks = (some.study.tasks[0], results.study.tasks[1])
    value = {**some.study.to_json(), "trials": None, "seconds": 9.5, "origin": {}}
    study = type(some.study).from_json(value)
    study = type(study)(**{f: getattr(study, f) for f in study.__slots__} | {"tasks": tasks})
    mixed = analyse(
        Results(study=study, spaces={"task0": some.spaces["task0"]}, searches=some.searches)
    )
    text = _text(report_page(mixed, draw(mixed)))
    assert "Not of task1: searched live" in text
    assert "A search ends after 9.5 seconds." in text
    assert "autotuning_methodology" in text


def test_experiments_that_are_not_finished() -> None:
    whole = made_results(tasks=2, seeds=3)
    some = Results(study=whole.study, spaces=whole.spaces, searches=whole.searches[:7])
    analysis = analyse(some)
    text = _text(report_page(analysis, draw(analysis)))
    assert "11 of those that were to be made are missing." in text
    assert any("no test can be significant" in sentence for sentence in answer(analysis))
    one = analyse(Results(study=whole.study, spaces=whole.spaces, searches=whole.searches[:3]))
    assert answer(one) == ["Only random has been searched with: nothing is compared."]
    assert "sooner-trials" not in draw(one)
    text = _text(report_page(one, draw(one)))
    assert "Against the default" not in text
    part = tuple(s for s in whole.searches if s.key[:2] != ("task1", "sage"))
    known = analyse(Results(study=whole.study, spaces=whole.spaces, searches=part))
    assert [row[1] for row in scores_table(known).rows] == 3 * ["random", "bold"]
    two = tuple(s for s in whole.searches if s.strategy != "bold")
    lacking = analyse(Results(study=whole.study, spaces=whole.spaces, searches=two))
    assert answer(lacking)[1] == "No strategy has searches in common with the default, bold."


def test_the_default_may_be_the_best() -> None:
    analysis = analyse(made_results(tasks=3, seeds=10, default="sage"))
    assert answer(analysis)[1].startswith(
        "No strategy takes significantly fewer trials than the default, sage"
    )
    alike = analyse(made_results(tasks=1, seeds=12, knowing={"a": 1.0, "b": 1.0}, default="a"))
    assert len(answer(alike)) == 2


def test_the_best_by_seconds_may_be_another() -> None:
    analysis = analyse(made_results(tasks=1, seeds=10, knowing={"bold": 1.0, "slow": 1.5}))
    slowed = Analysis(
        **{name: getattr(analysis, name) for name in Analysis.__slots__ if name != "duels"},
        duels=tuple(
            type(d)(
                **{n: getattr(d, n) for n in d.__slots__ if n != "probability"},
                probability=float((d.strategy == "bold") == (d.axis == "seconds")),
            )
            for d in analysis.duels
        ),
    )
    assert answer(slowed)[0].endswith(
        "with probability 1.00. By seconds bold is sooner than another most often (1.00)."
    )


def test_tasks_that_are_too_easy_tell_nothing() -> None:
    results = made_results(tasks=1, seeds=8, knowing={"bold": 90.0, "sage": 90.0}, trials=5)
    analysis = analyse(results)
    assert answer(analysis)[0].startswith(
        "By trials all strategies are as soon at 95 % of the best speed as each other"
    )
    text = _text(report_page(analysis, draw(analysis)))
    assert "On task0 every search got there with its first trial" in text
    first = [s for s in results.searches if s.strategy == "bold"]
    twins = [type(s)(task=s.task, strategy="sage", seed=s.seed, trace=s.trace) for s in first]
    same = Results(study=results.study, spaces=results.spaces, searches=(*first, *twins))
    assert answer(analyse(same))[0].endswith("as each other.")


def test_noise_and_bounds_are_told() -> None:
    results = made_results(tasks=1, seeds=6, trials=3, knowing={"random": 0.0, "bold": 30.0})
    space = results.spaces["task0"]
    confirmed = space.search_s.copy()
    confirmed[:100] *= [1.0, 1.3, 1.6, 1.9] * 25
    confirmed[100:] = np.nan
    noisy = space_of(space.search_s, confirmed_s=confirmed, exhaustive=False)
    analysis = analyse(
        Results(study=results.study, spaces={"task0": noisy}, searches=results.searches)
    )
    text = _text(report_page(analysis, draw(analysis)))
    assert "On task0 it exceeds the 5 %" in text
    assert "recorded, a uniform sample" in text
    plain = analyse(results)
    assert "An asterisk: a median is one of searches that never got there" in _text(
        report_page(plain, draw(plain))
    )


def test_searches_without_a_trial() -> None:
    results = made_results(tasks=1, seeds=2)
    empty = [type(s).from_json({**s.to_json(), **_NOTHING}) for s in results.searches]
    analysis = analyse(Results(study=results.study, spaces={}, searches=tuple(empty)))
    made = draw(analysis)
    assert "best-trials" not in made
    assert "tasks-trials" not in made
    _tree(report_page(analysis, made))


def test_results_that_were_there_at_once() -> None:
    results = made_results(tasks=1, seeds=2, trials=1)
    told: dict[str, Any] = {"told_s": [0.0], "thinking_s": 0, "building_s": 0, "running_s": 0}
    at_once = tuple(type(s).from_json({**s.to_json(), **told}) for s in results.searches)
    analysis = analyse(Results(study=results.study, spaces=results.spaces, searches=at_once))
    _tree(report_page(analysis, draw(analysis)))


_NOTHING: dict[str, Any] = {"times_ns": [], "told_s": [], "rows": None}


def test_many_strategies_look_different() -> None:
    names = [str(i) for i in range(40)]
    assert len(set(looks(names).values())) == 40
    assert legend_columns(["a"]) == 1
    assert legend_columns(["a" * 50, "b"]) == 1
    assert legend_columns(list("abcdef")) == 5
    assert shorten("abcdef", 4) == "abc…"
    assert shorten("abc", 4) == "abc"


def test_mean_seconds_are_of_tasks(analysis: Analysis) -> None:
    found = [s.building_s for s in analysis.standings if s.strategy == "sage"]
    assert plots.mean_seconds(analysis, "sage", "building_s") == pytest.approx(
        sum(found) / len(found)
    )
    assert set(KNOWING) == set(analysis.strategies)
    assert analysis.tasks == ("task0", "task1", "task2")


def test_many_tasks_take_several_pictures() -> None:
    names = {name: i / 4 for i, name in enumerate("abcdefgh")}
    analysis = analyse(made_results(tasks=7, seeds=2, trials=20, knowing=names, default="a"))
    made = draw(analysis)
    assert [len(made[name]) for name in ("tasks-trials", "tasks-seconds", "trials-to-share")] == [
        *(2, 2, 2),
    ]
    first, second = made["tasks-trials"]
    assert ">task2<" in first
    assert ">task6<" in second
    names_of = re.findall(r'\sid="(tasks-\w+(?:-2)?)-figure', report_page(analysis, made))
    assert names_of == ["tasks-trials", "tasks-seconds", "tasks-trials-2", "tasks-seconds-2"]


def test_pieces_of_pages() -> None:
    html = page("<t>", [paragraph("a", "", "b"), table([Header("<n>")], [["1 < 2"]], "<c>")])
    assert _text(html).startswith("<t>")
    assert "<p>a b</p>" in html
    assert "<td>1 &lt; 2</td>" in html
    deep: Any = {"a": {"b": {"c": {"d": {"e": 1}}}}}
    assert values(deep).count("<dl>") == 4
    assert values([1, "<"]) == "1, &lt;"
    assert values({}) == "{}"
    assert values(None) == "-"


def test_figures_as_text() -> None:
    assert [seeds_text(s) for s in ([3], [1, 0], [2, 1, 3], [1, 3, 5])] == [
        *("3", "0, 1", "1 to 3", "1, 3, 5"),
    ]
    assert [number(v) for v in (None, 0.1234, 12.34, 1234.5)] == ["-", "0.123", "12.3", "1,234"]
    assert [seconds_text(s) for s in (2.0, 3e-3, 4e-6, 5e-9)] == ["2 s", "3 ms", "4 us", "5 ns"]
    assert (percent(None), percent(0.951)) == ("-", "95.1 %")
    assert (p_text(1e-9), p_text(0.0123)) == ("< 0.0001", "0.012")
    assert [listed(n) for n in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        *("", "a", "a and b", "a, b and c"),
    ]


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def lacking(name: str, *rest: Any) -> Any:
        if name == "matplotlib":
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", lacking)
    with pytest.raises(UsageError, match=r"pip install 'tvmtune\[experiments\]'"):
        check_matplotlib()
