"""A model as values: its nodes, and what is known about the tensors between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One operator of a model.

    ``attributes`` holds ints, floats, strings and lists of ints; other attributes are left out.
    ``name`` is the node's own, or that of its first output where it has none.
    """

    name: str
    op_type: str
    domain: str
    """Empty for ONNX's own operators."""
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A model: nodes in the file's order; shapes, dtypes and constants by the name of a tensor.

    A tensor whose shape could not be inferred has none here.
    """

    nodes: tuple[Node, ...]
    shapes: Mapping[str, tuple[int, ...]]
    dtypes: Mapping[str, str]
    constants: frozenset[str]
    """Tensors known when the model is compiled: initializers, and what is made of them alone."""
