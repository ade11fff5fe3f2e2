"""The workloads of a model: what there is to tune, how often it occurs, what share it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from tvmtune.errors import WorkloadError
from tvmtune.graph.model import Graph, Node
from tvmtune.graph.onnx_file import read_graph
from tvmtune.operators import OPERATORS, Operator
from tvmtune.workload import Workload

_BY_ONNX_TYPE: Mapping[str, Operator] = MappingProxyType(
    {onnx_type: op for op in OPERATORS.values() for onnx_type in op.onnx_types}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTask:
    """A distinct workload of a model."""

    workload: Workload
    occurrences: int
    flops_share: float
    """Of the operations of all tasks of the model, between 0 and 1."""
    nodes: tuple[str, ...]
    """Names of the nodes, in the model's order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedNode:
    """A node of a known operator in a form that no workload has, and why."""

    name: str
    op_type: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTasks:
    """What there is to tune in a model, the largest share of operations first.

    ``unsupported`` counts, by type, all operators that are no task and are not computed from
    constants when the model is compiled; ``refused`` says why for those of a known type.
    """

    tasks: tuple[ModelTask, ...]
    unsupported: Counter[str]
    refused: tuple[RefusedNode, ...]


def tasks_of_model(path: Path | str, batch: int | None = None) -> ModelTasks:
    """The tasks of an ONNX file.

    Parameters
    ----------
    path
        The file.
    batch
        Size of the dynamic batch axis, for models that have one.

    Raises
    ------
    GraphError
        A file that cannot be read, see `tvmtune.graph.onnx_file.read_graph`.
    """
    return tasks_of_graph(read_graph(path, batch))


def tasks_of_graph(graph: Graph) -> ModelTasks:
    """The tasks of a graph."""
    nodes: dict[Workload, list[str]] = {}
    unsupported: Counter[str] = Counter()
    refused: list[RefusedNode] = []
    for node in graph.nodes:
        if graph.constants.issuperset(node.outputs):
            continue
        operator = None if node.domain else _BY_ONNX_TYPE.get(node.op_type)
        if operator is None:
            unsupported[node.op_type] += 1
            continue
        try:
            nodes.setdefault(_workload(graph, node, operator), []).append(node.name)
        except WorkloadError as error:
            unsupported[node.op_type] += 1
            refused.append(RefusedNode(name=node.name, op_type=node.op_type, reason=str(error)))
    return ModelTasks(tasks=_tasks(nodes), unsupported=unsupported, refused=tuple(refused))


def _tasks(nodes: Mapping[Workload, list[str]]) -> tuple[ModelTask, ...]:
    """Tasks with their shares, the largest first."""
    flops = {workload: workload.flops * len(names) for workload, names in nodes.items()}
    total = sum(flops.values())
    return tuple(
        ModelTask(
            workload=workload,
            occurrences=len(nodes[workload]),
            flops_share=flops[workload] / total,
            nodes=tuple(nodes[workload]),
        )
        for workload in sorted(nodes, key=lambda w: -flops[w])
    )


def _workload(graph: Graph, node: Node, operator: Operator) -> Workload:
    """The workload of a node; raises `WorkloadError` when no workload has its form."""
    if len(node.inputs) < 2:
        raise WorkloadError(f"{node.op_type} with {len(node.inputs)} inputs: expected at least 2")
    for name in node.inputs[:2]:
        dtype = graph.dtypes.get(name, "unknown")
        if name not in graph.shapes:
            raise WorkloadError(f"the shape of input {name!r} is not known")
        if dtype != "float32":
            raise WorkloadError(f"input {name!r} is {dtype}; float32 would work")
    if node.inputs[1] not in graph.constants:
        raise WorkloadError(f"input {node.inputs[1]!r} is not a constant; a constant would work")
    return operator.from_onnx(node.attributes, [graph.shapes[name] for name in node.inputs[:2]])
