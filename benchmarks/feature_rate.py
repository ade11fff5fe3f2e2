"""How fast features and constraints of configs are evaluated on one core.

Prints, for each template, configs per second in chunks of 8,192: of one structure, and of points as
a search meets them, spread over all structures that were seen before; and what relations take once
features are known.  Run by ``taskset -c 1 python benchmarks/feature_rate.py [WORKLOAD ...]``.
"""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from tvmtune.analysis.relations import relations_of
from tvmtune.compiler.domains import task_domain
from tvmtune.search_spaces.domain import TaskDomain
from tvmtune.search_spaces.space import Points
from tvmtune.target import parse_target
from tvmtune.workload import parse

CHUNK = 8192
WORKLOADS = (
    "matmul:m=512,k=512,n=512",
    "conv2d:ci=64,h=56,co=64,k=3",
    "conv2d:ci=128,h=56,co=128,k=3,groups=128",
)


def chunks_of(domain: TaskDomain) -> tuple[Points, Points]:
    """Valid points of one structure, repeated to a chunk; and of many structures."""
    mixed = domain.sample(np.random.default_rng(0), CHUNK)
    mixed = np.resize(mixed, (CHUNK, mixed.shape[1]))
    space = domain.spaces[0]
    largest = max(space.structures(mixed[:, 1 : 1 + space.width]), key=lambda g: len(g.rows))
    return np.resize(mixed[largest.rows], mixed.shape), mixed


def evaluate(domain: TaskDomain, points: Points) -> None:
    """What a search asks of a chunk."""
    domain.valid(points)
    domain.features(points)


def rate(call: Callable[[], object], seconds: float = 2.0) -> float:
    """Median configs per second of calls that take a chunk each."""
    call()
    samples, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        call()
        samples.append(time.perf_counter() - start)
    return CHUNK / float(np.median(samples))


def main() -> None:
    """Print a line for each workload."""
    print(f"{platform.processor() or platform.machine()}, NumPy {np.__version__}")
    for text in sys.argv[1:] or WORKLOADS:
        domain = task_domain(parse(text), parse_target("cpu:threads=1"))
        rates = [rate(partial(evaluate, domain, points)) for points in chunks_of(domain)]
        features = domain.features(chunks_of(domain)[1])
        relations = rate(partial(relations_of, features, domain.feature_names))
        print(
            f"{text}: {rates[0]:,.0f} configs/s of one structure, {rates[1]:,.0f} mixed, "
            f"relations {relations:,.0f}"
        )


if __name__ == "__main__":
    main()
