from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from tvmtune.artifact import Artifact
from tvmtune.errors import KernelError
from tvmtune.layout import Layout
from tvmtune.runtime.arrays import GuardedMemory, aligned
from tvmtune.runtime.kernel import BoundKernel, Kernel
from tvmtune.runtime.loader import load

BLOCKED = Layout.blocked(2, [(1, 4)])

PREPARED = """
    define void @prepare(ptr %x, ptr %w, ptr %p, ptr %y, ptr %workspace) {
      %a = load <4 x float>, ptr %w
      %b = fmul <4 x float> %a, %a
      store <4 x float> %b, ptr %p
      ret void
    }
    define void @kernel(ptr %x, ptr %w, ptr %p, ptr %y, ptr %workspace) {
      %a = load <4 x float>, ptr %x
      %b = load <4 x float>, ptr %p
      %c = fadd <4 x float> %a, %b
      store <4 x float> %c, ptr %workspace
      %d = load <4 x float>, ptr %workspace
      store <4 x float> %d, ptr %y
      ret void
    }
"""


def _random(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


@pytest.fixture(params=[None, BLOCKED], ids=["plain", "blocked"])
def add(request: pytest.FixtureRequest, make_add: Callable[..., Artifact]) -> Kernel:
    return Kernel(make_add((3, 5), request.param), match="exact")


def test_call_and_packed_run_agree_with_numpy(add: Kernel) -> None:
    x, w = _random(3, 5), _random(3, 5, seed=1)
    bound = add.bind(w=w)
    y = bound(x)
    np.testing.assert_array_equal(y, x + w)
    packed = bound.pack(x)
    np.testing.assert_array_equal(bound.unpack(bound.run(packed)), y)
    again = aligned(15, "float32").reshape(3, 5)
    assert bound(x, out=again) is again
    np.testing.assert_array_equal(again, y)
    assert bound.unpack(packed, out=np.empty((3, 5), np.float32)).tolist() == y.tolist()


def test_inputs_of_any_strides_and_unaligned_outputs_are_served(add: Kernel) -> None:
    x, w = _random(5, 3).T, _random(6, 10)[::2, ::2]
    raw = np.zeros(16, np.float32)
    out = raw[1:].reshape(3, 5)
    np.testing.assert_array_equal(add.bind(w=w)(x, out=out), x + w)
    assert raw[0] == 0


def test_output_may_be_the_input(add: Kernel) -> None:
    x = aligned(15, "float32").reshape(3, 5)
    x[...] = _random(3, 5)
    before = x.copy()
    add.bind(w=x)(x, out=x)
    np.testing.assert_array_equal(x, before + before)


def test_constants_are_copied_when_they_are_bound(add: Kernel) -> None:
    w = _random(3, 5)
    bound = add.bind(w=w)
    expected = bound(w)
    kept = w.copy()
    w[...] = 0
    np.testing.assert_array_equal(bound(kept), expected)


def test_prepare_runs_once_when_constants_are_bound(make_artifact: Callable[..., Artifact]) -> None:
    artifact = make_artifact(PREPARED, prepare_symbol="prepare", workspace_bytes=16)
    bound = Kernel(artifact).bind(w=np.array([1, 2, 3, 4], np.float32))
    assert bound(np.ones(4, np.float32)).tolist() == [2, 5, 10, 17]


def test_threads_share_a_kernel(make_artifact: Callable[..., Artifact]) -> None:
    artifact = make_artifact(PREPARED, prepare_symbol="prepare", workspace_bytes=16)
    bound = Kernel(artifact).bind(w=np.zeros(4, np.float32))
    wrong: list[int] = []

    def call(number: int) -> None:
        x = np.full(4, number, np.float32)
        packed = bound.pack(x)
        for _ in range(500):
            if (bound(x) != number).any() or (bound.unpack(bound.run(packed)) != number).any():
                wrong.append(number)

    threads = [threading.Thread(target=call, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_kernel_writes_where_it_is_told_to_allocate(make_add: Callable[..., Artifact]) -> None:
    memory = GuardedMemory()
    bound = BoundKernel(load(make_add((3, 5), BLOCKED)), {"w": _random(3, 5)}, memory)
    packed = bound.pack(_random(3, 5))
    assert np.isnan(packed.arrays["y"]).all()
    assert not np.isnan(bound.unpack(bound.run(packed))).any()
    assert memory.is_intact()


def test_calling_wrongly_says_what_would_work(add: Kernel) -> None:
    x = _random(3, 5)
    bound = add.bind(w=x)
    with pytest.raises(KernelError, match=r"x must be float32 of shape \(3, 5\), got float64"):
        bound(x.astype(np.float64))
    with pytest.raises(KernelError, match=r"got float32 of shape \(5, 3\)"):
        bound.pack(x.T)
    with pytest.raises(KernelError, match="x must be a NumPy array, got list"):
        bound([1.0])  # type: ignore[arg-type]
    with pytest.raises(KernelError, match="takes x, got 2 arrays"):
        bound(x, x)
    with pytest.raises(KernelError, match="out must be C-contiguous"):
        bound(x, out=np.empty((5, 3), np.float32).T)
    with pytest.raises(KernelError, match="y must be float32"):
        bound(x, out=np.empty((3, 5)))
    with pytest.raises(KernelError, match="not packed by this kernel"):
        bound.run(add.bind(w=x).pack(x))


def test_binding_wrongly_says_what_would_work(add: Kernel) -> None:
    with pytest.raises(KernelError, match="binds w, got nothing"):
        add.bind()
    with pytest.raises(KernelError, match="binds w, got w, v"):
        add.bind(w=_random(3, 5), v=_random(3, 5))
    with pytest.raises(KernelError, match="w must be float32 of shape"):
        add.bind(w=_random(3, 4))


def test_kernels_without_exactly_one_output_are_refused(make_add: Callable[..., Artifact]) -> None:
    from dataclasses import replace

    artifact = make_add()
    x, w, _ = artifact.manifest.arguments
    without = Artifact(replace(artifact.manifest, arguments=(x, w)), artifact.code)
    with pytest.raises(KernelError, match="0 outputs"):
        Kernel(without).bind(w=_random(3, 5))


def test_sources_are_there_when_kept(make_add: Callable[..., Artifact]) -> None:
    artifact = make_add()
    kernel = Kernel(artifact, match="exact", sources={"llvm": "define ..."})
    assert kernel.source("llvm") == "define ..."
    assert kernel.match == "exact"
    assert "elementwise" in repr(kernel)
    with pytest.raises(KernelError, match="no source 'asm': kept are llvm"):
        kernel.source("asm")
    with pytest.raises(KernelError, match="keep_sources=True"):
        Kernel(artifact).source("llvm")
