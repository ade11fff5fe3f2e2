"""Strategies compared: recorded spaces, and searches replayed on them."""

from tvmtune.experiments.measures import best_so_far, reached_at
from tvmtune.experiments.recorded_domain import RecordedDomain
from tvmtune.experiments.replay import Trace, replay

__all__ = ["RecordedDomain", "Trace", "best_so_far", "reached_at", "replay"]
