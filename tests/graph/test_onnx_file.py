"""ONNX files that cannot be read: one line, and what would work."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, external_data_helper, helper, numpy_helper

from tvmtune.errors import GraphError
from tvmtune.graph import tasks_of_model
from tvmtune.graph.onnx_file import read_graph

_LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"

Shape = list[int | str | None] | None


def _model(shape: Shape, weight: tuple[int, ...] = (8, 8)) -> onnx.ModelProto:
    """``Reshape(x @ w)``: a weight, and a shape that inference has to read."""
    value = helper.make_tensor_value_info
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["y"]),
        helper.make_node("Reshape", ["y", "dims"], ["z"]),
    ]
    weights = [
        numpy_helper.from_array(np.ones(weight, np.float32), "w"),
        numpy_helper.from_array(np.array([-1, 4], np.int64), "dims"),
    ]
    graph = helper.make_graph(
        nodes,
        "graph",
        [value("x", TensorProto.FLOAT, shape)],
        [value("z", TensorProto.FLOAT, None)],
        weights,
    )
    opset = helper.make_opsetid("", 17)
    return helper.make_model(graph, opset_imports=[opset], ir_version=9)


def _save(path: Path, model: onnx.ModelProto) -> Path:
    path.write_bytes(model.SerializeToString())
    return path


def _save_external(folder: Path) -> Path:
    """A model with both of its tensors in ``weights.bin``."""
    onnx.save_model(
        _model([3, 64], (64, 64)),
        folder / "m.onnx",
        save_as_external_data=True,
        location="weights.bin",
        size_threshold=0,
    )
    return folder / "m.onnx"


def _relocate(path: Path, key: str, value: str) -> None:
    """Change an entry of the weight's external data."""
    model = onnx.load_model(path, load_external_data=False)
    for tensor in model.graph.initializer[:1]:
        for entry in tensor.external_data:
            if entry.key == key:
                entry.value = value
    path.write_bytes(model.SerializeToString())


def _error(path: Path, batch: int | None = None) -> str:
    with pytest.raises(GraphError) as caught:
        read_graph(path, batch)
    text = str(caught.value)
    assert text.startswith(str(path))
    assert "\n" not in text
    return text


def test_missing_file(tmp_path: Path) -> None:
    assert "no such file" in _error(tmp_path / "none.onnx")


def test_directory(tmp_path: Path) -> None:
    assert "not a regular file" in _error(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"hello, world\n", b"\x00" * 64, b"\x7fELF" + b"\xff" * 99]
)
def test_no_onnx(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    assert "not an ONNX model" in _error(path)


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _save(tmp_path / "m.onnx", _model([3, 8]))

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert _error(path).endswith("cannot be read: Permission denied")


def test_too_large(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    with path.open("wb") as file:
        file.truncate(2**31)
    assert "a model with external data would work" in _error(path)


def test_truncated(tmp_path: Path) -> None:
    data = (_LIGHT / "light_zfnet512.onnx").read_bytes()
    path = tmp_path / "m.onnx"
    path.write_bytes(data[: len(data) // 2])
    assert "a truncated one" in _error(path)


@given(
    st.lists(st.tuples(st.integers(0, 4505), st.integers(0, 255)), max_size=3), st.integers(0, 4506)
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_damaged_files_raise_nothing_else(
    tmp_path: Path, changes: list[tuple[int, int]], length: int
) -> None:
    data = bytearray((_LIGHT / "light_zfnet512.onnx").read_bytes())
    for place, value in changes:
        data[place] = value
    for content in (bytes(data), bytes(data[:length])):
        (tmp_path / "m.onnx").write_bytes(content)
        with suppress(GraphError):
            tasks_of_model(tmp_path / "m.onnx")


def test_contradicting_shapes(tmp_path: Path) -> None:
    path = _save(tmp_path / "m.onnx", _model([3, 9]))
    assert "shape inference failed: " in _error(path)


def test_dynamic_batch_without_a_size(tmp_path: Path) -> None:
    path = _save(tmp_path / "m.onnx", _model(["N", 8]))
    assert "input 'x' has a dynamic batch (N); give its size" in _error(path)
    assert read_graph(path, batch=6).shapes["z"] == (12, 4)


def test_unnamed_dynamic_batch(tmp_path: Path) -> None:
    path = _save(tmp_path / "m.onnx", _model([None, 8]))
    assert "dynamic batch (?)" in _error(path)
    assert read_graph(path, batch=2).shapes["y"] == (2, 8)


def test_other_dynamic_axis(tmp_path: Path) -> None:
    path = _save(tmp_path / "m.onnx", _model(["N", "length", 8]))
    assert "input 'x' has no size on axis 1 (length); export the model" in _error(path, 1)


@pytest.mark.parametrize("batch", [None, 2])
@pytest.mark.parametrize(("shape", "axis"), [([0, 8], 0), ([3, 0], 1), (["N", 0], 1)])
def test_empty_axes_are_not_dynamic(
    tmp_path: Path, shape: list[int | str | None], axis: int, batch: int | None
) -> None:
    path = _save(tmp_path / "m.onnx", _model(shape))
    assert f"input 'x' has size 0 on axis {axis}; export the model with" in _error(path, batch)


def test_input_without_shape(tmp_path: Path) -> None:
    assert "input 'x' has no shape" in _error(_save(tmp_path / "m.onnx", _model(None)))


def test_batch_of_a_model_with_a_fixed_one(tmp_path: Path) -> None:
    path = _save(tmp_path / "m.onnx", _model([3, 8]))
    assert read_graph(path, batch=3).shapes["x"] == (3, 8)
    assert "batch 4 asked for and the model's is fixed to [3]; leave it out" in _error(path, 4)
    assert "batch 0: at least 1 would work" in _error(path, 0)


def test_a_batch_written_into_the_file_is_forgotten(tmp_path: Path) -> None:
    model = _model(["N", 8])
    stated = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 8])
    model.graph.value_info.append(stated)
    assert read_graph(_save(tmp_path / "m.onnx", model), batch=4).shapes["y"] == (4, 8)


def test_external_data(tmp_path: Path) -> None:
    graph = read_graph(_save_external(tmp_path))
    assert graph.shapes["w"] == (64, 64)
    assert graph.shapes["z"] == (48, 4)
    assert graph.constants == {"w", "dims"}


def test_missing_external_data(tmp_path: Path) -> None:
    path = _save_external(tmp_path)
    (tmp_path / "weights.bin").unlink()
    assert "external data 'weights.bin' of tensor 'w' is missing; put it beside" in _error(path)


def test_truncated_external_data(tmp_path: Path) -> None:
    path = _save_external(tmp_path)
    with (tmp_path / "weights.bin").open("r+b") as file:
        file.truncate(100)
    assert "the file has 100; is it truncated?" in _error(path)


@pytest.mark.parametrize("location", ["../weights.bin", "/etc/passwd", "a/../../weights.bin", ""])
def test_external_data_outside_of_the_directory(tmp_path: Path, location: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "weights.bin").write_bytes(b"\0" * 20000)
    path = _save_external(folder)
    _relocate(path, "location", location)
    assert "lies outside of the model's directory" in _error(path)


def test_external_data_behind_a_link(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    path = _save_external(folder)
    (folder / "weights.bin").rename(tmp_path / "weights.bin")
    (folder / "weights.bin").symlink_to("../weights.bin")
    assert "lies outside of the model's directory" in _error(path)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("location", "bad\0name", "no usable path"),
        ("offset", "-8", "bytes -8 to"),
        ("offset", "x", "offset and length are not numbers"),
        ("length", "999999", "is it truncated?"),
    ],
)
def test_damaged_external_data(tmp_path: Path, key: str, value: str, message: str) -> None:
    path = _save_external(tmp_path)
    _relocate(path, key, value)
    assert message in _error(path)


def test_external_data_inside_of_nodes_and_subgraphs_is_checked(tmp_path: Path) -> None:
    tensor = numpy_helper.from_array(np.ones(8, np.float32), "hidden")
    external_data_helper.set_external_data(tensor, "../elsewhere.bin")
    tensor.ClearField("raw_data")
    inner = helper.make_graph(
        [helper.make_node("Constant", [], ["c"], value=tensor)],
        "inner",
        [],
        [helper.make_tensor_value_info("c", TensorProto.FLOAT, [8])],
    )
    model = _model([3, 8])
    model.graph.node.append(
        helper.make_node("If", ["cond"], ["r"], then_branch=inner, else_branch=inner)
    )
    path = _save(tmp_path / "m.onnx", model)
    assert "'../elsewhere.bin' of tensor 'hidden' lies outside" in _error(path)
