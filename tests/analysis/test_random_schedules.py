"""Random schedules of padded convolutions: symbols against integers, figures against running."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from tvmtune import te
from tvmtune.analysis.features import FeatureLimits, Ratio, features_of
from tvmtune.analysis.figures import distinct_elements, figures_of
from tvmtune.errors import LoweringError, ScheduleError
from tvmtune.schedule import Schedule, create_schedule, infer_nest
from tvmtune.schedule.nest import map_numbers, print_nest
from tvmtune.symbolic import IntExpr, Substitution, symbol
from tvmtune.te import Tensor

_FACTORS = 12


def _convolution(rng: random.Random) -> Tensor:
    n, ci, co, k = rng.choice([1, 2]), rng.choice([1, 2]), rng.choice([2, 3, 4]), rng.choice([1, 2])
    h, w, stride, pad = (
        rng.choice([4, 5, 7]),
        rng.choice([4, 6]),
        rng.choice([1, 2]),
        rng.choice([0, 1]),
    )
    x = te.placeholder((n, ci, h, w), "x")
    weights = te.placeholder((co, ci, k, k), "w", constant=True)
    data = te.pad(x, (0, 0, pad, pad), (0, 0, pad, pad), "pad") if pad else x
    c, kh, kw = te.reduce_axis(ci, "c"), te.reduce_axis(k, "kh"), te.reduce_axis(k, "kw")
    shape = (n, co, (h + 2 * pad - k) // stride + 1, (w + 2 * pad - k) // stride + 1)

    def body(n: Any, o: Any, y: Any, x: Any) -> Any:
        read = data[n, c, y * stride + kh, x * stride + kw]
        return te.sum(read * weights[o, c, kh, kw], (c, kh, kw))

    return te.compute(shape, body, "out")


class _Scheduler:
    """Makes a random schedule; the same one again for the same seed, whatever the factors are."""

    def __init__(self, seed: int, factor: Callable[[int], IntExpr]) -> None:
        self.rng = random.Random(seed)
        self.factor = factor
        self.s: Schedule = create_schedule(_convolution(self.rng))
        self.splits = 0

    def schedule(self) -> Schedule:
        rng = self.rng
        cached = rng.random() < 0.7
        if cached:
            self.s = self.s.cache_write("out", "local", "acc")
        self.arrange("out", rng.randrange(4))
        if cached:
            if rng.random() < 0.85:
                self.s = self.s.compute_at("acc", "out", self.leaf("out"))
            self.arrange("acc", rng.randrange(3))
        if "pad" in self.s.stages:
            self.place_padding(cached)
        return self.s

    def place_padding(self, cached: bool) -> None:
        choice = self.rng.random()
        if choice < 0.3:
            self.s = self.s.compute_inline("pad")
            return
        at = "acc" if cached and self.rng.random() < 0.5 else "out"
        leaf = self.leaf(at)
        with suppress(ScheduleError):
            self.s = self.s.compute_at("pad", at, leaf) if choice < 0.85 else self.s
        self.arrange("pad", self.rng.randrange(2))

    def leaf(self, stage: str) -> str:
        return self.rng.choice(self.s.stages[stage].leaves)

    def arrange(self, stage: str, splits: int) -> None:
        rng = self.rng
        for _ in range(splits):
            axis = self.leaf(stage)
            tails = ["guard", "peel", "even"] + (["pad"] if rng.random() < 0.2 else [])
            self.split(stage, axis, (f"{axis}a", f"{axis}b"), rng.choice(tails))
        if rng.random() < 0.25:
            found = self.s.stages[stage]
            at = rng.randrange(len(found.leaves) - 1)
            pair = found.leaves[at : at + 2]
            if found.is_reduce_axis(pair[0]) == found.is_reduce_axis(pair[1]):
                self.s = self.s.fuse(stage, pair[0], pair[1], "f")
                if rng.random() < 0.4:
                    self.split(stage, "f", ("fa", "fb"), rng.choice(["guard", "peel", "even"]))
        if rng.random() < 0.7:
            leaves = list(self.s.stages[stage].leaves)
            rng.shuffle(leaves)
            self.s = self.s.reorder(stage, *leaves)
        last = self.s.stages[stage].leaves[-1]
        if rng.random() < 0.3 and not self.s.stages[stage].is_reduce_axis(last):
            self.s = self.s.vectorize(stage, last)

    def split(self, stage: str, axis: str, names: tuple[str, str], tail: str) -> None:
        self.splits += 1
        self.s = self.s.split(stage, axis, self.factor(self.splits), names, tail)


def _pair(seed: int) -> tuple[Schedule, Schedule, Substitution]:
    """A schedule over integers, the same over symbols, and what leads from one to the other."""
    rng = random.Random(-seed - 1)
    factors = [rng.choice([1, 2, 3, 4, 5]) for _ in range(_FACTORS)]
    concrete = _Scheduler(seed, factors.__getitem__).schedule()
    symbolic = _Scheduler(seed, lambda i: symbol(f"f{i}")).schedule()
    return concrete, symbolic, Substitution({f"f{i}": n for i, n in enumerate(factors)})


def _legal(block: int) -> Iterator[tuple[Schedule, Schedule, Substitution]]:
    """Those of ten random schedules that are legal."""
    for seed in range(10 * block, 10 * block + 10):
        with suppress(ScheduleError):
            pair = _pair(seed)
            if not infer_nest(pair[0]).constraints:
                yield pair


@pytest.mark.parametrize("block", range(12))
def test_substituting_gives_what_integers_give(block: int) -> None:
    for concrete, symbolic, substitute in _legal(block):
        nest = map_numbers(infer_nest(symbolic), substitute)
        assert print_nest(nest) == print_nest(infer_nest(concrete))
        distinct = distinct_elements(symbolic)
        assert {k: substitute(n) for k, n in distinct.items()} == distinct_elements(concrete)
        wanted, found = figures_of(concrete), figures_of(symbolic)
        if wanted.bounds | found.bounds:
            continue
        for figures, others in (
            (found.executions, wanted.executions),
            (found.loaded_bytes, wanted.loaded_bytes),
            (found.stored_bytes, wanted.stored_bytes),
            (found.flops, wanted.flops),
        ):
            assert {k: substitute(n) for k, n in figures.items()} == others


@pytest.mark.parametrize("block", range(5))
def test_features_of_symbols_and_integers_are_the_same(block: int) -> None:
    for concrete, symbolic, substitute in _legal(block):
        if figures_of(concrete).bounds | figures_of(symbolic).bounds:
            continue
        columns = features_of(symbolic, FeatureLimits())
        for name, wanted in features_of(concrete, FeatureLimits()).items():
            found = columns[name]
            if isinstance(wanted, Ratio):
                assert isinstance(found, Ratio)
                assert substitute(found.above) == wanted.above, name
                assert substitute(found.below) == wanted.below, name
            else:
                assert not isinstance(found, Ratio)
                assert substitute(found) == wanted, name


@pytest.mark.parametrize("block", range(12))
def test_figures_are_what_running_counts(block: int, compared: Any) -> None:
    for concrete, _, _ in _legal(block):
        try:
            found = compared(concrete)
        except LoweringError:
            continue  # a tail inside of a tail that cannot be expanded
        assert found.too_small == {}
        differences = found.differences
        if found.figures.bounds:
            differences = {k: v for k, v in differences.items() if v[0] < v[1]}
        assert differences == {}
