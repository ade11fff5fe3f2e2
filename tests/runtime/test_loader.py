from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from tvmtune.artifact import Artifact
from tvmtune.errors import KernelError
from tvmtune.runtime.kernel import BoundKernel
from tvmtune.runtime.loader import load
from tvmtune.runtime.openmp import find_openmp, serial_openmp

PARALLEL = """
    declare void @GOMP_parallel(ptr, ptr, i32, i32)
    declare i32 @omp_get_thread_num()
    declare ptr @memcpy(ptr, ptr, i64)
    define internal void @body(ptr %y) {
      %number = call i32 @omp_get_thread_num()
      %p = getelementptr float, ptr %y, i32 %number
      %value = sitofp i32 %number to float
      store float %value, ptr %p
      ret void
    }
    define void @kernel(ptr %x, ptr %w, ptr %y, ptr %workspace) {
      %copied = call ptr @memcpy(ptr %y, ptr %x, i64 16)
      call void @GOMP_parallel(ptr @body, ptr %y, i32 3, i32 0)
      ret void
    }
"""


def _run(artifact: Artifact, serial: bool) -> list[float]:
    code = load(artifact, serial_openmp() if serial else None)
    kernel = BoundKernel(code, {"w": np.zeros(4, np.float32)})
    return [float(v) for v in kernel(np.full(4, 9, np.float32))]


@pytest.mark.parametrize("serial", [False, True])
def test_parallel_kernels_find_openmp_and_symbols_of_the_process(
    make_artifact: Callable[..., Artifact], serial: bool
) -> None:
    if not serial and find_openmp().serial:
        pytest.skip("this machine has no libgomp")
    assert _run(make_artifact(PARALLEL, threads=3), serial) == [0, 1, 2, 9]


def test_two_libraries_with_the_same_symbol_live_side_by_side(
    make_add: Callable[..., Artifact], make_artifact: Callable[..., Artifact]
) -> None:
    copy = """
        define void @kernel(ptr %x, ptr %w, ptr %y, ptr %workspace) {
          %a = load <4 x float>, ptr %x
          store <4 x float> %a, ptr %y
          ret void
        }
    """
    w = np.ones(4, np.float32)
    add, take = (BoundKernel(load(a), {"w": w}) for a in (make_add((4,)), make_artifact(copy)))
    for _ in range(2):
        assert add(w).tolist() == [2] * 4
        assert take(w).tolist() == [1] * 4


def test_code_for_another_machine_is_refused(make_add: Callable[..., Artifact]) -> None:
    artifact = make_add()
    machine = int.from_bytes(artifact.code[18:20], "little")
    foreign = "cpu:threads=1,isa=neon" if machine == 62 else "cpu:threads=1,isa=avx2"
    with pytest.raises(KernelError, match=r"'elementwise' was built for cpu:.*; build it for"):
        load(Artifact(replace(artifact.manifest, target=foreign), artifact.code))
    other = artifact.code[:18] + (243).to_bytes(2, "little") + artifact.code[20:]
    with pytest.raises(KernelError, match="ELF machine 243"):
        load(Artifact(artifact.manifest, other))


@pytest.mark.parametrize("broken", [b"", b"garbage" * 100, "cut"])
def test_broken_code_is_refused(make_add: Callable[..., Artifact], broken: bytes | str) -> None:
    artifact = make_add()
    code = artifact.code[:100] if isinstance(broken, str) else broken
    with pytest.raises(KernelError, match="does not load"):
        load(Artifact(artifact.manifest, code))


def test_missing_symbols_are_refused(make_add: Callable[..., Artifact]) -> None:
    artifact = make_add()
    with pytest.raises(KernelError, match="does not load"):
        load(Artifact(replace(artifact.manifest, symbol="other"), artifact.code))
