"""What a recorded space says of its configs to models of other spaces."""

from __future__ import annotations

import numpy as np

from tests.experiments.synthetic import TARGET, WORKLOAD, made_domain
from tvmtune.tuner.local import compiled_domain


def test_relations_are_those_of_the_task() -> None:
    domain = made_domain()
    whole, _ = compiled_domain(WORKLOAD, TARGET, "matmul.packed")
    points = domain.points[::-7]
    configs = [domain.space.config(row) for row in domain.rows(points)]
    wanted = whole.relations(np.stack([whole.point(config) for config in configs]))
    assert domain.relation_names == whole.relation_names
    assert np.array_equal(domain.relations(points), wanted)
