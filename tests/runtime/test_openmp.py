from __future__ import annotations

import ctypes
import threading

import pytest

from tvmtune.runtime import openmp
from tvmtune.runtime.openmp import OpenMP, find_openmp, serial_openmp

_BODY = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


def _numbers_of_a_region(found: OpenMP, threads: int) -> list[tuple[int, int]]:
    number = ctypes.CFUNCTYPE(ctypes.c_int)(found.addresses["omp_get_thread_num"])
    count = ctypes.CFUNCTYPE(ctypes.c_int)(found.addresses["omp_get_num_threads"])
    parallel = ctypes.CFUNCTYPE(
        None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint
    )(found.addresses["GOMP_parallel"])
    seen: list[tuple[int, int]] = []
    body = _BODY(lambda _data: seen.append((number(), count())))
    parallel(ctypes.cast(body, ctypes.c_void_p).value, None, threads, 0)
    return sorted(seen)


def test_serial_stand_in_runs_every_thread_number_in_turn() -> None:
    found = serial_openmp()
    assert found.serial
    assert _numbers_of_a_region(found, 3) == [(0, 3), (1, 3), (2, 3)]
    number = ctypes.CFUNCTYPE(ctypes.c_int)(found.addresses["omp_get_thread_num"])
    assert number() == 0


def test_serial_stand_in_keeps_threads_apart() -> None:
    found = serial_openmp()
    results: list[list[tuple[int, int]]] = []
    threads = [
        threading.Thread(target=lambda: results.append(_numbers_of_a_region(found, 2)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[(0, 2), (1, 2)]] * 4


def test_without_any_library_the_stand_in_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openmp, "_addresses", lambda _library: None)
    with pytest.warns(RuntimeWarning, match="libgomp"):
        assert find_openmp().serial


def test_libraries_that_do_not_load_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openmp, "_names", lambda: iter(["libnothing-of-that-name.so.7"]))
    monkeypatch.setattr(openmp, "_SYMBOLS", ("a_symbol_that_nobody_has",))
    with pytest.warns(RuntimeWarning, match="libgomp"):
        assert find_openmp().serial
