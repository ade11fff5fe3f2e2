"""Workloads: values, defaults, canonical texts, the table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tvmtune.errors import WorkloadError
from tvmtune.workload import WORKLOADS, Conv2d, Matmul, parse


def test_defaults_of_conv2d_follow_from_earlier_fields() -> None:
    conv = Conv2d(ci=8, h=20, co=16, k=5, kw=3, stride=2, pad=1, dilation=3)
    assert (conv.w, conv.padw, conv.padb, conv.padr) == (20, 1, 1, 1)
    assert (conv.strides, conv.dilations, conv.pads) == ((2, 2), (3, 3), (1, 1, 1, 1))


def test_shapes_and_figures_of_conv2d() -> None:
    conv = Conv2d(ci=6, h=9, co=4, k=3, w=11, kw=2, n=2, stride=2, groups=2, padb=0, stridew=1)
    assert conv.operands == {"x": (2, 6, 9, 11), "w": (4, 3, 3, 2)}
    assert conv.out_shape == (2, 4, 4, 12)
    assert conv.reduction_length == 18
    assert conv.flops == 2 * 2 * 4 * 4 * 12 * 18
    assert (conv.kind, conv.dtype, conv.constants) == ("conv2d", "float32", ("w",))


def test_shapes_and_figures_of_matmul() -> None:
    product = Matmul(3, 5, 7)
    assert product.operands == {"x": (3, 5), "w": (5, 7)}
    assert (product.out_shape, product.reduction_length, product.flops) == ((3, 7), 5, 210)
    assert (product.kind, product.dtype, product.constants) == ("matmul", "float32", ("w",))


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("C2", "conv2d:ci=64,h=56,co=64,k=3"),
        ("C1", "conv2d:ci=3,h=224,co=64,k=7,stride=2"),
        ("D2", "conv2d:ci=64,h=112,co=64,k=3,stride=2,groups=64"),
        ("BERT-ff1", "matmul:m=128,k=768,n=3072"),
        (" conv2d: k=3, co=4 ,h=8,ci=2,w=8,padr=1,pad=0 ", "conv2d:ci=2,h=8,co=4,k=3,pad=0"),
        (
            "conv2d:ci=2,h=8,co=4,k=3,padb=0,stridew=2,dilationw=2,padr=3",
            "conv2d:ci=2,h=8,co=4,k=3,padb=0,padr=3,stridew=2,dilationw=2",
        ),
    ],
)
def test_canonical_text(text: str, canonical: str) -> None:
    workload = parse(text)
    assert workload.text == str(workload) == canonical
    assert parse(canonical) == workload


def test_table() -> None:
    assert len(WORKLOADS) == 27
    assert WORKLOADS["C12"].out_shape == (1, 512, 7, 7)
    assert WORKLOADS["D9"] == Conv2d(1024, 7, 1024, 3, groups=1024)
    assert WORKLOADS["FC-2048"] == Matmul(1, 2048, 1000)
    assert len(set(WORKLOADS.values())) == len(WORKLOADS)


@given(
    st.fixed_dictionaries(
        {"ci": st.integers(1, 4), "h": st.integers(1, 9), "co": st.integers(1, 4), "k": st.just(1)},
        optional={
            **{n: st.integers(1, 9) for n in ("w", "n", "stride", "stridew", "dilationw")},
            **{n: st.integers(0, 3) for n in ("pad", "padw", "padb", "padr")},
        },
    )
)
def test_text_round_trips(fields: dict[str, int]) -> None:
    conv = Conv2d(**fields)
    assert parse(conv.text) == conv
    assert parse(parse(conv.text).text).text == conv.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "neither a name of the table nor kind:field=value"),
        ("c2", "did you mean 'C2'?"),
        ("conv2d", "give its fields, as in conv2d:ci=64"),
        ("BERT-ff", "did you mean 'BERT-ff2' or 'BERT-ff1'"),
        ("conv3d:ci=1", "no kind 'conv3d'; did you mean 'conv2d'?"),
        ("pool:k=2", "no kind 'pool'; known are conv2d, matmul"),
        ("conv2d:", "ci, h, co, k not given; conv2d needs ci, h, co, k, as in conv2d:ci=64"),
        ("matmul:m=1,n=2", "k not given"),
        ("conv2d:ci=2,h=8,co=4,k=3,strid=2", "no field 'strid'; did you mean 'stride'"),
        ("matmul:m=1,k=2,n=3,zzz=4", "no field 'zzz'; known are m, k, n"),
        ("matmul:m=1,k=2,n=3,", "'' is not field=value; matmul:m=128"),
        ("matmul:m=1,k=2,m=3", "m is given twice"),
        ("matmul:m=0,k=2,n=3", "m=0: expected an integer from 1 to 2147483647"),
        ("matmul:m=1.5,k=2,n=3", "m='1.5': expected an integer from 1"),
        ("matmul:m=1_0,k=2,n=3", "m='1_0': expected an integer from 1"),
        ("matmul:m=²,k=2,n=3", "expected an integer from 1"),
        ("matmul:m=" + "9" * 6000 + ",k=2,n=3", "expected an integer from 1"),
        ("conv2d:ci=2,h=8,co=4,k=3,pad=-1", "pad=-1: expected an integer from 0"),
        ("conv2d:ci=2,h=8,co=4,k=3,w=0", "w=0: expected an integer from 1"),
        ("conv2d:ci=6,h=8,co=4,k=3,groups=4", "groups=4 does not divide ci=6; a common divisor"),
        ("conv2d:ci=4,h=8,co=6,k=3,groups=4", "groups=4 does not divide co=6"),
        ("conv2d:ci=2,h=3,co=4,k=9,pad=1", "height of 9 (k with its dilation) exceeds the padded"),
        ("conv2d:ci=2,h=9,co=4,k=1,kw=3,padw=0,w=2", "1 more in padw and padr would work"),
        ("matmul:m=65536,k=32768,n=1", "tensor x of shape (65536, 32768) has 2147483648 elements"),
        ("x" * 5000, "'" + "x" * 80 + "'..."),
    ],
)
def test_text_errors(text: str, message: str) -> None:
    with pytest.raises(WorkloadError) as caught:
        parse(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("value", [2.0, "2", None, True, -1, [1] * 100])
def test_fields_are_integers(value: Any) -> None:
    with pytest.raises(WorkloadError, match=r"matmul: k=.*: expected an integer from 1"):
        Matmul(m=1, k=value, n=1)


def test_replacing_a_field_checks_again() -> None:
    with pytest.raises(WorkloadError, match="groups=5 does not divide"):
        replace(Conv2d(ci=4, h=8, co=4, k=3), groups=5)
