"""The harnesses of the tasks in turn."""

from __future__ import annotations

from tvmtune.tuner.equipment import Equipment, Harness
from tvmtune.tuner.task import Task


class Harnesses:
    """Makes the harness of each task at its first turn, and closes it when the task is finished.

    Parameters
    ----------
    equipment
        Makes them.
    """

    def __init__(self, equipment: Equipment) -> None:
        self._make = equipment.harness
        self._open: dict[Task, Harness] = {}

    def of(self, task: Task) -> Harness:
        """The harness of a task, made at its first turn."""
        if task not in self._open:
            self._open[task] = self._make(task)
        return self._open[task]

    def drop(self, task: Task) -> None:
        """Close the harness of a task, which frees its arrays and artifacts."""
        if task in self._open:
            self._open.pop(task).close()

    def close(self) -> None:
        """Close all of them."""
        for task in tuple(self._open):
            self.drop(task)
