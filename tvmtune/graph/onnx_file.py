"""Reading an ONNX file: the only place that knows the onnx package."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from tvmtune.errors import GraphError
from tvmtune.graph.external_data import check_external_data
from tvmtune.graph.model import Graph, Node

_MAX_BYTES = 2**31 - 1
"""Protocol buffers end there; larger models keep their weights as external data."""

_NOT_FOLDED = frozenset(
    {
        "Bernoulli",
        "Dropout",
        "If",
        "Loop",
        "Multinomial",
        "RandomNormal",
        "RandomNormalLike",
        "RandomUniform",
        "RandomUniformLike",
        "Scan",
        "SequenceMap",
    }
)
"""ONNX's operators that draw random numbers, or have subgraphs that read more than their inputs:
all others make constants of constants."""


def read_graph(path: Path | str, batch: int | None = None) -> Graph:
    """The graph of an ONNX file, its shapes inferred.

    Parameters
    ----------
    path
        The file; external data lies beside it.
    batch
        Size of the dynamic batch axis, for models that have one.

    Raises
    ------
    GraphError
        A file that cannot be read or is no ONNX model, external data that is missing or elsewhere,
        a dynamic axis without a size, or shapes that contradict each other.
    """
    path = Path(path)
    try:
        model = _parse(path)
        check_external_data(model.graph, path.parent)
        _fix_inputs(model.graph, batch)
        return _graph(_with_shapes(model).graph)
    except GraphError as error:
        raise GraphError(f"{path}: {error}", error.detail) from error
    except OSError as error:
        raise GraphError(f"{path}: cannot be read: {error.strerror or error}") from error


def _parse(path: Path) -> Any:
    """The ``ModelProto`` of a file."""
    import onnx
    from google.protobuf.message import DecodeError

    if not path.exists():
        raise GraphError("no such file; give the path of an .onnx file")
    if not path.is_file():
        raise GraphError("not a regular file; give the path of an .onnx file")
    if path.stat().st_size > _MAX_BYTES:
        raise GraphError(f"larger than {_MAX_BYTES} bytes; a model with external data would work")
    try:
        model = onnx.ModelProto.FromString(path.read_bytes())
    except DecodeError as error:
        raise GraphError(f"not an ONNX model, or a truncated one ({_one_line(error)})") from error
    if not model.graph.node or not model.opset_import:
        raise GraphError("not an ONNX model: it has no nodes or no operator set")
    return model


def _with_shapes(model: Any) -> Any:
    """The model with the shapes of its tensors."""
    from onnx.shape_inference import InferenceError, infer_shapes

    try:
        return infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    except (InferenceError, ValueError, RuntimeError, TypeError) as error:
        raise GraphError(f"shape inference failed: {_one_line(error)}", str(error)) from error


def _fix_inputs(graph: Any, batch: int | None) -> None:
    """Give every axis of the inputs its size.

    Dynamic first axes become ``batch``, and so do other axes that share their name.
    """
    if batch is not None and batch < 1:
        raise GraphError(f"batch {batch}: at least 1 would work")
    inputs = list(_inputs(graph))
    firsts = [shape.dim[0] for _, shape in inputs if shape.dim]
    _refuse_empty(inputs)
    dynamic = [dim for dim in firsts if dim.dim_value < 1]
    names = {dim.dim_param for dim in dynamic if dim.dim_param}
    if batch is not None and not dynamic and all(dim.dim_value != batch for dim in firsts):
        sizes = sorted({dim.dim_value for dim in firsts})
        raise GraphError(
            f"batch {batch} asked for and the model's is fixed to {sizes}; leave it out"
        )
    for name, shape in inputs:
        for axis, dim in enumerate(shape.dim):
            if dim.dim_value < 1:
                if axis and dim.dim_param not in names:
                    raise GraphError(
                        f"input {name!r} has no size on axis {axis} ({dim.dim_param or '?'}); "
                        "export the model with that size fixed"
                    )
                if batch is None:
                    raise GraphError(
                        f"input {name!r} has a dynamic batch ({dim.dim_param or '?'}); "
                        "give its size, as in batch=1 or --batch 1"
                    )
                dim.dim_value = batch
    if dynamic:
        _forget_shapes(graph)


def _refuse_empty(inputs: Iterable[tuple[str, Any]]) -> None:
    """Refuse axes that the file states to have no element; those without a size are dynamic."""
    for name, shape in inputs:
        for axis, dim in enumerate(shape.dim):
            if dim.HasField("dim_value") and dim.dim_value == 0:
                raise GraphError(
                    f"input {name!r} has size 0 on axis {axis}; "
                    "export the model with a size of at least 1"
                )


def _inputs(graph: Any) -> Iterator[tuple[str, Any]]:
    """Names and shapes of the inputs that are tensors and no initializers."""
    initializers = {tensor.name for tensor in graph.initializer}
    for value in graph.input:
        if value.name in initializers or not value.type.HasField("tensor_type"):
            continue
        if not value.type.tensor_type.HasField("shape"):
            raise GraphError(f"input {value.name!r} has no shape; export the model with shapes")
        yield value.name, value.type.tensor_type.shape


def _forget_shapes(graph: Any) -> None:
    """Drop the shapes that the file states behind its inputs: a batch may be written into them."""
    del graph.value_info[:]
    for value in graph.output:
        if value.type.HasField("tensor_type"):
            value.type.tensor_type.ClearField("shape")


def _graph(graph: Any) -> Graph:
    """The graph as values."""
    nodes = tuple(_node(node) for node in graph.node)
    shapes: dict[str, tuple[int, ...]] = {}
    dtypes: dict[str, str] = {}
    for value in (*graph.input, *graph.value_info, *graph.output):
        tensor = value.type.tensor_type
        dims = tuple(dim.dim_value for dim in tensor.shape.dim)
        dtypes[value.name] = _dtype(tensor.elem_type)
        if tensor.HasField("shape") and all(dim.HasField("dim_value") for dim in tensor.shape.dim):
            shapes[value.name] = dims
    for initializer in graph.initializer:
        shapes[initializer.name] = tuple(initializer.dims)
        dtypes[initializer.name] = _dtype(initializer.data_type)
    constants = _constants(nodes, (tensor.name for tensor in graph.initializer))
    return Graph(nodes=nodes, shapes=shapes, dtypes=dtypes, constants=constants)


def _constants(nodes: tuple[Node, ...], initializers: Iterable[str]) -> frozenset[str]:
    """Initializers, ``Constant`` nodes, and what ONNX's own operators make of them alone."""
    constants = set(initializers)
    for node in nodes:
        folded = not node.domain and node.op_type not in _NOT_FOLDED
        if folded and all(i in constants for i in node.inputs if i):
            constants.update(node.outputs)
    return frozenset(constants)


def _node(node: Any) -> Node:
    """A node as a value."""
    return Node(
        name=node.name or next(iter(node.output), ""),
        op_type=node.op_type,
        domain="" if node.domain == "ai.onnx" else node.domain,
        inputs=tuple(node.input),
        outputs=tuple(node.output),
        attributes=dict(_attributes(node)),
    )


def _attributes(node: Any) -> Iterator[tuple[str, Any]]:
    """Attributes that are numbers, strings or lists of ints."""
    from onnx import AttributeProto

    for attribute in node.attribute:
        match attribute.type:
            case AttributeProto.INT:
                yield attribute.name, attribute.i
            case AttributeProto.INTS:
                yield attribute.name, list(attribute.ints)
            case AttributeProto.FLOAT:
                yield attribute.name, attribute.f
            case AttributeProto.STRING:
                yield attribute.name, attribute.s.decode(errors="replace")


def _dtype(elem_type: int) -> str:
    """NumPy's name of an element type, or ``unknown``."""
    from onnx import helper

    try:
        return str(helper.tensor_dtype_to_np_dtype(elem_type).name)
    except (KeyError, ValueError):
        return "unknown"


def _one_line(error: Exception) -> str:
    """The text of a foreign error, cut to one line."""
    return " ".join(str(error).split())[:300]
