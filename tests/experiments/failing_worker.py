"""Replays searches, but some fail: by an exception, by the end of the process, by nonsense.

Run as ``python failing_worker.py LIMITS``, as `tvmtune.experiments.replay_worker` is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from tvmtune.experiments.replay_worker import ReplayHandler
from tvmtune.measure.child import Handler, Progress, serve
from tvmtune.measure.frames import Frame, Payload

COMMAND = (sys.executable, __file__)


class _FailingHandler(ReplayHandler):
    """Fails where the strategy is called bad."""

    def answer(
        self, request: Mapping[str, Any], payloads: Sequence[Payload], progress: Progress
    ) -> Frame:
        seed = request["seed"] if request["strategy"] == "bad" else None
        if seed == 0:
            raise ZeroDivisionError("of the strategy")
        if seed == 1:
            sys.stderr.write("said before it died\n")
            sys.stderr.flush()
            os._exit(3)
        if seed == 2:
            return Frame({"status": "ok", "search": {"task": 3}})
        return super().answer(request, payloads, progress)


def _start() -> Handler:
    return _FailingHandler().answer


if __name__ == "__main__":
    serve(_start)
