"""Workloads: what to compute, as values with one canonical text."""

from __future__ import annotations

from tvmtune.workload.conv2d import Conv2d
from tvmtune.workload.matmul import Matmul
from tvmtune.workload.table import WORKLOADS, Workload
from tvmtune.workload.text import KINDS, parse

__all__ = ["KINDS", "WORKLOADS", "Conv2d", "Matmul", "Workload", "parse"]
