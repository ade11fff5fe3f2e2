"""The ideas in tvmtune's kernels, and what stands in for each where it is turned off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tvmtune.search_spaces.config import Config
from tvmtune.search_spaces.space import Space

BEST = "best"
"""The best config of the log, its inputs and output in its own layout."""
PLAIN = "plain arrays"
"""The best config over plain arrays, as a user calls it."""
CONVERTED = "arrays converted whole"
"""The same, without the function that takes plain arrays."""
BY_NUMPY = "arrays converted by NumPy"
"""The same, without generated conversions."""

WINOGRAD = "Winograd"
DIRECT = "conv2d.direct"

WHOLE = "the largest"
"""As a plain value of a knob: the last of its values."""

_WINOGRAD = [f"conv2d.winograd{tile}" for tile in (2, 4, 6)]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnobIdea:
    """An idea that knobs express.

    Parameters
    ----------
    name
        What it is.
    without
        What is done in its place, in words.
    plain
        By template, the values of knobs that turn it off.
    """

    name: str
    without: str
    plain: Mapping[str, Mapping[str, Any]]

    def turned_off(self, config: Config, space: Space) -> Config | None:
        """A config without the idea; None if it has no part in it.

        Parameters
        ----------
        config
            Any of the space.
        space
            The space of its template.
        """
        last = {knob.name: knob.values[-1] for knob in space.knobs}
        plain = {
            name: last[name] if value == WHOLE else value
            for name, value in self.plain.get(config.template, {}).items()
            if name in last
        }
        if all(config[name] == value for name, value in plain.items()):
            return None
        return Config(config.template, {**config.knobs, **plain})


def _same(templates: Sequence[str], **plain: Any) -> dict[str, Mapping[str, Any]]:
    return dict.fromkeys(templates, plain)


KNOB_IDEAS: tuple[KnobIdea, ...] = (
    KnobIdea(
        name="several steps unrolled",
        without="a channel, tap or product at a time",
        plain={
            **_same([DIRECT, *_WINOGRAD], ci_steps=1),
            **_same(["conv2d.depthwise"], taps="loops"),
            **_same(["matmul.packed"], steps=1),
        },
    ),
    KnobIdea(
        name="tile over pixels or rows",
        without="a register tile of output channels only",
        plain={
            **_same([DIRECT, "conv2d.depthwise"], tile_ox=1, tile_oy=1),
            **_same(_WINOGRAD, tile_x=1, tile_y=1),
            **_same(["matmul.packed"], tile_m=1),
        },
    ),
    KnobIdea(
        name="tile over channels or columns",
        without="a register tile of one vector of them",
        plain={
            **_same([DIRECT], tile_ov=1),
            **_same([*_WINOGRAD, "matmul.packed"], tile_v=1),
        },
    ),
    KnobIdea(
        name="tile over several image rows",
        without="a register tile within a row",
        plain={
            **_same([DIRECT, "conv2d.depthwise"], tile_oy=1),
            **_same(_WINOGRAD, tile_y=1),
        },
    ),
    KnobIdea(
        name="padding where it is read",
        without="a padded copy of the whole input",
        plain=_same([DIRECT, "conv2d.depthwise", *_WINOGRAD], pad="root"),
    ),
    KnobIdea(
        name="blocks of rows",
        without="all rows at once",
        plain={
            **_same([DIRECT, "conv2d.depthwise", *_WINOGRAD], rows=WHOLE),
            **_same(["matmul.packed"], block_m=WHOLE),
        },
    ),
    KnobIdea(
        name="panels of output channels",
        without="all channels between the transforms",
        plain=_same(_WINOGRAD, panel=WHOLE),
    ),
    KnobIdea(
        name="blocks of input channels",
        without="input channels one by one, as NCHW has them",
        plain=_same([DIRECT, *_WINOGRAD], ci_block=1, ci_steps=1),
    ),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """What is timed with an idea, and what without; ``words`` say what the latter is."""

    idea: str
    having: str
    without: str
    words: str


PAIRS: tuple[Pair, ...] = (
    Pair(WINOGRAD, BEST, WINOGRAD, "the best direct config of the log"),
    *(Pair(idea.name, BEST, idea.name, idea.without) for idea in KNOB_IDEAS),
    Pair("kernels over plain arrays", PLAIN, CONVERTED, "arrays converted whole, in own layout"),
    Pair("generated conversions", CONVERTED, BY_NUMPY, "conversions by NumPy"),
)
"""All ideas.  What is timed without one of the first kinds is called like the idea."""
