"""Knobs, config spaces, templates."""
