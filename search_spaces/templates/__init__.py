"""Templates, one file an algorithm."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tvmtune.search_spaces.template import Template
from tvmtune.search_spaces.templates import (
    conv2d_depthwise,
    conv2d_direct,
    conv2d_winograd,
    matmul_packed,
)

TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        template.name: template
        for template in (
            conv2d_depthwise.TEMPLATE,
            conv2d_direct.TEMPLATE,
            *conv2d_winograd.TEMPLATES,
            matmul_packed.TEMPLATE,
        )
    }
)
"""The templates of this package, by name; where several serve a workload, the first comes first."""
