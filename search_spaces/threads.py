"""Which loop threads share, where there are several."""

from __future__ import annotations

from collections.abc import Mapping

from tvmtune.search_spaces.knobs import Knob, choice
from tvmtune.target import Target

SHARED = "shared"
"""The knob's name."""


def sharing(sizes: Mapping[str, int], target: Target) -> tuple[tuple[Knob, ...], dict[str, str]]:
    """The knob that says which loop threads share, and its default; none for one thread.

    Parameters
    ----------
    sizes
        By loop, outer ones first, the iterations that it may have.
    target
        What has the threads.

    Returns
    -------
    knobs, default
        Loops that run once are left out.  By default it is the outermost with an iteration for
        each thread, or else that with the most.
    """
    if target.threads == 1:
        return (), {}
    loops = [loop for loop, size in sizes.items() if size > 1] or list(sizes)[:1]
    enough = [loop for loop in loops if sizes[loop] >= target.threads]
    default = enough[0] if enough else max(loops, key=lambda loop: sizes[loop])
    return (choice(SHARED, loops),), {SHARED: default}
