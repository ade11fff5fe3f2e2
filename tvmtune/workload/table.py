"""Workloads that have names.

C1-C12 are ResNet-18's distinct conv2d layers and D1-D9 MobileNet's depthwise layers, batch 1,
"same" padding.  The matmuls are square ones, BERT-base's projections at sequence length 128 and
ResNet-50's last layer.

References
----------
Chen et al., "TVM: An Automated End-to-End Optimizing Compiler for Deep Learning", OSDI 2018,
Table 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tvmtune.workload.conv2d import Conv2d
from tvmtune.workload.matmul import Matmul

Workload = Conv2d | Matmul

_RESNET18 = (
    (3, 224, 64, 7, 2),
    (64, 56, 64, 3, 1),
    (64, 56, 64, 1, 1),
    (64, 56, 128, 3, 2),
    (64, 56, 128, 1, 2),
    (128, 28, 128, 3, 1),
    (128, 28, 256, 3, 2),
    (128, 28, 256, 1, 2),
    (256, 14, 256, 3, 1),
    (256, 14, 512, 3, 2),
    (256, 14, 512, 1, 2),
    (512, 7, 512, 3, 1),
)
"""Input channels, height, output channels, kernel, stride."""

_MOBILENET_DEPTHWISE = (
    (32, 112, 1),
    (64, 112, 2),
    (128, 56, 1),
    (128, 56, 2),
    (256, 28, 1),
    (256, 28, 2),
    (512, 14, 1),
    (512, 14, 2),
    (1024, 7, 1),
)
"""Channels, height, stride; kernel 3."""

WORKLOADS: Mapping[str, Workload] = MappingProxyType(
    {
        **{
            f"C{i}": Conv2d(ci, h, co, k, stride=stride)
            for i, (ci, h, co, k, stride) in enumerate(_RESNET18, 1)
        },
        **{
            f"D{i}": Conv2d(c, h, c, 3, stride=stride, groups=c)
            for i, (c, h, stride) in enumerate(_MOBILENET_DEPTHWISE, 1)
        },
        "M512": Matmul(512, 512, 512),
        "M1024": Matmul(1024, 1024, 1024),
        "BERT-qkv": Matmul(128, 768, 768),
        "BERT-ff1": Matmul(128, 768, 3072),
        "BERT-ff2": Matmul(128, 3072, 768),
        "FC-2048": Matmul(1, 2048, 1000),
    }
)
"""Workloads by name."""
