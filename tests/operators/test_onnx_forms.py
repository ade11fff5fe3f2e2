"""Workloads of ONNX nodes, from attributes and shapes."""

from __future__ import annotations

from typing import Any

import pytest

from tvmtune.errors import WorkloadError
from tvmtune.operators import OPERATORS

_CONV = OPERATORS["conv2d"].from_onnx
_MATMUL = OPERATORS["matmul"].from_onnx

_X = (1, 8, 15, 14)
_W = (4, 8, 3, 5)


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({}, "conv2d:ci=8,h=15,co=4,k=3,w=14,kw=5,pad=0,padw=0"),
        ({"pads": [1, 2, 1, 2]}, "conv2d:ci=8,h=15,co=4,k=3,w=14,kw=5"),
        (
            {"pads": [0, 1, 2, 3], "strides": [2, 1], "dilations": [1, 2], "kernel_shape": [3, 5]},
            "conv2d:ci=8,h=15,co=4,k=3,w=14,kw=5,stride=2,pad=0,padw=1,padb=2,padr=3,"
            "stridew=1,dilationw=2",
        ),
        ({"auto_pad": "VALID"}, "conv2d:ci=8,h=15,co=4,k=3,w=14,kw=5,pad=0,padw=0"),
        ({"auto_pad": "SAME_UPPER"}, "conv2d:ci=8,h=15,co=4,k=3,w=14,kw=5"),
        (
            {"auto_pad": "SAME_UPPER", "strides": [2, 2]},
            "conv2d:ci=8,h=15,co=4,k=3,w=14,kw=5,stride=2,padw=1,padr=2",
        ),
        (
            {"auto_pad": "SAME_LOWER", "strides": [2, 2]},
            "conv2d:ci=8,h=15,co=4,k=3,w=14,kw=5,stride=2,padr=1",
        ),
        (
            {"auto_pad": "SAME_UPPER", "strides": [4, 4]},
            "conv2d:ci=8,h=15,co=4,k=3,w=14,kw=5,stride=4,pad=0,padw=1,padr=2",
        ),
    ],
)
def test_convolutions(attributes: dict[str, Any], text: str) -> None:
    assert _CONV(attributes, [_X, _W]).text == text


@pytest.mark.parametrize("auto_pad", ["SAME_UPPER", "SAME_LOWER"])
@pytest.mark.parametrize("stride", [1, 2, 3, 5])
@pytest.mark.parametrize("dilation", [1, 2])
def test_same_padding_divides_the_size_by_the_stride(
    auto_pad: str, stride: int, dilation: int
) -> None:
    attributes = {"auto_pad": auto_pad, "strides": [stride] * 2, "dilations": [dilation] * 2}
    out = _CONV(attributes, [_X, _W]).out_shape
    assert out == (1, 4, -(-15 // stride), -(-14 // stride))


def test_depthwise_and_grouped_convolutions() -> None:
    assert _CONV({"group": 8}, [_X, (8, 1, 1, 1)]).text == "conv2d:ci=8,h=15,co=8,k=1,w=14,groups=8"
    assert _CONV({"group": 2}, [_X, (6, 4, 1, 1)]).text == "conv2d:ci=8,h=15,co=6,k=1,w=14,groups=2"


@pytest.mark.parametrize(
    ("attributes", "shapes", "message"),
    [
        ({}, [(1, 8, 15), (4, 8, 3)], "input of Conv of shape (1, 8, 15): expected (n, ci, h, w)"),
        ({}, [_X, (4, 8, 3)], "weight of Conv of shape (4, 8, 3)"),
        ({}, [(0, 8, 15, 14), _W], "each at least 1"),
        ({"group": 0}, [_X, _W], "attribute group=0: expected an integer of at least 1"),
        ({"group": [1]}, [_X, _W], "attribute group=[1]"),
        ({"group": 2}, [_X, _W], "a weight of 8 input channels needs 16"),
        ({"group": 8}, [_X, (4, 1, 1, 1)], "groups=8 does not divide co=4"),
        ({"kernel_shape": [3, 3]}, [_X, _W], "kernel_shape=[3, 3] and a weight of 3 by 5"),
        ({"strides": [0, 1]}, [_X, _W], "strides=[0, 1]: expected 2 integers of at least 1"),
        ({"strides": 1.5}, [_X, _W], "strides=1.5: expected 2 integers"),
        ({"dilations": [1]}, [_X, _W], "dilations=[1]: expected 2 integers"),
        ({"pads": [-1, 0, 0, 0]}, [_X, _W], "pads=[-1, 0, 0, 0]: expected 4 integers"),
        ({"auto_pad": "SAME"}, [_X, _W], "auto_pad='SAME': NOTSET, VALID, SAME_UPPER"),
        ({}, [(1, 8, 2, 9), _W], "exceeds the padded input's 2"),
    ],
)
def test_convolutions_that_no_workload_has(
    attributes: dict[str, Any], shapes: list[tuple[int, ...]], message: str
) -> None:
    with pytest.raises(WorkloadError) as caught:
        _CONV(attributes, shapes)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("attributes", "shapes", "text"),
    [
        ({}, [(3, 5), (5, 7)], "matmul:m=3,k=5,n=7"),
        ({"transB": 1}, [(3, 5), (7, 5)], "matmul:m=3,k=5,n=7"),
        ({"transA": 1, "transB": 0, "alpha": 0.5}, [(5, 3), (5, 7)], "matmul:m=3,k=5,n=7"),
        ({}, [(2, 4, 3, 5), (5, 7)], "matmul:m=24,k=5,n=7"),
        ({}, [(5,), (5, 7)], "matmul:m=1,k=5,n=7"),
        ({}, [(3, 5), (5,)], "matmul:m=3,k=5,n=1"),
        ({}, [(2, 3, 5), (1, 1, 5, 7)], "matmul:m=6,k=5,n=7"),
    ],
)
def test_products(attributes: dict[str, Any], shapes: list[tuple[int, ...]], text: str) -> None:
    assert _MATMUL(attributes, shapes).text == text


@pytest.mark.parametrize(
    ("attributes", "shapes", "message"),
    [
        ({}, [(2, 3, 5), (2, 5, 7)], "a batch of right-hand sides, shape (2, 5, 7)"),
        ({}, [(), (5, 7)], "matmul of a scalar"),
        ({}, [(3, 5), ()], "right-hand side of matmul of shape ()"),
        ({}, [(3, 0), (0, 7)], "left-hand side of matmul of shape (3, 0)"),
        ({}, [(3, 5), (6, 7)], "the columns of the first must be the rows of the second"),
        ({"transA": 1}, [(2, 3, 5), (5, 7)], "left-hand side of Gemm of shape (2, 3, 5)"),
        ({"transB": "yes"}, [(3, 5), (7, 5)], "attribute transB='yes'"),
    ],
)
def test_products_that_no_workload_has(
    attributes: dict[str, Any], shapes: list[tuple[int, ...]], message: str
) -> None:
    with pytest.raises(WorkloadError) as caught:
        _MATMUL(attributes, shapes)
    assert message in str(caught.value)
