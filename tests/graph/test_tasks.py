"""Tasks of models: the ones that the onnx package carries, and small ones made here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tvmtune.graph import ModelTasks, tasks_of_model
from tvmtune.workload import Conv2d, Matmul

_LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"

Shape = list[int | str | None]


def _save(
    path: Path,
    nodes: list[onnx.NodeProto],
    inputs: dict[str, Shape],
    weights: dict[str, Any],
    domains: tuple[str, ...] = ("",),
) -> Path:
    """A model whose output is that of its last node."""
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "graph",
        [value(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
        [value(nodes[-1].output[0], TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in weights.items()],
    )
    opsets = [helper.make_opsetid(domain, 17 if not domain else 1) for domain in domains]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
    path.write_bytes(model.SerializeToString())
    return path


def _ones(*shape: int, dtype: Any = np.float32) -> Any:
    return np.ones(shape, dtype)


def _texts(found: ModelTasks) -> list[str]:
    return [task.workload.text for task in found.tasks]


@pytest.mark.parametrize(
    ("model", "distinct", "nodes"),
    [
        ("bvlc_alexnet", 8, 8),
        ("densenet121", 67, 121),
        ("inception_v1", 50, 58),
        ("inception_v2", 39, 70),
        ("shufflenet", 15, 50),
        ("squeezenet", 18, 26),
        ("vgg19", 12, 19),
        ("zfnet512", 7, 8),
    ],
)
def test_light_models(model: str, distinct: int, nodes: int) -> None:
    found = tasks_of_model(_LIGHT / f"light_{model}.onnx")
    assert len(found.tasks) == distinct
    assert sum(task.occurrences for task in found.tasks) == nodes
    assert sum(task.flops_share for task in found.tasks) == pytest.approx(1)
    assert not found.refused
    assert not {"ConstantOfShape", "Unsqueeze"} & found.unsupported.keys()


def test_resnet50() -> None:
    found = tasks_of_model(_LIGHT / "light_resnet50.onnx")
    assert len(found.tasks) == 24
    assert found.tasks[0].workload == Conv2d(256, 14, 256, 3)
    assert found.tasks[0].occurrences == len(found.tasks[0].nodes) == 5
    assert [t.flops_share for t in found.tasks] == sorted(
        (t.flops_share for t in found.tasks), reverse=True
    )
    assert sum(t.occurrences * t.workload.flops for t in found.tasks) == 8_178_368_512
    assert "conv2d:ci=3,h=224,co=64,k=7,stride=2" in _texts(found)
    assert found.tasks[-1].workload == Matmul(1, 2048, 1000)
    assert found.unsupported == {
        "BatchNormalization": 53,
        "Relu": 49,
        "MaxPool": 1,
        "Sum": 16,
        "AveragePool": 1,
        "Reshape": 1,
        "Softmax": 1,
    }


def test_shufflenet_has_grouped_and_depthwise_convolutions() -> None:
    workloads = [t.workload for t in tasks_of_model(_LIGHT / "light_shufflenet.onnx").tasks]
    groups = {w.groups == w.ci == w.co for w in workloads if isinstance(w, Conv2d) and w.groups > 1}
    assert groups == {True, False}


def test_constants_through_nodes(tmp_path: Path) -> None:
    weight = helper.make_node(
        "Constant", [], ["flat"], value=numpy_helper.from_array(_ones(2 * 3 * 3 * 3))
    )
    nodes = [
        weight,
        helper.make_node("Reshape", ["flat", "dims"], ["shaped"]),
        helper.make_node("Identity", ["shaped"], ["w"]),
        helper.make_node("Conv", ["x", "w"], ["y"], name="conv"),
        helper.make_node("Flatten", ["y"], ["rows"]),
        helper.make_node("Transpose", ["v"], ["vt"]),
        helper.make_node("MatMul", ["rows", "vt"], ["z"], name="first"),
        helper.make_node("Gemm", ["z", "u", "bias"], ["out"], transB=1),
    ]
    dims = np.array([2, 3, 3, 3], np.int64)
    weights = {"dims": dims, "v": _ones(5, 18), "u": _ones(4, 5), "bias": _ones(4)}
    found = tasks_of_model(_save(tmp_path / "m.onnx", nodes, {"x": [1, 3, 5, 5]}, weights))
    assert [(t.workload.text, t.nodes) for t in found.tasks] == [
        ("conv2d:ci=3,h=5,co=2,k=3,pad=0,padw=0", ("conv",)),
        ("matmul:m=1,k=18,n=5", ("first",)),
        ("matmul:m=1,k=5,n=4", ("out",)),
    ]
    assert found.unsupported == {"Flatten": 1}


def test_computed_weights_are_constants(tmp_path: Path) -> None:
    half = numpy_helper.from_array(_ones(8, 8, dtype=np.float16))
    nodes = [
        helper.make_node("Mul", ["v", "scale"], ["scaled"]),
        helper.make_node("Transpose", ["scaled"], ["turned"]),
        helper.make_node("MatMul", ["x", "turned"], ["a"], name="scaled"),
        helper.make_node("DequantizeLinear", ["bytes", "step", "zero"], ["floats"]),
        helper.make_node("Slice", ["floats", "starts", "ends"], ["part"]),
        helper.make_node("MatMul", ["a", "part"], ["b"], name="quantized"),
        helper.make_node("Constant", [], ["half"], value=half),
        helper.make_node("Cast", ["half"], ["whole"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["whole", "dims"], ["long"]),
        helper.make_node("Concat", ["long", "long"], ["wide"], axis=1),
        helper.make_node("MatMul", ["b", "wide"], ["c"], name="joined"),
        helper.make_node("MatMul", ["v", "scaled"], ["square"]),
        helper.make_node("Tile", ["square", "twice"], ["tiled"]),
        helper.make_node("MatMul", ["c", "tiled"], ["d"], name="product"),
    ]
    weights = {
        "v": _ones(8, 8),
        "scale": _ones(8),
        "bytes": _ones(8, 8, dtype=np.int8),
        "step": np.float32(0.5),
        "zero": np.int8(0),
        "starts": np.array([0, 0]),
        "ends": np.array([8, 4]),
        "dims": np.array([4, 16]),
        "twice": np.array([4, 1]),
    }
    found = tasks_of_model(_save(tmp_path / "m.onnx", nodes, {"x": [3, 8]}, weights))
    assert not found.refused
    assert not found.unsupported
    assert {name: task.workload for task in found.tasks for name in task.nodes} == {
        "scaled": Matmul(3, 8, 8),
        "quantized": Matmul(3, 8, 4),
        "joined": Matmul(3, 4, 32),
        "product": Matmul(3, 32, 8),
    }


@pytest.mark.parametrize(
    "made",
    [
        helper.make_node("RandomNormal", [], ["r"], shape=[8, 8]),
        helper.make_node("RandomUniformLike", ["w"], ["r"]),
        helper.make_node("Bernoulli", ["w"], ["r"]),
        helper.make_node("Mul", ["w", "x"], ["r"]),
    ],
)
def test_what_is_drawn_or_computed_from_inputs_is_no_constant(
    tmp_path: Path, made: onnx.NodeProto
) -> None:
    nodes = [made, helper.make_node("MatMul", ["x", "r"], ["y"])]
    path = _save(tmp_path / "m.onnx", nodes, {"x": [8, 8]}, {"w": _ones(8, 8)})
    (refused,) = tasks_of_model(path).refused
    assert "input 'r' is not a constant" in refused.reason


def test_subgraphs_are_no_constants(tmp_path: Path) -> None:
    inner = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["seen"])],
        "inner",
        [],
        [helper.make_tensor_value_info("seen", TensorProto.FLOAT, [8, 8])],
    )
    nodes = [
        helper.make_node("If", ["flag"], ["r"], then_branch=inner, else_branch=inner),
        helper.make_node("MatMul", ["x", "r"], ["y"]),
    ]
    path = _save(tmp_path / "m.onnx", nodes, {"x": [8, 8]}, {"flag": np.bool_(True)})
    (refused,) = tasks_of_model(path).refused
    assert "input 'r' is not a constant" in refused.reason


def test_occurrences_and_shares(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["a"]),
        helper.make_node("MatMul", ["a", "w"], ["b"]),
        helper.make_node("MatMul", ["b", "v"], ["c"]),
    ]
    path = _save(tmp_path / "m.onnx", nodes, {"x": [3, 8]}, {"w": _ones(8, 8), "v": _ones(8, 16)})
    found = tasks_of_model(str(path))
    assert [(t.occurrences, t.flops_share) for t in found.tasks] == [(2, 0.5), (1, 0.5)]


def test_forms_that_are_refused_say_why(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Conv", ["line", "k"], ["a"], name="one_dimensional"),
        helper.make_node("MatMul", ["x", "x"], ["b"], name="product_of_inputs"),
        helper.make_node("Cast", ["x"], ["half"], to=TensorProto.FLOAT16),
        helper.make_node("MatMul", ["half", "h"], ["c"], name="half_precision"),
        helper.make_node("NonZero", ["x"], ["places"]),
        helper.make_node("Cast", ["places"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", ["floats", "w"], ["d"], name="unknown_shape"),
        helper.make_node("Relu", ["d"], ["e"]),
    ]
    weights = {"k": _ones(2, 3, 3), "h": _ones(4, 4, dtype=np.float16), "w": _ones(4, 4)}
    inputs: dict[str, Shape] = {"line": [1, 3, 9], "x": [4, 4]}
    found = tasks_of_model(_save(tmp_path / "m.onnx", nodes, inputs, weights))
    assert not found.tasks
    reasons = {refused.name: refused.reason for refused in found.refused}
    assert "expected (n, ci, h, w)" in reasons["one_dimensional"]
    assert "input 'x' is not a constant" in reasons["product_of_inputs"]
    assert "is float16; float32 would work" in reasons["half_precision"]
    assert "the shape of input 'floats' is not known" in reasons["unknown_shape"]
    assert found.unsupported == {"MatMul": 3, "Conv": 1, "Cast": 2, "NonZero": 1, "Relu": 1}


def test_operators_of_other_domains_are_counted(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["a"]),
        helper.make_node("Conv", ["a", "w"], ["b"], domain="com.example"),
        helper.make_node("MatMul", ["b", "w"], ["c"], name="behind"),
    ]
    path = _save(tmp_path / "m.onnx", nodes, {"x": [3, 8]}, {"w": _ones(8, 8)}, ("", "com.example"))
    found = tasks_of_model(path)
    assert _texts(found) == ["matmul:m=3,k=8,n=8"]
    assert found.unsupported == {"Conv": 1, "MatMul": 1}
    assert [refused.name for refused in found.refused] == ["behind"]


@pytest.mark.parametrize(("batch", "field"), [(1, ""), (6, ",n=6")])
def test_dynamic_batch(tmp_path: Path, batch: int, field: str) -> None:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["y"]),
        helper.make_node("MatMul", ["r", "v"], ["z"]),
        helper.make_node("Flatten", ["z"], ["out"]),
    ]
    inputs: dict[str, Shape] = {"x": ["N", 3, 5, 5], "r": [4, "N", 8]}
    path = _save(tmp_path / "m.onnx", nodes, inputs, {"w": _ones(2, 3, 1, 1), "v": _ones(8, 8)})
    assert set(_texts(tasks_of_model(path, batch=batch))) == {
        f"conv2d:ci=3,h=5,co=2,k=1{field}",
        f"matmul:m={4 * batch},k=8,n=8",
    }
