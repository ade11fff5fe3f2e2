"""From (workload, target, template, config) to an artifact, and what stands in between."""
