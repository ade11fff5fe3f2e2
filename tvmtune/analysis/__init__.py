"""Figures of a nest: features, constraints, executions, footprints."""
