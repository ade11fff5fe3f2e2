"""The shape of the project: packages, imports, what no file may contain."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import tvmtune

_ROOT = Path(__file__).parent.parent
_LINKED = ("cost_models", "measure", "records", "search_spaces")
_FILES = sorted(path for top in ("tvmtune", *_LINKED) for path in (_ROOT / top).rglob("*.py"))

_HEAVY = {
    "google",
    "kernel_tuner",
    "llvmlite",
    "matplotlib",
    "onnx",
    "optuna",
    "pandas",
    "scipy",
    "sklearn",
    "xgboost",
}
"""Packages that are imported only inside functions, and only where they are adapted."""

_FORBIDDEN_IMPORTS = {
    "cloudpickle",
    "concurrent.futures.process",
    "dill",
    "joblib",
    "marshal",
    "multiprocessing",
    "pickle",
    "shelve",
}
_FORBIDDEN_CALLS = {"__import__", "eval", "exec", "os.fork", "os.forkpty", "os.system"}


def _pyproject() -> dict[str, Any]:
    return tomllib.loads((_ROOT / "pyproject.toml").read_text())


def _name(path: Path) -> str:
    """The name that a file's module is imported by."""
    parts = path.relative_to(_ROOT).with_suffix("").parts
    if parts[0] != "tvmtune":
        parts = ("tvmtune", *parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


_MODULES = [name for name in map(_name, _FILES) if not name.endswith("__main__")]


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def _imported(node: ast.AST) -> list[str]:
    """The modules that a statement imports by absolute name."""
    match node:
        case ast.Import():
            return [alias.name for alias in node.names]
        case ast.ImportFrom(module=str(module)):
            return [module, *(f"{module}.{alias.name}" for alias in node.names)]
    return []


def _local_imports(tree: ast.Module) -> Iterator[str]:
    """Modules imported inside functions."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                yield from _imported(node)[:1]


def _in_a_new_process(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=_ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _loaded_by(module: str) -> list[str]:
    """What importing a module adds to ``sys.modules``."""
    code = (
        f"import sys; before = set(sys.modules); import {module}; "
        "print(*sorted(set(sys.modules) - before))"
    )
    return _in_a_new_process(code).split()


def test_declared_packages_are_the_folders() -> None:
    setuptools = _pyproject()["tool"]["setuptools"]
    folders = {_name(path) for path in _FILES if path.name == "__init__.py"}
    assert set(setuptools["packages"]) == folders
    assert setuptools["package-dir"] == {
        "tvmtune": "tvmtune",
        **{f"tvmtune.{name}": name for name in _LINKED},
    }


@pytest.mark.parametrize("name", _LINKED)
def test_linked_packages(name: str) -> None:
    link = _ROOT / "tvmtune" / name
    assert link.is_symlink()
    assert link.readlink() == Path("..") / name


def test_linked_packages_are_loaded_once() -> None:
    imports = "; ".join(f"import {name}" for name in _MODULES)
    loaded = _in_a_new_process(f"import sys; {imports}; print(*sys.modules)").split()
    assert set(_MODULES) <= set(loaded)
    assert not set(_LINKED) & {name.split(".")[0] for name in loaded}
    assert not _HEAVY & {name.split(".")[0] for name in loaded}


def test_importing_tvmtune_loads_the_standard_library_only() -> None:
    tops = {name.split(".")[0] for name in _loaded_by("tvmtune")}
    assert tops - sys.stdlib_module_names == {"tvmtune"}


@pytest.mark.parametrize("module", ["tvmtune.runtime", "tvmtune.measure.runner"])
def test_runner_and_runtime_load_no_compiler(module: str) -> None:
    loaded = set(_loaded_by(module))
    compiler = ("compiler", "search_spaces", "codegen", "passes", "schedule", "te", "ir")
    assert not {f"tvmtune.{name}" for name in compiler} & loaded


def test_search_loads_no_templates() -> None:
    assert "tvmtune.search_spaces.templates" not in _loaded_by("tvmtune.search")


def test_public_names_come_on_demand() -> None:
    assert set(dir(tvmtune)) >= {"build", "load", "tune", "Kernel", "TvmtuneError"}
    for name in tvmtune.__all__:
        assert getattr(tvmtune, name).__name__ == name
    assert callable(tvmtune.tune)
    assert tvmtune.__version__ == _pyproject()["project"]["version"]
    assert "__version__" in dir(tvmtune)
    with pytest.raises(AttributeError, match="module 'tvmtune' has no attribute 'tuna'"):
        _ = tvmtune.tuna  # type: ignore[attr-defined]


def test_no_module_bears_the_name_of_a_public_function() -> None:
    names = {path.stem for path in (_ROOT / "tvmtune").iterdir()}
    assert not names & set(tvmtune.__all__)


@pytest.mark.parametrize("path", _FILES, ids=map(_name, _FILES))
def test_imports_and_calls(path: Path) -> None:
    tree = _tree(path)
    imported = {name for node in ast.walk(tree) for name in _imported(node)}
    tops = {name.split(".")[0] for name in imported}
    assert not (imported | tops) & _FORBIDDEN_IMPORTS
    assert not tops & set(_LINKED), "linked packages are imported as tvmtune.*"
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert not calls & _FORBIDDEN_CALLS
    assert "print" not in calls or "tvmtune/cli" in path.as_posix()
    assert not any(isinstance(node, ast.Global) for node in ast.walk(tree))
    local = set(_local_imports(tree))
    assert {name.split(".")[0] for name in local} <= _HEAVY


@pytest.mark.parametrize("path", _FILES, ids=map(_name, _FILES))
def test_files_say_what_they_are(path: Path) -> None:
    assert ast.get_docstring(_tree(path))
    assert len(path.read_text().splitlines()) <= 500


@pytest.mark.parametrize(
    ("package", "files"),
    [
        ("onnx", 1),
        ("xgboost", 1),
        ("matplotlib", 2),
        ("llvmlite", 2),
        ("pandas", 1),
        ("scipy", 1),
        ("optuna", 1),
        ("sklearn", 1),
        ("kernel_tuner", 1),
    ],
)
def test_heavy_packages_have_few_adapters(package: str, files: int) -> None:
    adapters = {
        path
        for path in _FILES
        for node in ast.walk(_tree(path))
        for name in _imported(node)
        if name.split(".")[0] == package
    }
    assert len(adapters) <= files


def test_console_script_exists() -> None:
    module, _, function = _pyproject()["project"]["scripts"]["tvmtune"].partition(":")
    assert callable(getattr(import_module(module), function))
