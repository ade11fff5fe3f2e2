"""Models: the tasks of an ONNX file."""

from __future__ import annotations

from tvmtune.graph.tasks import ModelTask, ModelTasks, RefusedNode, tasks_of_graph, tasks_of_model

__all__ = ["ModelTask", "ModelTasks", "RefusedNode", "tasks_of_graph", "tasks_of_model"]
