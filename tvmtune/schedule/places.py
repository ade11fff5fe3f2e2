"""Where stages are computed: where what they read is there, in at most one parallel loop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tvmtune.schedule.stage import At, Kind, Prepare, Root, Stage


def misplaced(stages: Mapping[str, Stage]) -> str | None:
    """What is wrong with the places of stages, in one line; None if nothing is."""
    for reader in stages.values():
        for tensor in dict.fromkeys(r.tensor for r in reader.reads):
            source = stages.get(tensor)
            if source is None:
                continue
            match source.place:
                case At(consumer, axis) if not _is_inside(stages, reader, source.place):
                    return (
                        f"{tensor} is computed at {consumer}.{axis}, and {reader.name}, which "
                        "reads it, runs outside"
                    )
                case Root() if isinstance(_outermost(stages, reader).place, Prepare):
                    return (
                        f"{tensor} is computed at every call, and {reader.name}, which reads it, "
                        "is prepared"
                    )
                case _:
                    pass
    return None


def nested_parallel(stages: Mapping[str, Stage]) -> str | None:
    """Which parallel loop runs inside another, in one line; None if none does."""
    for stage in stages.values():
        inner = next(iter(_parallel(stage, stage.leaves)), None)
        outer = next(iter(_parallel_around(stages, stage)), None)
        if inner is not None and outer is not None:
            return (
                f"parallel loop {inner} runs inside parallel loop {outer}: threads are shared "
                "out once"
            )
    return None


def _parallel_around(stages: Mapping[str, Stage], stage: Stage) -> Iterator[str]:
    while isinstance(place := stage.place, At):
        stage = stages[place.stage]
        yield from _parallel(stage, stage.leaves[: stage.leaves.index(place.axis) + 1])


def _parallel(stage: Stage, leaves: Iterable[str]) -> Iterator[str]:
    for leaf in leaves:
        if stage.annotation(leaf).kind is Kind.PARALLEL:
            yield f"{stage.name}.{leaf}"


def _is_inside(stages: Mapping[str, Stage], reader: Stage, place: At) -> bool:
    """Whether a stage runs inside a loop of another, directly or through others."""
    inner: str | None = None
    while reader.name != place.stage:
        if not isinstance(reader.place, At):
            return False
        inner, reader = reader.place.axis, stages[reader.place.stage]
    order = reader.leaves
    return inner is None or order.index(inner) >= order.index(place.axis)


def _outermost(stages: Mapping[str, Stage], stage: Stage) -> Stage:
    while isinstance(stage.place, At):
        stage = stages[stage.place.stage]
    return stage
