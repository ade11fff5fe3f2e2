"""Generated conversion of arrays does what `Layout.pack` and `Layout.unpack` do."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.execution import passed
from tvmtune.artifact import Argument, Artifact, Manifest, Role
from tvmtune.codegen.llvm import compile_object
from tvmtune.codegen.module import emit_module
from tvmtune.compiler.building import build, sources
from tvmtune.compiler.packing import SHARED_BYTES, conversions
from tvmtune.compiler.request import BuildRequest
from tvmtune.deploy.choice import choose
from tvmtune.ir import interpreter
from tvmtune.ir.stmt import For, Function
from tvmtune.ir.traverse import statements
from tvmtune.layout import Layout, StorageDim
from tvmtune.records import Here
from tvmtune.runtime.arrays import GuardedMemory
from tvmtune.runtime.kernel import BoundKernel, Kernel
from tvmtune.runtime.loader import LoadedCode, load
from tvmtune.search_spaces.templates import TEMPLATES
from tvmtune.target import ISAS, Target, parse_target
from tvmtune.workload import parse

Array = NDArray[Any]

ISAS_HERE = [isa for isa in ISAS if Target(isa=isa).runs_here()]
NHWC = Layout(4, tuple(StorageDim(a) for a in (0, 2, 3, 1)))


def arguments(layout: Layout, shape: tuple[int, ...], dtype: str) -> tuple[Argument, ...]:
    return (
        Argument("x", Role.INPUT, shape, dtype, layout),
        Argument("y", Role.OUTPUT, shape, dtype, layout),
    )


def compiled(given: tuple[Argument, ...], target: Target) -> LoadedCode | None:
    """Conversions as machine code; None where there are none."""
    functions = conversions(given, target, "kernel")
    if not functions:
        return None
    module = emit_module(tuple(passed(f) for f in functions.values()), target)
    manifest = Manifest(
        symbol=next(iter(functions.values())).name,
        arguments=given,
        workspace_bytes=module.workspace_bytes,
        target=target.text,
        threads=target.threads,
        pack_symbols={name: f.name for name, f in functions.items()},
    )
    return load(Artifact(manifest, compile_object(module.text, target)))


def between_unmapped_pages(memory: GuardedMemory, array: Array) -> Array:
    """An array that is aligned to its elements only, and that ends where memory ends."""
    whole = memory(array.size + 1, array.dtype)
    whole[1:] = array.ravel()
    return whole[1:].reshape(array.shape)


def converts(layout: Layout, shape: tuple[int, ...], dtype: str, target: Target) -> bool:
    """Check conversions against NumPy's; False where there are none."""
    made = arguments(layout, shape, dtype)
    code = compiled(made, target)
    if code is None:
        return False
    calls = {name: code.function(symbol) for name, symbol in code.manifest.pack_symbols.items()}
    memory = GuardedMemory()
    plain = between_unmapped_pages(memory, np.arange(1, np.prod(shape) + 1, dtype=dtype))
    plain = plain.reshape(shape)
    expected = np.empty(layout.size(shape), dtype)
    layout.pack(plain, expected)
    stored, workspace = memory(expected.size, dtype), memory(64, np.uint8)
    stored.fill(0)
    calls["x"](plain.ctypes.data, stored.ctypes.data, workspace.ctypes.data)
    np.testing.assert_array_equal(stored, expected)
    again = between_unmapped_pages(memory, np.zeros(shape, dtype))
    calls["y"](stored.ctypes.data, again.ctypes.data, workspace.ctypes.data)
    np.testing.assert_array_equal(again, plain)
    assert memory.is_intact()
    return True


@settings(max_examples=40)
@given(
    images=st.integers(1, 3),
    channels=st.integers(1, 40),
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    block=st.sampled_from([1, 2, 3, 4, 5, 6, 8, 12, 16, 32]),
    dtype=st.sampled_from(["float32", "float64", "int32"]),
    isa=st.sampled_from(ISAS_HERE),
    threads=st.sampled_from([1, 2]),
)
def test_blocks_of_channels(
    images: int,
    channels: int,
    height: int,
    width: int,
    block: int,
    dtype: str,
    isa: str,
    threads: int,
) -> None:
    layout, target = Layout.blocked(4, [(1, block)]), Target(threads=threads, isa=isa)
    shape = (images, channels, height, width)
    done = converts(layout, shape, dtype, target)
    if block > 1 and channels > 1 and height * width >= 4:
        assert done
    if layout.keeps(shape):
        assert not done


@pytest.mark.parametrize("isa", ISAS_HERE)
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    ("shape", "block"),
    [
        ((1, 64, 14, 14), 16),
        ((1, 80, 7, 7), 16),
        ((1, 3, 61, 61), 4),
        ((1, 16, 40, 40), 16),
        ((2, 40, 33, 35), 32),
        ((3, 24, 17, 17), 8),
    ],
)
def test_large_arrays_on_threads(
    shape: tuple[int, ...], block: int, threads: int, isa: str
) -> None:
    layout, target = Layout.blocked(4, [(1, block)]), Target(threads=threads, isa=isa)
    assert converts(layout, shape, "float32", target)
    made = arguments(layout, shape, "float32")
    kinds = {
        s.kind
        for f in conversions(made, target, "kernel").values()
        for s in statements(passed(f).body)
        if isinstance(s, For)
    }
    large = 4 * made[0].storage_elements > SHARED_BYTES
    assert ("parallel" in kinds) == (threads > 1 and large)


def test_channels_last() -> None:
    for isa in ISAS_HERE:
        assert converts(NHWC, (2, 19, 5, 5), "float32", Target(isa=isa))


@settings(max_examples=40)
@given(st.data())
def test_any_layout_is_converted_rightly_or_left_to_numpy(data: st.DataObject) -> None:
    rank = data.draw(st.integers(1, 4))
    dims: list[StorageDim] = []
    for axis in range(rank):
        divisor = 1
        for _ in range(data.draw(st.integers(0, 1))):
            block = data.draw(st.integers(1, 9))
            dims.append(StorageDim(axis, divisor, block))
            divisor *= block
        dims.append(StorageDim(axis, divisor))
    layout = Layout(rank, tuple(data.draw(st.permutations(dims))))
    shape = tuple(data.draw(st.integers(1, 9)) for _ in range(rank))
    converts(layout, shape, "float32", Target(isa=data.draw(st.sampled_from(ISAS_HERE))))


@pytest.mark.parametrize(
    ("layout", "shape", "dtype"),
    [
        (Layout.plain(4), (1, 8, 6, 6), "float32"),
        (Layout.blocked(4, [(1, 1)]), (1, 8, 6, 6), "float32"),
        (Layout.blocked(4, [(1, 8)]), (1, 8, 1, 1), "float32"),
        (Layout.blocked(4, [(1, 8)]), (1, 8, 1, 3), "float32"),
        (Layout.blocked(4, [(1, 8)]), (1, 8, 6, 6), "float16"),
        (Layout.blocked(2, [(1, 8)], order=(1, 0)), (8, 16), "float32"),
        (Layout.blocked(4, [(1, 4), (2, 2)]), (1, 8, 6, 6), "float32"),
    ],
)
def test_what_is_left_to_numpy(layout: Layout, shape: tuple[int, ...], dtype: str) -> None:
    assert conversions(arguments(layout, shape, dtype), Target(), "kernel") == {}


def test_constants_are_left_to_numpy() -> None:
    weights = Argument("w", Role.CONSTANT, (8, 8, 3, 3), "float32", Layout.blocked(4, [(1, 8)]))
    assert conversions([weights], Target(), "kernel") == {}


@pytest.mark.parametrize("threads", [1, 2])
def test_the_interpreter_does_the_same(threads: int) -> None:
    layout, shape = Layout.blocked(4, [(1, 8)]), (1, 19, 21, 23)
    made = conversions(
        arguments(layout, shape, "float32"), Target(isa="avx2", threads=threads), "kernel"
    )
    plain = np.arange(np.prod(shape), dtype="float32").reshape(shape)
    expected = np.empty(layout.size(shape), "float32")
    layout.pack(plain, expected)

    def run(function: Function, arrays: Mapping[str, Array]) -> None:
        interpreter.run(passed(function), dict(arrays))

    stored, again = np.zeros_like(expected), np.empty_like(plain)
    run(made["x"], {"plain": plain.ravel(), "stored": stored})
    np.testing.assert_array_equal(stored, expected)
    run(made["y"], {"stored": stored, "plain": again.ravel()})
    np.testing.assert_array_equal(again, plain)


CONV = "conv2d:ci=19,h=9,co=21,k=3"
DEPTHWISE = "conv2d:ci=20,h=7,co=20,k=3,groups=20"


@cache
def artifact(workload: str, template: str, packing: bool = True, threads: int = 1) -> Artifact:
    target = parse_target("cpu", threads)
    space = TEMPLATES[template].space(parse(workload), target)
    config = dict(space.default_config.knobs)
    request = BuildRequest(
        workload=workload, target=target.text, template=template, config=config, packing=packing
    )
    return Artifact.from_bytes(build(request).to_bytes())


def operands(workload: str) -> dict[str, Array]:
    rng = np.random.default_rng(0)
    shapes = parse(workload).operands.items()
    return {name: rng.standard_normal(shape, dtype="float32") for name, shape in shapes}


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    ("workload", "template"),
    [
        (CONV, "conv2d.direct"),
        ("conv2d:ci=3,h=12,co=8,k=3,stride=2", "conv2d.direct"),
        (DEPTHWISE, "conv2d.depthwise"),
    ],
)
def test_kernels_convert_as_numpy_does(workload: str, template: str, threads: int) -> None:
    made, arrays = artifact(workload, template, threads=threads), operands(workload)
    assert set(made.manifest.pack_symbols) == {"x", "out"}
    bare = artifact(workload, template, packing=False, threads=threads)
    assert bare.manifest.pack_symbols == {}
    expected = Kernel(bare).bind(w=arrays["w"])(arrays["x"])
    memory = GuardedMemory()
    kernel = BoundKernel(load(made), {"w": arrays["w"]}, memory)
    x, out = arrays["x"], np.empty_like(expected)
    for _ in range(2):
        np.testing.assert_array_equal(kernel(x, out=out), expected)
    packed = kernel.pack(x)
    stored = np.empty_like(packed.arrays["x"])
    made.manifest.arguments[0].layout.pack(x, stored)
    np.testing.assert_array_equal(packed.arrays["x"], stored)
    np.testing.assert_array_equal(kernel.unpack(kernel.run(packed)), expected)
    assert memory.is_intact()


def test_inputs_of_any_strides_and_alignment() -> None:
    made, arrays = artifact(CONV, "conv2d.direct"), operands(CONV)
    kernel, x = Kernel(made).bind(w=arrays["w"]), arrays["x"]
    expected = kernel(x)
    turned = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(kernel(turned), expected)
    raw = np.zeros(4 * x.size + 64, np.uint8)
    for shift in (1, 4):
        start = -raw.ctypes.data % 64 + shift
        odd = raw[start : start + 4 * x.size].view("float32").reshape(x.shape)
        odd[...] = x
        np.testing.assert_array_equal(kernel(odd), expected)
        np.testing.assert_array_equal(kernel.unpack(kernel.run(kernel.pack(odd))), expected)


def test_arrays_may_share_memory() -> None:
    made, arrays = artifact(DEPTHWISE, "conv2d.depthwise"), operands(DEPTHWISE)
    kernel, x = Kernel(made).bind(w=arrays["w"]), arrays["x"]
    expected = kernel(x)
    np.testing.assert_array_equal(kernel(x, out=x), expected)
    packed = kernel.run(kernel.pack(operands(DEPTHWISE)["x"]))
    over = packed.arrays["out"][: expected.size].reshape(expected.shape)
    np.testing.assert_array_equal(kernel.unpack(packed, out=over), expected)


def test_conversions_are_among_the_sources() -> None:
    made = artifact(DEPTHWISE, "conv2d.depthwise").manifest
    request = BuildRequest(
        workload=DEPTHWISE,
        target=made.target,
        template=made.template,
        config=made.config,
        packing=True,
    )
    texts = sources(request)
    for symbol in made.pack_symbols.values():
        assert f"def {symbol}(" in texts["loops"]
        assert f"{symbol}:" in texts["asm"]


def test_conversions_are_asked_for_by_builds_only() -> None:
    choice = choose(parse(DEPTHWISE), parse_target("cpu"), None, Here({}, {}))
    assert choice.request.packing
    bare = {"workload": "w", "target": "t", "template": "x", "config": {}}
    assert not BuildRequest.from_json(bare).packing
