"""Tensors of an ONNX file that lie in files beside it; their paths are not trusted.

Works on ONNX's protocol buffers and imports nothing of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tvmtune.errors import GraphError

_EXTERNAL = 1
"""``TensorProto.EXTERNAL``."""

_INLINED_BYTES = 4096
"""Tensors up to this size are read: shapes that shape inference needs are among them."""


def check_external_data(graph: Any, directory: Path) -> None:
    """Check every external tensor of a graph, and read the small ones into it.

    Parameters
    ----------
    graph
        A ``GraphProto``; subgraphs are included.
    directory
        Where the model lies: no tensor may lie outside of it.

    Raises
    ------
    GraphError
        A file that is missing, too short, or outside of the directory.
    """
    for tensor in _tensors(graph):
        if tensor.data_location != _EXTERNAL:
            continue
        path, offset, length = _place(tensor, directory)
        if length <= _INLINED_BYTES:
            with path.open("rb") as file:
                file.seek(offset)
                tensor.raw_data = file.read(length)
            tensor.data_location = 0
            del tensor.external_data[:]


def _tensors(graph: Any) -> Iterator[Any]:
    """Every tensor of a graph and of its subgraphs."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            for subgraph in (
                *attribute.graphs,
                *([attribute.g] if attribute.HasField("g") else ()),
            ):
                yield from _tensors(subgraph)


def _place(tensor: Any, directory: Path) -> tuple[Path, int, int]:
    """File, offset and length in bytes of an external tensor."""
    entries = {entry.key: entry.value for entry in tensor.external_data}
    location = entries.get("location", "")
    what = f"external data {location[:200]!r} of tensor {tensor.name[:80]!r}"
    try:
        path = (directory / location).resolve()
        inside = bool(location) and path.is_relative_to(directory.resolve())
        size = path.stat().st_size if inside and path.is_file() else None
    except (OSError, ValueError, RuntimeError) as error:
        raise GraphError(f"{what}: no usable path ({error})") from error
    if not inside:
        raise GraphError(f"{what} lies outside of the model's directory; put it beside the model")
    if size is None:
        raise GraphError(f"{what} is missing; put it beside the model, as {path.name}")
    try:
        offset = int(entries.get("offset", 0))
        length = int(entries.get("length", max(size - offset, 0)))
    except ValueError as error:
        raise GraphError(f"{what}: offset and length are not numbers: {error}") from error
    if offset < 0 or length < 0 or offset + length > size:
        raise GraphError(
            f"{what}: bytes {offset} to {offset + length} are asked for and the file has {size}; "
            "is it truncated?"
        )
    return path, offset, length
