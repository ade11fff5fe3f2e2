"""The published score: what Kernel Tuner's side is given, and what is made of its answer."""

from __future__ import annotations

import importlib.util
import json
import sys
from datetime import timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from benchmarks import methodology, methodology_worker
from benchmarks.__main__ import main
from benchmarks.kernel_tuner_optalg import TvmtuneSearch
from benchmarks.methodology_worker import application, strategy_entry
from benchmarks.recorded import recorded_domain, values_by_row
from tests.experiments.synthetic import made_space
from tvmtune.errors import MeasureError, UsageError
from tvmtune.records.foreign_files import read_foreign
from tvmtune.records.foreign_space import ForeignTask
from tvmtune.records.recorded_space import write_space

INSTALLED = all(
    importlib.util.find_spec(name) for name in ("kernel_tuner", "autotuning_methodology")
)
FOUND = {
    "versions": {"kernel_tuner": "1.5.0"},
    "scores": {
        "pso": {"score": 0.1, "error": 0.02},
        "tvmtune-sa-xgb": {"score": 0.5, "error": 0.01},
    },
    "by_space": {
        "one": {"pso": {"score": 0.2}, "tvmtune-sa-xgb": {"score": 0.4}},
        "two": {"pso": {"score": 0.0}, "tvmtune-sa-xgb": {"score": 0.6}},
    },
}


class SpentError(Exception):
    """As Kernel Tuner ends a search."""


@pytest.fixture
def space(tmp_path: Path) -> Path:
    path = tmp_path / "m32.space.gz"
    write_space(made_space(), path)
    return path


def test_files_are_where_the_methodology_looks_for_them(space: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert methodology.prepare(out, [space]) == ["m32"]
    found = sorted(str(p.relative_to(out)) for p in out.rglob("*") if p.is_file())
    assert found == [
        "cachefiles/m32/here.json",
        "cachefiles/m32/here.space.gz",
        "cachefiles/m32/here_T4.json",
        "kernels/m32.json",
    ]
    task = ForeignTask(kernel="x", target="y")
    assert len(read_foreign(out / "cachefiles/m32/here.json", task)) == len(made_space())
    before = (out / "kernels/m32.json").stat().st_mtime_ns
    assert methodology.prepare(out, [space]) == ["m32"]
    assert (out / "kernels/m32.json").stat().st_mtime_ns == before


def test_results_of_other_spaces_are_not_mixed(space: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    methodology.prepare(out, [space])
    write_space(made_space(seed=3), space)
    with pytest.raises(UsageError, match="has results of another space named m32"):
        methodology.prepare(out, [space])
    with pytest.raises(UsageError, match="two spaces of one name among m32, m32"):
        methodology.prepare(out, [space, space])


def test_strategies_as_the_methodology_describes_them(tmp_path: Path) -> None:
    theirs, ours = strategy_entry("pso"), strategy_entry("tvmtune-random")
    assert theirs["search_method"] == theirs["name"] == "pso"
    assert "custom_search_method_path" not in theirs
    assert Path(ours["custom_search_method_path"]).exists()
    assert ours["search_method"] == TvmtuneSearch.__name__
    assert ours["search_method_hyperparameters"] == [{"name": "search", "value": "random"}]
    assert application(tmp_path, "m32")["input_file"] == "m32.json"


@pytest.mark.parametrize("search", ["random", "sa-xgb"])
@pytest.mark.parametrize("time_limit", [None, timedelta(seconds=2)])
def test_our_strategies_inside_kernel_tuner(
    search: str, time_limit: timedelta | None, space: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    methodology.prepare(out, [space])
    path = out / "cachefiles/m32/here.json"
    copy = path.with_suffix(".space.gz")
    times_s = recorded_domain(copy).space.times_s
    rows = {values: row for row, values in enumerate(values_by_row(copy))}
    measured: list[int] = []

    class CostFunction:
        tuning_options = SimpleNamespace(
            cachefile=str(path), budget=SimpleNamespace(time_limit=time_limit, max_fevals=40)
        )

        def __call__(self, config: Any) -> float:
            if len(measured) == 40:
                raise SpentError
            measured.append(rows[config])
            time_s = times_s[measured[-1]]
            return sys.float_info.max if time_s != time_s else float(time_s * 1e3)

    with pytest.raises(SpentError):
        TvmtuneSearch(search)(CostFunction(), None)
    assert len(set(measured)) == 40


def test_a_search_ends_where_there_is_nothing_more(space: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    methodology.prepare(out, [space])
    options = SimpleNamespace(
        cachefile=str(out / "cachefiles/m32/here.json"),
        budget=SimpleNamespace(time_limit=None, max_fevals=40),
    )
    seen: list[Any] = []

    class CostFunction:
        tuning_options = options

        def __call__(self, config: Any) -> float:
            seen.append(config)
            return 1.0

    TvmtuneSearch("random")(CostFunction(), None)
    assert len(set(seen)) == len(seen) == len(made_space())


def _answering(tmp_path: Path, body: str) -> str:
    """A Python that has the worker do something else."""
    program = tmp_path / "python"
    program.write_text(
        f"#!{sys.executable}\nimport pathlib, sys\nout = pathlib.Path(sys.argv[3])\n{body}\n"
    )
    program.chmod(0o755)
    return str(program)


def test_scores_are_shown_best_first(
    space: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    python = _answering(
        tmp_path, f"(out / 'scores.json').write_text({json.dumps(json.dumps(FOUND))})"
    )
    arguments = ["methodology", str(out), str(space), "--peers-python", python, "--repeats", "7"]
    assert main([*arguments, "--strategies", "pso,tvmtune-sa-xgb"]) == 0
    assert json.loads((out / "request.json").read_text()) == {
        "spaces": ["m32"],
        "strategies": ["pso", "tvmtune-sa-xgb"],
        "repeats": 7,
    }
    said = capsys.readouterr().out.splitlines()
    assert "| repeats | 7 |" in said
    assert said[-4:] == [
        "| strategy | score | error | one | two |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| tvmtune-sa-xgb | 0.500 | 0.010 | 0.400 | 0.600 |",
        "| pso | 0.100 | 0.020 | 0.200 | 0.000 |",
    ]


def test_what_goes_wrong_is_said(
    space: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    python = _answering(tmp_path, "print('much'); print('no such module'); sys.exit(1)")
    with pytest.raises(MeasureError, match=r"failed \(.*worker.log\): no such module"):
        methodology.score(tmp_path, ["a"], ["pso"], 1, python)
    with pytest.raises(MeasureError, match="failed"):
        methodology.score(tmp_path, ["a"], ["pso"], 1, _answering(tmp_path, "pass"))
    with pytest.raises(MeasureError, match="cannot run no such python"):
        methodology.score(tmp_path, ["a"], ["pso"], 1, "no such python")
    for arguments in (["--strategies", ","], ["--repeats", "0"]):
        assert main(["methodology", str(tmp_path), str(space), *arguments]) == 2
        assert "at least one strategy" in capsys.readouterr().err


def test_the_worker_scores_each_space_and_all(
    space: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, asked = tmp_path / "out", []
    other = space.with_name("other.space.gz")
    other.write_bytes(space.read_bytes())
    methodology.prepare(out, [space, other])
    request = {"spaces": ["m32", "other"], "strategies": ["pso"], "repeats": 2}
    (out / "request.json").write_text(json.dumps(request))

    def generate(name: str, folder: Path, strategies: Any, **options: Any) -> Path:
        asked.append([one["name"] for one in options["applications"]])
        assert options["override"]["experimental_groups_defaults"]["repeats"] == 2
        return folder / f"{name}.json"

    def scores(path: str) -> dict[str, dict[str, float]]:
        return {"pso": {"score": float(len(asked)), "error": 0.0}}

    modules: dict[str, dict[str, Any]] = {
        "autotuning_methodology": {},
        "autotuning_methodology.experiments": {"generate_experiment_file": generate},
        "autotuning_methodology.report_experiments": {"get_strategy_scores": scores},
    }
    for name, fields in modules.items():
        module = ModuleType(name)
        vars(module).update(fields)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(methodology_worker, "version", lambda name: "1")
    monkeypatch.chdir(tmp_path)
    methodology_worker.main(out)
    found = json.loads((out / "scores.json").read_text())
    assert asked == [["m32"], ["other"], ["m32", "other"]]
    assert found["scores"]["pso"]["score"] == 3.0
    assert found["by_space"]["other"]["pso"]["score"] == 2.0


@pytest.mark.slow
@pytest.mark.skipif(
    not INSTALLED,
    reason="KERNEL TUNER AND AUTOTUNING_METHODOLOGY ARE NOT INSTALLED: the score was not tried",
)
def test_the_methodology_accepts_our_files(space: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    names = methodology.prepare(out, [space])
    found = methodology.score(
        out, names, ["tvmtune-random", "genetic_algorithm"], 2, sys.executable
    )
    assert set(found["scores"]) == {"tvmtune-random", "genetic_algorithm"}
