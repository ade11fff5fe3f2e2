"""The peers: other people's CPU inference engines, on one problem each time.

Run by ``python -m benchmarks.peers NAME THREADS`` where the peer is installed; tvmtune need not be.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import version
from types import MappingProxyType
from typing import Any

import numpy as np

from benchmarks.contestant import Desk, Load, Loaded, measure, serve
from benchmarks.problem import Problem

_CHOICE_S = 0.15


def onnx_bytes(problem: Problem) -> bytes:
    """The problem as an ONNX model of one node whose weight is a constant."""
    from onnx import TensorProto, checker, helper, numpy_helper

    attributes: dict[str, Any] = {}
    if problem.kind == "conv2d":
        attributes = {
            "strides": problem.strides,
            "dilations": problem.dilations,
            "pads": problem.pads,
            "kernel_shape": problem.w_shape[2:],
            "group": problem.groups,
        }
    operator = {"conv2d": "Conv", "matmul": "MatMul"}[problem.kind]
    graph = helper.make_graph(
        [helper.make_node(operator, ["x", "w"], ["y"], **attributes)],
        problem.kind,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, problem.x_shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, problem.y_shape)],
        [numpy_helper.from_array(problem.arrays()[1], "w")],
    )
    opsets = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
    checker.check_model(model)
    return bytes(model.SerializeToString())


def load_onnxruntime(problem: Problem, threads: int) -> Loaded:
    """ONNX Runtime, with input and output bound beforehand: no allocation is timed."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(onnx_bytes(problem), options, ["CPUExecutionProvider"])
    binding = session.io_binding()
    x = onnxruntime.OrtValue.ortvalue_from_numpy(problem.arrays()[0])
    binding.bind_ortvalue_input("x", x)
    binding.bind_output("y")
    session.run_with_iobinding(binding)
    (y,) = binding.get_outputs()
    binding.bind_ortvalue_output("y", y)
    return Loaded(lambda: session.run_with_iobinding(binding), y.numpy)


def load_openvino(problem: Problem, threads: int) -> Loaded:
    """OpenVINO, for latency and in float32."""
    import openvino

    core = openvino.Core()
    config = {
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",
    }
    compiled = core.compile_model(core.read_model(onnx_bytes(problem)), "CPU", config)
    request = compiled.create_infer_request()
    request.set_input_tensor(0, openvino.Tensor(problem.arrays()[0]))
    return Loaded(request.infer, lambda: request.get_output_tensor(0).data)


def load_torch(problem: Problem, threads: int) -> Loaded:
    """PyTorch, in whichever of NCHW and channels-last is faster."""
    import torch

    torch.set_num_threads(threads)
    x, w = map(torch.from_numpy, problem.arrays())
    out = torch.empty(problem.y_shape)

    def guarded(call: Callable[[], Any]) -> Callable[[], None]:
        def run() -> None:
            with torch.inference_mode():
                latest[:] = [call()]

        return run

    latest: list[Any] = [out]
    if problem.kind == "matmul":
        runs = {"plain": guarded(lambda: torch.mm(x, w, out=out))}
    else:
        runs = {
            name: guarded(_torch_conv2d(problem, x, w, memory))
            for name, memory in (
                ("NCHW", torch.contiguous_format),
                ("channels-last", torch.channels_last),
            )
        }
    layout = min(runs, key=lambda name: measure(runs[name], _CHOICE_S)["median_s"])
    return Loaded(runs[layout], lambda: np.asarray(latest[0]), {"layout": layout})


def _torch_conv2d(problem: Problem, x: Any, w: Any, memory: Any) -> Callable[[], Any]:
    import torch

    top, left, bottom, right = problem.pads
    if (top, left) != (bottom, right):
        raise ValueError(f"pads {problem.pads} differ between sides, which Conv2d does not have")
    input_, weight = x.to(memory_format=memory), w.to(memory_format=memory)
    return partial(
        torch.nn.functional.conv2d,
        input_,
        weight,
        stride=problem.strides,
        padding=(top, left),
        dilation=problem.dilations,
        groups=problem.groups,
    )


PEERS: Mapping[str, Callable[[Problem, int], Loaded]] = MappingProxyType(
    {"onnxruntime": load_onnxruntime, "openvino": load_openvino, "torch": load_torch}
)
"""Peers by the name of their package."""


def main() -> None:
    """Take part as the peer that the command line names."""
    name, threads = sys.argv[1], int(sys.argv[2])
    load: Load = partial(_with_threads, PEERS[name], threads)
    serve(Desk(load, partial(version, name)))


def _with_threads(load: Callable[[Problem, int], Loaded], threads: int, problem: Problem) -> Loaded:
    return load(problem, threads)


if __name__ == "__main__":
    main()
