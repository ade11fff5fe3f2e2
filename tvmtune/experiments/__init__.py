"""Strategies compared: recorded spaces, and searches replayed on them."""

from tvmtune.experiments.recorded_domain import RecordedDomain
from tvmtune.experiments.replay import replay
from tvmtune.experiments.trace import Trace

__all__ = ["RecordedDomain", "Trace", "replay"]
