from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tvmtune.deploy import inputs
from tvmtune.deploy.inputs import is_model, read_inputs
from tvmtune.errors import GraphError, UsageError, WorkloadError
from tvmtune.graph import ModelTask, ModelTasks, RefusedNode
from tvmtune.workload import parse


def _model(monkeypatch: pytest.MonkeyPatch, tasks: ModelTasks) -> None:
    monkeypatch.setattr(inputs, "tasks_of_model", lambda name, batch: tasks)


def test_texts_and_names() -> None:
    found = read_inputs(["M512", "matmul:m=8,k=8,n=8", "matmul:n=8,k=8,m=8"])
    assert [(w.workload.text, w.occurrences) for w in found.workloads] == [
        (parse("M512").text, 1),
        ("matmul:m=8,k=8,n=8", 2),
    ]
    assert not found.notes
    assert read_inputs("C2").workloads[0].workload == parse("C2")


def test_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    task = ModelTask(workload=parse("M512"), occurrences=3, flops_share=0.75, nodes=("a",))
    refused = RefusedNode(name="conv", op_type="Conv", reason="it is int8")
    tasks = ModelTasks(
        tasks=(task,), unsupported=Counter({"Relu": 2, "Conv": 1}), refused=(refused,)
    )
    _model(monkeypatch, tasks)
    found = read_inputs(["net.onnx", "M512"])
    (only,) = found.workloads
    assert (only.occurrences, only.flops_share) == (4, 0.75)
    assert found.notes == (
        "net.onnx: 3 unsupported operators left out: Relu x2, Conv x1",
        "net.onnx: 1 left out (conv): Conv: it is int8",
    )


def test_a_model_without_tasks_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    _model(monkeypatch, ModelTasks(tasks=(), unsupported=Counter(), refused=()))
    assert read_inputs("net.onnx").notes == ("net.onnx: no operator of it can be tuned",)


def test_files_are_models(tmp_path: Path) -> None:
    path = tmp_path / "model"
    path.write_text("no model")
    assert is_model(str(path))
    assert is_model("x.ONNX")
    assert not is_model("C2")
    with pytest.raises(GraphError):
        read_inputs(str(path))
    with pytest.raises(GraphError):
        read_inputs("missing.onnx")


def test_a_batch_is_of_models(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"batch 4 .* C2 is none; .* n=4 of conv2d"):
        read_inputs("C2", batch=4)
    _model(monkeypatch, ModelTasks(tasks=(), unsupported=Counter(Relu=1), refused=()))
    found = read_inputs([Path("net.onnx"), "C2"], batch=4)
    assert len(found.workloads) == 1
    assert found.notes[0] == "net.onnx: 1 unsupported operator left out: Relu x1"


def test_a_text_too_long_for_a_file_is_a_workload() -> None:
    assert not is_model("x" * 300)
    assert not is_model("/".join(["x" * 200] * 30))
    with pytest.raises(WorkloadError, match="is not field=value"):
        read_inputs("matmul:" + "x" * 300)


def test_what_is_neither() -> None:
    with pytest.raises(WorkloadError, match="kind:field=value"):
        read_inputs("nothing")
    with pytest.raises(WorkloadError, match="is no file, and no workload"):
        read_inputs("./nothing")
