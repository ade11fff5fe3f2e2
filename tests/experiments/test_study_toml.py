from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.experiments.made_results import space_of
from tvmtune.errors import UsageError
from tvmtune.experiments.contender import Budget, Contender
from tvmtune.experiments.study import LiveTask, ReplayedTask, Study
from tvmtune.experiments.study_toml import WrittenStudy, read_study_toml
from tvmtune.records.recorded_space import write_space

_ROOT = Path(__file__).parent.parent.parent
TASK = '[[task]]\nspace = "a.space.gz"\n'
LIVE = '[[task]]\nworkload = "C2"\n'
STRATEGY = '[[strategy]]\nname = "random"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        write_space(space_of([1e-6, 2e-6]), tmp_path / f"{name}.space.gz")
    return tmp_path


def _read(folder: Path, text: str) -> WrittenStudy:
    path = folder / "mine.toml"
    path.write_text(text)
    return read_study_toml(path)


def test_a_whole_study(folder: Path) -> None:
    written = _read(
        folder,
        """
        name = "plans"
        out = "results"
        seeds = [3, 1]
        trials = 300
        seconds = 60
        share = 0.9
        default = "small"

        [[task]]
        space = "*.space.gz"

        [[task]]
        name = "live"
        workload = "C2"
        target = "cpu:threads=1"
        template = "conv2d.direct"
        set = {ci_block = [16, 32], order = "n_outer"}

        [[strategy]]
        name = "sa-xgb"
        label = "small"
        options = {plan_size = 8, annealing = {steps = 3}}
        seeds = 1
        trials = 100
        seconds = 30.5

        [[strategy]]
        name = "random"
        """,
    )
    assert written.out == folder / "results"
    assert written.study == Study(
        name="plans",
        tasks=(
            ReplayedTask(name="a", path=folder / "a.space.gz"),
            ReplayedTask(name="b", path=folder / "b.space.gz"),
            LiveTask(
                name="live",
                workload="C2",
                target="cpu:threads=1",
                template="conv2d.direct",
                restrict={"ci_block": (16, 32), "order": ("n_outer",)},
            ),
        ),
        contenders=(
            Contender(
                label="small",
                search="sa-xgb",
                options={"plan_size": 8, "annealing": {"steps": 3}},
                seeds=1,
                trials=100,
                seconds=30.5,
            ),
            Contender(label="random", search="random"),
        ),
        seeds=(3, 1),
        trials=300,
        seconds=60,
        share=0.9,
        default="small",
    )
    small, random = written.study.contenders
    assert written.study.seeds_of(small) == (3,)
    assert written.study.seeds_of(random) == (3, 1)
    assert small.budget(written.study.budget) == Budget(trials=100, seconds=30.5)
    assert random.budget(written.study.budget) == Budget(trials=300, seconds=60)


def test_what_is_not_said(folder: Path) -> None:
    written = _read(folder, TASK + STRATEGY)
    study = written.study
    assert written.out == folder / "mine"
    assert (study.name, study.seeds, study.share) == ("mine", tuple(range(20)), 0.95)
    assert study.budget == Budget(trials=500)
    assert study.baseline == "random"
    assert _read(folder, f"seconds = 3\n{TASK}{STRATEGY}").study.budget == Budget(seconds=3)
    both = _read(folder, TASK + STRATEGY + '[[strategy]]\nname = "sa-xgb"\n').study
    assert both.baseline == "sa-xgb"
    (live,) = _read(folder, LIVE + STRATEGY).study.tasks
    assert live == LiveTask(name="C2", workload="C2")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = 1", r"a study has no 'a': it may have name, out, seeds, .*, strategy"),
        ("seeds =", "not TOML: "),
        ("name = 3", "a study: name is a text, got 3"),
        ("trials = 2.5", "trials is a whole number, got 2.5"),
        ("trials = true", "trials is a whole number, got True"),
        ('seconds = "3"', "seconds is a number, got '3'"),
        ('seeds = "3"', "seeds is a whole number, or a list of such, got '3'"),
        ("seeds = [1, 2.5]", "seeds is a whole number, or a list of such"),
        ("seeds = 0", "seeds = 0: give 1 to 100,000, or a list of seeds"),
        ("seeds = []", "there is no seed: give seeds = 20, or a list"),
        ("seeds = [1, 1]", "the seed 1 stands there twice: give each once"),
        ("seeds = [-1]", "seed -1: give 0 or more"),
        ("trials = 0", "the study: trials 0: give at least 1"),
        ("seconds = 0", "the study: seconds 0: give a positive number"),
        ("seconds = inf", "the study: seconds inf: give a positive number"),
        ("share = 1.5", "share 1.5: give a number above 0, at most 1"),
        ('default = "grid"', "default 'grid' is none of random"),
    ],
)
def test_errors_of_the_study(folder: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        _read(folder, f"{text}\n{TASK}{STRATEGY}")
    assert str(raised.value).startswith(str(folder / "mine.toml"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (STRATEGY, r"there is no task: give at least one \[\[task\]\]"),
        (TASK, r"there is no strategy: give at least one \[\[strategy\]\]"),
        ("task = [3]\n" + STRATEGY, r"task is a list of tables: write \[\[task\]\]"),
        (TASK + TASK + STRATEGY, "the task 'a' stands there twice: give one another name"),
        (TASK + STRATEGY * 2, "the strategy 'random' stands there twice: give one another label"),
        ('[[task]]\nname = "x"\n' + STRATEGY, "task 1 has space .* or workload .*: give one"),
        (TASK + 'workload = "C2"\n' + STRATEGY, "task 1 has space .*: give one of them"),
        (TASK + 'target = "cpu"\n' + STRATEGY, "no 'target': it may have name, space, template"),
        (LIVE + "sets = {}\n" + STRATEGY, "task 1 has no 'sets': it may have name, workload"),
        (LIVE + "set = {a = [1.5]}\n" + STRATEGY, "set a: give whole numbers or texts"),
        (LIVE + "set = {a = []}\n" + STRATEGY, "set a: give whole numbers or texts"),
        ('[[task]]\nspace = "x*"\n' + STRATEGY, r"task 1: no file x\* in "),
        ('[[task]]\nname="x"\nspace = "*.gz"\n' + STRATEGY, "2 spaces cannot all be named 'x'"),
        (TASK + 'name = " "\n' + STRATEGY, "a task named ' ': give a text in one line"),
        (TASK + "[[strategy]]\n", 'strategy 1 has no name: give name = "..."'),
        (TASK + STRATEGY + "plan = 1\n", "strategy 1 has no 'plan': it may have name, label"),
        (TASK + STRATEGY + "seeds = 0\n", "strategy random: seeds 0: give 1 or more"),
        (TASK + STRATEGY + "seeds = 21\n", "seeds 21 of its own, the study has 20"),
        (TASK + STRATEGY + "trials = 501\n", "trials 501 of its own, the study has 500"),
        (TASK + STRATEGY + "trials = 0\n", "strategy random: trials 0: give at least 1"),
        (TASK + STRATEGY + "options = {a = inf}\n", "strategy random: options are numbers"),
        (TASK + STRATEGY + "options = {a = 2020-01-01}\n", "strategy random: options are numbers"),
        (
            TASK + 'name = "x 1"\n' + TASK + 'name = "x/1"\n' + STRATEGY,
            "the files of 'x 1' and 'x/1' would both be called x_1",
        ),
        (
            LIVE + STRATEGY + 'label = "x 1"\n' + STRATEGY + 'label = "x/1"\n',
            "labels x 1, x/1 differ only in characters that no file name has here",
        ),
        (
            LIVE
            + 'name = "a-b"\n'
            + LIVE
            + 'name = "a"\n'
            + STRATEGY
            + 'label = "c"\n'
            + STRATEGY
            + 'label = "b-c"\n',
            "the files of 'a-b, c' and 'a, b-c' would both be called a-b-c-0.jsonl",
        ),
    ],
)
def test_errors_of_tasks_and_strategies(folder: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        _read(folder, text)


def test_files_that_are_none(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"nope\.toml: cannot be read: No such file"):
        read_study_toml(folder / "nope.toml")
    with pytest.raises(UsageError, match="more than 1 MiB"):
        _read(folder, "#" * (1 << 20) + "\n" + TASK)
    (folder / "mine.toml").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="not TOML"):
        read_study_toml(folder / "mine.toml")


def test_the_example_of_the_documentation(tmp_path: Path) -> None:
    (tmp_path / "spaces").mkdir()
    (tmp_path / "studies").mkdir()
    write_space(space_of([1e-6, 2e-6]), tmp_path / "spaces" / "a.space.gz")
    text = (_ROOT / "docs" / "experiments.md").read_text()
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    written = _read(tmp_path / "studies", example)
    assert [task.name for task in written.study.tasks] == ["a", "C2 direct"]
    assert written.out.resolve() == (tmp_path.parent / "runs" / "plans").resolve()


@pytest.mark.parametrize("path", sorted((_ROOT / "benchmarks" / "studies").glob("*.toml")))
def test_studies_that_are_shipped(path: Path) -> None:
    assert len(read_study_toml(path).study.tasks) == 12
