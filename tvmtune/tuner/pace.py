"""How tasks share the time."""

from __future__ import annotations

from dataclasses import dataclass

_SLICE_S = 5.0
_MOST_ROUNDS = 8
_CONFIRM_OVERHEAD = 1.25
_CONFIRM_START_S = 1.0
_MOST_CONFIRMING = 0.3
_LEADER_S = 0.25
"""To check a config harder, load it, and time it for a round."""


@dataclass(slots=True)
class Average:
    """A mean that begins with a guess, which counts as one value."""

    total: float
    count: int = 1

    @property
    def value(self) -> float:
        """The mean."""
        return self.total / self.count

    def add(self, value: float) -> None:
        """Take one more value."""
        self.total += value
        self.count += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Rounds in which every task gets a slice, so that an interrupted run has something for each.

    Parameters
    ----------
    deadline_s
        When everything must be done, on the caller's clock; None: trials end it.
    rounds
        How many rounds the time is cut into; the last one ends with the confirmation.
    confirm_s
        Time put aside for each task's confirmation.
    """

    deadline_s: float | None
    rounds: int
    confirm_s: float

    @staticmethod
    def plan(now_s: float, seconds: float | None, tasks: int, confirm_s: float) -> Pace:
        """Cut ``seconds`` from ``now_s`` on into rounds for some tasks; None: no limit."""
        if seconds is None:
            return Pace(deadline_s=None, rounds=0, confirm_s=0.0)
        share_s = seconds / tasks
        rounds = 1 if tasks == 1 else min(max(2, int(share_s / _SLICE_S)), _MOST_ROUNDS)
        reserve_s = _CONFIRM_START_S + _CONFIRM_OVERHEAD * confirm_s
        return Pace(
            deadline_s=now_s + seconds,
            rounds=rounds,
            confirm_s=min(reserve_s, _MOST_CONFIRMING * share_s),
        )

    def is_last(self, round_index: int) -> bool:
        """Whether tasks are finished by the end of their slice in this round."""
        return self.deadline_s is not None and round_index >= self.rounds - 1

    def slice_end_s(
        self, now_s: float, round_index: int, active: int, waiting: int, reserve_s: float
    ) -> float:
        """When the search of the next slice should end.

        Parameters
        ----------
        now_s
            The time.
        round_index
            Round of the slice.
        active
            Tasks that still search.
        waiting
            Of these, tasks whose slice in this round is still to come, the next one included.
        reserve_s
            What the confirmation of each of them will take.
        """
        if self.deadline_s is None:
            return float("inf")
        left = max(self.rounds - 1 - round_index, 0) * active + waiting
        return now_s + (self.deadline_s - now_s - active * reserve_s) / left

    def leaders(self, wanted: int) -> int:
        """How many configs can be confirmed beside the default in the time put aside."""
        if self.deadline_s is None:
            return wanted
        return max(1, min(wanted, int(self.confirm_s / _LEADER_S)))
